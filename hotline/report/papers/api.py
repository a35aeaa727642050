"""The API of the reports that were made: the list, one with what it says, its files; to ask for one and to sign it."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from hotline.base.paging import page_of
from hotline.base.rest import answer
from hotline.base.time import utc_now
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.report.papers.files import FILES, file_name
from hotline.report.papers.flat import report_json, summary_json
from hotline.report.papers.operations import sign
from hotline.report.papers.pages import address_of, ask_for
from hotline.report.papers.queries import replacing, report_for, reports_for
from hotline.report.papers.schemas import AskBody, ReportsQuery, SignBody

api = Blueprint("papers_api", __name__, url_prefix="/api/v1/reports", description="Reports that were made")


@api.get("")
@needs(Permission.SEE_CITY_REPORTS)
@api.arguments(ReportsQuery, location="query")
@api.response(200)
def listed(query: dict[str, Any]) -> Response:
    """The reports, the latest first."""
    page = page_of(reports_for(current_actor(), query["kind"]), query["page"])
    later = replacing(page.rows)
    reports = [summary_json(report, later) for report in page.rows]
    return answer({"page": page.number, "pages": page.pages, "total": page.total, "reports": reports})


@api.post("")
@needs(Permission.SIGN_REPORTS)
@api.arguments(AskBody)
@api.response(202)
def asked(body: dict[str, Any]) -> Response:
    """Ask for a report; the worker makes it."""
    return answer(summary_json(ask_for(body, current_actor(), utc_now())), 202)


@api.get("/<int:report_id>")
@needs(Permission.SEE_CITY_REPORTS)
@api.response(200)
def shown(report_id: int) -> Response:
    """One report with what it says; each number with the address of its rows."""
    report = report_for(report_id, current_actor())
    return answer(report_json(report, lambda number: address_of(number, report, "report_api.rows")))


@api.get("/<int:report_id>.<any(docx, xlsx, csv):form>")
@needs(Permission.SEE_CITY_REPORTS)
@api.response(200)
def file(report_id: int, form: str) -> Response:
    """A report as a file."""
    report = report_for(report_id, current_actor())
    write, media = FILES[form]
    headers = {"Content-Disposition": f'attachment; filename="{file_name(report, form)}"'}
    return Response(write(report), mimetype=media, headers=headers)


@api.post("/<int:report_id>/sign")
@needs(Permission.SIGN_REPORTS)
@api.arguments(SignBody)
@api.response(200)
def signed(body: dict[str, Any], report_id: int) -> Response:
    """Sign a report with the opening words that were read."""
    report = report_for(report_id, current_actor())
    sign(report, current_actor(), utc_now(), **body)
    return answer(summary_json(report))
