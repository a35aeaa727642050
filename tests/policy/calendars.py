"""Calendars to test with: the city's own, and random ones for properties."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from config.settings import HERE
from hotline.base.files import read_csv
from hotline.policy.calendar import Calendar, Hours, Span, read_spans
from hotline.policy.counting import Counting, TimeUnit
from hotline.policy.folder import read_city

ZONE = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")  # its clocks change
SPANS = read_spans([("09:00", "12:00"), ("13:30", "17:30")])
WD, WH, ND, NH = TimeUnit.WORKING_DAYS, TimeUnit.WORKING_HOURS, TimeUnit.NATURAL_DAYS, TimeUnit.NATURAL_HOURS

FIRST, LAST = date(2025, 1, 1), date(2027, 12, 31)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


def city() -> Calendar:
    days: dict[str, dict[date, str]] = {"holiday": {}, "workday": {}}
    for row in read_csv(HERE / "city" / "calendar.csv"):
        days[row["kind"]][date.fromisoformat(row["date"])] = row["name"]
    until = read_city(HERE / "city")["calendar"]["published_until"]
    return Calendar(ZONE, (Hours(date.min, SPANS),), days["holiday"], days["workday"], until)


CITY = city()


def plain(*spans: tuple[str, str]) -> Calendar:
    """A calendar without holidays."""
    return Calendar(ZONE, (Hours(date.min, read_spans(spans)),), {}, {}, LAST)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def local(instant: datetime) -> str:
    return instant.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, ...]:
    """One to three working spans; a day that opens at 00:00 or closes at 24:00 is drawn often."""
    edge = st.one_of(st.integers(0, 1440), st.sampled_from([0, 1440, 540, 720, 810, 1050]))
    edges = sorted(draw(st.sets(edge, min_size=2, max_size=6)))
    clock = [timedelta(minutes=minute) for minute in edges[: len(edges) // 2 * 2]]
    return tuple(zip(clock[::2], clock[1::2], strict=True))


@st.composite
def calendars(draw: st.DrawFn, zone: ZoneInfo = ZONE) -> Calendar:
    """Up to three seasons of hours, holidays (whole weeks of them, too) and make-up days anywhere."""
    days = st.dates(FIRST, LAST)
    rest = draw(st.lists(st.tuples(days, st.integers(1, 12)), max_size=5))
    holidays = {first + n * DAY for first, length in rest for n in range(length)}
    workdays = draw(st.sets(days, max_size=8)) - holidays
    since = [date.min, *sorted(draw(st.sets(days, max_size=2)))]
    hours = tuple(Hours(day, draw(spans())) for day in since)
    return Calendar(zone, hours, dict.fromkeys(holidays, "h"), dict.fromkeys(workdays, "w"), date(2026, 12, 31))


COUNTINGS = st.builds(Counting, st.booleans(), st.booleans(), st.booleans())
INSTANTS = st.datetimes(datetime(2025, 1, 2), datetime(2027, 6, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=ZONE).astimezone(UTC)
)
# To the minute, midnight and the edges of common hours often: where off-by-one lives.
MINUTES = st.builds(
    lambda day, minute: datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC) + timedelta(minutes=minute),
    st.dates(FIRST + DAY, date(2027, 6, 1)),
    st.one_of(st.integers(0, 1439), st.sampled_from([0, 1, 539, 540, 720, 810, 1050, 1439])),
)
# A count of hours that is a whole number of minutes and exact as a float.
QUARTERS = st.integers(1, 400).map(lambda n: n / 4)
