"""The dispatch catalogue in words: what its codes are called, and what a change changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from hotline.base.i18n import gettext, label
from hotline.base.pieces import Choice
from hotline.orders.names import Names
from hotline.people.models import Unit
from hotline.people.queries import unit_names
from hotline.transfer.catalogue import ANYWHERE, STREET, TERRITORY, RowKey, Terms
from hotline.transfer.catalogue_check import power_title


@dataclass(frozen=True, slots=True)
class Changed:
    """A part of a row that is not what it was, in words."""

    title: str
    before: str
    after: str


class CatalogueNames(Names):
    """What the codes of the catalogue are called: the units of the place and the whole city too."""

    @cached_property
    def places(self) -> list[Choice]:
        """What stands for the units of the place."""
        return [
            Choice(TERRITORY, gettext("The district of the place")),
            Choice(STREET, gettext("The street or town of the place")),
        ]

    @cached_property
    def units(self) -> dict[str, str]:
        """Units by code."""
        return {**unit_names(), **{place.code: place.title for place in self.places}}

    @cached_property
    def choices(self) -> dict[str, list[Unit] | list[Choice]]:
        """Units to choose from, by kind."""
        return {gettext("Unit of the place"): self.places} | {
            label(kind): units for kind, units in self.unit_groups.items()
        }

    @cached_property
    def district_choices(self) -> list[Choice]:
        """Districts to choose from, the whole city first."""
        return [Choice(ANYWHERE, gettext("Whole city")), *(Choice(row.code, row.title) for row in self.district_rows)]

    def place(self, district: str) -> str:
        """A row's district."""
        return gettext("Whole city") if district == ANYWHERE else self.districts.get(district, district)

    def row(self, key: RowKey) -> str:
        """A row, by its matter and district."""
        return f"{self.category_path(key[0]) or key[0]} × {self.place(key[1])}"

    def power(self, code: str) -> str:
        """A power."""
        return power_title(code)

    def changes(self, before: Terms | None, after: Terms | None) -> list[Changed]:
        """What two rows say differently, part by part."""
        parts = zip(self._parts(before), self._parts(after), strict=True)
        return [Changed(title, old, new) for (title, old), (_, new) in parts if old != new]

    def _parts(self, terms: Terms | None) -> list[tuple[str, str]]:
        said = terms or Terms("", (), (), "", "")
        return [
            (gettext("Lead"), self.titles(filter(None, [said.lead]))),
            (gettext("Assisting"), self._sorted(said.assist)),
            (gettext("Copy to"), self._sorted(said.copy)),
            (gettext("Basis"), said.basis),
            (gettext("Power required"), power_title(said.power)),
        ]

    def _sorted(self, units: Iterable[str]) -> str:
        return self.titles(sorted(units))
