"""The API of the dispatch catalogue: the rows in force at an instant, and the changes people make on its pages."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from hotline.base.errors import NotFound
from hotline.base.i18n import gettext
from hotline.base.paging import page_of
from hotline.base.rest import answer, expected_version
from hotline.base.time import utc_now
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.transfer.catalogue_queries import History, history, rows_at
from hotline.transfer.models import CatalogueRow
from hotline.transfer.revise import end_row, revise_row
from hotline.transfer.schemas import CatalogueQuery, EndQuery, RevisionBody

api = Blueprint("catalogue_api", __name__, url_prefix="/api/v1/catalogue", description="Who is responsible for what")

READS = (Permission.SEE_ALL_ORDERS, Permission.MANAGE_ROUTING)
AT_ONCE = 500  # rows of a page


@api.get("")
@needs(*READS)
@api.arguments(CatalogueQuery, location="query")
@api.response(200)
def list_rows(query: dict[str, Any]) -> Response:
    """The rows in force now, or at an instant, in the order of their categories."""
    at, number = query.pop("at") or utc_now(), query.pop("page")
    page = page_of(rows_at(at, **query), number, AT_ONCE)
    return answer({"at": at, "rows": [_row(row) for row in page.rows], "page": page.number, "total": page.total})


@api.get("/<category>/<district>")
@needs(*READS)
@api.response(200)
def one_row(category: str, district: str) -> Response:
    """One row with its history, the newest first. Its ETag is for If-Match. The whole city's district is ``*``."""
    past = history(category, district)
    if not past.rows:
        raise NotFound(gettext("There is no such row of the catalogue."))
    return _answer(past)


@api.put("/<category>/<district>")
@needs(Permission.MANAGE_ROUTING)
@api.arguments(RevisionBody)
@api.response(200)
def put_row(body: dict[str, Any], category: str, district: str) -> Response:
    """Lay down a row, now or from an instant on."""
    expected = expected_version()
    return _answer(revise_row(category, district, actor=current_actor(), now=utc_now(), expected=expected, **body))


@api.delete("/<category>/<district>")
@needs(Permission.MANAGE_ROUTING)
@api.arguments(EndQuery, location="query")
@api.response(200)
def delete_row(query: dict[str, Any], category: str, district: str) -> Response:
    """End a row, now or from an instant on; its history stays."""
    expected = expected_version()
    return _answer(end_row(category, district, actor=current_actor(), now=utc_now(), expected=expected, **query))


def _answer(past: History) -> Response:
    row, planned = past.at(utc_now()), past.planned(utc_now())
    return answer(
        {
            "version": past.version,
            "in_force": _row(row) if row and row.terms else None,
            "planned": _row(planned) if planned else None,
            "history": [_row(one) for one in reversed(past.rows)],
        }
    )


def _row(row: CatalogueRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "category": row.category_code,
        "district": row.district,
        "lead": row.lead or None,
        "assist": row.assist,
        "copy": row.copy,
        "basis": row.basis,
        "power": row.power,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "origin": row.origin,
        "reason": row.reason,
        "changed_by": row.changed_by,
        "changed_at": row.changed_at,
    }
