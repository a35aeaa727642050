"""Pages of transfer: the dispatcher's queue, and the steps that give an order to its unit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hotline.base.i18n import ngettext
from hotline.base.paging import page_of
from hotline.base.time import utc_now
from hotline.base.web import own_address
from hotline.orders.clocks import WORK_CLOCKS
from hotline.orders.forms import form_data, hang_form, picked_orders
from hotline.orders.lifecycle import OPEN_STATES, Action, State, find, permits
from hotline.orders.models import Order
from hotline.orders.names import Names
from hotline.orders.queries import Filter, Sure, count_waiting, dispatch_queue, disputed
from hotline.people.models import Unit, UnitKind
from hotline.people.queries import units_under
from hotline.people.roles import UNIT_ROLES, Permission
from hotline.people.signin import current_actor, needs
from hotline.policy.queries import calendar_now
from hotline.transfer import disputes, linking, merging, parts
from hotline.transfer import operations as transfer
from hotline.transfer.case import case_sheet
from hotline.transfer.same_matter import Alike, because, matter_of, same_matter
from hotline.transfer.schemas import (
    BulkBody,
    DispatchBody,
    DisputeBody,
    FinishBody,
    LinkBody,
    MergeBody,
    PartBody,
    QueueQuery,
    ReasonBody,
    RedispatchBody,
    ReturnBody,
    RuleBody,
    RuleMovesBody,
    UpstreamBody,
)
from hotline.transfer.waiting import arguments, waiting_rows

pages = Blueprint("transfer", __name__, template_folder="templates")
pages.add_app_template_global(transfer.return_window)
pages.add_app_template_global(transfer.is_designated)
pages.add_app_template_global(because)

TABS = {"dispatch": (State.RECEIVED,), "returns": (State.RETURNING, State.EXITING)}


@pages.get("/dispatch")
@needs(Permission.DISPATCH_QUEUE)
def queue() -> ResponseReturnValue:
    """What waits for a dispatcher: urgent first, then what has waited longest."""
    template = "transfer/_rows.html" if request.args.get("part") == "rows" else "transfer/queue.html"
    return render_template(template, **_queue())


@pages.post("/dispatch")
@needs(Permission.DISPATCH_QUEUE)
def send_selected() -> ResponseReturnValue:
    """Dispatch the selected orders, each for itself; what could not be dispatched is told row by row."""
    picked = picked_orders()
    unit = BulkBody().read(form_data(BulkBody))["unit"]
    refused = transfer.dispatch_many(picked, current_actor(), utc_now(), unit=unit)
    sent = len(picked) - len(refused)
    if sent or not refused:
        flash(ngettext("%(num)d order dispatched.", "%(num)d orders dispatched.", sent), "done")
    if not refused:
        return redirect(own_address(request.form.get("back", "")) or url_for("transfer.queue"))
    return render_template("transfer/queue.html", refused=refused, **_queue())


def _queue() -> dict[str, Any]:
    asked = {name: value for name in QueueQuery().fields if (value := request.args.get(name, "").strip())}
    narrow = QueueQuery().read(asked)
    tab = narrow["tab"] if narrow["tab"] in TABS else "dispatch"
    waiting = dispatch_queue(Filter(TABS[tab], "", narrow["district"], narrow["category"]), narrow["sure"])
    page = page_of(waiting, request.args.get("page", 1, int))
    return {
        "tab": tab,
        "asked": {name: value for name, value in asked.items() if name != "tab"},
        "page": page,
        "rows": waiting_rows(page.rows, current_actor()),
        "counts": {name: count_waiting(states) for name, states in TABS.items()},
        "sures": list(Sure),
        "names": Names(),
        "now": utc_now(),
    }


@pages.get("/dispatch/<number>")
@needs(Permission.DISPATCH_QUEUE, Permission.RULE_DISPUTES)
def case(number: str) -> ResponseReturnValue:
    """One order for whoever decides where it goes: what is suggested and why, or both sides of a return or dispute."""
    template = "transfer/_case.html" if request.args.get("part") else "transfer/case.html"
    return render_template(template, **case_sheet(number, current_actor(), utc_now()))


@pages.get("/disputes")
@needs(Permission.RULE_DISPUTES)
def disputed_orders() -> ResponseReturnValue:
    """The disputes that wait for a ruling, the oldest first."""
    page = page_of(disputed(), request.args.get("page", 1, int))
    argued = arguments(order.id for order in page.rows)
    return render_template("transfer/disputes.html", page=page, argued=argued, names=Names(), now=utc_now())


hang_form(pages, "dispatch", Action.DISPATCH, DispatchBody, transfer.dispatch)
hang_form(pages, "return", Action.REQUEST_RETURN, ReturnBody, transfer.request_return)
hang_form(pages, "redispatch", Action.REDISPATCH, RedispatchBody, transfer.redispatch)
hang_form(pages, "refuse-return", Action.REFUSE_RETURN, ReasonBody, transfer.refuse_return)
hang_form(pages, "merge", Action.MERGE, MergeBody, merging.merge)
hang_form(pages, "unmerge", Action.UNMERGE, ReasonBody, merging.unmerge)
hang_form(pages, "part", Action.ASSIGN, PartBody, parts.assign_part)
hang_form(pages, "finish-part", Action.FINISH_PART, FinishBody, parts.finish_part)
hang_form(pages, "dispute", Action.DISPUTE, DisputeBody, disputes.dispute)
hang_form(pages, "rule", Action.RULE, RuleBody, disputes.rule)
hang_form(pages, "rule-moves", Action.RULE_MOVES, RuleMovesBody, disputes.rule_moves)
hang_form(pages, "link", Action.LINK, LinkBody, linking.link)
hang_form(pages, "upstream", Action.SET_UPSTREAM, UpstreamBody, merging.set_upstream)


@pages.app_template_global()
def own_parts(order: Order) -> list[str]:
    """The units with a part still to do for which the reader works."""
    return parts.parts_of(order, current_actor())


@pages.app_template_global()
def part_units(order: Order) -> dict[UnitKind, list[Unit]]:
    """The units the reader may give a part to: those of the lead's own tree for a unit, any for the center."""
    groups = Names().unit_groups
    below = units_under(order.lead_unit or "") if current_actor().role in UNIT_ROLES else None
    fits = {
        kind: [unit for unit in units if below is None or unit.code in below - {order.lead_unit}]
        for kind, units in groups.items()
    }
    return {kind: units for kind, units in fits.items() if units}


@pages.app_template_global()
def latest_part_due(order: Order, now: datetime) -> str:
    """When a part has to be done at the latest, as a field for a time has it; nothing where the whole is overdue."""
    work = next((row for row in order.deadlines if row.clock in WORK_CLOCKS and row.ended_at is None), None)
    if work is None or work.due_at <= now:
        return ""
    return work.due_at.astimezone(calendar_now().zone).strftime("%Y-%m-%dT%H:%M")


@pages.app_template_global()
def linked_orders(order: Order) -> list[Order]:
    """The orders linked with one, as far as its reader may see them."""
    return linking.linked(order, current_actor())


@pages.app_template_global()
def same_matter_of(order: Order) -> list[Alike]:
    """The orders that may be of the same matter as an open one, for those who can do something about it."""
    step = find(order.state, Action.LINK)
    if order.state not in OPEN_STATES or step is None or not permits(step, current_actor(), order.lead_unit):
        return []
    known = {other.id for other in linked_orders(order)}
    return [one for one in same_matter(matter_of(order), utc_now(), but=order) if one.order.id not in known]
