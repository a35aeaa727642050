"""What a count is narrowed to beside units: a matter (a category with all below it) and a district."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select

from hotline.calls.models import Call
from hotline.orders.models import Order

UNKNOWN = "-"  # orders without a category, or without a district


@dataclass(frozen=True, slots=True)
class About:
    """The matter and the district; None where it is not narrowed."""

    matter: str | None = None
    district: str | None = None

    def of_orders(self) -> list[ColumnElement[bool]]:
        """The conditions on orders."""
        conditions: list[ColumnElement[bool]] = []
        if self.matter == UNKNOWN:
            conditions.append(Order.category_code.is_(None))
        elif self.matter is not None:
            conditions.append(Order.category_code.startswith(self.matter, autoescape=True))
        if self.district is not None:
            conditions.append(func.coalesce(Order.district_code, UNKNOWN) == self.district)
        return conditions

    def of_rows(self, entity: Any) -> list[ColumnElement[bool]]:
        """The conditions on rows that belong to orders; calls are about nothing yet."""
        conditions = self.of_orders()
        if not conditions or entity is Order:
            return conditions
        if entity is Call:
            return [literal(value=False)]
        return [entity.order_id.in_(select(Order.id).where(*conditions))]


ALL = About()
