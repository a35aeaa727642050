"""A city's own measures: a built-in one, counted by other weights or seconds, of some orders, or without some.

A variant changes what the built-in measure reads of the policy, and which rows are part of it or excluded; all else it
has from there, so that it comes with its list, its rollup and its definition.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select, true
from sqlalchemy.orm import aliased

from hotline.base.i18n import gettext, label, pick
from hotline.handle.models import Evaluation
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.vocabulary import Channel, Nature, Urgency
from hotline.people.models import Unit, UnitKind
from hotline.policy.document import BadPolicy, Level, Policy
from hotline.policy.variants import Orders, Variant
from hotline.report.measure import Bucket, Frame, Measure, Subject

TAKEN = ("received", "dispatched", "fates", "open_overdue")  # by tallies and lists
MEMBERS: dict[str, type[StrEnum]] = {"channel": Channel, "nature": Nature, "urgency": Urgency, "unit_kind": UnitKind}
LEVELS = frozenset({"satisfied", "basically", "neutral", "dissatisfied"})  # a scheme may weigh these though none asks
ORDER_IDS: dict[Subject, Any] = {
    Subject.DEADLINES: Deadline.order_id,
    Subject.EVALUATIONS: Evaluation.order_id,
    Subject.REPLIES: Evaluation.order_id,
    Subject.DISPATCHES: Event.order_id,
    Subject.CLOSINGS: Event.order_id,
    Subject.ORDERS: Order.id,
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Varied(Measure):
    """A measure of the city's own. base: the built-in one it varies."""

    variant: Variant
    base: Measure

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return self.variant.title

    def meant(self, policy: Policy) -> str:
        """What it means: what the built-in one does, and what is changed."""
        said = [self.base.meant(under(policy, self.variant)), *narrowed(self.variant)]
        return " ".join(said)

    def known(self) -> str:
        """Where it comes from, in the reader's language."""
        return pick(self.variant.source, self.variant.source_en)

    def because(self, policy: Policy) -> str:
        """Why rows are excluded, in the reader's language."""
        reasons = self.base.because(under(policy, self.variant)), pick(self.variant.reason, self.variant.reason_en)
        return gettext("; ").join(filter(None, reasons))

    def least_n(self, policy: Policy) -> int:
        """How many must be counted for a ranking."""
        return self.variant.minimum_n or policy.minimum_n


@lru_cache(maxsize=1000)  # one of a kind: the same row of the policy is the same measure
def varied(base: Measure, variant: Variant) -> Varied:
    """The measure a variant makes of a built-in one."""

    def within(frame: Frame) -> ColumnElement[bool]:
        now = _of_policy(variant, frame.policy)
        return and_(base.within(_under(frame, now)), _of(now.where, base, frame))

    def bucket(frame: Frame) -> ColumnElement[Any]:
        now = _of_policy(variant, frame.policy)
        falls = base.bucket(_under(frame, now))
        out = and_(falls == Bucket.COUNTED.value, _of(now.exclude, base, frame))
        return case((out, Bucket.EXCLUDED.value), else_=falls) if now.exclude.lists else falls

    def weight(frame: Frame) -> ColumnElement[Any]:
        return base.weight(_under(frame, _of_policy(variant, frame.policy)))

    def reads(policy: Policy) -> Any:
        now = _of_policy(variant, policy)
        return base.name, base.reads(under(policy, now)), now.where, now.exclude

    kept = {part.name: getattr(base, part.name) for part in fields(Measure)}
    changed = {"name": variant.name, "within": within, "bucket": bucket, "weight": weight, "reads": reads}
    return Varied(**{**kept, **changed}, variant=variant, base=base)


def _of_policy(variant: Variant, policy: Policy) -> Variant:
    """The variant as a policy has it: what is counted by an earlier policy is counted as that one said."""
    alike = (one for one in policy.variants if (one.name, one.of) == (variant.name, variant.of))
    return next(alike, variant)


def under(policy: Policy, variant: Variant) -> Policy:
    """A policy as a variant has it."""
    levels, known = policy.levels, {level.code: level for level in policy.levels}
    if variant.weights:
        levels = tuple(
            replace(known.get(code, Level(code, code, code, weight)), weight=weight) for code, weight in variant.weights
        )
    return replace(policy, levels=levels, answer_seconds=variant.seconds or policy.answer_seconds)


def _under(frame: Frame, variant: Variant) -> Frame:
    return replace(frame, policy=under(frame.policy, variant))


def _of(orders: Orders, measure: Measure, frame: Frame) -> ColumnElement[bool]:
    """Whether a row is of some orders, as they are filed now."""
    lists, order = orders.lists, aliased(Order)
    kinds = lists.pop("unit_kind", ())
    prefixes = lists.pop("category", ())
    columns: dict[str, Any] = {"channel": order.channel, "nature": order.nature, "urgency": order.urgency}
    columns["district"] = order.district_code
    wanted: list[ColumnElement[bool]] = [columns[name].in_(codes) for name, codes in lists.items()]
    if prefixes:
        wanted.append(or_(*(order.category_code.startswith(prefix, autoescape=True) for prefix in prefixes)))
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted:
        same = select(order.id).where(order.id == ORDER_IDS[measure.subject], *wanted)
        conditions.append(same.exists())
    if kinds and measure.unit is not None:
        conditions.append(measure.unit(frame).in_(select(Unit.code).where(Unit.kind.in_(kinds))))
    return and_(*conditions)


# What is said of it


def narrowed(variant: Variant) -> list[str]:
    """What a variant changes, a sentence each, in the reader's language."""
    said = []
    if variant.weights:
        weights = gettext(", ").join(f"{code} {weight:g}" for code, weight in variant.weights)
        said.append(gettext("The answers weigh: %(weights)s.", weights=weights))
    if variant.where.lists:
        said.append(gettext("Only of: %(orders)s.", orders=_words(variant.where)))
    if variant.exclude.lists:
        said.append(gettext("Without: %(orders)s.", orders=_words(variant.exclude)))
    return said


def _words(orders: Orders) -> str:
    return gettext("; ").join(
        gettext(", ").join(label(MEMBERS[name](code)) if name in MEMBERS else code for code in codes)
        for name, codes in orders.lists.items()
    )


# Whether it can be counted


def check_variants(policy: Policy, built_in: Iterable[Measure]) -> None:
    """Raise BadPolicy where a policy's variant cannot be counted, naming the entry and the mend."""
    measures = {measure.name: measure for measure in built_in}
    for variant in policy.variants:
        if wrong := _fault(variant, measures, policy):
            raise BadPolicy(f"measures: {variant.name}: {wrong}")


def _fault(variant: Variant, measures: dict[str, Measure], policy: Policy) -> str:
    base = measures.get(variant.of)
    if base is None:
        return f"of: there is no measure {variant.of}; use one of {', '.join(measures)}"
    if variant.name in {*measures, *TAKEN}:
        return "name: a measure or list that is built in has it; give one of its own"
    plain = replace(variant, weights=(), seconds=None)
    for part in ("weights", "seconds"):
        alone = replace(plain, **{part: getattr(variant, part)})
        if getattr(variant, part) and not _reads_other(base, alone, policy):
            return f"{part}: {variant.of} does not go by them; leave them out"
    known = LEVELS | set(policy.weights)
    if unknown := [code for code, _ in variant.weights if code not in known]:
        return f"weights: {', '.join(unknown)}: use levels of the policy, or {', '.join(sorted(LEVELS))}"
    return _orders_fault(variant, base)


def _reads_other(base: Measure, variant: Variant, policy: Policy) -> bool:
    """Whether a measure goes by what a variant changes: told from a policy in which nothing can be the same."""
    blank = replace(policy, levels=(), answer_seconds=-1.0)
    return bool(base.reads(blank) != base.reads(under(blank, variant)))


def _orders_fault(variant: Variant, base: Measure) -> str:
    for part, orders in (("where", variant.where), ("exclude", variant.exclude)):
        lists = orders.lists
        if lists and base.subject not in ORDER_IDS:
            return f"{part}: calls are no orders and cannot be told apart so; leave it out"
        if "unit_kind" in lists and base.unit is None:
            return f"{part}: unit_kind: {base.name} belongs to no unit; leave it out"
        for name, codes in lists.items():
            members = MEMBERS.get(name)
            if members and (unknown := [code for code in codes if code not in set(members)]):
                return f"{part}: {name}: {', '.join(unknown)}: use any of {', '.join(members)}"
    return ""
