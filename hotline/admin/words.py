"""A change in words: what each field is called, what its values are called, and where the thing itself is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from hotline.base.changes import Change, Subject
from hotline.base.i18n import gettext, label, mark
from hotline.notices.models import Medium
from hotline.people.models import UnitKind
from hotline.people.roles import Role
from hotline.policy.clock import city_time
from hotline.policy.queries import calendar_now, policy_starts
from hotline.transfer.catalogue_check import listed_powers, power_title
from hotline.transfer.catalogue_words import CatalogueNames

FIELDS = {
    "active": mark("In use"),
    "actions": mark("Told of"),
    "assist": mark("Assisting"),
    "basis": mark("Basis"),
    "body": mark("Answer"),
    "category": mark("Category"),
    "contact": mark("Contact"),
    "copy": mark("Copy to"),
    "default_unit": mark("Default unit"),
    "delivery": mark("Delivery"),
    "district": mark("District"),
    "effective": mark("In force from"),
    "kind": mark("Kind"),
    "lead": mark("Lead"),
    "login": mark("Login"),
    "medium": mark("Way"),
    "name": mark("What it is called"),
    "name_en": mark("English name"),
    "origin": mark("Origin"),
    "parent": mark("Unit above"),
    "power": mark("Power required"),
    "powers": mark("Powers"),
    "published_until": mark("Holidays published until"),
    "review_on": mark("Next review"),
    "revision": mark("Revision"),
    "role": mark("Role"),
    "sign_in": mark("Password"),
    "source": mark("Source"),
    "target": mark("Target"),
    "title": mark("Question"),
    "unit": mark("Unit"),
    "user": mark("User"),
    "version": mark("Version"),
    "weight": mark("Weight"),
}
VALUES = {
    "reset": mark("reset, to be changed at the next sign-in"),
    "own": mark("changed by its owner"),
    "hand": mark("written by people"),
    "learned": mark("learned from corrections"),
    "again": mark("sent again"),
    "given up": mark("given up"),
}


# The page of each kind of thing, and what of its key the address is made of.
PAGES = {
    Subject.UNIT: ("admin.units.shown", "code"),
    Subject.USER: ("admin.users.shown", "user_id"),
    Subject.API_KEY: ("admin.users.keys",),
    Subject.CATEGORY: ("admin.categories.shown", "code"),
    Subject.KEYWORD: ("admin.keywords.shown", "category", "word"),
    Subject.CATALOGUE: ("catalogue.shown", "category", "district"),
    Subject.ARTICLE: ("articles.shown", "code"),
    Subject.POLICY: ("policy.shown", "version"),
    Subject.CALENDAR: ("admin.calendar.shown", "version"),
    Subject.CHANNEL: ("deliveries.listed",),
    Subject.DELIVERY: ("deliveries.listed",),
    Subject.TEMPLATE: ("reply_templates.shown", "code"),
}


def _in_force(value: str) -> str:
    """From when on a policy holds; the first has always held."""
    starts = datetime.fromisoformat(value)
    if starts <= min(start for _, start in policy_starts()):
        return gettext("from the beginning")
    return city_time(starts, calendar_now())


@dataclass(frozen=True, slots=True)
class Said:
    """One field of a change, in words."""

    title: str
    before: str
    after: str


class ChangeWords:
    """Says changes; the names it needs are read once for a page."""

    def __init__(self) -> None:
        self._names = CatalogueNames()
        units = self._unit
        self._values: dict[str, Callable[[str], str]] = {
            "role": lambda value: label(Role(value)),
            "kind": lambda value: label(UnitKind(value)),
            "medium": lambda value: label(Medium(value)),
            **dict.fromkeys(("unit", "parent", "default_unit", "lead", "assist", "copy"), units),
            "district": lambda value: self._names.districts.get(value, value),
            "category": self._names.category_path,
            "effective": _in_force,
            "power": power_title,
            "powers": self.powers,
            **dict.fromkeys(("sign_in", "origin", "delivery"), self._known),
        }

    def verb(self, change: Change) -> str:
        """What was done."""
        if change.before is None:
            return gettext("added")
        return gettext("ended") if change.after is None else gettext("changed")

    def title(self, change: Change) -> str:
        """What it was done to."""
        if change.subject is Subject.CATALOGUE:
            category, _, district = change.key.partition(":")
            return f"{self._names.category_path(category)} × {self._names.place(district)}"
        if change.subject is Subject.KEYWORD:
            return f"{change.title} → {self._names.category_path(change.key.partition(':')[0])}"
        if change.subject is Subject.CALENDAR:
            return gettext("Version %(id)s", id=change.key)
        return change.title

    def said(self, change: Change) -> list[Said]:
        """The fields that differ; of what ended nothing more than that it did."""
        before, after = change.before or {}, change.after or {}
        names = [name for name in {**before, **after} if before.get(name) or after.get(name) or name in before]
        return [
            Said(gettext(FIELDS[name]) if name in FIELDS else name, self._value(name, before), self._value(name, after))
            for name in names
        ]

    def address(self, change: Change) -> str:
        """Where the thing is shown."""
        endpoint, *names = PAGES[change.subject]
        parts = change.key.split(":", 1) if len(names) > 1 else [change.key]
        values: dict[str, Any] = dict(zip(names, parts, strict=False))
        return url_for(endpoint, **values)

    def powers(self, powers: str) -> str:
        """A unit's powers, by name."""
        return gettext(", ").join(power_title(one) for one in listed_powers(powers))

    def _value(self, name: str, side: dict[str, Any]) -> str:
        value = side.get(name)
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if isinstance(value, list):
            return gettext(", ").join(self._value(name, {name: one}) for one in value)
        if value is None or value == "":
            return ""
        if name in self._values and isinstance(value, str):
            return self._values[name](value)
        return f"{value:g}" if isinstance(value, float) else str(value)

    def _known(self, value: str) -> str:
        return gettext(VALUES[value]) if value in VALUES else value

    def _unit(self, code: str) -> str:
        return self._names.units.get(code, code)
