"""What a report is about, and the figures its sections are written from: one overview, seen as of one instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from hotline.base.time import Period
from hotline.report.about import ALL, About
from hotline.report.figures import Figure
from hotline.report.inflow import Parts, parts_received
from hotline.report.measures import BY_NAME
from hotline.report.overview import Overview, overview
from hotline.report.queries import Units
from hotline.report.rollup.counting import count


@dataclass(frozen=True)
class Seen:
    """What a report is about, and what its sections are written from. Each figure is counted once, when first needed."""

    period: Period
    cutoff: datetime
    units: Units = None
    about: About = ALL

    @cached_property
    def overview(self) -> Overview:
        """Every measure, of the city and each unit, beside the period before."""
        return overview(self.period, self.cutoff, self.units, self.about)

    @cached_property
    def parts(self) -> tuple[Parts, Parts, Parts]:
        """What came in, in the period, the one before, and a year before."""
        periods = (self.period, self.period.before(), self.period.year_before())
        this, last, earlier = parts_received(periods, self.cutoff, self.units, self.about)
        return this, last, earlier

    def city_in(self, period: Period, name: str) -> Figure:
        """A measure of all together in another period."""
        measure = BY_NAME[name]
        found = count([measure], [period], self.cutoff, units=self.units, about=self.about)
        return found[measure, period].get(None, Figure())
