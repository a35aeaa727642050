"""What figures are broken down by (维度): the unit, or what the order behind a row is like."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func

from hotline.base.i18n import mark, name_members
from hotline.orders.models import Order
from hotline.report.measure import Frame, Measure, Subject

KIND_OF_MATTER = 4  # characters of a category's code: its second level


class By(StrEnum):
    """A dimension. UNIT of calls is the queue; CATEGORY the second level of the tree, from which the first is a sum.

    STATE, FATE and ROUTE are dimensions of some counts only (``Measure.splits``).
    """

    UNIT = "unit"
    CHANNEL = "channel"
    NATURE = "nature"
    CATEGORY = "category"
    DISTRICT = "district"
    URGENCY = "urgency"
    STATE = "state"
    FATE = "fate"
    ROUTE = "route"


name_members(
    {
        By.UNIT: mark("Unit"),
        By.CHANNEL: mark("Channel"),
        By.NATURE: mark("Nature"),
        By.CATEGORY: mark("Category"),
        By.DISTRICT: mark("District"),
        By.URGENCY: mark("Urgency"),
        By.STATE: mark("State"),
        By.FATE: mark("What became of it"),
        By.ROUTE: mark("Way of a dispatch"),
    }
)

_OF_ORDERS: dict[By, Callable[[], ColumnElement[Any]]] = {
    By.CHANNEL: lambda: Order.channel.expression,
    By.NATURE: lambda: Order.nature.expression,
    By.CATEGORY: lambda: func.left(Order.category_code, KIND_OF_MATTER),
    By.DISTRICT: lambda: Order.district_code.expression,
    By.URGENCY: lambda: Order.urgency.expression,
}


def dimensions_of(measure: Measure) -> tuple[By, ...]:
    """What a measure can be broken down by: calls are no orders yet."""
    of_all = (By.UNIT,) if measure.subject is Subject.CALLS else (By.UNIT, *_OF_ORDERS)
    return (*of_all, *(By(name) for name in measure.splits))


def key_of(by: By, measure: Measure, frame: Frame) -> ColumnElement[Any]:
    """What a row is under in a dimension; NULL where it has none. All but UNIT need the row's order joined."""
    if by in measure.splits:
        return measure.splits[by](frame)
    return measure.group(frame) if by is By.UNIT else _OF_ORDERS[by]()
