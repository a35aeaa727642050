"""A policy: everything a city decides, as one document with a source. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from hotline.base.i18n import mark, name_members, pick
from hotline.base.time import Windows
from hotline.policy.appeals import Appeals
from hotline.policy.citizens import Citizens
from hotline.policy.counting import Counting
from hotline.policy.limits import Clock, Evidence, Limit
from hotline.policy.reports import Reports
from hotline.policy.reviews import Reviews
from hotline.policy.scores import Ranking
from hotline.policy.triggers import Trigger
from hotline.policy.variants import Variant


@dataclass(frozen=True, slots=True)
class Level:
    """One answer a citizen may give to "are you satisfied?" and what it counts (0 to 1)."""

    code: str
    label: str
    label_en: str
    weight: float


class WarningKind(StrEnum):
    """A warning about a deadline, in the order they are given."""

    YELLOW = "yellow"
    RED = "red"
    URGE = "urge"
    REPORT = "report"


name_members(
    {
        WarningKind.YELLOW: mark("Yellow card: due soon"),
        WarningKind.RED: mark("Red card: overdue"),
        WarningKind.URGE: mark("Urged"),
        WarningKind.REPORT: mark("Reported"),
    }
)


@dataclass(frozen=True, slots=True)
class WarningRule:
    """When a warning is given.

    days: below 0, when so many working days are left at most; 0, as soon as it is overdue; above 0, from the
    beginning of the so-many-th working day after the day it was due (到期次日: 1).
    clocks: whose deadlines it is about. to_center: the center's supervisors are told besides the unit.
    """

    kind: WarningKind
    days: int
    clocks: tuple[Clock, ...]
    to_center: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Warnings:
    """The warnings and how they are sent.

    gap_hours: a unit gets its next digest no sooner than so many hours after the last, urgent orders excepted.
    quiet_from, quiet_until: city time between which only urgent orders are warned about; days off are quiet too.
    """

    rules: tuple[WarningRule, ...]
    gap_hours: float
    quiet_from: time
    quiet_until: time


@dataclass(frozen=True, slots=True)
class TimeRules:
    """What a unit may ask for when time is short.

    extensions: how many of one order, at most. self_granted: how many of those need nobody's leave.
    pauses: how many of one order, at most. pause_days: working days a pause for a supplement or a procedure may last.
    """

    extensions: int
    self_granted: int
    pauses: int
    pause_days: int


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document, checked.

    dated: when the source was in force or seen. auto_confidence: classification confidence (0 to 1) from which
    an order is dispatched without a person. callback_attempts: calls without an answer after which an order may
    be closed unrated; attempt_gap_hours: at least so long between two of them; script: what is said on the phone, with
    places in braces (see ``scripts``). audit_share: of the answers callback
    staff record, the share (0 to 1) a supervisor checks. reactivate_days: so long after it was closed an order is
    taken up again rather than told anew. duplicate_days: for so long after it came in, an order that has ended is still looked at for the
    same matter. short_abandon: seconds; a caller who hangs up sooner is excluded from the connection rate.
    answer_seconds: within which a call is answered in time. first_call_before, first_call_after: hours without a call
    of the same number that make a call the first one, and after which it has settled the matter. repeat_days: within
    which a citizen who tells of the same matter tells of it again. variants: the city's own measures.
    most_returns: returns agreed to, after which the center has designated the unit (指定承办) and it cannot hand back.
    minimum_n: a unit with fewer orders behind a rate is not ranked by it. ranking: how the others are. windows: where days
    and months of reports begin. reports: those made by the clock. citizens: what they may do on their own pages.
    """

    name: str
    title: str
    title_en: str
    source: str
    dated: str
    limits: tuple[Limit, ...]
    levels: tuple[Level, ...]
    counting: Counting
    warnings: Warnings
    time_rules: TimeRules
    auto_confidence: float
    duplicate_days: int
    most_returns: int
    reviews: Reviews
    callback_attempts: int
    attempt_gap_hours: float
    script: str
    script_en: str
    audit_share: float
    reactivate_days: int
    appeals: Appeals
    citizens: Citizens
    short_abandon: float
    answer_seconds: float
    first_call_before: float
    first_call_after: float
    repeat_days: int
    minimum_n: int
    variants: tuple[Variant, ...]
    ranking: Ranking
    windows: Windows
    triggers: tuple[Trigger, ...]
    reports: Reports
    evidence: Mapping[str, Evidence]

    @property
    def weights(self) -> dict[str, float]:
        """What each satisfaction level counts."""
        return {level.code: level.weight for level in self.levels}

    @property
    def label(self) -> str:
        """The policy's title in the reader's language."""
        return pick(self.title, self.title_en)

    @property
    def said_on_the_phone(self) -> str:
        """The script of a callback in the reader's language; empty where the policy has none."""
        return pick(self.script, self.script_en)

    def row(self, key: str) -> Limit | None:
        """The limit row of a name."""
        return next((limit for limit in self.limits if limit.key == key), None)

    def trigger(self, name: str) -> Trigger:
        """The trigger of a name, which must be there."""
        return next(trigger for trigger in self.triggers if trigger.name == name)


class BadPolicy(ValueError):
    """A policy document cannot be used; the message names the entry and the mend."""
