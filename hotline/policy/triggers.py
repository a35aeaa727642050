"""What calls for supervision (督办) by a rule: the triggers of a policy, and the rungs of supervision. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hotline.base.i18n import mark, name_members, pick
from hotline.policy.limits import Evidence


class Supervision(StrEnum):
    """How an order is supervised, from rung to rung: slips (督查单) in three colours, 专项督办, 挂牌督办."""

    BLUE = "blue"
    ORANGE = "orange"
    RED = "red"
    SPECIAL = "special"
    LISTED = "listed"

    @property
    def above(self) -> tuple[Supervision, ...]:
        """The rungs above this one."""
        ladder = tuple(Supervision)
        return ladder[ladder.index(self) + 1 :]


class Kind(StrEnum):
    """What a trigger watches: an order, a unit over a month, a topic, or what comes in on a day."""

    OVERDUE = "overdue"
    DISSATISFIED_AGAIN = "dissatisfied_again"
    URGED = "urged"
    REPEATED = "repeated"
    STALLED = "stalled"
    SLIP_OVERDUE = "slip_overdue"
    UNSOLVED_IN_MONTH = "unsolved_in_month"
    BELOW = "below"
    LAST_TWICE = "last_twice"
    CLUSTER = "cluster"
    JUMP = "jump"


class Does(StrEnum):
    """What a trigger does: it tells, puts the order under supervision, or calls the unit's head to an interview."""

    ALARM = "alarm"
    SUPERVISE = "supervise"
    INTERVIEW = "interview"


name_members(
    {
        Supervision.BLUE: mark("Blue slip"),
        Supervision.ORANGE: mark("Orange slip"),
        Supervision.RED: mark("Red slip"),
        Supervision.SPECIAL: mark("Special supervision"),
        Supervision.LISTED: mark("Listed supervision"),
        Kind.OVERDUE: mark("Long overdue"),
        Kind.DISSATISFIED_AGAIN: mark("Dissatisfied again"),
        Kind.URGED: mark("Urged again and again"),
        Kind.REPEATED: mark("Told of again and again"),
        Kind.STALLED: mark("No progress"),
        Kind.SLIP_OVERDUE: mark("Red slip not answered"),
        Kind.UNSOLVED_IN_MONTH: mark("Not solved, several in a month"),
        Kind.BELOW: mark("Below the least rate"),
        Kind.LAST_TWICE: mark("Last place twice running"),
        Kind.JUMP: mark("More than on other such weekdays"),
        Kind.CLUSTER: mark("Burst of a topic"),
        Does.ALARM: mark("Alarm"),
        Does.SUPERVISE: mark("Put under supervision"),
        Does.INTERVIEW: mark("Interview"),
    }
)

# The numbers each kind goes by.
NUMBERS: Mapping[Kind, tuple[str, ...]] = {
    Kind.OVERDUE: ("days",),
    Kind.DISSATISFIED_AGAIN: ("count",),
    Kind.URGED: ("count",),
    Kind.REPEATED: ("count", "days"),
    Kind.STALLED: ("days",),
    Kind.SLIP_OVERDUE: (),
    Kind.UNSOLVED_IN_MONTH: ("count",),
    Kind.BELOW: ("measure", "percent", "minimum_n"),
    Kind.LAST_TWICE: ("measure", "minimum_n"),
    Kind.CLUSTER: ("count", "days"),
    Kind.JUMP: ("count", "weeks", "deviations"),
}
OF_ORDERS = (
    Kind.OVERDUE,
    Kind.DISSATISFIED_AGAIN,
    Kind.URGED,
    Kind.REPEATED,
    Kind.STALLED,
    Kind.SLIP_OVERDUE,
)
OF_UNITS = (Kind.UNSOLVED_IN_MONTH, Kind.BELOW, Kind.LAST_TWICE)
UNIT_KINDS = ("center", "government", "bureau", "utility", "district", "street")  # of people; a test compares them
MEASURES = ("on_time", "on_time_original", "satisfied", "solved")  # of the report: what units can be held to
MOST = 1000  # of anything a trigger counts
MOST_WEEKS, MOST_DEVIATIONS = 52, 10
WHOLE_RATE = 100
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Trigger:
    """One rule: where this is so, that is done, once for each period.

    count: of orders, urges, evaluations or citizens, from which it fires. days: working days (OVERDUE, STALLED) or days of the
    calendar that are looked back (REPEATED, CLUSTER). measure, percent, minimum_n: a rate of the report, the least it
    may be, and how many must be counted for it. kinds: of units, those it is about; all where none is named.
    percents: the least rate of some kinds of units, where it is another than that of the rest. weeks, deviations: the
    weeks looked back, and by how many standard deviations of their mean a day's count exceeds it (JUMP).
    supervision: the rung an order is put on.
    """

    name: str
    kind: Kind
    does: Does
    basis: str
    evidence: Evidence
    basis_en: str = ""
    count: int = 0
    days: int = 0
    percent: float = 0
    minimum_n: int = 0
    weeks: int = 0
    deviations: float = 0
    measure: str = ""
    kinds: tuple[str, ...] = ()
    percents: Mapping[str, float] = field(default_factory=dict)
    supervision: Supervision | None = None

    @property
    def source(self) -> str:
        """Where the rule comes from, in the reader's language."""
        return pick(self.basis, self.basis_en)

    def is_about(self, kind: str) -> bool:
        """Whether it watches units of a kind."""
        return not self.kinds or kind in self.kinds

    def least(self, kind: str) -> float:
        """The least rate of units of a kind, in percent."""
        return self.percents.get(kind, self.percent)

    @property
    def numbers(self) -> dict[str, Any]:
        """The numbers it goes by, to be kept with what it found."""
        return {name: getattr(self, name) for name in NUMBERS[self.kind]}


def read_trigger(row: Mapping[str, Any]) -> Trigger:
    """A row of a policy document; raise ValueError for a word that is not known, TypeError for an entry that is not."""
    rung = row.get("supervision")
    known = {
        "kind": Kind(row["kind"]),
        "does": Does(row["does"]),
        "evidence": Evidence(row["evidence"]),
        "supervision": Supervision(rung) if rung else None,
        "kinds": tuple(row.get("kinds", ())),
    }
    return Trigger(**{**row, **known})


def fault(trigger: Trigger) -> str:
    """What is wrong with a trigger, and how to mend it; nothing where it can be used."""
    wanted, supervises = NUMBERS[trigger.kind], trigger.does is Does.SUPERVISE
    for name in ("count", "days", "weeks", "deviations", "percent", "minimum_n", "measure"):
        if bool(getattr(trigger, name)) != (name in wanted):
            return f"{name}: {'give it' if name in wanted else 'leave it out'} for {trigger.kind}"
    wholes = (trigger.count, trigger.days, trigger.weeks, trigger.minimum_n)
    checks = {
        f"name: give one of at most {LONGEST_NAME} characters": 0 < len(trigger.name) <= LONGEST_NAME,
        f"give whole numbers above 0, at most {MOST}": all(0 <= n <= MOST and n == int(n) for n in wholes),
        f"percent: give a number above 0, at most {WHOLE_RATE}": 0 <= trigger.percent <= WHOLE_RATE
        and all(0 < percent <= WHOLE_RATE for percent in trigger.percents.values()),
        "percents: leave it out but of a least rate": not trigger.percents or trigger.kind is Kind.BELOW,
        "kinds: only a trigger about units has some; leave it out": not trigger.kinds or trigger.kind in OF_UNITS,
        f"kinds, percents: use some of {', '.join(UNIT_KINDS)}": {*trigger.kinds, *trigger.percents} <= {*UNIT_KINDS},
        f"weeks: give at most {MOST_WEEKS}": trigger.weeks <= MOST_WEEKS,
        f"deviations: give a number above 0, at most {MOST_DEVIATIONS}": 0 <= trigger.deviations <= MOST_DEVIATIONS,
        f"measure: use one of {', '.join(MEASURES)}": trigger.measure in {"", *MEASURES},
        "supervision: give the step where it supervises, and only there": supervises == bool(trigger.supervision),
        "does: only an order is supervised; use alarm or interview": not supervises or trigger.kind in OF_ORDERS,
    }
    return next((mend for mend, good in checks.items() if not good), "")
