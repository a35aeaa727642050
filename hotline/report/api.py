"""The API of reports: the week, the rows behind each number, the week as a sheet."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from hotline.base.rest import answer
from hotline.base.time import Period, utc_now
from hotline.base.workbook import MEDIA_TYPE
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.policy import queries as policies
from hotline.report import queries
from hotline.report.definitions import definition
from hotline.report.lists import Wanted, listing
from hotline.report.measures import measures_at
from hotline.report.overview import overview
from hotline.report.ranking.shown import RankingQuery, asked_ranking, ranking_document
from hotline.report.schemas import RowsQuery, WeekQuery, page_of_lines, whole_week
from hotline.report.sheet import week_sheet

api = Blueprint("report_api", __name__, url_prefix="/api/v1/reports", description="Reports")


@api.get("/week")
@needs(Permission.SEE_REPORTS)
@api.arguments(WeekQuery, location="query")
@api.response(200)
def week(query: dict[str, Any]) -> Response:
    """The report of a week. A unit's people see their own units in it."""
    period, now = _asked(query)
    return answer(whole_week(overview(period, now, _units_seen())))


@api.get("/week/rows")
@needs(Permission.SEE_REPORTS)
@api.arguments(RowsQuery, location="query")
@api.response(200)
def rows(query: dict[str, Any]) -> Response:
    """Exactly the rows a number of the report counts; give the report's cutoff to see them as it did."""
    period, now = queries.seen_period(utc_now(), query, current_actor())
    wanted = Wanted(**{part.name: query[part.name] for part in fields(Wanted)})
    return answer(page_of_lines(listing(wanted, period, now, current_actor(), query["page"])))


@api.get("/rankings")
@needs(Permission.SEE_REPORTS)
@api.arguments(RankingQuery, location="query")
@api.response(200)
def ranked(query: dict[str, Any]) -> Response:
    """The ranking of a period, with its red and black lists. A unit's people see where their own units stand."""
    return answer(ranking_document(asked_ranking(query, utc_now(), current_actor())))


@api.get("/week.xlsx")
@needs(Permission.SEE_REPORTS)
@api.arguments(WeekQuery, location="query")
@api.response(200, content_type=MEDIA_TYPE)
def sheet(query: dict[str, Any]) -> Response:
    """The report of a week as a sheet, with the rows behind it."""
    period, now = _asked(query)
    report = overview(period, now, _units_seen())
    headers = {"Content-Disposition": f'attachment; filename="{period.kind}-{period.first.isoformat()}.xlsx"'}
    return Response(week_sheet(report, current_actor()), mimetype=MEDIA_TYPE, headers=headers)


@api.get("/measures")
@needs(Permission.SEE_REPORTS)
@api.response(200)
def measures() -> Response:
    """Every measure in words, as the policy in force has it."""
    now = utc_now()
    policy_id = policies.policy_id_at(now)
    policy = policies.policy(policy_id)
    return answer(
        {
            "policy": {"id": policy_id, "name": policy.name, "title": policy.title},
            "measures": [definition(measure, policy) for measure in measures_at(policy)],
        }
    )


def _asked(query: dict[str, Any]) -> tuple[Period, datetime]:
    """The week asked for, and the instant it is seen as of."""
    return queries.seen_period(utc_now(), query, current_actor())


def _units_seen() -> queries.Units:
    return queries.scope_of(current_actor())
