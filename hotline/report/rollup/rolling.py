"""The rollup: every measure's figures by day, counted anew where something changed, and read as sums of days.

The database remembers what changed (``RollupTouch``). From time to time ``roll_up`` counts anew the days of what was
touched, the days on which time alone has changed something (``Measure.ripens``), and those a new policy counts
otherwise. Afterwards every figure is what ``queries.figures`` would count as of the rollup's cut-off, to the last
digit: both use the same expressions of the same measure, and ``verify_measures`` compares them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CTE,
    CompoundSelect,
    Date,
    Select,
    String,
    between,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.dialects import postgresql

from hotline.base.db import db, forget_kept
from hotline.base.time import DAY, Period
from hotline.calls.models import Call
from hotline.orders.models import Order
from hotline.policy import queries as policies
from hotline.report.dimensions import dimensions_of, key_of
from hotline.report.measure import Frame, Measure, Subject
from hotline.report.measures import measures_at
from hotline.report.queries import ENTITIES, counts_of, frame_of, judge, rolled_measures
from hotline.report.rollup.models import WHOLE, DailyFigure, RolledDay, RolledMeasure
from hotline.report.subjects.tallies import TALLIES

# What happened this long ago has been committed: a report as of then misses nothing that is on its way.
SETTLING = timedelta(seconds=5)
LOOKED_BACK = timedelta(minutes=1)  # a row is touched when its transaction begins, which may be before its own instant
AHEAD = timedelta(days=366)
FIRST, LAST = date(2000, 1, 1), date(2200, 1, 1)
VERSION = 1  # of the measures' own expressions; raise it where one changes, and all is counted anew
KEYS = ["measure", "day", "by", "key"]
COUNTS = ["numerator", "denominator", "not_due", "excluded", "weighted", "weighted_excluded"]
POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]  # it has no types
ROOM = "64MB"  # for each sort and each hash table: the groups of some months fit
LOCK = 20261  # of the database, so that two workers do not count the same days at once


def roll_up(now: datetime) -> int:
    """Bring every measure's days up to date; return how many days were counted. Done by another: nothing, 0."""
    if not db.session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
        return 0
    rolled = rolled_measures()
    cutoff = max(now - SETTLING, *rolled.values()) if rolled else now - SETTLING  # a late turn goes back no further
    give_room()
    _take_touched(cutoff)
    measures, dirty = measures_rolled(cutoff), {}
    for roll in (Roll(measure, cutoff) for measure in measures):
        name = roll.measure.name
        dirty[roll] = roll.dirty_days(rolled[name]) if name in rolled else roll.all_days()
    days = sum(_count_anew(together, frame) for together, frame in passes(dirty))
    db.session.execute(delete(RolledMeasure))
    db.session.execute(insert(RolledMeasure), [{"measure": one.name, "cutoff": cutoff} for one in measures])
    forget_kept()
    return days


def measures_rolled(cutoff: datetime) -> tuple[Measure, ...]:
    """What is rolled up: the measures of the policy in force, and the tallies."""
    return (*measures_at(policies.policy_at(cutoff)), *TALLIES)


def rebuild(now: datetime) -> int:
    """Forget the rollup and count every day anew, once nobody else is counting; return how many."""
    db.session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    for table in (DailyFigure, RolledDay, RolledMeasure):
        db.session.execute(delete(table))
    forget_kept()
    return roll_up(now)


def _take_touched(cutoff: datetime) -> None:
    """What was touched, into a table of this transaction. What may be later than the cut-off is looked at again.

    One statement, and so one view of the database: what another transaction commits meanwhile stays for the next time.
    """
    columns = "subject text, order_id bigint, was timestamptz[]"
    db.session.execute(text(f"CREATE TEMP TABLE IF NOT EXISTS touched ({columns}) ON COMMIT DROP"))
    db.session.execute(text("TRUNCATE touched"))
    db.session.execute(
        text(
            "WITH settled AS (DELETE FROM rollup_touch WHERE at <= :settled RETURNING 1) "
            "INSERT INTO touched SELECT DISTINCT subject, order_id, was FROM rollup_touch"
        ),
        {"settled": cutoff - LOOKED_BACK},
    )
    db.session.execute(text("ANALYZE touched"))


def give_room() -> None:
    """Let this transaction sort and group in memory, and not compile what runs once: a pass is several times faster."""
    db.session.execute(text(f"SET LOCAL work_mem = '{ROOM}'"))
    # The groups, a day's keys, are few beside the rows, whatever the planner guesses: hashed, not sorted for each dimension.
    db.session.execute(text("SET LOCAL hash_mem_multiplier = 64"))
    db.session.execute(text("SET LOCAL jit = off"))


TOUCHED = select(text("order_id")).select_from(text("touched")).where(text("order_id IS NOT NULL"))


@dataclass(frozen=True, slots=True)
class Roll:
    """One measure's days, as of a cut-off."""

    measure: Measure
    cutoff: datetime

    def all_days(self) -> set[date]:
        """Every day from the first that has rows; of those more than a year ahead only the ones that have."""
        frame, ahead = self.frame(FIRST, LAST), (self.cutoff + AHEAD).date()
        day = self.measure.date(frame)
        rows = select(day).select_from(self._entity).where(self.measure.within(frame)).subquery()
        first, last = db.session.execute(select(func.min(rows.c[0]), func.max(rows.c[0]))).one()
        if first is None:
            return set()
        far = set(db.session.scalars(select(rows.c[0]).distinct().where(rows.c[0] > ahead))) if last > ahead else set()
        return {*frame.period.within(first, min(last, ahead)).days, *far}

    def dirty_days(self, before: datetime) -> set[date]:
        """The days whose figures may differ from what they were as of another cut-off."""
        touched = self._touched()
        changed = touched | self._reached(touched) | self._ripened(before) | self._turned(before)
        return changed | self._read_otherwise()

    def frame(self, first: date, last: date) -> Frame:
        """Some days, by the policy of the last of them."""
        plain = Period(first, last, self._zone, windows=policies.policy_at(self.cutoff).windows)
        return frame_of(plain, self.cutoff)

    @property
    def _entity(self) -> Any:
        return ENTITIES[self.measure.subject]

    @property
    def _zone(self) -> ZoneInfo:
        return policies.calendar_now().zone

    def _touched(self) -> set[date]:
        frame, entity = self.frame(FIRST, LAST), self._entity
        local = func.timezone(frame.period.zone.key, func.unnest(text("was"))) - frame.period.windows.shift
        was = select(cast(local, Date)).distinct().select_from(text("touched"))
        days = set(db.session.scalars(was.where(text("subject = :table")), {"table": entity.__tablename__}))
        if entity is not Call:
            order_id = Order.id if entity is Order else entity.order_id
            now = select(self.measure.date(frame)).distinct().select_from(entity)
            days |= set(db.session.scalars(now.where(self.measure.within(frame), order_id.in_(TOUCHED))))
        return days - {None}

    def _reached(self, days: set[date]) -> set[date]:
        """Days that count otherwise because of what was touched on some."""
        far = ceil(self.measure.reach(policies.policy_at(self.cutoff)) / DAY)
        return {day + n * DAY for day in days for n in range(-far, far + 1)} if far else set()

    def _ripened(self, before: datetime) -> set[date]:
        """The days on which time alone has changed something since, by any policy that days are counted by."""
        period, days = self.frame(FIRST, LAST).period, set[date]()
        versions = (policies.policy(row.id) for row in policies.policy_versions())
        for policy in {repr(self.measure.reads(one)): one for one in versions}.values():
            first, last = (
                period.windows.day_of(self.measure.ripens(instant, policy), period.zone)
                for instant in (before, self.cutoff)
            )
            days |= set(period.within(min(first, last), max(first, last)).days)
        return days

    def _turned(self, before: datetime) -> set[date]:
        """The days of the rows that something came to pass for since, such as their due time."""
        turns, frame = self.measure.turns, self.frame(FIRST, LAST)
        if turns is None:
            return set()
        days = select(self.measure.date(frame)).distinct().select_from(self._entity)
        return set(db.session.scalars(days.where(self.measure.within(frame), between(turns, before, self.cutoff))))

    def _read_otherwise(self) -> set[date]:
        """The days that were counted by what the policy does not say any more."""
        query = select(RolledDay.day, RolledDay.reads).where(RolledDay.measure == self.measure.name)
        return {day for day, reads in db.session.execute(query) if reads != self._reads(day)}

    def _reads(self, day: date) -> str:
        return reads_of(self.measure, self.frame(day, day))

    def runs(self, days: Iterable[date]) -> Iterator[list[date]]:
        """Days in a row that are counted alike."""
        run: list[date] = []
        for day in sorted(days):
            if run and (day - run[-1] != DAY or self._reads(day) != self._reads(run[-1])):
                yield run
                run = []
            run.append(day)
        if run:
            yield run


def reads_of(measure: Measure, frame: Frame) -> str:
    """What a measure's figures of a day depend on beside its rows, as text that can be compared."""
    return repr((VERSION, frame.period.zone.key, frame.period.windows, measure.reads(frame.policy)))


def passes(days: Mapping[Roll, Iterable[date]]) -> Iterator[tuple[list[Measure], Frame]]:
    """Measures with days of theirs to count, those together that are about the same rows: these are read once."""
    together: dict[Any, tuple[list[Measure], Frame]] = {}
    for roll, its_days in days.items():
        for run in roll.runs(its_days):
            frame = roll.frame(run[0], run[-1])
            key = run[0], run[-1], roll.measure.subject, _rows_said(roll.measure, frame)
            together.setdefault(key, ([], frame))[0].append(roll.measure)
    yield from together.values()


def _rows_said(measure: Measure, frame: Frame) -> tuple[str, ...]:
    """Which rows a measure has and what they are under, as text that can be compared."""
    keys = (key_of(by, measure, frame) for by in dimensions_of(measure))
    parts = [part.compile(dialect=POSTGRESQL) for part in (measure.within(frame), measure.date(frame), *keys)]
    return tuple(f"{part} {sorted(part.params.items(), key=str)}" for part in parts)


def _count_anew(measures: list[Measure], frame: Frame) -> int:
    """Count the days of a frame anew for measures about the same rows; return how many days that is."""
    period, names = frame.period, [measure.name for measure in measures]
    for table in (DailyFigure, RolledDay):
        these = (table.measure.in_(names), table.day.between(period.first, period.last))
        db.session.execute(delete(table).where(*these))
    db.session.execute(insert(DailyFigure).from_select(KEYS + COUNTS, daily(measures, frame)))
    read = {measure.name: reads_of(measure, frame) for measure in measures}
    rolled = [{"measure": name, "day": day, "reads": reads} for name, reads in read.items() for day in period.days]
    db.session.execute(insert(RolledDay), rolled)
    return len(rolled)


def daily(measures: Sequence[Measure], frame: Frame) -> CompoundSelect[Any]:
    """Figures of each day of a frame, whole and by every dimension, of measures about the same rows: KEYS and COUNTS."""
    first = measures[0]
    dimensions = dimensions_of(first)
    columns: list[Any] = [first.date(frame).label("day")]
    columns += (cast(func.coalesce(key_of(by, first, frame), WHOLE), String).label(by.value) for by in dimensions)
    for at, one in enumerate(measures[1:], 1):
        columns += one.bucket(frame).label(f"bucket{at}"), one.weight(frame).label(f"weight{at}")
    rows = judge(first, frame, *columns, joined=first.subject is not Subject.CALLS)
    keys = [(by, rows.c[by.value]) for by in dimensions]
    sets = func.grouping_sets(tuple_(rows.c.day), *(tuple_(rows.c.day, key) for _, key in keys))
    by = case(*((func.grouping(key) == 0, literal(by.value)) for by, key in keys), else_=literal(WHOLE))
    key = case(*((func.grouping(key) == 0, key) for _, key in keys), else_=literal(WHOLE))
    numbers = ["", *(str(at) for at in range(1, len(measures)))]
    counts = [count.label(f"{count.name}{at}") for at in numbers for count in counts_of(rows, at)]
    figures = select(rows.c.day, by.label("by"), key.label("key"), *counts).group_by(sets).cte("figures")
    return union_all(*(_of_one(one, at, figures) for one, at in zip(measures, numbers, strict=True)))


def _of_one(measure: Measure, at: str, figures: CTE) -> Select[Any]:
    """One measure's figures of those that were counted together; without days and keys where it has no row."""
    rows = sum((figures.c[f"{name}{at}"] for name in ("denominator", "not_due", "excluded")), start=literal(0))
    columns = (figures.c[name] for name in ("day", "by", "key", *(f"{name}{at}" for name in COUNTS)))
    return select(literal(measure.name), *columns).where(rows > 0)
