"""The measures: one row each, and everything said of a measure is read from its row.

The rows stand with their subject: ``calls``, ``received``, ``dispatches``, ``clocks``, ``answers``, ``closings``; a
city's own, which vary one of these, stand in its policy (``variants``).

The figures, the list behind every number, the rollup, the sheet and the page of definitions use the same expressions,
so a number and its list cannot differ. Everything is seen as of one instant, the cut-off: what ended after it was still
running then, what began after it was not there, what two people agreed later not to count still counted. A period seen
as of a later cut-off takes in what happened since; seen again as of the same one it is what it was, but for what is
recorded after the fact: calls and orders brought in afterwards, a due time that is moved, a reply rejected later
(which counts as made until then), a policy put in force in arrears.

A row belongs to the day of its ``instant``, and how it counts depends on the cut-off alone, not on the period asked for.
So a period is the sum of its days, which is what the rollup rests on.
"""

from __future__ import annotations

from hotline.base.errors import NotFound
from hotline.base.i18n import gettext
from hotline.policy.document import Policy
from hotline.policy.reading import CHECKS
from hotline.report.measure import Measure
from hotline.report.subjects.answers import ANSWER_MEASURES
from hotline.report.subjects.asof import lead_at
from hotline.report.subjects.calls import CALL_MEASURES
from hotline.report.subjects.clocks import CLOCK_MEASURES, Fate, fate
from hotline.report.subjects.closings import CLOSING_MEASURES
from hotline.report.subjects.dispatches import DISPATCH_MEASURES
from hotline.report.subjects.received import ORDER_MEASURES
from hotline.report.subjects.variants import check_variants, varied

__all__ = ["BY_NAME", "MEASURES", "WEEKLY", "Fate", "fate", "find_measure", "lead_at", "measure_named", "measures_at"]

MEASURES: tuple[Measure, ...] = (
    *CALL_MEASURES,
    *ORDER_MEASURES,
    *DISPATCH_MEASURES,
    *CLOCK_MEASURES,
    *ANSWER_MEASURES,
    *CLOSING_MEASURES,
)
BY_NAME = {measure.name: measure for measure in MEASURES}

CHECKS.append(lambda policy: check_variants(policy, MEASURES))

# What the report of a week is made of, in its order.
WEEKLY = tuple(
    BY_NAME[name]
    for name in (
        *("connection", "on_time", "on_time_original", "excluded_on_appeal", "satisfied", "solved", "false_close"),
        *("auto_dispatch", "dispatch_accuracy", "auto_dispatch_accuracy", "hand_dispatch_accuracy"),
    )
)


def measures_at(policy: Policy) -> tuple[Measure, ...]:
    """The measures under a policy: those built in, each followed by what the city makes of it."""
    own = [varied(BY_NAME[variant.of], variant) for variant in policy.variants]
    return tuple(
        one for measure in MEASURES for one in (measure, *(mine for mine in own if mine.variant.of == measure.name))
    )


def find_measure(name: str, policy: Policy) -> Measure | None:
    """The measure with this name under a policy, built in or the city's own; None where there is none."""
    return next((measure for measure in measures_at(policy) if measure.name == name), None)


def measure_named(name: str, policy: Policy) -> Measure:
    """The measure with this name under a policy; raise NotFound."""
    measure = find_measure(name, policy)
    if measure is None:
        raise NotFound(gettext("There is no measure with this name."))
    return measure
