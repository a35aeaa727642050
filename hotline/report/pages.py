"""Pages of the report: the week, the rows behind each of its numbers, the week as a sheet."""

from __future__ import annotations

from dataclasses import fields
from io import BytesIO
from typing import Any

from flask import Blueprint, render_template, request, send_file
from flask.typing import ResponseReturnValue

from hotline.base.schemas import Schema
from hotline.base.time import Kind, utc_now
from hotline.base.workbook import MEDIA_TYPE
from hotline.orders.names import Names
from hotline.orders.sight import sees_asking
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.policy import queries as policies
from hotline.policy import words as policy_words
from hotline.report import charts, definitions, figures, linked, queries, words
from hotline.report.board import BENEATH, COLUMNS, BoardQuery, board, listed
from hotline.report.lists import Wanted, listing
from hotline.report.look import look
from hotline.report.measures import BY_NAME, measures_at
from hotline.report.overview import overview
from hotline.report.papers.paper import Number, spoken
from hotline.report.ranking.shown import RankingQuery, asked_ranking, shown
from hotline.report.schemas import RowsQuery, WeekQuery
from hotline.report.sheet import week_sheet

pages = Blueprint("report", __name__, template_folder="templates")


@pages.get("/week")
@needs(Permission.SEE_REPORTS)
def week() -> ResponseReturnValue:
    """The report of a week. A unit's people see their own units in it."""
    asked, now = address_data(BoardQuery()), utc_now()
    reader = current_actor()
    period, seen = queries.seen_period(now, asked, current_actor())
    report = overview(period, seen, queries.scope_of(reader))
    drawn = board(report, asked, now)
    return render_template(
        "report/week.html",
        board=drawn,
        look=look(report, reader, now),
        names=Names(),
        trigger_titles={one.name: policy_words.trigger_title(one) for one in report.policy.triggers},
        week=report,
        reader=reader,
        behind=drawn.behind,
        columns=COLUMNS,
        spans=[kind for kind in Kind if kind is not Kind.RANGE and (report.units_seen is None or kind is not Kind.DAY)],
        beneath=BENEATH,
        measures=BY_NAME,
        **TOOLS,
    )


@pages.get("/week/rows")
@needs(Permission.SEE_REPORTS)
def rows() -> ResponseReturnValue:
    """Exactly the rows a number counts, as its page saw them."""
    asked, now = address_data(RowsQuery()), utc_now()
    period, seen = queries.seen_period(now, asked, current_actor())
    wanted = Wanted(**{part.name: asked[part.name] for part in fields(Wanted)})
    found = listing(wanted, period, seen, current_actor(), asked["page"])
    beside = listed(wanted, found, period, now)
    return render_template(
        "report/rows.html", wanted=wanted, found=found, asking=sees_asking(current_actor()), **beside, **TOOLS
    )


@pages.get("/rankings")
@needs(Permission.SEE_REPORTS)
def ranked() -> ResponseReturnValue:
    """The ranking of a period, with its red and black lists. A unit's people see where their own units stand."""
    asked, now, reader = address_data(RankingQuery()), utc_now(), current_actor()
    found = asked_ranking(asked, now, reader)
    return render_template("report/rankings.html", ranking=found, reader=reader, **shown(found, asked, now), **TOOLS)


@pages.get("/week.xlsx")
@needs(Permission.SEE_REPORTS)
def sheet() -> ResponseReturnValue:
    """The week as a sheet, with the rows behind it."""
    asked = address_data(WeekQuery())
    period, seen = queries.seen_period(utc_now(), asked, current_actor())
    report = overview(period, seen, queries.scope_of(current_actor()))
    name = f"{period.kind}-{period.first.isoformat()}.xlsx"
    return send_file(
        BytesIO(week_sheet(report, current_actor())), mimetype=MEDIA_TYPE, as_attachment=True, download_name=name
    )


@pages.get("/measures")
@needs(Permission.SEE_REPORTS)
def measures() -> ResponseReturnValue:
    """Every measure in words, as the policy in force has it."""
    policy = policies.policy_at(utc_now())
    groups = definitions.by_subject(measures_at(policy))
    return render_template(
        "report/measures.html", groups=groups, policy=policy, definitions=definitions, policy_words=policy_words
    )


# What the templates write numbers with.
TOOLS: dict[str, Any] = {
    "bar": charts.bar,
    "bar_of": linked.bar_of,
    "change": linked.change,
    "fraction": linked.fraction,
    "measured": linked.measured,
    "not_due": linked.not_due,
    "number": linked.number,
    "rate": linked.rate,
    "rounded": figures.rounded,
    "spoken": spoken,
    "is_number": lambda part: isinstance(part, Number),
    "words": words,
}


def address_data(schema: Schema) -> Any:
    """What the address asks, checked; what a page does not know (such as the language) is left alone."""
    given = {name: value for name in schema.fields if (value := request.args.get(name, "").strip())}
    return schema.read(given)
