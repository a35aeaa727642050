"""Reads a policy's document and checks it: every refusal names the entry and the mend. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import time
from enum import StrEnum
from typing import Any, TypeVar

from hotline.base.time import Windows
from hotline.policy.appeals import Appeals, Ground
from hotline.policy.citizens import Citizens
from hotline.policy.counting import MOST_DAYS, WHOLE, Counting, TimeUnit
from hotline.policy.document import BadPolicy, Level, Policy, TimeRules, WarningKind, WarningRule, Warnings
from hotline.policy.limits import Clock, Evidence, Limit
from hotline.policy.reports import Reports, read_reports
from hotline.policy.reviews import read_reviews
from hotline.policy.scores import read_ranking
from hotline.policy.scripts import PLACES, places_of
from hotline.policy.triggers import Trigger, fault, read_trigger
from hotline.policy.variants import read_variants

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
