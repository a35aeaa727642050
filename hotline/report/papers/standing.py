"""The later sections of a report: the units ranked, the worst overdue, the alarms, what changed in policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from hotline.base.db import db
from hotline.base.i18n import mark
from hotline.handle.alarms import about_words, trigger_of
from hotline.handle.models import Alarm
from hotline.orders.models import Deadline
from hotline.orders.names import Names
from hotline.orders.queries import category_names
from hotline.people.models import UnitKind
from hotline.people.queries import unit_names
from hotline.policy import queries as policies
from hotline.policy.calendar import Calendar
from hotline.policy.counting import working_between
from hotline.policy.models import CalendarVersion, PolicyVersion
from hotline.policy.triggers import Does
from hotline.policy.words import section_name
from hotline.report.about import UNKNOWN
from hotline.report.board import Ranked, Sort, Way, unit_table
from hotline.report.charts import bar
from hotline.report.figures import Cell
from hotline.report.inflow import overdue_rows
from hotline.report.measures import BY_NAME
from hotline.report.overview import Line
from hotline.report.papers.came import weighted
from hotline.report.papers.paper import Block, Column, Drawn, Form, Number, Part, Said, Table
from hotline.report.papers.phrases import NONE, count, in_period, listed, points, rate, word
from hotline.report.papers.seen import Seen
from hotline.report.queries import of_units
from hotline.report.topics.queries import Hot, hot_topics

MOST_OVERDUE = 10
MOST_ALARMS = 50
MOST_TOPICS = 10
LONGEST_NOTE = 60
OF_UNITS = ("on_time", "satisfied")


# Units, each among its like


UNIT_COLUMNS = (
    Column("rank", mark("Rank")),
    Column("unit", mark("Unit")),
    Column("rate", mark("Percent"), Form.RATE, "{hits}/{counted}"),
    Column("hits", mark("Number met"), Form.AMOUNT),
    Column("counted", mark("Number counted"), Form.COUNT),
    Column("interval", mark("95 percent interval")),
    Column("low", mark("Interval, from"), Form.RATE, aside=True),
    Column("high", mark("Interval, to"), Form.RATE, aside=True),
    Column("change", mark("On the period before, points"), Form.POINTS, "({rate}-{before})*100"),
    Column("before", mark("The period before"), Form.RATE, aside=True),
)


def units(seen: Seen) -> tuple[Block, ...]:
    """The units of each kind ranked by the share handled on time and by satisfaction, the city apart."""
    blocks: list[Block] = [
        Said(
            mark(
                "Units are ranked among their like. With fewer than %(n)s counted a unit has no rank: its rate may be chance."
            ),
            {"n": str(seen.overview.policy.minimum_n)},
        )
    ]
    for name in OF_UNITS:
        counted = [line for line in seen.overview.units if _counts(line, name)]
        if counted:
            blocks.append(_apart(seen, name, counted))
            kinds = dict.fromkeys(UnitKind(str(line.kind)) for line in counted)
            blocks += [_of_kind(counted, kind, name) for kind in kinds]
    return tuple(blocks) if len(blocks) > 1 else ()


def _counts(line: Line, name: str) -> bool:
    return name in line.cells and line.cells[name].figure.denominator > 0


def _apart(seen: Seen, name: str, lines: Sequence[Line]) -> Said:
    """The city's rate, sum over sum, and the mean of the units' rates, never mixed."""
    figure = seen.overview.city[name].figure
    rates = [line.cells[name].figure.rate or Fraction() for line in lines]
    return Said(
        mark(
            "%(measure)s: all together %(pooled)s (%(hits)s of %(counted)s); the mean of %(units)s units is %(mean)s."
        ),
        {
            "measure": Said(BY_NAME[name].label),
            "pooled": rate(figure.rate),
            "hits": weighted(figure, measure=name),
            "counted": count(figure.denominator, measure=name, bucket="counted"),
            "units": str(len(rates)),
            "mean": rate(sum(rates, Fraction()) / len(rates)),
        },
    )


def _of_kind(lines: Sequence[Line], kind: UnitKind, name: str) -> Table:
    table = unit_table(lines, Sort(name), Way.DESC, kind)
    rows = [_unit_row(row, name) for row in (*table.ranked, *table.small)]
    title = Said(mark("%(kind)s: %(measure)s"), {"kind": word(kind), "measure": Said(BY_NAME[name].label)})
    columns = tuple(replace(one, heading=BY_NAME[name].hit) if one.key == "hits" else one for one in UNIT_COLUMNS)
    return Table(title, columns, rows, drawn=Drawn.INTERVALS)


def _unit_row(row: Ranked, name: str) -> list[Part]:
    cell: Cell = row.line.cells[name]
    figure, drawn = cell.figure, bar(cell.figure)
    where = {"measure": name, "unit": row.line.code}
    return [
        Said(mark("small sample")) if row.rank is None else str(row.rank),
        row.line.name,
        rate(figure.rate),
        weighted(figure, **where),
        count(figure.denominator, **where, bucket="counted"),
        *((f"{drawn.low:.1f}–{drawn.high:.1f}%", _percent(drawn.low), _percent(drawn.high)) if drawn else (NONE,) * 3),
        points(cell.change),
        rate(cell.before.rate),
    ]


def _percent(value: float) -> Number:
    return Number(f"{value:.1f}%", value / 100)


# The worst overdue


OVERDUE_COLUMNS = (
    Column("order", mark("Order")),
    Column("unit", mark("Unit")),
    Column("category", mark("Category")),
    Column("due", mark("Due")),
    Column("over", mark("Working days over"), Form.AMOUNT),
)


def overdue(seen: Seen) -> tuple[Block, ...]:
    """The orders that were overdue longest at the cut-off, whenever they came in. By number: no citizen's words."""
    at = min(seen.cutoff, seen.period.end)  # as overdue_rows takes it
    late = overdue_rows(seen.period, seen.cutoff, seen.units, seen.about)
    number = db.session.scalar(select(func.count()).select_from(late.order_by(None).subquery())) or 0
    if not number:
        return (Said(mark("No order is overdue.")),)
    worst = db.session.scalars(late.limit(MOST_OVERDUE))
    calendar, names, categories = policies.calendar_now(), unit_names(), category_names()
    rows: list[list[Part]] = [
        [
            Number(one.order.number, None, {"order": one.order.number}),
            names.get(one.unit_code or "", one.unit_code),
            categories.get(one.order.category_code or "", ""),
            _at(one.due_at, calendar),
            _days_over(one, at),
        ]
        for one in worst
    ]
    said = Said(
        mark(
            "%(count)s orders were open past their due time at %(at)s; the %(shown)s overdue longest by then, in working time:"
        ),
        {"count": count(number, measure="open_overdue"), "shown": str(len(rows)), "at": _at(at, calendar)},
    )
    return said, Table(Said(mark("The worst overdue")), OVERDUE_COLUMNS, rows)


def _days_over(late: Deadline, at: datetime) -> Number:
    """How long it is over at an instant, in working days of the length of a day then, to a tenth."""
    calendar = policies.calendar_now()
    day = calendar.day_length(calendar.city_day(at)) or timedelta(hours=8)
    over = working_between(late.due_at, at, calendar) / day
    return Number(f"{over:.1f}", round(over, 1))


def _at(instant: datetime, calendar: Calendar) -> str:
    return f"{instant.astimezone(calendar.zone):%Y-%m-%d %H:%M}"


# Alarms


ALARM_COLUMNS = (
    Column("kind", mark("Alarm")),
    Column("raised", mark("Raised"), Form.COUNT),
    Column("settled", mark("Settled"), Form.COUNT),
    Column("open", mark("Open"), Form.COUNT, "{raised}-{settled}"),
    Column("held", mark("Interviews held"), Form.COUNT),
)
DONE_COLUMNS = (
    Column("at", mark("Raised")),
    Column("kind", mark("Alarm")),
    Column("subject", mark("About")),
    Column("done", mark("What was done")),
    Column("note", mark("Note"), inside=True),
)


def alarms(seen: Seen) -> tuple[Block, ...]:
    """The alarms raised in the period, and what had been done about them by the cut-off."""
    query = select(Alarm).where(
        Alarm.fired_at >= seen.period.start,
        Alarm.fired_at < seen.period.end,
        Alarm.fired_at <= seen.cutoff,
        *of_units(Alarm.unit_code, seen.units),
        *seen.about.of_rows(Alarm),
    )
    raised = list(
        db.session.scalars(query.options(joinedload(Alarm.order)).order_by(Alarm.fired_at.desc(), Alarm.id.desc()))
    )
    if not raised:
        return (Said(mark("No alarm was raised.")),)
    settled = [alarm for alarm in raised if _settled(alarm, seen)]
    said = Said(
        mark("%(raised)s alarms were raised; %(settled)s of them are settled, %(open)s are open."),
        {
            "raised": _listed(raised),
            "settled": _listed(settled),
            "open": _listed([one for one in raised if one not in settled]),
        },
    )
    return (
        said,
        Table(Said(mark("By kind")), ALARM_COLUMNS, list(_by_kind(raised, seen)), total=True),
        Table(Said(mark("The latest")), DONE_COLUMNS, list(_done_rows(raised[:MOST_ALARMS], seen))),
    )


def _settled(alarm: Alarm, seen: Seen) -> bool:
    return alarm.handled_at is not None and alarm.handled_at <= seen.cutoff


def _listed(alarms: Iterable[Alarm]) -> Number:
    number = len(list(alarms))
    return Number(f"{number:,}", number, {"section": "alarms"})


def _by_kind(raised: Sequence[Alarm], seen: Seen) -> Iterable[list[Part]]:
    """The alarms of each kind, the most frequent first, and all."""
    for kind, _number in Counter(trigger_of(alarm).kind for alarm in raised).most_common():
        yield _stands(word(kind), [alarm for alarm in raised if trigger_of(alarm).kind is kind], seen)
    yield _stands(Said(mark("All")), raised, seen)


def _stands(name: Part, raised: Sequence[Alarm], seen: Seen) -> list[Part]:
    settled = [alarm for alarm in raised if _settled(alarm, seen)]
    held = [alarm for alarm in settled if alarm.held_on]
    return [name, *(count(one) for one in (len(raised), len(settled), len(raised) - len(settled), len(held)))]


def _done_rows(alarms: Iterable[Alarm], seen: Seen) -> Iterable[list[Part]]:
    """What each alarm is about, and what was done: by number and by name, no citizen's words."""
    calendar, names = policies.calendar_now(), Names()
    for alarm in alarms:
        yield [
            Number(_at(alarm.fired_at, calendar), None, {"alarm": str(alarm.id)}),
            word(trigger_of(alarm).kind),
            alarm.order.number if alarm.order else about_words(alarm, names),
            _done(alarm, seen),
            _note(alarm) if _settled(alarm, seen) else None,
        ]


def _done(alarm: Alarm, seen: Seen) -> Said:
    """When and by whom it was settled by the cut-off."""
    if alarm.handled_at is not None and _settled(alarm, seen):
        at = _at(alarm.handled_at, policies.calendar_now())
        return Said(mark("settled %(at)s by %(name)s"), {"at": at, "name": alarm.handled_by})
    if trigger_of(alarm).does is Does.INTERVIEW:
        return Said(mark("an interview is to be held"))
    return Said(mark("open"))


def _note(alarm: Alarm) -> str:
    """What whoever settled it wrote, in free words: not for circulation."""
    note = alarm.note or ""
    return note if len(note) <= LONGEST_NOTE else note[:LONGEST_NOTE] + "…"


# Hot topics


TOPIC_COLUMNS = (
    Column("topic", mark("Topic")),
    Column("category", mark("Category")),
    Column("orders", mark("How many"), Form.COUNT),
    Column("citizens", mark("Citizens"), Form.COUNT),
    Column("usual", mark("Citizens, usually"), Form.AMOUNT),
    Column("unit", mark("Mostly with")),
)


def topics(seen: Seen) -> tuple[Block, ...]:
    """What more citizens told of in as many days up to the period's end than is usual. Of a unit's report, nothing."""
    if seen.units is not None or seen.about.district == UNKNOWN:
        return ()
    categories = [code for code in category_names() if code.startswith(seen.about.matter or "")]
    found = hot_topics(
        min(seen.cutoff, seen.period.end),
        len(seen.period.days),
        district=seen.about.district or "",
        categories=categories if seen.about.matter else None,
    )
    if not found:
        return (Said(mark("No topic was told of by more citizens than is usual.")),)
    said = Said(
        mark("%(count)s topics were told of by more citizens than is usual; first of all %(first)s."),
        {"count": str(len(found)), "first": _topic(found[0], seen)},
    )
    rows = [_topic_row(one, seen) for one in found[:MOST_TOPICS]]
    return said, Table(Said(mark("Hot topics")), TOPIC_COLUMNS, rows)


def _topic(hot: Hot, seen: Seen) -> Number:
    return Number(hot.topic.label, None, {"topic": str(hot.topic.id), **in_period(seen.period)})


def _topic_row(hot: Hot, seen: Seen) -> list[Part]:
    usual = hot.growth.usual
    return [
        _topic(hot, seen),
        hot.topic.category.title if hot.topic.category else "",
        count(hot.orders),
        count(hot.growth.citizens),
        NONE if usual is None else Number(f"{usual:.1f}", usual),
        unit_names().get(hot.units[0][0], hot.units[0][0]) if hot.units else "",
    ]


# Policy


POLICY_COLUMNS = (
    Column("from", mark("In force from")),
    Column("what", mark("What")),
    Column("changed", mark("Changed")),
)


def policy_changes(seen: Seen) -> tuple[Block, ...]:
    """The versions of the policy and of the calendar that came into force in the period."""
    rows = [*_policies(seen), *_calendars(seen)]
    if not rows:
        return (Said(mark("Nothing changed in policy or calendar.")),)
    said = Said(
        mark("Figures follow policy version %(id)s, %(title)s."),
        {"id": str(seen.overview.policy_id), "title": seen.overview.policy.title},
    )
    return said, Table(Said(mark("What came into force")), POLICY_COLUMNS, rows)


def _policies(seen: Seen) -> Iterable[list[Part]]:
    versions = list(reversed(policies.policy_versions()))
    for at, version in enumerate(versions):
        if seen.period.start <= version.effective_from < seen.period.end and version.created_at <= seen.cutoff:
            title = Said(
                mark("policy version %(id)s: %(title)s"), {"id": str(version.id), "title": version.document["title"]}
            )
            yield [_since(version), title, _differs(version, versions[at - 1]) if at else Said(mark("the first"))]


def _since(version: PolicyVersion) -> str:
    return _at(version.effective_from, policies.calendar_now())


def _differs(version: PolicyVersion, before: PolicyVersion) -> Part:
    """The sections of a policy that are not as they were."""
    sections = sorted(version.document.keys() | before.document.keys())
    differ = (one for one in sections if version.document.get(one) != before.document.get(one))
    return listed([Said(name) for name in dict.fromkeys(map(section_name, differ))])


def _calendars(seen: Seen) -> Iterable[list[Part]]:
    adopted = CalendarVersion.created_at
    within = adopted >= seen.period.start, adopted < seen.period.end, adopted <= seen.cutoff
    for version in db.session.scalars(select(CalendarVersion).where(*within).order_by(CalendarVersion.id)):
        what = Said(mark("calendar version %(id)s"), {"id": str(version.id)})
        until = Said(mark("published until %(day)s"), {"day": version.published_until.isoformat()})
        yield [_at(version.created_at, policies.calendar_now()), what, until]
