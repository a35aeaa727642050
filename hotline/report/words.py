"""What weeks, numbers and the lists behind them are called on pages, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from hotline.base.i18n import dated, gettext, label, language, mark, ngettext
from hotline.base.time import Kind, Period
from hotline.policy.document import Policy
from hotline.report.figures import percent
from hotline.report.lines import AnyLine, DispatchLine, OrderLine
from hotline.report.lists import DISPATCHED, OVERDUE, RECEIVED, Listing, Wanted
from hotline.report.measure import Bucket, Measure, Subject
from hotline.report.measure import Kind as RateKind
from hotline.report.measures import Fate, find_measure

OF_NO_MEASURE = {
    RECEIVED: mark("Orders received"),
    DISPATCHED: mark("Orders dispatched"),
    OVERDUE: mark("Orders overdue"),
}


# Weeks


def span(period: Period) -> str:
    """A week as a heading: Mon 16 Nov – Sun 22 Nov 2026."""
    if period.first == period.last:
        return dated(period.first, "y年M月d日 EEE", "EEE d MMM y")
    two_years = period.first.year != period.last.year
    if language() == "zh":
        return (
            f"{_day(period.first, 'y年M月d日 EEE')} – {_day(period.last, ('y年' if two_years else '') + 'M月d日 EEE')}"
        )
    return f"{_day(period.first, 'EEE d MMM' + (' y' if two_years else ''))} – {_day(period.last, 'EEE d MMM y')}"


def short_span(period: Period, today: date) -> str:
    """A week in a line of words: 16–22 Nov, with the year when it is not this one."""
    first, last = period.first, period.last
    if first == last:
        return span(period)
    one_month = first.month == last.month
    if language() == "zh":
        year = "" if first.year == today.year else "y年"
        return (
            f"{_day(first, year + ('M月d' if one_month else 'M月d日'))}–{_day(last, 'd日' if one_month else 'M月d日')}"
        )
    year = "" if last.year == today.year else " y"
    if one_month:
        return f"{first.day}–{_day(last, 'd MMM' + year)}"
    return f"{_day(first, 'd MMM')} – {_day(last, 'd MMM' + year)}"


def monday(period: Period) -> str:
    """The first day of a week or another period, as short as a chart needs it; a month and a year by name."""
    if period.kind is Kind.MONTH:
        return dated(period.last, "M月", "MMM")
    if period.kind is Kind.YEAR:
        return str(period.last.year)
    return dated(period.first, "M月d日", "d MMM")


def _day(day: date, pattern: str) -> str:
    return dated(day, pattern, pattern)


SPANS = {
    Kind.DAY: mark("By day"),
    Kind.WEEK: mark("By week"),
    Kind.MONTH: mark("By month"),
    Kind.QUARTER: mark("By quarter"),
    Kind.YEAR: mark("By year"),
}


def span_name(kind: Kind) -> str:
    """What a kind of period is called in a switch: By day, By week."""
    return gettext(SPANS[kind])


# Numbers


def rate_words(rate: Fraction | None, digits: int = 2) -> str:
    """A rate as pages write it: 98.41%."""
    shown = percent(rate, digits)
    return "–" if shown is None else f"{shown}%"


def share(part: int, whole: int) -> Fraction | None:
    """A part of a whole as a rate."""
    return Fraction(part, whole) if whole else None


def pending(measure: Measure) -> str:
    """What rows are called that do not count yet."""
    return measure.still()


def missed(measure: Measure) -> str:
    """What counted rows are called that count for nothing."""
    return gettext(measure.missed)


def definition(measure: Measure, policy: Policy) -> list[str]:
    """What a measure means, what it leaves out and where it comes from, a paragraph each."""
    said = [measure.meant(policy), measure.known()]
    if because := measure.because(policy):
        said.insert(1, gettext("Excluded: %(reason)s.", reason=because))
    return said


def how_many(subject: Subject, count: int) -> str:
    """A count with what it counts: 5 orders."""
    match subject:
        case Subject.CALLS:
            return ngettext("%(num)d call", "%(num)d calls", count)
        case Subject.DEADLINES | Subject.DISPATCHES | Subject.CLOSINGS | Subject.ORDERS:
            return ngettext("%(num)d order", "%(num)d orders", count)
        case Subject.EVALUATIONS:
            return ngettext("%(num)d evaluation", "%(num)d evaluations", count)
        case Subject.REPLIES:
            return ngettext("%(num)d reply", "%(num)d replies", count)


# Lists


def subject_of(wanted: Wanted, policy: Policy) -> Subject:
    """What a list is of; orders where it belongs to no measure."""
    measure = find_measure(wanted.measure, policy)
    return measure.subject if measure else Subject.DEADLINES


def heading(wanted: Wanted, week: str, owner: str | None, found: Listing, policy: Policy) -> str:
    """What a list is, in words: On time · 16–22 Nov · Housing bureau · late or overdue: 5 orders.

    owner: the unit or queue it is narrowed to.
    """
    measure = find_measure(wanted.measure, policy)
    what = measure.title if measure else gettext(OF_NO_MEASURE[wanted.measure])
    count = how_many(subject_of(wanted, policy), found.page.total)
    if found.page.more_than_counted:
        count = gettext("more than %(count)s", count=count)
    which = gettext(", ").join(_narrowing(wanted, measure, policy))
    last = gettext("%(which)s: %(count)s", which=which, count=count) if which else count
    return " · ".join(part for part in (what, week, owner, last) if part)


def route(wanted: Wanted, units: Mapping[str, str], categories: Mapping[str, str]) -> str:
    """Which dispatches a list is narrowed to beside its unit: Water supply → Water utility; empty where to none."""
    category = categories.get(wanted.category, wanted.category) if wanted.category else ""
    unit = units.get(wanted.moved_to, wanted.moved_to) if wanted.moved_to else ""
    sent_on = gettext("sent on to %(unit)s", unit=unit) if unit else ""
    return " · ".join(part for part in (category, sent_on) if part)


def threshold_words(share: float) -> str:
    """A threshold as pages write it: 80%."""
    return f"{share * 100:g}%"


def sureness(line: DispatchLine) -> str:
    """How sure the system was of a category, and how sure it had to be: 93% ≥ 80%."""
    parts = [share for share in (line.confidence, line.threshold) if share is not None]
    return " ≥ ".join(f"{share * 100:.0f}%" for share in parts)


def _narrowing(wanted: Wanted, measure: Measure | None, policy: Policy) -> list[str]:
    if measure is None:
        parts = (wanted.channel, wanted.nature, wanted.state, wanted.fate)
        return [label(part) for part in parts if part is not None]
    if wanted.numerator is not None:
        return [gettext(measure.hit if wanted.numerator else measure.missed)]
    match wanted.bucket:
        case None:
            return []
        case Bucket.NOT_DUE:
            return [pending(measure)]
        case Bucket.EXCLUDED:
            return [measure.because(policy) or label(Bucket.EXCLUDED)]
        case Bucket.COUNTED:
            return [gettext("counted")]


@dataclass(frozen=True, slots=True)
class Counted:
    """How a row counts: the light it is shown with, and the word."""

    light: str
    word: str


def counted_as(measure: Measure, line: AnyLine) -> Counted:
    """How a row of a measure counts."""
    if line.bucket is Bucket.NOT_DUE:
        return Counted("open", pending(measure))
    ground = f" · {label(line.ground)}" if isinstance(line, OrderLine) and line.ground else ""
    if line.bucket is Bucket.EXCLUDED:
        return Counted("dropped", label(Bucket.EXCLUDED) + ground)
    if measure.kind is RateKind.MEAN:
        return Counted("open", gettext(measure.hit if line.weight else measure.missed))
    if not line.weight:
        return _missed(measure, line)
    light, word = "late" if measure.less_is_better else "done", gettext(measure.hit) + ground
    return Counted(light, word if line.weight == 1 else f"{word} × {line.weight.normalize():f}")


def _missed(measure: Measure, line: AnyLine) -> Counted:
    """How a counted row counts that counts for nothing."""
    if measure.less_is_better:
        return Counted("done", missed(measure))
    if measure.name == "auto_dispatch":
        return Counted("open", missed(measure))  # no fault
    if measure.subject is Subject.DEADLINES and isinstance(line, OrderLine):
        return Counted("late", label(Fate.LATE)) if line.ended_at else Counted("overdue", label(Fate.OVERDUE))
    return Counted("late", missed(measure))
