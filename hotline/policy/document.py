"""A policy: everything a city decides, as one document with a source. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import time
from enum import StrEnum
from typing import Any, TypeVar

from hotline.base.i18n import mark, name_members, pick
from hotline.base.time import Windows
from hotline.policy.appeals import Appeals, Ground
from hotline.policy.calendar import MOST_DAYS, WHOLE, Counting, TimeUnit
from hotline.policy.citizens import Citizens
from hotline.policy.limits import Clock, Evidence, Limit
from hotline.policy.reports import Reports, read_reports
from hotline.policy.reviews import Reviews, read_reviews
from hotline.policy.scores import Ranking, read_ranking
from hotline.policy.scripts import PLACES, places_of
from hotline.policy.triggers import Trigger, fault, read_trigger
from hotline.policy.variants import Variant, read_variants


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


E = TypeVar("E", bound=StrEnum)

SECTIONS = ("dispatch", "callback", "connection", "ranking", "satisfaction", "counting", "time_rules", "warnings")


MIDDAY, LAST_MONTH_START = 12, 28
OPTIONAL = ("appeals", "citizens", "periods", "reports")  # sections a policy may lack: it has no such thing then
ALWAYS = (Clock.HANDLE, Clock.REDO, Clock.SUPERVISE)  # clocks without which nothing would watch an order's work
DUPLICATE_DAYS, MOST_RETURNS, REACTIVATE_DAYS = 30, 2, 30  # where a policy does not say
ANSWER_SECONDS, FIRST_CALL_HOURS, REPEAT_DAYS = 15, 72, 30  # likewise
MOST_REACTIVATE_DAYS = 365  # for so long the reports follow what was closed
MOST_PHOTOS = 20  # of one sending
LONGEST_TEXT = 200  # of what is kept with a deadline


class BadPolicy(ValueError):
    """A policy document cannot be used; the message names the entry and the mend."""


# What rooms above have to say against a policy to be adopted: each raises BadPolicy.
CHECKS: list[Callable[[Policy], None]] = []


def read_policy(document: Mapping[str, Any]) -> Policy:
    """Check a whole policy document; raise BadPolicy for what cannot be used."""
    try:
        policy = _read(document)
    except KeyError as missing:
        raise BadPolicy(f"the policy lacks {missing}; add it") from missing
    except BadPolicy:
        raise
    except ValueError as wrong:  # of a rule in a file of its own, which names the entry
        raise BadPolicy(str(wrong)) from wrong
    except (TypeError, AttributeError) as wrong:
        raise BadPolicy(f"the policy has an entry that is not known: {wrong}") from wrong
    _check(policy)
    return policy


def require_workable(policy: Policy) -> None:
    """Raise BadPolicy where orders could not work under a policy to be adopted; a stored one is read all the same."""
    for check in CHECKS:
        check(policy)
    for limit in policy.limits:
        _check_limit(limit)
    said = [(rule.kind, clock) for rule in policy.warnings.rules for clock in rule.clocks]
    if twice := next((pair for pair in said if said.count(pair) > 1), None):
        raise BadPolicy(
            f"warnings: {twice[0]} is there twice for {twice[1]}, and only one could be given; keep one rule"
        )
    plain = {limit.clock for limit in policy.limits if limit.key == limit.clock}
    if lacking := [clock for clock in ALWAYS if clock not in plain]:
        raise BadPolicy(f"limits: {', '.join(lacking)}: add a row without conditions, for all orders no other row fits")


def _read(document: Mapping[str, Any]) -> Policy:
    return Policy(
        name=document["name"],
        title=document["title"],
        title_en=document.get("title_en", ""),
        source=document["source"],
        dated=document["dated"],
        limits=tuple(_limit(row) for row in document["limits"]),
        levels=tuple(Level(**row) for row in document["satisfaction"]["levels"]),
        counting=Counting(**_given(document["counting"])),
        warnings=_warnings(document["warnings"]),
        time_rules=TimeRules(**{name: int(value) for name, value in _given(document["time_rules"]).items()}),
        auto_confidence=float(document["dispatch"]["auto_confidence"]),
        duplicate_days=int(document["dispatch"].get("duplicate_days", DUPLICATE_DAYS)),
        most_returns=int(document["dispatch"].get("most_returns", MOST_RETURNS)),
        reviews=read_reviews(document.get("review", {})),
        callback_attempts=int(document["callback"]["attempts"]),
        attempt_gap_hours=float(document["callback"].get("gap_hours", 0)),
        script=str(document["callback"].get("script", "")),
        script_en=str(document["callback"].get("script_en", "")),
        audit_share=float(document["callback"].get("audit_share", 0)),
        reactivate_days=int(document["callback"].get("reactivate_days", REACTIVATE_DAYS)),
        appeals=_appeals(document.get("appeals", {})),
        citizens=Citizens(**{name: int(value) for name, value in _given(document.get("citizens", {})).items()}),
        **_of_calls(document["connection"]),
        repeat_days=int(document["callback"].get("repeat_days", REPEAT_DAYS)),
        minimum_n=int(document["ranking"]["minimum_n"]),
        variants=read_variants(document.get("measures", ())),
        ranking=read_ranking(document),
        windows=Windows(**{name: int(value) for name, value in _given(document.get("periods", {})).items()}),
        triggers=tuple(_trigger(row) for row in document.get("triggers", ())),
        reports=_reports(document.get("reports", {})),
        evidence={
            section: _member(Evidence, document[section]["evidence"], section)
            for section in (*SECTIONS, *(name for name in OPTIONAL if name in document))
        },
    )


def _check(policy: Policy) -> None:
    if not 0 < policy.auto_confidence <= 1:
        raise BadPolicy("dispatch.auto_confidence: give a number above 0, at most 1")
    if policy.duplicate_days < 1:
        raise BadPolicy("dispatch.duplicate_days: give a number of days, at least 1")
    if policy.most_returns < 1:
        raise BadPolicy("dispatch.most_returns: give a number of returns, at least 1")
    _check_callback(policy)
    if len({level.code for level in policy.levels}) != len(policy.levels) or not policy.levels:
        raise BadPolicy("satisfaction.levels: give at least one level, each code once")
    if any(not 0 <= level.weight <= 1 for level in policy.levels):
        raise BadPolicy("satisfaction.levels: a weight is a number from 0 to 1")
    if not (-MIDDAY <= policy.windows.day_from <= MIDDAY and 1 <= policy.windows.month_from <= LAST_MONTH_START):
        raise BadPolicy(
            f"periods: give day_from as hours from -{MIDDAY} to {MIDDAY}, month_from as a day from 1 to {LAST_MONTH_START}"
        )
    keys = [limit.key for limit in policy.limits]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise BadPolicy(f"limits: {twice} is there twice; keep one row")
    names = [trigger.name for trigger in policy.triggers]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadPolicy(f"triggers: {twice} is there twice; give each a name of its own")
    rules = policy.time_rules
    if any(getattr(rules, one.name) < 0 for one in fields(rules)):
        raise BadPolicy("time_rules: a number of times or days is not negative")


def _of_calls(section: Mapping[str, Any]) -> dict[str, float]:
    given = {
        "answer_seconds": float(section.get("answer_seconds", ANSWER_SECONDS)),
        "first_call_before": float(section.get("first_call_before_hours", FIRST_CALL_HOURS)),
        "first_call_after": float(section.get("first_call_after_hours", FIRST_CALL_HOURS)),
    }
    if min(given.values()) <= 0:
        raise BadPolicy("connection: give seconds and hours above 0")
    return {"short_abandon": float(section["short_abandon_seconds"]), **given}


def _check_callback(policy: Policy) -> None:
    if policy.attempt_gap_hours < 0 or policy.reviews.from_round < 0 or policy.appeals.days < 0:
        raise BadPolicy("callback, review, appeals: hours, rounds and days are not negative")
    if unknown := places_of(policy.script, policy.script_en) - PLACES:
        raise BadPolicy(
            f"callback: script: {', '.join(sorted(unknown))}: no such place; use {', '.join(sorted(PLACES))}"
        )
    if policy.citizens.adds_a_day < 0 or not 0 <= policy.citizens.photos <= MOST_PHOTOS:
        raise BadPolicy(f"citizens: give adds_a_day as a number from 0, photos as one from 0 to {MOST_PHOTOS}")
    if not 1 <= policy.repeat_days <= MOST_REACTIVATE_DAYS:
        raise BadPolicy(f"callback: give repeat_days as a number of days from 1 to {MOST_REACTIVATE_DAYS}")
    if not (0 <= policy.audit_share <= 1 and 0 <= policy.reactivate_days <= MOST_REACTIVATE_DAYS):
        raise BadPolicy(
            "callback: give audit_share as a number from 0 to 1, "
            f"reactivate_days as a number of days from 0 to {MOST_REACTIVATE_DAYS}"
        )


def _appeals(section: Mapping[str, Any]) -> Appeals:
    given = _given(section)
    lists = {
        name: tuple(_member(Ground, code, f"appeals.{name}") for code in given.get(name, ()))
        for name in ("deadline", "evaluation")
    }
    return Appeals(**{**given, **lists})


def _reports(section: Mapping[str, Any]) -> Reports:
    try:
        return read_reports(_given(section))
    except ValueError as wrong:
        raise BadPolicy(str(wrong)) from wrong


def _given(section: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in section.items() if name != "evidence"}


def _limit(row: Mapping[str, Any]) -> Limit:
    clock, unit = _member(Clock, row["clock"], "limits"), _member(TimeUnit, row["unit"], "limits")
    evidence = _member(Evidence, row["evidence"], f"limits: {clock}: evidence")
    if not row["amount"] > 0:
        raise BadPolicy(f"limits: {clock}: amount must be above 0")
    return Limit(**{**row, "clock": clock, "unit": unit, "evidence": evidence})


def _check_limit(limit: Limit) -> None:
    if not 0 < limit.amount <= MOST_DAYS or (limit.unit in WHOLE and limit.amount != int(limit.amount)):
        raise BadPolicy(
            f"limits: {limit.clock}: amount {limit.amount} {limit.unit}: give a number above 0, at most {MOST_DAYS}, "
            "and a whole one of days"
        )
    if limit.clock is Clock.PROMISE and limit.unit not in WHOLE:
        raise BadPolicy("limits: promise: a promise reaches to a day; give its amount in days")
    if max(len(limit.basis), len(limit.key)) > LONGEST_TEXT:
        raise BadPolicy(f"limits: {limit.clock}: basis and conditions are too long; at most {LONGEST_TEXT} characters")


def _trigger(row: Mapping[str, Any]) -> Trigger:
    where = f"triggers: {row['name']}"
    try:
        trigger = read_trigger(row)
    except ValueError as unknown:
        raise BadPolicy(f"{where}: {unknown}; use one that is known") from unknown
    if wrong := fault(trigger):
        raise BadPolicy(f"{where}: {wrong}")
    return trigger


def _warnings(section: Mapping[str, Any]) -> Warnings:
    return Warnings(
        rules=tuple(_warning(row) for row in section["rules"]),
        gap_hours=float(section["gap_hours"]),
        quiet_from=_time(section["quiet_from"]),
        quiet_until=_time(section["quiet_until"]),
    )


def _warning(row: Mapping[str, Any]) -> WarningRule:
    return WarningRule(
        kind=_member(WarningKind, row["kind"], "warnings"),
        days=int(row["days"]),
        clocks=_clocks(row["clocks"]),
        to_center=bool(row["to_center"]),
        evidence=_member(Evidence, row["evidence"], "warnings"),
    )


def _clocks(names: Iterable[str]) -> tuple[Clock, ...]:
    return tuple(_member(Clock, name, "warnings: clocks") for name in names)


def _time(written: str) -> time:
    try:
        return time.fromisoformat(written)
    except ValueError as wrong:
        raise BadPolicy(f"warnings: {written!r} is no time of day; write it as 20:00") from wrong


def _member(values: type[E], written: str, where: str) -> E:
    try:
        return values(written)
    except ValueError as unknown:
        raise BadPolicy(f"{where}: {unknown}; use one of {', '.join(values)}") from unknown
