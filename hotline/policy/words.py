"""A policy in words, for its page and the command line: how a number is known, how days are counted, when is warned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hotline.base.i18n import gettext, label, mark, pick
from hotline.policy.clock import rule_of, spoken
from hotline.policy.counting import DEFAULT_COUNTING, Counting, TimeUnit
from hotline.policy.document import Level, Policy, WarningRule, Warnings
from hotline.policy.limits import Clock, Evidence, Limit
from hotline.policy.triggers import Kind, Trigger

PERCENT = 100
WHEN = {
    Kind.OVERDUE: mark("overdue for %(days)s working days"),
    Kind.DISSATISFIED_AGAIN: mark("%(count)s replies the citizen calls unsolved or is not satisfied with"),
    Kind.URGED: mark("urged %(count)s times in one round"),
    Kind.REPEATED: mark("%(count)s orders of one citizen and category within %(days)s days"),
    Kind.STALLED: mark("nothing by the unit for %(days)s working days"),
    Kind.SLIP_OVERDUE: mark("a red slip not answered in time"),
    Kind.UNSOLVED_IN_MONTH: mark("%(count)s evaluations “not solved” of a unit in a month"),
    Kind.BELOW: mark("a unit's rate “%(measure)s” of a month below %(percent)s, with %(minimum_n)s counted or more"),
    Kind.LAST_TWICE: mark(
        "a unit last of its kind by “%(measure)s” two months running, with %(minimum_n)s counted or more"
    ),
    Kind.CLUSTER: mark("%(count)s citizens of one topic within %(days)s days"),
    Kind.JUMP: mark(
        "%(count)s orders or more on a day, in the city, of one kind or in one district, and more than %(deviations)s "
        "standard deviations above the mean of the same weekday in the %(weeks)s weeks before"
    ),
}
HELD_TO = {
    "on_time": mark("On-time completion"),
    "on_time_original": mark("On-time completion, first deadline"),
    "satisfied": mark("Satisfaction rate"),
    "solved": mark("Resolution rate"),
}  # the labels the report's measures have; a test compares them
UNITS = {
    "center": mark("Hotline center"),
    "government": mark("City government"),
    "bureau": mark("Bureau"),
    "utility": mark("Utility"),
    "district": mark("District"),
    "street": mark("Street or town"),
}  # the labels kinds of units have; a test compares them
_OTHER = mark("Title and source")
SECTION_NAMES = {
    "dispatch": mark("Dispatch"),
    "callback": mark("Call back"),
    "connection": mark("Connection of calls"),
    "limits": mark("Time limits"),
    "counting": mark("How time is counted"),
    "time_rules": mark("Extensions and pauses"),
    "warnings": mark("Warnings"),
    "triggers": mark("What calls for supervision"),
    "satisfaction": mark("Satisfaction"),
    "measures": mark("How measures count"),
    "ranking": mark("Rankings"),
    "scores": mark("Scores"),
    "periods": mark("Where periods begin"),
    "reports": mark("Reports"),
    "review": mark("Review of replies"),
    "appeals": mark("Appeals"),
    "citizens": mark("Citizens on their own pages"),
}


def section_name(section: str) -> str:
    """What a section of a policy is called, as a marked message; what is no section tells of its title and source."""
    return SECTION_NAMES.get(section, _OTHER)


def evidence_words(evidence: Evidence) -> str:
    """Whether a source was found, and of what kind it is."""
    if evidence.found:
        return gettext("found: %(evidence)s", evidence=label(evidence))
    return gettext("assumed: %(evidence)s", evidence=label(evidence))


def by_clock(limits: Iterable[Limit]) -> dict[Clock, list[Limit]]:
    """The limits of each clock that has any, the most general first."""
    rows = sorted(limits, key=lambda limit: limit.weight)
    groups = {clock: [limit for limit in rows if limit.clock is clock] for clock in Clock}
    return {clock: group for clock, group in groups.items() if group}


def counting_words(counting: Counting) -> dict[TimeUnit, str]:
    """How each unit is counted."""
    return {unit: rule_of(unit, counting) for unit in TimeUnit}


def counting_source(counting: Counting) -> str:
    """Where the rules of counting come from."""
    if counting == DEFAULT_COUNTING:
        return gettext("Source: Civil Code (民法典), articles 201 and 203.")
    return gettext("This policy counts in its own way, not as the Civil Code (民法典, articles 201 and 203) does.")


def time_words(policy: Policy) -> list[tuple[str, str]]:
    """What a unit may ask for when time is short: what, and how much."""
    rules = policy.time_rules
    return [
        (gettext("Extensions of one order, at most"), str(rules.extensions)),
        (gettext("Extensions that need nobody's leave"), str(rules.self_granted)),
        (gettext("Pauses of one order, at most"), str(rules.pauses)),
        (
            gettext("Longest pause for a supplement or a procedure"),
            spoken(rules.pause_days, TimeUnit.WORKING_DAYS),
        ),
    ]


def other_words(policy: Policy) -> list[tuple[str, str, Evidence]]:
    """The remaining numbers of a policy: what, how much, how it is known."""
    known = policy.evidence
    appeals = []
    if policy.appeals.days:
        time = spoken(policy.appeals.days, TimeUnit.WORKING_DAYS)
        appeals = [(gettext("A unit may appeal after the closing, within"), time, known["appeals"])]
    return [
        (
            gettext("Dispatched without a person from a confidence of"),
            percent(policy.auto_confidence),
            known["dispatch"],
        ),
        (
            gettext("Looked at for the same matter: orders that are open, or came in within"),
            spoken(policy.duplicate_days, TimeUnit.NATURAL_DAYS),
            known["dispatch"],
        ),
        (
            gettext("Returns of one order, after which the center designates its unit"),
            str(policy.most_returns),
            known["dispatch"],
        ),
        (
            gettext("Calls without an answer before an order is closed unrated"),
            str(policy.callback_attempts),
            known["callback"],
        ),
        (
            gettext("At least between two calls of one citizen"),
            spoken(policy.attempt_gap_hours, TimeUnit.NATURAL_HOURS),
            known["callback"],
        ),
        (gettext("Script of a callback"), policy.said_on_the_phone or "–", known["callback"]),
        *_counted_by(policy),
        (gettext("Fewest orders behind a rate that is ranked"), str(policy.minimum_n), known["ranking"]),
        (gettext("Answers of callbacks that are audited"), percent(policy.audit_share), known["callback"]),
        (
            gettext("Taken up again rather than told anew, and then closed falsely: within"),
            spoken(policy.reactivate_days, TimeUnit.NATURAL_DAYS),
            known["callback"],
        ),
        *appeals,
        *_of_citizens(policy),
    ]


def _of_citizens(policy: Policy) -> list[tuple[str, str, Evidence]]:
    """What citizens may do on their own pages; nothing where the policy does not say."""
    known = policy.evidence.get("citizens")
    if known is None:
        return []
    return [
        (gettext("A citizen may add to an order, times a day"), str(policy.citizens.adds_a_day), known),
        (gettext("Photos a citizen may send at a time"), str(policy.citizens.photos), known),
    ]


def _counted_by(policy: Policy) -> list[tuple[str, str, Evidence]]:
    """The seconds, hours and days that measures of the report go by."""
    known = policy.evidence
    return [
        (
            gettext("Not counted as missed: whoever hangs up within"),
            gettext("%(n)s s", n=f"{policy.short_abandon:g}"),
            known["connection"],
        ),
        (
            gettext("A call is answered in time within"),
            gettext("%(n)s s", n=f"{policy.answer_seconds:g}"),
            known["connection"],
        ),
        (
            gettext("Settled with the first call: no call in the hours before, none again in the hours after"),
            gettext(
                "%(before)s, %(after)s", before=f"{policy.first_call_before:g}", after=f"{policy.first_call_after:g}"
            ),
            known["connection"],
        ),
        (
            gettext("Told of again: the same citizen with the same matter within"),
            spoken(policy.repeat_days, TimeUnit.NATURAL_DAYS),
            known["callback"],
        ),
    ]


def warned_when(rule: WarningRule) -> str:
    """When a warning is given."""
    if not rule.days:
        return gettext("as soon as it is overdue")
    if rule.days < 0:
        left = spoken(-rule.days, TimeUnit.WORKING_DAYS)
        return gettext("%(amount)s before it is due", amount=left)
    if rule.days == 1:
        return gettext("on the working day after it was due")
    return gettext("on working day %(n)s after it was due", n=rule.days)


def triggered_when(trigger: Trigger) -> str:
    """When a trigger fires."""
    numbers = {**trigger.numbers, "percent": percent(trigger.percent / PERCENT)}
    if trigger.measure:
        numbers["measure"] = gettext(HELD_TO[trigger.measure])
    numbers["deviations"] = f"{trigger.deviations:g}"
    said = gettext(WHEN[trigger.kind], **numbers)
    if trigger.kinds:
        said = gettext("%(units)s: %(rule)s", units=_kinds(trigger.kinds), rule=said)
    if trigger.percents:
        others = (f"{_kinds([kind])} {percent(least / PERCENT)}" for kind, least in trigger.percents.items())
        said = gettext("%(rule)s; but %(others)s", rule=said, others=gettext(", ").join(others))
    return said


def _kinds(kinds: Iterable[str]) -> str:
    return gettext(", ").join(gettext(UNITS[kind]) for kind in kinds)


def trigger_title(trigger: Trigger) -> str:
    """What a trigger is called; with its measure, where a policy may hold units to several."""
    title = label(trigger.kind)
    return title + gettext(": ") + gettext(HELD_TO[trigger.measure]) if trigger.measure else title


def trigger_does(trigger: Trigger) -> str:
    """What a trigger does."""
    if trigger.supervision:
        return label(trigger.does) + gettext(": ") + label(trigger.supervision)
    return label(trigger.does)


def listed_words(listed: Mapping[str, int]) -> str:
    """How many units the red and black lists name, by kind."""
    numbers = gettext(", ").join(f"{_kinds([kind])} {listed[kind]}" for kind in UNITS if kind in listed)
    return gettext("The red and black lists name at most: %(numbers)s", numbers=numbers)


def sending_words(warnings: Warnings) -> str:
    """How warnings are sent."""
    return gettext(
        "A unit gets its warnings as one list, the next no sooner than %(gap)s after the last; none on days off, nor "
        "from %(start)s to %(end)s. Urgent orders are warned about at any time.",
        gap=spoken(warnings.gap_hours, TimeUnit.NATURAL_HOURS),
        start=f"{warnings.quiet_from:%H:%M}",
        end=f"{warnings.quiet_until:%H:%M}",
    )


def level_words(level: Level) -> tuple[str, str]:
    """A satisfaction level and what it counts."""
    return pick(level.label, level.label_en), percent(level.weight)


def percent(share: float) -> str:
    """A share from 0 to 1 in percent."""
    return f"{share * PERCENT:g} %"
