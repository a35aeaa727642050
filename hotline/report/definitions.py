"""What is said of each measure: its page and its API read every word from the measure's own row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hotline.base.i18n import gettext, label, mark
from hotline.policy.document import Policy
from hotline.report.measure import Kind, Measure, Subject
from hotline.report.subjects.variants import Varied

OF_CENTER, OF_QUEUES, OF_UNITS = mark("the center"), mark("queues"), mark("units")


def by_subject(measures: Iterable[Measure]) -> dict[Subject, list[Measure]]:
    """Measures by what they count."""
    groups: dict[Subject, list[Measure]] = {}
    for measure in measures:
        groups.setdefault(measure.subject, []).append(measure)
    return groups


def whose(measure: Measure) -> str:
    """What its figures are broken down by first, in the reader's language."""
    if measure.unit is not None:
        return gettext(OF_UNITS)
    return gettext(OF_QUEUES if measure.subject is Subject.CALLS else OF_CENTER)


def direction(measure: Measure) -> str:
    """Which way it is better, in the reader's language."""
    return gettext("less is better") if measure.less_is_better else gettext("more is better")


def definition(measure: Measure, policy: Policy) -> dict[str, Any]:
    """A measure in words, in the reader's language.

    of: the built-in measure a city's own varies, else None. evidence: how a city's own is known.
    """
    own = measure.variant if isinstance(measure, Varied) else None
    return {
        "name": measure.name,
        "label": measure.title,
        "counts": label(measure.subject),
        "of": own and own.of,
        "kind": measure.kind.value,
        "unit": "seconds" if measure.kind is Kind.MEAN else "percent",
        "meaning": measure.meant(policy),
        "numerator": gettext(measure.hit),
        "not_in_numerator": gettext(measure.missed),
        "not_yet": measure.still(),
        "excluded_because": measure.because(policy),
        "less_is_better": measure.less_is_better,
        "minimum_n": measure.least_n(policy),
        "source": measure.known(),
        "evidence": own and own.evidence.value,
    }
