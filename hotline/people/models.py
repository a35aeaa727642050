"""Tables of people: units, users, API keys, and who read whose number."""

from __future__ import annotations

from enum import StrEnum

from flask_login import UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.base.db import Base, Code, Instant, Key, one_of, text_enum
from hotline.base.i18n import mark, name_members, pick
from hotline.people.roles import UNIT_ROLES, Role


class UnitKind(StrEnum):
    """What a handling unit is."""

    CENTER = "center"
    GOVERNMENT = "government"
    BUREAU = "bureau"
    UTILITY = "utility"
    DISTRICT = "district"
    STREET = "street"


name_members(
    {
        UnitKind.CENTER: mark("Hotline center"),
        UnitKind.GOVERNMENT: mark("City government"),
        UnitKind.BUREAU: mark("Bureau"),
        UnitKind.UTILITY: mark("Utility"),
        UnitKind.DISTRICT: mark("District"),
        UnitKind.STREET: mark("Street or town"),
    }
)


class Unit(Base):
    """A handling unit (承办单位), a node of the tree of units."""

    __tablename__ = "unit"
    __table_args__ = (one_of("kind", UnitKind), Index("ix_unit_parent", "parent_code"))

    code: Mapped[Code] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    name_en: Mapped[str] = mapped_column(String(120))
    kind: Mapped[UnitKind] = mapped_column(text_enum(UnitKind))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    district_code: Mapped[str | None] = mapped_column(ForeignKey("district.code"))
    powers: Mapped[str] = mapped_column(String(120), server_default=text("''"))
    contact: Mapped[str] = mapped_column(String(120), server_default=text("''"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return pick(self.name, self.name_en)


class District(Base):
    """A district or county of the city."""

    __tablename__ = "district"

    code: Mapped[Code] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    name_en: Mapped[str] = mapped_column(String(80))
    population: Mapped[int | None]

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return pick(self.name, self.name_en)


_UNIT_ROLES = ", ".join(f"'{role}'" for role in sorted(UNIT_ROLES))


class User(UserMixin, Base):  # type: ignore[misc]  # flask-login has no types
    """Somebody who signs in. Handlers and unit heads belong to a unit.

    extension: what the telephone system calls an agent, where that is not the login.
    must_change_password: the password is a one-time one somebody else knows. session_number: sessions of an earlier
    number have ended.
    """

    __tablename__ = "user_account"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint(f"role NOT IN ({_UNIT_ROLES}) OR unit_code IS NOT NULL", name="unit_role_has_unit"),
    )

    id: Mapped[Key]
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    role: Mapped[Role] = mapped_column(text_enum(Role))
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    password_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    extension: Mapped[str | None] = mapped_column(String(60), unique=True)
    created_at: Mapped[Instant]
    must_change_password: Mapped[bool] = mapped_column(server_default=text("false"))
    session_number: Mapped[int] = mapped_column(server_default=text("0"))
    signed_in_at: Mapped[Instant | None]
    unit: Mapped[Unit | None] = relationship(lazy="joined")

    def get_id(self) -> str:
        """What a session keeps of the user (flask-login asks)."""
        return f"{self.id}.{self.session_number}"

    @property
    def is_active(self) -> bool:
        """Whether the user may sign in (flask-login asks)."""
        return self.active


class SavedView(Base):
    """A list as somebody has narrowed it, kept under a name of their own (常用视图): the page's endpoint and its query."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("user_id", "page", "name"),)

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    page: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(30))
    query: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[Instant]


class ApiKey(Base):
    """A key another system calls the API with, as a user. Only its hash is kept."""

    __tablename__ = "api_key"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(80))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[Instant]
    revoked_at: Mapped[Instant | None]
    used_at: Mapped[Instant | None]
    user: Mapped[User] = relationship(lazy="joined")


class ReadRecord(Base):
    """Somebody read a citizen's full number: who, when, of which order, and what for.

    key_id: the API key it was read with, which others may hold; None where they had signed in.
    """

    __tablename__ = "read_record"
    __table_args__ = (Index("ix_read_record_at", "at"),)

    id: Mapped[Key]
    at: Mapped[Instant]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    subject: Mapped[str] = mapped_column(String(60), index=True)
    purpose: Mapped[str] = mapped_column(String(200))
    key_id: Mapped[int | None] = mapped_column(ForeignKey("api_key.id"))
    key: Mapped[ApiKey | None] = relationship(lazy="joined")
