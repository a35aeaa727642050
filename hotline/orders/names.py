"""Names of what orders speak of by code, read once for a page."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from hotline.base.i18n import gettext, pick
from hotline.base.pieces import Choice
from hotline.orders.queries import category_choices, category_names
from hotline.people.models import District, Unit, UnitKind
from hotline.people.queries import all_districts, all_units, unit_names
from hotline.policy import queries as policies
from hotline.policy.document import Level

TOP = 2  # a code of this length is a category of the first level


class Names:
    """What codes are called in the reader's language, and the lists people choose from. Each is read when first used."""

    @cached_property
    def units(self) -> dict[str, str]:
        """Units by code."""
        return unit_names()

    @cached_property
    def categories(self) -> dict[str, str]:
        """Categories by code."""
        return category_names()

    @cached_property
    def district_rows(self) -> list[District]:
        """Districts to choose from."""
        return all_districts()

    @cached_property
    def districts(self) -> dict[str, str]:
        """Districts by code."""
        return {district.code: district.title for district in self.district_rows}

    @cached_property
    def unit_groups(self) -> dict[UnitKind, list[Unit]]:
        """Units to choose from, by kind."""
        groups: dict[UnitKind, list[Unit]] = {kind: [] for kind in UnitKind}
        for unit in all_units():
            groups[unit.kind].append(unit)
        return {kind: units for kind, units in groups.items() if units}

    @cached_property
    def category_groups(self) -> dict[str, list[Choice]]:
        """Categories to choose from, by their category of the first level."""
        groups: dict[str, list[Choice]] = {}
        for category in category_choices():
            groups.setdefault(self.categories[category.code[:TOP]], []).append(category)
        return groups

    def titles(self, units: Iterable[str]) -> str:
        """Some units, by name."""
        return gettext(", ").join(self.units.get(code, code) for code in units)

    def category_path(self, code: str | None) -> str:
        """A category with those above it."""
        steps = range(TOP, len(code or "") + 1, TOP)
        return " / ".join(self.categories.get((code or "")[:length], "") for length in steps)


def level_name(level: Level) -> str:
    """What a satisfaction level is called in the reader's language."""
    return pick(level.label, level.label_en)


def level_names(policy_id: int) -> dict[str, str]:
    """Each satisfaction level of a policy by its code."""
    return {level.code: level_name(level) for level in policies.policy(policy_id).levels}
