"""The routing tables in force, built once per process and rebuilt when what they are built from has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from hotline.base.db import database_name, db, kept
from hotline.base.time import utc_now
from hotline.orders.models import Category
from hotline.people.models import Unit
from hotline.transfer.catalogue import Catalogue, CatalogueEntry
from hotline.transfer.catalogue_queries import in_force
from hotline.transfer.classifier import Classifier, Model
from hotline.transfer.model_file import read_model
from hotline.transfer.models import CatalogueRow, DangerSignal, Keyword, PlaceName, RoutingModel
from hotline.transfer.place import Gazetteer, PlaceRow
from hotline.transfer.signals import SignalRow, Signals


@dataclass(frozen=True, slots=True)
class Routing:
    """Everything a suggestion is made with."""

    classifier: Classifier
    natures: Classifier
    signals: Signals
    gazetteer: Gazetteer
    catalogue: Catalogue
    categories: frozenset[str]  # in use


_built: tuple[Any, Routing] | None = None


def routing() -> Routing:
    """The routing tables in force."""
    global _built  # noqa: PLW0603 # a cache of this process, checked against the database at each use
    revision = (database_name(), *kept("routing", _revision))
    built = _built
    if built is None or built[0] != revision:
        built = _built = (revision, _build())
    return built[1]


def model_in_force(subject: str) -> RoutingModel | None:
    """The newest model of a subject; None where there is none."""
    newest = select(RoutingModel).filter_by(subject=subject).order_by(RoutingModel.id.desc()).limit(1)
    return db.session.scalar(newest)


def _revision() -> tuple[Any, ...]:
    tables = (Keyword, PlaceName, CatalogueRow, DangerSignal)
    marks = [select(func.max(table.id)).scalar_subquery() for table in (*tables, RoutingModel)]
    marks += [select(func.max(table.valid_to)).scalar_subquery() for table in tables]
    # A planned row comes into force without anybody's doing: the latest one that has, moves with time.
    started = select(func.max(CatalogueRow.valid_from)).where(CatalogueRow.valid_from <= utc_now())
    marks += [
        started.scalar_subquery(),
        _digest(Category.code, Category.default_unit, Category.active),
        _digest(Unit.code, Unit.powers, Unit.active),
    ]
    return tuple(db.session.execute(select(*marks)).one())


def _digest(code: Any, *columns: Any) -> Any:
    """A mark of rows that are changed in place."""
    line = func.concat_ws(",", code, *columns)
    return select(func.md5(func.string_agg(line, aggregate_order_by(literal("\n"), code)))).scalar_subquery()


def _current(table: Any) -> Any:
    return db.session.scalars(select(table).where(in_force(table, utc_now())).order_by(table.id))


def hand_keywords() -> list[tuple[str, str, float]]:
    """The keywords people have written or accepted: keyword, category, weight."""
    return [(row.keyword, row.category_code, row.weight) for row in _current(Keyword)]


def _build() -> Routing:
    places = (
        PlaceRow(row.name, row.kind, row.district_code, row.street_code or "", tuple(row.aliases))
        for row in _current(PlaceName)
    )
    signals = (
        SignalRow(row.call, row.name, row.name_en, tuple(row.words), tuple(row.unless))
        for row in _current(DangerSignal)
    )
    entries = (
        CatalogueEntry(
            row.id,
            row.category_code,
            row.district,
            row.lead,
            tuple(row.assist),
            tuple(row.copy),
            row.basis,
            row.power,
        )
        for row in _current(CatalogueRow)
        if row.lead
    )
    rows = db.session.scalars(select(Category)).all()
    defaults = {row.code: row.default_unit for row in rows}
    powers = {row.code: frozenset(filter(None, row.powers.split(";"))) for row in db.session.scalars(select(Unit))}
    return Routing(
        Classifier(category_model(), hand_keywords()),
        Classifier(_model("nature")),
        Signals(signals),
        Gazetteer(places),
        Catalogue(entries, defaults, powers),
        frozenset(row.code for row in rows if row.active),
    )


def category_model() -> Model | None:
    """What was learned of categories."""
    return _model("category")


def _model(subject: str) -> Model | None:
    row = model_in_force(subject)
    return read_model(row.document) if row else None
