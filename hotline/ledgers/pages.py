"""Pages of ledgers: the list, one ledger with its items and its forms, its progress sheets, an order's places."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed
from hotline.base.i18n import gettext, label
from hotline.base.paging import page_of
from hotline.base.schemas import Schema
from hotline.base.time import utc_now
from hotline.base.web import whole_number
from hotline.base.workbook import MEDIA_TYPE
from hotline.ledgers import operations as keep
from hotline.ledgers.cadence import Cadence
from hotline.ledgers.counting import Line, Standing, Tally, missing, tally
from hotline.ledgers.models import Ledger, LedgerEvent, LedgerItem
from hotline.ledgers.queries import (
    get_item,
    get_ledger,
    items_of_order,
    ledgers,
    line_now,
    lines_now,
    open_ledgers,
    rows_now,
)
from hotline.ledgers.schemas import (
    CadenceBody,
    GiveOrderBody,
    ItemBody,
    LedgerBody,
    LedgerQuery,
    OrdersBody,
    StrikeOffBody,
)
from hotline.ledgers.sheets import progress
from hotline.ledgers.vocabulary import Deed, Kind
from hotline.ledgers.workbook import progress_book
from hotline.orders.forms import form_data
from hotline.orders.models import Order
from hotline.people.queries import unit_names
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.policy.queries import calendar_now
from hotline.receive.schemas import IntakeSchema
from hotline.transfer.catalogue_pages import NOTHING_TRIED, Tried
from hotline.transfer.schemas import ReasonBody

pages = Blueprint("ledgers", __name__, template_folder="templates")

SEES, KEEPS = Permission.SEE_ALL_ORDERS, Permission.KEEP_LEDGERS
LEDGERS_A_PAGE, ISSUES_A_PAGE = 25, 100  # every one is counted as it stands now; a programme is summed up
SHOWN_OF_LOG = 60
SHOWN_ON_BOARD = 7


@pages.get("/ledgers")
@needs(SEES)
def listed() -> ResponseReturnValue:
    """Ledgers with what became of their items, those that are not ended first."""
    given = {name: value for name in LedgerQuery().fields if (value := request.args.get(name, "").strip())}
    asked, now = LedgerQuery().read(given), utc_now()
    size = ISSUES_A_PAGE if asked["series"] else LEDGERS_A_PAGE
    page = page_of(ledgers(asked["kind"], asked["series"], is_open=asked["open"]), asked["page"], size)
    lines = {ledger: lines_now(ledger, now) for ledger in page.rows}
    return render_template(
        "ledgers/listed.html",
        page=page,
        tallies={ledger: tally(found) for ledger, found in lines.items()},
        all=tally(line for found in lines.values() for line in found),
        asked=asked,
        kinds=list(Kind),
        may_keep=current_actor().may(KEEPS),
    )


@pages.get("/ledgers/new")
@needs(KEEPS)
def new() -> ResponseReturnValue:
    """A ledger to fill in."""
    return _blank(NOTHING_TRIED)


@pages.post("/ledgers/new")
@needs(KEEPS)
def begin() -> ResponseReturnValue:
    """Open a ledger."""
    try:
        with db.session.begin_nested():
            opened = keep.open_ledger(current_actor(), utc_now(), **LedgerBody().read(form_data(LedgerBody)))
    except Invalid as wrong:
        return _blank(_tried("new", wrong)), wrong.status
    flash(gettext("Ledger %(code)s is open.", code=opened.code), "done")
    return redirect(url_for(".shown", code=opened.code), 303)


@pages.get("/ledgers/<code>")
@needs(SEES)
def shown(code: str) -> ResponseReturnValue:
    """One ledger: its sum, its items, and what can be done with it or with the item the address names."""
    return _shown(code, whole_number(request.args.get("item", "")))


def _read(schema: type[Schema]) -> dict[str, Any]:
    given: dict[str, Any] = schema().read(form_data(schema))
    return given


def _hang(path: str, read: Callable[[], dict[str, Any]], operation: Callable[..., Any]) -> None:
    """Hang the form of an operation on a ledger, or on an item, under the ledger's address."""
    name = path.rpartition("/")[2]

    def view(code: str, position: int | None = None) -> ResponseReturnValue:
        target = get_item(code, position) if position else get_ledger(code)
        try:
            with db.session.begin_nested():
                operation(target, current_actor(), utc_now(), **read())
        except (Invalid, Conflict, NotAllowed) as refusal:
            return _shown(code, position, _tried(name, refusal)), refusal.status
        flash(gettext("Saved."), "done")
        return redirect(url_for(".shown", code=code, item=position), 303)

    view.__doc__ = operation.__doc__
    pages.add_url_rule(f"/ledgers/<code>/{path}", name, needs(KEEPS)(view), methods=["POST"])


_hang("add", partial(_read, ItemBody), keep.add_item)
_hang("orders", partial(_read, OrdersBody), keep.add_orders)
_hang("cadence", partial(_read, CadenceBody), keep.set_cadence)
_hang("end", dict, keep.end_ledger)
_hang("items/<int:position>/order", partial(_read, GiveOrderBody), keep.give_order)
_hang("items/<int:position>/take-in", lambda: {"intake": IntakeSchema().read(form_data(IntakeSchema))}, keep.take_in)
_hang("items/<int:position>/strike-off", partial(_read, StrikeOffBody), keep.strike_off)
_hang("items/<int:position>/restore", partial(_read, ReasonBody), keep.restore)


@pages.get("/ledgers/<code>/sheets/<last>")
@needs(SEES)
def sheet(code: str, last: str) -> ResponseReturnValue:
    """A progress sheet, by the last day it reports."""
    return render_template("ledgers/progress.html", sheet=progress(get_ledger(code), last), units=unit_names())


@pages.get("/ledgers/<code>/sheets/<last>.xlsx")
@needs(SEES)
def workbook(code: str, last: str) -> ResponseReturnValue:
    """A progress sheet as a workbook."""
    found = progress(get_ledger(code), last)
    name = f"ledger-{code}-{last}.xlsx"
    return send_file(BytesIO(progress_book(found)), mimetype=MEDIA_TYPE, as_attachment=True, download_name=name)


@pages.post("/orders/<number>/ledger")
@needs(KEEPS)
def put_into(number: str) -> ResponseReturnValue:
    """Put an order into a ledger, from its own page."""
    try:
        with db.session.begin_nested():
            keep.add_item(get_ledger(request.form.get("ledger", "")), current_actor(), utc_now(), order=number)
    except (Invalid, Conflict) as refusal:
        flash(refusal.message, "error")
    return redirect(url_for("orders.shown", number=number), 303)


@pages.app_template_global()
def ledgers_of(order: Order) -> list[tuple[LedgerItem, Line]]:
    """An order's places in ledgers, for those who may see ledgers."""
    now = utc_now()
    return [(item, line_now(item, now)) for item in items_of_order(order)]


@pages.app_template_global()
def ledgers_in_progress() -> list[tuple[Ledger, Tally]]:
    """The newest ledgers that are not ended with where their items stand, those with the most overdue first."""
    now = utc_now()
    page = page_of(ledgers(is_open=True), size=LEDGERS_A_PAGE)
    found = [(ledger, tally(lines_now(ledger, now))) for ledger in page.rows]
    return sorted(found, key=lambda one: (-one[1].overdue, one[0].due_on or date.max))[:SHOWN_ON_BOARD]


@pages.app_template_global()
def ledgers_for(order: Order) -> list[Ledger]:
    """The ledgers an order may be put into, for those who keep ledgers."""
    known = {item.ledger_id for item in items_of_order(order)}
    return [ledger for ledger in open_ledgers() if ledger.id not in known]


def _shown(code: str, position: int | None, tried: Tried = NOTHING_TRIED) -> str:
    ledger, now, actor = get_ledger(code), utc_now(), current_actor()
    rows = rows_now(ledger, now)
    counted, show = tally(row.line for row in rows), request.args.get("show")
    return render_template(
        "ledgers/ledger.html",
        ledger=ledger,
        rows=[row for row in rows if _is_shown(row.line, show)],
        show=show,
        picked=next((row for row in rows if row.line.position == position), None),
        tally=counted,
        missing=missing(ledger.announced, counted.parts.values()) if ledger.announced is not None else 0,
        said=_said,
        shown_of_log=SHOWN_OF_LOG,
        units=unit_names(),
        cadences=list(Cadence),
        tried=tried,
        now=now,
        may_keep=actor.may(KEEPS),
        may_place=actor.may(Permission.PLACE_ORDERS),
    )


def _is_shown(line: Line, show: str | None) -> bool:
    """Whether the address asks for a line: for where it stands, for what is overdue, or for all."""
    return line.overdue if show == "overdue" else show not in list(Standing) or line.standing == show


def _said(event: LedgerEvent) -> str:
    """What an entry of the log says beside what was done."""
    return label(Cadence(event.note)) if event.deed is Deed.SET_CADENCE else event.note


def _blank(tried: Tried) -> str:
    today = calendar_now().city_day(utc_now())
    return render_template("ledgers/new.html", tried=tried, today=today, kinds=list(Kind), cadences=list(Cadence))


def _tried(name: str, refusal: Invalid | Conflict | NotAllowed) -> Tried:
    errors = refusal.errors if isinstance(refusal, Invalid) else {}
    return Tried(name, request.form, errors, gettext("Some fields need another look.") if errors else refusal.message)
