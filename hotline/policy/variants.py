"""A city's own measures: one of the report's, varied by what stands in the policy. Pure.

What the report itself must check (that there is such a measure, that the words name what orders have) it checks where
a policy is adopted, see ``reading.CHECKS``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from hotline.base.i18n import pick
from hotline.policy.limits import Evidence

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Orders:
    """Some orders, by what they are: of any of the codes in every list that names some.

    category: prefixes, so that a node stands for all below it. unit_kind: of the unit a row counts for.
    """

    channel: tuple[str, ...] = ()
    nature: tuple[str, ...] = ()
    urgency: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    district: tuple[str, ...] = ()
    unit_kind: tuple[str, ...] = ()

    @property
    def lists(self) -> dict[str, tuple[str, ...]]:
        """The lists that name some, by their names."""
        named = {part.name: getattr(self, part.name) for part in fields(self)}
        return {name: codes for name, codes in named.items() if codes}


@dataclass(frozen=True, slots=True)
class Variant:
    """A measure a city makes of another.

    of: the built-in one. where: the orders it is narrowed to. exclude: orders that do not count, in the open; why, in
    reason. weights: what each satisfaction level counts; one without a weight is excluded in the open.
    seconds: within which a call is answered in time. minimum_n: fewer counted are not ranked; None: as in the policy.
    """

    name: str
    of: str
    label: str
    source: str
    evidence: Evidence
    label_en: str = ""
    source_en: str = ""
    where: Orders = Orders()
    exclude: Orders = Orders()
    reason: str = ""
    reason_en: str = ""
    weights: tuple[tuple[str, float], ...] = ()
    seconds: float | None = None
    minimum_n: int | None = None

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return pick(self.label, self.label_en)


def read_variants(rows: Iterable[Mapping[str, Any]]) -> tuple[Variant, ...]:
    """The variants of a document; raise ValueError naming the one that cannot be used, and the mend."""
    found = tuple(_read(row) for row in rows)
    names = [variant.name for variant in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"measures: {twice} is there twice; give each a name of its own")
    for variant in found:
        if wrong := _fault(variant):
            raise ValueError(f"measures: {variant.name}: {wrong}")
    return found


def _read(row: Mapping[str, Any]) -> Variant:
    exclude = dict(row.get("exclude", {}))
    given = {
        **row,
        "evidence": Evidence(row["evidence"]),
        "where": _orders(row.get("where", {})),
        "reason": exclude.pop("reason", ""),
        "reason_en": exclude.pop("reason_en", ""),
        "exclude": _orders(exclude),
        "weights": tuple((code, float(weight)) for code, weight in row.get("weights", {}).items()),
    }
    return Variant(**given)


def _orders(lists: Mapping[str, Any]) -> Orders:
    if wrong := next((name for name, codes in lists.items() if not isinstance(codes, list)), None):
        raise ValueError(f'measures: {wrong}: write a list, such as ["complaint"]')
    return Orders(**{name: tuple(codes) for name, codes in lists.items()})


def _fault(variant: Variant) -> str:
    checks = {
        "name: give one of small letters, digits and _, at most 40": bool(NAME.fullmatch(variant.name)),
        "label: give what it is called": bool(variant.label.strip()),
        "weights: a weight is a number from 0 to 1": all(0 <= weight <= 1 for _, weight in variant.weights),
        "seconds: give a number above 0": variant.seconds is None or variant.seconds > 0,
        "minimum_n: give a whole number, at least 1": variant.minimum_n is None
        or (variant.minimum_n >= 1 and variant.minimum_n == int(variant.minimum_n)),
        "exclude: give the orders with their reason, or neither": bool(variant.exclude.lists)
        == bool(variant.reason.strip()),
        "give what it varies: weights, where, exclude, minimum_n or seconds": any(
            (variant.weights, variant.where.lists, variant.exclude.lists, variant.minimum_n, variant.seconds)
        ),
    }
    return next((mend for mend, good in checks.items() if not good), "")
