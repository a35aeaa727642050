"""Reading a published table from a TOML file; what cannot be used is refused with the field and the mend."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hotline.base.errors import Invalid
from hotline.report.published.reconcile import RATES, Change, Count, Sum, Table, Term

Terms = Mapping[str, Any]

PERCENTAGE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
GROWTH = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")
AVERAGE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
MOST = 10**12


def read_table(text: str) -> Table:
    """The table a file holds; raise Invalid."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise Invalid.field("file", f"is not TOML: {wrong}; Chinese names stand in quotes") from wrong
    _only(document, "file", ("title", "source", "counts", "rates", "sums", "changes"))
    counts = {_count(name, "counts"): _whole(n, f"counts.{name}") for name, n in _table(document, "counts").items()}
    sums = tuple(_sum(one, f"sums.{n}", counts) for n, one in enumerate(_rows(document, "sums"), 1))
    if not counts and not sums:
        raise Invalid.field("counts", "is missing; give the published counts, e.g. received = 26898")
    return Table(
        title=str(document.get("title", "")),
        counts=counts,
        rates=dict(_rate(name, value, counts) for name, value in _table(document, "rates").items()),
        sums=sums,
        changes=tuple(_change(one, f"changes.{n}", counts) for n, one in enumerate(_rows(document, "changes"), 1)),
    )


def _rate(name: str, value: object, counts: Mapping[Count, int]) -> tuple[Count, str]:
    count, field = _count(name, "rates"), f"rates.{name}"
    if count not in RATES:
        raise Invalid.field(field, f"no rate is formed of it; rates are {', '.join(RATES)}")
    if count not in counts:
        raise Invalid.field(field, f"lacks its numerator; add {name} to [counts]")
    if not any(whole in counts for whole in RATES[count]):
        raise Invalid.field(field, f"lacks a denominator; add {' or '.join(RATES[count])} to [counts]")
    return count, _printed(value, field, PERCENTAGE)


def _sum(one: Terms, field: str, counts: Mapping[Count, int]) -> Sum:
    _only(one, field, ("label", "total", "parts", "shares"))
    if "total" not in one:
        raise Invalid.field(f"{field}.total", "is missing; give a number or the name of a count")
    label = str(one.get("label", field))
    parts = {name: _term(name, value, f"{field}.parts.{name}", counts) for name, value in _table(one, "parts").items()}
    if not parts:
        raise Invalid.field(f"{field}.parts", 'is missing; give each part, e.g. parts = { "电话" = 120, "网站" = 30 }')
    shares = {
        name: _printed(value, f"{field}.shares.{name}", PERCENTAGE) for name, value in _table(one, "shares").items()
    }
    if unknown := shares.keys() - parts.keys():
        raise Invalid.field(f"{field}.shares.{min(unknown)}", "is not one of the parts; name it as there")
    named = {parts[name].name: printed for name, printed in shares.items()}
    return Sum(label, _term(label, one["total"], f"{field}.total", counts), tuple(parts.values()), named)


def _change(one: Terms, field: str, counts: Mapping[Count, int]) -> Change:
    _only(one, field, ("of", "days", "before", "printed"))
    if lacking := [name for name in ("of", "before", "printed") if name not in one]:
        raise Invalid.field(f"{field}.{lacking[0]}", "is missing")
    days = _whole(one.get("days", 1), f"{field}.days")
    before = Decimal(_printed(one["before"], f"{field}.before", AVERAGE))
    if not days or not before:
        raise Invalid.field(f"{field}.{'before' if days else 'days'}", "is 0; nothing can be divided by it")
    printed = _printed(one["printed"], f"{field}.printed", GROWTH)
    return Change(_term(field, one["of"], f"{field}.of", counts), days, before, printed)


def _term(name: str, value: object, field: str, counts: Mapping[Count, int]) -> Term:
    """A number under its own name, or one of the counts by its name."""
    if not isinstance(value, str):
        return Term(name, _whole(value, field))
    count = _count(value, field)
    if count not in counts:
        raise Invalid.field(field, f"names {value}, which is not in [counts]; add it there or give the number")
    return Term(count, counts[count])


def _count(name: str, field: str) -> Count:
    if name not in set(Count):
        known = ", ".join(Count)
        raise Invalid.field(f"{field}.{name}", f"is no count; write one of {known}, or put other numbers in [[sums]]")
    return Count(name)


def _whole(value: object, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise Invalid.field(field, f"{value!r} is not a whole number from 0; write it without separators, e.g. 26898")
    return value


def _printed(value: object, field: str, form: re.Pattern[str]) -> str:
    """A number as it was printed, in quotes."""
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Invalid.field(
            field, f'{value!r} is not a printed number; write it in quotes with its digits, e.g. "90.40"'
        )
    return value


def _table(document: Terms, name: str) -> Terms:
    found = document.get(name, {})
    if not isinstance(found, Mapping):
        raise Invalid.field(name, f"is not a table; write [{name}] and a line for each")
    return found


def _rows(document: Terms, name: str) -> list[Terms]:
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise Invalid.field(name, f"is not a list of tables; write [[{name}]] before each")
    return found


def _only(given: Terms, field: str, known: tuple[str, ...]) -> None:
    if unknown := given.keys() - set(known):
        raise Invalid.field(f"{field}.{min(unknown)}", f"is not known here; write one of {', '.join(known)}")
