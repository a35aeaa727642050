"""Verbs of transfer: load the routing tables, dispatch, ask for a return, decide it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from hotline.base.db import db, forget_kept
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext
from hotline.orders.lifecycle import Action
from hotline.orders.models import Category, Event, Order, OrderUnit
from hotline.orders.operations import act, facts_of, hold, ready
from hotline.orders.queries import require_category
from hotline.orders.vocabulary import Urgency
from hotline.people.actors import SYSTEM, Actor
from hotline.people.models import District, Unit
from hotline.people.queries import require_district, require_units
from hotline.policy import queries as policies
from hotline.policy.calendar import add_working
from hotline.policy.clock import city_time
from hotline.policy.limits import Clock, choose
from hotline.transfer.catalogue import ANYWHERE, STREET, TERRITORY
from hotline.transfer.models import CatalogueRow, Keyword, PlaceName
from hotline.transfer.suggestion import Suggestion, why_queued


def load_categories(rows: Iterable[Mapping[str, str]]) -> int:
    """Insert or update categories by code; return how many rows were read.

    Raises Invalid for a default unit the city does not have.
    """
    values = [{name: row[name] for name in ("code", "name", "name_en", "default_unit")} for row in rows]
    units = _units()
    for value in values:
        if value["default_unit"]:
            _require_known(f"category {value['code']}", "unit", value["default_unit"], units)
    statement = insert(Category)
    changes = {name: statement.excluded[name] for name in ("name", "name_en", "default_unit")}
    db.session.execute(statement.on_conflict_do_update(index_elements=["code"], set_=changes), values)
    forget_kept()
    return len(values)


def load_keywords(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Put hand-written keywords in force; those no longer listed end now."""
    values = [
        {"keyword": row["keyword"], "category_code": row["category"], "weight": float(row["weight"]), "origin": "hand"}
        for row in rows
    ]
    return replace_rows(Keyword, values, now)


def load_places(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Put the gazetteer in force; names no longer listed end now."""
    values = [
        {
            "name": row["name"],
            "aliases": [alias for alias in row.get("aliases", "").split(";") if alias],
            "kind": row["kind"],
            "district_code": row["district"],
            "street_code": row["street"] or None,
        }
        for row in rows
    ]
    return replace_rows(PlaceName, values, now)


def load_catalogue(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Put the dispatch catalogue in force; rows no longer listed end now.

    Raises Invalid for a row that names a category, district or unit the city does not have.
    """
    values: list[dict[str, Any]] = [
        {
            "category_code": row["category"],
            "district": row["district"],
            "lead": row["lead"],
            "assist": [code for code in row["assist"].split(";") if code],
            "copy": [code for code in row["copy"].split(";") if code],
            "basis": row["basis"],
            "power": row["power"],
        }
        for row in rows
    ]
    units, categories, districts = _units(), _codes(Category), _codes(District) | {ANYWHERE}
    for value in values:
        row_name = f"catalogue row {value['category_code']} {value['district']}"
        _require_known(row_name, "category", value["category_code"], categories)
        _require_known(row_name, "district", value["district"], districts)
        for unit in filter(None, (value["lead"], *value["assist"], *value["copy"])):
            _require_known(row_name, "unit", unit, units)
    return replace_rows(CatalogueRow, values, now)


def _codes(table: type[Category | District | Unit]) -> set[str]:
    return set(db.session.scalars(select(table.code)))


def _units() -> set[str]:
    """What may stand for a unit in a routing table."""
    return _codes(Unit) | {TERRITORY, STREET}


def _require_known(row_name: str, what: str, code: str, known: Container[str]) -> None:
    if code not in known:
        raise Invalid.field(row_name, f"{code} is not a {what} of this city; mend the row or load the {what} first")


def replace_rows(table: Any, values: list[dict[str, Any]], now: datetime) -> int:
    """End the rows that changed or went, add those that changed or came, leave the rest as they are."""
    names = list(values[0]) if values else []
    wanted = {_identity(value, names): value for value in values}
    ended = []
    for row in db.session.scalars(select(table).where(table.valid_to.is_(None))):
        same = wanted.pop(_identity({name: getattr(row, name) for name in names}, names), None)
        if same is None:
            ended.append(row.id)
    if ended:
        db.session.execute(update(table).where(table.id.in_(ended)).values(valid_to=now))
    if wanted:
        db.session.execute(insert(table), [{**value, "valid_from": now} for value in wanted.values()])
    forget_kept()
    return len(values)


def _identity(value: Mapping[str, Any], names: list[str]) -> tuple[Any, ...]:
    return tuple(tuple(value[name]) if isinstance(value[name], list) else value[name] for name in names)


def dispatch_automatically(order: Order, suggestion: Suggestion, now: datetime) -> Event | None:
    """Dispatch on the suggestion alone where its confidence reaches the policy's; else leave it to a dispatcher.

    Danger words nobody has been asked about, and a suggestion that cannot be used (its unit is no longer active),
    are left to a dispatcher too: no complaint is lost for it.
    """
    threshold = policies.policy(order.policy_id).auto_confidence
    if suggestion.assignment is None or why_queued(order, threshold):
        return None
    assignment = suggestion.assignment
    try:
        with db.session.begin_nested():
            return dispatch(
                order,
                assignment.lead,
                SYSTEM,
                now,
                assist=assignment.assist,
                copy=assignment.copy,
                category=suggestion.category,
                row_id=assignment.row_id,
                confidence=suggestion.confidence,
                threshold=threshold,
            )
    except Invalid:
        return None


def dispatch(
    order: Order,
    unit: str,
    actor: Actor,
    now: datetime,
    *,
    version: int | None = None,
    assist: Iterable[str] = (),
    copy: Iterable[str] = (),
    category: str | None = None,
    district: str | None = None,
    urgency: Urgency | None = None,
    reason: str = "",
    **why: Any,
) -> Event:
    """Send an order to its lead unit (主办), with assisting (协办) and copied (抄送) units. The total clock starts.

    category, district, urgency: correct them with the dispatch. why: what the choice rests on, kept in the event.
    """
    assist, copy = tuple(assist), tuple(copy)
    require_units(unit, *assist, *copy)
    payload = {"unit": unit, "assist": list(assist), "copy": list(copy), **why}
    if category is not None:
        require_category(category)
        payload["category"] = category
    if district is not None:
        require_district(district)
        payload["district"] = district
    if urgency is not None and urgency is not order.urgency:
        payload["urgency"] = urgency
    event = act(order, Action.DISPATCH, actor, now, version=version, reason=reason, **payload)
    _set_helpers(order, unit, assist, copy)
    return event


def request_return(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    reason: str,
    proposed_unit: str | None = None,
    version: int | None = None,
) -> Event:
    """A unit asks to hand an order back (退单), with its reason and, if it knows, the unit responsible.

    Raises Conflict once the policy's time to ask is over.
    """
    ready(order, Action.REQUEST_RETURN, actor, now, version=version)
    closes = return_window(order)
    if closes is not None and now > closes:
        closed = city_time(closes, policies.calendar_now(), ends=True)
        raise Conflict(gettext("The time to ask for a return was over at %(closed)s.", closed=closed))
    if proposed_unit is not None:
        require_units(proposed_unit)
    return act(order, Action.REQUEST_RETURN, actor, now, version=version, reason=reason, proposed_unit=proposed_unit)


def return_window(order: Order) -> datetime | None:
    """Until when the unit that has the order may ask for a return; None where policy sets no limit."""
    policy = policies.policy(order.policy_id)
    limit = choose(policy.limits, Clock.RETURN_REQUEST, facts_of(order))
    sent = select(func.max(Event.at)).where(
        Event.order_id == order.id, Event.action.in_((Action.DISPATCH, Action.REDISPATCH))
    )
    since = db.session.scalar(sent)
    if limit is None or since is None:
        return None
    return add_working(since, limit.amount, limit.unit, policies.calendar_now(), policy.counting).at


def redispatch(
    order: Order,
    unit: str,
    actor: Actor,
    now: datetime,
    *,
    reason: str,
    version: int | None = None,
    assist: Iterable[str] = (),
    copy: Iterable[str] = (),
) -> Event:
    """Agree to a return and send the order to another unit. The total clock goes on."""
    assist, copy = tuple(assist), tuple(copy)
    require_units(unit, *assist, *copy)
    hold(order)
    if unit == order.lead_unit:
        raise Invalid.field("unit", gettext("is the unit that returned it; choose another, or refuse the return"))
    event = act(
        order,
        Action.REDISPATCH,
        actor,
        now,
        version=version,
        reason=reason,
        unit=unit,
        assist=list(assist),
        copy=list(copy),
    )
    _set_helpers(order, unit, assist, copy)
    return event


def refuse_return(order: Order, actor: Actor, now: datetime, *, reason: str, version: int | None = None) -> Event:
    """Decide that the order stays with its unit."""
    return act(order, Action.REFUSE_RETURN, actor, now, version=version, reason=reason)


def _set_helpers(order: Order, lead: str, assist: Iterable[str], copy: Iterable[str]) -> None:
    parts = dict.fromkeys(copy, "copy") | dict.fromkeys(assist, "assist")
    parts.pop(lead, None)
    kept = {helper.unit_code: helper for helper in order.helpers}
    order.helpers = [
        kept.get(code) or OrderUnit(order_id=order.id, unit_code=code, part=part) for code, part in parts.items()
    ]
    for helper in order.helpers:
        helper.part = parts[helper.unit_code]
