"""When people call: more on working days and in working hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from hotline.policy.calendar import Calendar

# By hour of the city day; peaks at 9-11 and 14-17.
HOURS = (2, 1, 1, 1, 1, 2, 5, 14, 38, 62, 60, 42, 24, 34, 56, 58, 50, 34, 26, 24, 22, 16, 9, 4)
DAY_OFF = 0.42
LATEST = timedelta(minutes=4)  # nobody called so shortly before now that nothing could be done
HOUR = timedelta(hours=1)


def arrivals(count: int, start: datetime, now: datetime, calendar: Calendar, rng: Random) -> list[datetime]:
    """Pick instants between two, in order, as people call."""
    hours = [start + n * HOUR for n in range(int((now - start) / HOUR))]
    chosen = rng.choices(hours, [_weight(hour, calendar) for hour in hours], k=count)
    return sorted(min(_inside(hour, rng), now - LATEST) for hour in chosen)


def between(start: datetime, end: datetime, rng: Random) -> datetime:
    """Any instant between two."""
    return start + rng.random() * (end - start)


def _inside(hour: datetime, rng: Random) -> datetime:
    return hour + timedelta(seconds=rng.randrange(3600))


def _weight(hour: datetime, calendar: Calendar) -> float:
    local = hour.astimezone(calendar.zone)
    return HOURS[local.hour] * (1.0 if calendar.is_working_day(local.date()) else DAY_OFF)
