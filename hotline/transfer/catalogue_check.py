"""Whether a row of the dispatch catalogue can be used in this city: its codes are known, its lead may do the work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext, mark
from hotline.orders.models import Category
from hotline.people.models import District, Unit
from hotline.transfer.catalogue import ANYWHERE, STREET, TERRITORY, RowKey, Terms

OF_PLACE = frozenset({TERRITORY, STREET})
POWERS = {
    "enforcement": mark("law enforcement"),
    "territory": mark("territorial management"),
    "service": mark("public service"),
}
MOST_WRITTEN = 120  # characters of a unit's powers, as the column has it


class City:
    """What a row may speak of, each read when first used. Units and categories no longer active are not offered."""

    @cached_property
    def units(self) -> dict[str, Unit]:
        """Units by code."""
        return {unit.code: unit for unit in db.session.scalars(select(Unit).where(Unit.active))}

    @cached_property
    def powers(self) -> dict[str, frozenset[str]]:
        """The powers of each unit by its code."""
        return {code: frozenset(filter(None, unit.powers.split(";"))) for code, unit in self.units.items()}

    @cached_property
    def all_powers(self) -> list[str]:
        """Every power some unit has."""
        return sorted(frozenset[str]().union(*self.powers.values()))

    @cached_property
    def categories(self) -> set[str]:
        """Codes of categories."""
        return set(db.session.scalars(select(Category.code).where(Category.active)))

    @cached_property
    def districts(self) -> set[str]:
        """Codes of districts, and what stands for the whole city."""
        return set(db.session.scalars(select(District.code))) | {ANYWHERE}

    def check(self, key: RowKey, terms: Terms) -> None:
        """Raise Invalid with what is wrong, by field."""
        if errors := self.errors(key, terms):
            raise Invalid(errors)

    def check_all(self, rows: Mapping[RowKey, Terms]) -> None:
        """Raise Invalid with what is wrong, by row."""
        wrong = {row_name(key): self.errors(key, terms) for key, terms in rows.items()}
        if errors := {
            name: [text for texts in said.values() for text in texts] for name, said in wrong.items() if said
        }:
            raise Invalid(errors)

    def errors(self, key: RowKey, terms: Terms) -> dict[str, list[str]]:
        """What is wrong with a row, by field; nothing where it can be used."""
        found: dict[str, list[str]] = {}
        if key[0] not in self.categories:
            found["category"] = [gettext("%(code)s is not a category; choose one from the list", code=key[0])]
        if key[1] not in self.districts:
            found["district"] = [gettext("%(code)s is not a district; choose one from the list", code=key[1])]
        for name, codes in {"lead": (terms.lead,), "assist": terms.assist, "copy": terms.copy}.items():
            if unknown := [code for code in codes if code not in self.powers.keys() | OF_PLACE]:
                found[name] = [gettext("%(code)s is not a unit; choose one from the list", code=unknown[0])]
        if "lead" not in found and (wrong := self._power(terms)):
            found[wrong[0]] = [wrong[1]]
        return found

    def _power(self, terms: Terms) -> tuple[str, str] | None:
        """The field that is wrong about the power the row requires, and why. Units of the place are resolved later."""
        if not terms.power:
            return None
        if terms.power not in self.all_powers:
            return "power", gettext("%(power)s is a power no unit has; choose one from the list", power=terms.power)
        if terms.lead in OF_PLACE or terms.power in self.powers[terms.lead]:
            return None
        mend = gettext(
            "%(unit)s does not have the power “%(power)s”; choose a unit that has it and let this one assist, "
            "or require no power",
            unit=self.units[terms.lead].title,
            power=power_title(terms.power),
        )
        return "lead", mend


def require_default_unit(code: str) -> None:
    """Raise Invalid unless a code may lead a category's orders where the catalogue says nothing; none may, too."""
    if code and code not in City().units and code not in OF_PLACE:
        raise Invalid.field("default_unit", gettext("%(code)s is not a unit; choose one from the list", code=code))


def listed_powers(written: str) -> list[str]:
    """The powers a unit keeps as one text."""
    return [power for one in written.split(";") if (power := one.strip())]


def known_powers() -> list[str]:
    """The powers a unit can be given: the usual ones, then those only this city's units have."""
    kept = db.session.scalars(select(Unit.powers).distinct())
    own = {power for written in kept for power in listed_powers(written)} - POWERS.keys()
    return [*POWERS, *sorted(own)]


def written_powers(powers: Iterable[str]) -> str:
    """Powers as a unit keeps them; raise Invalid for one that is not known."""
    known, given = known_powers(), set(powers)
    if unknown := given - set(known):
        raise Invalid.field("powers", gettext("%(power)s is no known power; tick those it has", power=min(unknown)))
    written = ";".join(power for power in known if power in given)
    if len(written) > MOST_WRITTEN:
        raise Invalid.field("powers", gettext("too many; %(most)s characters fit", most=MOST_WRITTEN))
    return written


def power_title(code: str) -> str:
    """What a power is called in the reader's language; a power only this city knows is called as it is written."""
    return gettext(POWERS[code]) if code in POWERS else code


def row_name(key: RowKey) -> str:
    """How a row is called where it is wrong."""
    return gettext("catalogue row %(category)s %(district)s", category=key[0], district=key[1])
