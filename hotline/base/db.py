"""The database: one declarative base, one session, and the column types the tables share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, CheckConstraint, DateTime, Enum, Identity, MetaData, String, event, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

T = TypeVar("T")

# Named constraints, so that a migration can drop what another one made.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Key = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Code = Annotated[str, mapped_column(String(40))]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]
JsonList = Annotated[list[Any], mapped_column(JSONB)]


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMING)


# expire_on_commit off: a view's objects stay readable after the one commit, without reloading each.
db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


def init_app(app: Flask) -> None:
    """Connect the app."""
    db.init_app(app)
    with app.app_context():
        event.listen(db.engine, "connect", _plan_anew)


def _plan_anew(connection: Any, _record: Any) -> None:
    """Have each statement planned for its values: a word may be in every order or in one, and no plan is right for both."""
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()


def kept(name: str, read: Callable[[], T]) -> T:
    """What ``read`` gives, read once in a transaction: for what every order needs and few transactions change."""
    values: dict[str, T] = db.session().info.setdefault("kept", {})
    if name not in values:
        values[name] = read()
    return values[name]


def forget_kept() -> None:
    """Read again what is kept: for whoever changes it within the transaction."""
    db.session().info.pop("kept", None)


@event.listens_for(db.session, "after_commit")
@event.listens_for(db.session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("kept", None)


def take_turns(what: str) -> None:
    """Wait until nobody else holds this name, and hold it until the transaction ends."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))


def database_name() -> str:
    """Which database the app works on; caches of a process are kept apart by it."""
    return str(current_app.config["SQLALCHEMY_DATABASE_URI"])


def text_enum(values: type[StrEnum]) -> Enum:
    """A text column type that holds an enum's values and reads as its members. Check it with ``one_of``."""
    return Enum(
        values,
        native_enum=False,
        create_constraint=False,
        values_callable=lambda members: [member.value for member in members],
        length=20,
    )


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """A check that a text column holds one of an enum's values (plain text migrates more easily than a type)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
