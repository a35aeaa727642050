"""Verbs of disputes about whose an order is (职责争议): 先办后议, the work goes on while it is argued about.

A ruling settles the order for good and becomes a precedent: the catalogue is proposed to follow it (``lessons``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.orders.holding import hold
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.operations import act
from hotline.orders.vocabulary import Ruling
from hotline.people.actors import Actor
from hotline.people.queries import require_units
from hotline.transfer.operations import set_helpers


def dispute(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    reason: str,
    basis: str,
    proposed_unit: str | None = None,
    version: int | None = None,
) -> Event:
    """Dispute whose an order is, by a duty list or rule; once for an order. The unit works on meanwhile."""
    if proposed_unit is not None:
        require_units(proposed_unit, field="proposed_unit")
    said = {"basis": basis.strip(), "proposed_unit": proposed_unit}
    return act(order, Action.DISPUTE, actor, now, version=version, reason=reason, **said)


def rule(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    how: Ruling,
    reason: str,
    responsible: str = "",
    version: int | None = None,
) -> Event:
    """Rule without moving the order: it stays where it is, or has been answered already.

    responsible: whose such matters are from now on; the unit that has the order where it is not said.
    """
    hold(order)
    unit = responsible or order.lead_unit or ""
    require_units(unit, field="responsible")
    return act(order, Action.RULE, actor, now, version=version, reason=reason, how=how, responsible=unit)


def rule_moves(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    how: Ruling,
    unit: str,
    reason: str,
    assist: Iterable[str] = (),
    copy: Iterable[str] = (),
    version: int | None = None,
) -> Event:
    """Rule that another unit is responsible, and send the order there. The total clock goes on."""
    assist, copy = tuple(assist), tuple(copy)
    require_units(unit, *assist, *copy)
    hold(order)
    if unit == order.lead_unit:
        raise Invalid.field("unit", gettext("is the unit that has it; choose another, or rule that it stays"))
    said = {"how": how, "unit": unit, "assist": list(assist), "copy": list(copy)}
    event = act(order, Action.RULE_MOVES, actor, now, version=version, reason=reason, **said)
    set_helpers(order, unit, assist, copy)
    return event
