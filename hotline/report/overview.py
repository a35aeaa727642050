"""The report of a week, or of any period: every measure beside the period before, of the city and of each unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.time import Period
from hotline.people.models import Unit
from hotline.people.queries import unit_names
from hotline.policy.document import Policy
from hotline.report.about import ALL, About
from hotline.report.dimensions import By
from hotline.report.figures import NOTHING, Cell, compared, pooled
from hotline.report.inflow import Dispatched, Inflow, conserved, tallied
from hotline.report.measure import Frame, Measure
from hotline.report.queries import Units, frame_of, measures_for
from hotline.report.rollup.counting import count


@dataclass(frozen=True, slots=True)
class Line:
    """A unit's (or a queue's) cells, by measure name; a measure it has no rows of is missing."""

    code: str
    name: str
    kind: StrEnum | None
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole report of a period.

    cutoff: when it is seen; what is recorded later is not in it.
    units_seen: the units it is narrowed to, or None for the whole city. ``city`` is the sum of what is seen.
    """

    period: Period
    cutoff: datetime
    policy_id: int
    policy: Policy
    units_seen: Units
    measures: tuple[Measure, ...]
    city: Mapping[str, Cell]
    units: list[Line]
    queues: list[Line]
    inflow: Inflow
    dispatched: Dispatched

    @property
    def conserved(self) -> bool:
        """Whether every dispatched order is accounted for once."""
        return conserved(self.dispatched)


def overview(period: Period, cutoff: datetime, units: Units = None, about: About = ALL) -> Overview:
    """The report of a week (or of any period), beside the period before it.

    Units come grouped by kind, then by code; queues by name. Whoever had no row in either week is left out.
    """
    frame = frame_of(period, cutoff)
    table = _beside(frame, units, about)
    counted = tallied(period, frame.cutoff, units, about)
    of_units = {measure: cells for measure, cells in table.items() if measure.unit is not None}
    of_queues = {measure: cells for measure, cells in table.items() if measure.unit is None}
    return Overview(
        period=period,
        cutoff=frame.cutoff,
        policy_id=frame.policy_id,
        policy=frame.policy,
        units_seen=units,
        measures=tuple(table),
        city={measure.name: _together(cells, measure.least_n(frame.policy)) for measure, cells in table.items()},
        units=_unit_lines(of_units),
        queues=[Line(name, name, None, cells) for name, cells in sorted(_turned(of_queues).items())],
        inflow=counted.received,
        dispatched=counted.dispatched,
    )


def _beside(frame: Frame, units: Units, about: About) -> dict[Measure, dict[str, Cell]]:
    """Every measure's cells by unit, this period beside the one before."""
    measures, period, earlier = measures_for(units, about), frame.period, frame.period.before()
    found = count(measures, [period, earlier], frame.cutoff, by=By.UNIT, units=units, about=about)
    table = {}
    for measure in measures:
        this, last, least_n = found[measure, period], found[measure, earlier], measure.least_n(frame.policy)
        table[measure] = {
            code or "": compared(this.get(code, NOTHING), last.get(code, NOTHING), least_n)
            for code in this.keys() | last.keys()
        }
    return table


def _together(cells: Mapping[str, Cell], least_n: int) -> Cell:
    this = pooled(cell.figure for cell in cells.values())
    return compared(this, pooled(cell.before for cell in cells.values()), least_n)


def _turned(table: Mapping[Measure, Mapping[str, Cell]]) -> dict[str, dict[str, Cell]]:
    """Cells by measure and unit, as cells by unit and measure name."""
    lines: dict[str, dict[str, Cell]] = {}
    for measure, cells in table.items():
        for code, cell in cells.items():
            lines.setdefault(code, {})[measure.name] = cell
    return lines


def _unit_lines(table: Mapping[Measure, Mapping[str, Cell]]) -> list[Line]:
    lines = _turned(table)
    names, kinds = unit_names(), select(Unit.code, Unit.kind).order_by(Unit.kind, Unit.code)
    return [Line(code, names[code], kind, lines[code]) for code, kind in db.session.execute(kinds) if code in lines]
