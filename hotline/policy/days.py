"""Days of a calendar from files, CSV or iCal, and which years a file covers.

CSV: rows of date, kind (holiday or workday) and name. iCal: the all-day events of a public holiday calendar.

An event's kind is what ``X-APPLE-SPECIAL-DAY`` says, else what its summary and categories say in the words such
calendars use. 休, 放假, 假期 are a holiday; 班, 上班, 补班 are a make-up working day. 调休 alone, or words of both
kinds, are a make-up day where all its days are weekend days, and an error elsewhere: every holiday has a day in the
week, so that a make-up day is never read as a holiday, nor a holiday as make-up days. An event without such words
is none of ours (立春, 母亲节), nor is a timed or a cancelled one.

A national notice is for a year, and may arrange New Year from December on: it speaks of the days from 1 November to
31 October. A file covers a year where it names both its 1 January and its 1 October as holidays, as every notice does.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hotline.base.errors import Invalid
from hotline.base.files import decoded
from hotline.base.i18n import gettext
from hotline.base.time import DAY
from hotline.policy.calendar import WEEKDAYS

if TYPE_CHECKING:
    from icalendar import Event

Day = list[str]  # date, kind, name: as a calendar's document keeps them
Row = tuple[str, date, str, str]  # where it stands, then the same

HOLIDAY, WORKDAY = "holiday", "workday"
UNNAMED = {HOLIDAY: "放假", WORKDAY: "调休"}
COLUMNS = ("date", "kind", "name")
NOVEMBER = 11
MOST_TOLD = 10  # of the rows that are wrong
YEARS = range(1949, 2200)


@dataclass(frozen=True, slots=True)
class Found:
    """The days a file names, in order, each once; ``skipped`` counts the events that name none."""

    days: list[Day]
    skipped: int = 0

    def count(self, kind: str) -> int:
        """How many days are of a kind."""
        return sum(row[1] == kind for row in self.days)


def read_days(file: Path) -> list[Day]:
    """The days a CSV or iCal file names; raise Invalid where it cannot be used."""
    return find_days(file).days


def find_days(file: Path) -> Found:
    """The days a CSV or iCal file names, and how many events it skips; raise Invalid where it cannot be used."""
    return days_in(file.name, file.read_bytes())


def days_in(name: str, content: bytes, field: str = "") -> Found:
    """Likewise, of a file's name and content; what is wrong is said of the field, or of the file, of all its rows."""
    faults: list[str] = []
    try:
        if name.lower().endswith(".ics") or ICAL.match(content):
            found = _from_ical(_text(FOLD.sub(b"", content)), faults)
        else:
            found = Found(_once(_csv_rows(_text(content), faults), faults))
    except (ValueError, csv.Error) as wrong:
        raise Invalid.field(field or name, str(wrong)) from wrong
    if faults:
        raise Invalid({field or name: _told(faults)})
    return found


def _told(faults: list[str]) -> list[str]:
    more = len(faults) - MOST_TOLD
    return [*faults[:MOST_TOLD], gettext("and %(n)s more faults", n=more)] if more > 0 else faults


def split_spans(written: str) -> list[list[str]]:
    """Working hours as they are typed, 09:00-12:00,14:00-18:00, as a calendar's document keeps them."""
    spans = [span.strip().split("-") for span in written.split(",")]
    if any(len(span) != 2 for span in spans):  # noqa: PLR2004 # from and to
        no_spans = gettext("“%(written)s” is no list of spans; write them as 09:00-12:00,14:00-18:00", written=written)
        raise Invalid.field("hours", no_spans)
    return spans


# Which years


def covered_years(days: Iterable[Day]) -> set[int]:
    """The years whose 1 January and 1 October are both named as holidays."""
    off = {day for day, kind, _ in days if kind == HOLIDAY}
    return {int(day[:4]) for day in off if day.endswith("-01-01") and f"{day[:4]}-10-01" in off}


def notice_year(day: str) -> int:
    """The year whose notice speaks of a day: New Year may be arranged from November on."""
    return int(day[:4]) + (int(day[5:7]) >= NOVEMBER)


def merged(known: Iterable[Day], days: list[Day]) -> list[Day]:
    """Known days with those of a file: they replace the years the file covers, and other days one by one."""
    years, named = covered_years(days), {row[0] for row in days}
    kept = [row for row in known if row[0] not in named and notice_year(row[0]) not in years]
    return sorted([*kept, *days])


def known_until(days: list[Day], before: date | None = None) -> date:
    """The last day holidays are known for with a file's days, where they were known until ``before``.

    The years the file covers count as far as they follow on. A file by itself is known from its first such year on,
    or without one until the last day it names.
    """
    years = covered_years(days)
    until = before or (date(min(years) - 1, 12, 31) if years else date.fromisoformat(max(days)[0]))
    while (year := (until + DAY).year) in years:
        until = date(year, 12, 31)
    return until


# Reading


ICAL = re.compile(rb"(?:\xef\xbb\xbf)?\s*BEGIN:VCALENDAR", re.IGNORECASE)
FOLD = re.compile(rb"\r?\n[ \t]")  # iCal folds long lines between bytes, be it within a character


def _text(content: bytes) -> str:
    try:
        return decoded(content)
    except UnicodeDecodeError as wrong:
        unread = gettext("is neither UTF-8 nor GB18030 text; save it as CSV UTF-8 or as iCal (.ics)")
        raise ValueError(unread) from wrong


def _once(rows: Iterable[Row], faults: list[str]) -> list[Day]:
    """Each day once, in order; where two rows differ on what it is, it is a fault."""
    seen: dict[date, tuple[str, str]] = {}
    for where, day, kind, name in rows:
        if day.year not in YEARS:
            faults.append(
                gettext(
                    "%(where)s: %(day)s is no day a calendar is published for; check the year", where=where, day=day
                )
            )
        if seen.setdefault(day, (kind, name))[0] != kind:
            faults.append(
                gettext(
                    "%(where)s: %(day)s is both a holiday and a working day; leave one of the two", where=where, day=day
                )
            )
    return [[day.isoformat(), *seen[day]] for day in sorted(seen)]


def _csv_rows(text: str, faults: list[str]) -> Iterator[Row]:
    """The rows that can be read; what is wrong with the others is a fault."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if lacking := [name for name in COLUMNS[:2] if name not in (rows.fieldnames or ())]:
        raise ValueError(
            gettext(
                "lacks the columns %(names)s; the first line must read %(columns)s",
                names=", ".join(lacking),
                columns=",".join(COLUMNS),
            )
        )
    for row in rows:
        written, kind, name = ((row.get(column) or "").strip() for column in COLUMNS)
        if not (written or kind or name):
            continue
        where = gettext("line %(n)s", n=rows.line_num)
        try:
            yield where, _day(written, where), _kind(kind, where), name or UNNAMED[kind]
        except ValueError as wrong:
            faults.append(str(wrong))


def _kind(written: str, where: str) -> str:
    if written in {HOLIDAY, WORKDAY}:
        return written
    raise ValueError(
        gettext("%(where)s: kind: “%(kind)s” is no kind of day; write holiday or workday", where=where, kind=written)
    )


def _day(written: str, where: str) -> date:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", written, re.ASCII):
        try:
            return date.fromisoformat(written)
        except ValueError:
            pass  # said below, as for every other form
    raise ValueError(
        gettext("%(where)s: date: “%(date)s” is no day; write it as 2026-01-31", where=where, date=written)
    )


# iCal

SPECIAL = {"WORK-HOLIDAY": HOLIDAY, "ALTERNATE-WORKDAY": WORKDAY}
UNCLEAR = "unclear"


def _mark(letters: str) -> str:
    """A pattern for a letter as a mark: standing alone, as in （休）, or at the end of a holiday, as in 春节休."""
    return rf"(?:(?<!\w)|(?<=[节旦夕明秋庆])|(?<=端午|五一))[{letters}](?!\w)"


REST = re.compile(rf"放假|休假|休息|补休|(?<![寒暑])假期|{_mark('休假')}")
WORK = re.compile(rf"(?:上班|补班)日?|{_mark('班补')}")
SWAP = re.compile("调休")
DENIED = re.compile(r"不(?:放假|休|上班|补班)|(?:放假|休息)半天|半天(?:放假|休息|假期?)")  # 妇女节（不放假）
COUNTED = re.compile(r"第\s*\d+\s*天|共\s*\d+\s*天")
EMPTY = re.compile(r"[（(\[【]\W*[）)\]】]")
EDGES = " /·:：,，、-—"  # what is left around a name without its marks


def _from_ical(text: str, faults: list[str]) -> Found:
    import icalendar

    calendars = icalendar.Calendar.from_ical(text, multiple=True)
    events = [event for calendar in calendars for event in calendar.walk() if isinstance(event, icalendar.Event)]
    if not events:
        raise ValueError(gettext("holds no whole iCal event; download or export the calendar again"))
    found = [_read_event(event, faults) for event in events]
    return Found(_once((row for rows in found for row in rows), faults), skipped=found.count([]))


def _read_event(event: Event, faults: list[str]) -> list[Row]:
    try:
        return list(_event_rows(event))
    except ValueError as wrong:
        faults.append(str(wrong))
        return []


def _event_rows(event: Event) -> Iterator[Row]:
    """The days of an event; none where it is no holiday, no make-up day, timed or cancelled."""
    title = str(event.get("SUMMARY", ""))
    said = SPECIAL.get(str(event.get("X-APPLE-SPECIAL-DAY", "")).strip().upper())
    said = said or _kind_in(" ".join([title, *event.categories]))
    if not said or str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    where = gettext("event “%(title)s”", title=title)
    days = _event_days(event, where)
    kind = _settled(days, where) if said == UNCLEAR else said
    yield from ((where, day, kind, _name(title, kind)) for day in days)


def _kind_in(text: str) -> str:
    text = DENIED.sub(" ", text)
    work, rest, swap = (words.search(text) is not None for words in (WORK, REST, SWAP))
    if work and not rest:
        return WORKDAY
    if rest and not work and not swap:
        return HOLIDAY
    return UNCLEAR if work or swap else ""


def _settled(days: list[date], where: str) -> str:
    """What days are whose words leave it unclear."""
    if not all(day.weekday() >= WEEKDAYS for day in days):
        raise ValueError(
            gettext(
                "%(where)s of %(day)s may be off or worked; write only 休 or only 班, not 调休, in it",
                where=where,
                day=days[0],
            )
        )
    return WORKDAY


def _event_days(event: Event, where: str) -> list[date]:
    """The days of an all-day event, none of a timed one; raise ValueError for those that cannot be told."""
    try:
        start, end = event.start, event.end
    except ValueError as wrong:
        mend = gettext(
            "%(where)s: %(why)s Write DTSTART;VALUE=DATE:20260101, and DTEND or DURATION in days",
            where=where,
            why=wrong,
        )
        raise ValueError(mend) from wrong
    if isinstance(start, datetime):
        return []
    where = gettext("%(where)s of %(day)s", where=where, day=start)
    if event.keys() & {"RRULE", "RDATE"}:
        raise ValueError(
            gettext("%(where)s repeats (RRULE); list each of its days as an event of its own", where=where)
        )
    if end < start:
        raise ValueError(
            gettext("%(where)s ends before it starts; mend its DTEND, the day after its last", where=where)
        )
    if garbled := [text for name, text in event.errors if name is None]:
        raise ValueError(gettext("%(where)s: %(why)s; mend or remove the line", where=where, why=garbled[0]))
    return [start + n * DAY for n in range(max((end - start).days, 1))]


def _name(title: str, kind: str) -> str:
    """What a day is called without its marks: 春节（休） is 春节, 春节（班） is 春节调休."""
    name = title
    for words in (WORK, REST, SWAP, COUNTED):
        name = words.sub("", name)
    name = " ".join(EMPTY.sub(" ", name).split()).strip(EDGES)
    return f"{name}调休" if kind == WORKDAY else name or title or UNNAMED[kind]
