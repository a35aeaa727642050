"""The API of ledgers: the same operations as on their pages, and the progress sheets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from hotline.base.paging import page_of
from hotline.base.rest import answer
from hotline.base.schemas import Schema
from hotline.base.time import utc_now
from hotline.base.workbook import MEDIA_TYPE
from hotline.handle.schemas import NothingBody
from hotline.ledgers import operations as keep
from hotline.ledgers.queries import get_item, get_ledger, ledgers
from hotline.ledgers.schemas import (
    CadenceBody,
    GiveOrderBody,
    ItemBody,
    LedgerBody,
    LedgerQuery,
    StrikeOffBody,
    brief,
    sheet_of,
    whole,
)
from hotline.ledgers.sheets import progress
from hotline.ledgers.workbook import progress_book
from hotline.orders.operations import Intake
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.receive.schemas import IntakeSchema
from hotline.transfer.schemas import ReasonBody

api = Blueprint("ledgers_api", __name__, url_prefix="/api/v1/ledgers", description="Keep ledgers")

SEES, KEEPS = Permission.SEE_ALL_ORDERS, Permission.KEEP_LEDGERS


@api.get("")
@needs(SEES)
@api.arguments(LedgerQuery, location="query")
@api.response(200)
def list_ledgers(query: dict[str, Any]) -> Response:
    """Ledgers with how many of their items stand where, those that are not ended first."""
    now = utc_now()
    page = page_of(ledgers(query["kind"], query["series"], is_open=query["open"]), query["page"])
    return answer({"ledgers": [brief(one, now) for one in page.rows], "page": page.number, "total": page.total})


@api.post("")
@needs(KEEPS)
@api.arguments(LedgerBody)
@api.response(201)
def open_ledger(body: dict[str, Any]) -> Response:
    """Open a ledger."""
    now = utc_now()
    return answer(whole(keep.open_ledger(current_actor(), now, **body), now), 201)


@api.get("/<code>")
@needs(SEES)
@api.response(200)
def one_ledger(code: str) -> Response:
    """One ledger: its items as they stand now, its log, and the last days of its progress sheets."""
    return answer(whole(get_ledger(code), utc_now()))


@api.get("/<code>/sheets/<last>")
@needs(SEES)
@api.response(200)
def one_sheet(code: str, last: str) -> Response:
    """A progress sheet, by the last day it reports: how things stood at the end of that day."""
    return answer(sheet_of(progress(get_ledger(code), last)))


@api.get("/<code>/sheets/<last>.xlsx")
@needs(SEES)
@api.response(200, content_type=MEDIA_TYPE)
def one_workbook(code: str, last: str) -> Response:
    """A progress sheet as a workbook."""
    content = progress_book(progress(get_ledger(code), last))
    headers = {"Content-Disposition": f'attachment; filename="ledger-{code}-{last}.xlsx"'}
    return Response(content, mimetype=MEDIA_TYPE, headers=headers)


def _hang(path: str, schema: type[Schema], operation: Callable[..., Any]) -> None:
    """Hang an operation on a ledger, or on one of its items, under ``/<code>/<path>``; it answers with the ledger."""

    def view(body: dict[str, Any] | Intake, code: str, position: int | None = None) -> Response:
        target, now = get_item(code, position) if position else get_ledger(code), utc_now()
        given = {"intake": body} if isinstance(body, Intake) else body
        operation(target, current_actor(), now, **given)
        return answer(whole(get_ledger(code), now))

    view.__name__ = operation.__name__
    view.__doc__ = operation.__doc__
    api.post(f"/<code>/{path}")(needs(KEEPS)(api.arguments(schema)(api.response(200)(view))))


_hang("items", ItemBody, keep.add_item)
_hang("cadence", CadenceBody, keep.set_cadence)
_hang("end", NothingBody, keep.end_ledger)
_hang("items/<int:position>/order", GiveOrderBody, keep.give_order)
_hang("items/<int:position>/take-in", IntakeSchema, keep.take_in)
_hang("items/<int:position>/strike-off", StrikeOffBody, keep.strike_off)
_hang("items/<int:position>/restore", ReasonBody, keep.restore)
