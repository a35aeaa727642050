"""Pages of the reports that were made: the list, one report with its charts and linked figures, its files, its signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext
from hotline.base.paging import page_of
from hotline.base.schemas import Schema
from hotline.base.time import Kind, utc_now
from hotline.orders.forms import form_data
from hotline.orders.queries import categories
from hotline.people.actors import Actor
from hotline.people.queries import all_districts, all_units
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.policy.reports import report_name
from hotline.report.pages import address_data
from hotline.report.papers import titles
from hotline.report.papers.charts import bars, intervals, lines
from hotline.report.papers.files import FILES, file_name
from hotline.report.papers.flat import summary_json
from hotline.report.papers.models import PeriodicReport, Stage
from hotline.report.papers.operations import Special, ask, ask_special, edit_remarks, sign
from hotline.report.papers.paper import Number, spoken, text
from hotline.report.papers.queries import paper_of, replaced_by, replacing, report_for, reports_for
from hotline.report.papers.schemas import AskBody, RemarksBody, ReportsQuery, SignBody, special_from
from hotline.report.schemas import instant

pages = Blueprint("papers", __name__, template_folder="templates")

SEES, SIGNS = Permission.SEE_CITY_REPORTS, Permission.SIGN_REPORTS
PAGE = 30


@pages.get("/reports")
@needs(SEES)
def listed() -> ResponseReturnValue:
    """The reports that were made or are being made, the latest first, and the forms to ask for one."""
    return _list({}, "")


@pages.post("/reports")
@needs(SIGNS)
def asked() -> ResponseReturnValue:
    """Ask for a report; it is made by the worker."""
    try:
        with db.session.begin_nested():
            report = ask_for(AskBody().read(form_data(AskBody)), current_actor(), utc_now())
    except Invalid as refusal:
        return _list(refusal.errors, gettext("Some fields need another look.")), refusal.status
    return redirect(url_for("papers.shown", report_id=report.id))


def ask_for(asked: Mapping[str, Any], actor: Actor, now: datetime) -> PeriodicReport:
    """Ask for the report an AskBody names."""
    if asked["kind"] is Kind.RANGE:
        about = special_from(asked)
        return ask_special(asked["first"], asked["last"], about, actor, now, remarks=asked["remarks"])
    return ask(asked["kind"], asked["day"], actor, now)


def _list(errors: dict[str, list[str]], refused: str) -> str:
    asked = address_data(ReportsQuery())
    actor = current_actor()
    page = page_of(reports_for(actor, asked["kind"]), asked["page"], PAGE)
    return render_template(
        "papers/list.html",
        page=page,
        asked=asked,
        kinds=list(Kind),
        titles=titles,
        report_name=report_name,
        later=replacing(page.rows),
        may_sign=actor.may(SIGNS),
        units=all_units(),
        districts=all_districts(),
        categories=categories(),
        errors=errors,
        refused=refused,
        form=request.form,
    )


@pages.get("/reports/<int:report_id>")
@needs(SEES)
def shown(report_id: int) -> ResponseReturnValue:
    """One report: its sentences with each figure linked to its rows, its tables and charts; while it is made, how far it is."""
    return _one(report_for(report_id, current_actor()), "")


def _one(report: PeriodicReport, refused: str, typed: str | None = None) -> str:
    made = report.stage in {Stage.MADE, Stage.SIGNED}
    return render_template(
        "papers/paper.html",
        report=report,
        head=titles.head_of(report),
        paper=paper_of(report) if made else None,
        replaced=replaced_by(report),
        may_sign=current_actor().may(SIGNS),
        address=lambda number: address_of(number, report),
        refused=refused,
        typed=report.remarks if typed is None else typed,
        spoken=spoken,
        text=text,
        bars=bars,
        intervals=intervals,
        lines=lines,
        is_number=lambda part: isinstance(part, Number),
    )


@pages.get("/reports/<int:report_id>/progress")
@needs(SEES)
def progress(report_id: int) -> ResponseReturnValue:
    """How far a report is, for the page that waits for it."""
    return jsonify(summary_json(report_for(report_id, current_actor())))


@pages.get("/reports/<int:report_id>.<any(docx, xlsx, csv):form>")
@needs(SEES)
def file(report_id: int, form: str) -> ResponseReturnValue:
    """A report as a file."""
    report = report_for(report_id, current_actor())
    write, media = FILES[form]
    return send_file(BytesIO(write(report)), mimetype=media, as_attachment=True, download_name=file_name(report, form))


@pages.post("/reports/<int:report_id>/remarks")
@needs(SIGNS)
def remarks(report_id: int) -> ResponseReturnValue:
    """Write the opening words."""
    return _done(report_id, RemarksBody, lambda report, actor, given: edit_remarks(report, actor, **given))


@pages.post("/reports/<int:report_id>/sign")
@needs(SIGNS)
def signed(report_id: int) -> ResponseReturnValue:
    """Sign a report."""
    return _done(report_id, SignBody, lambda report, actor, given: sign(report, actor, utc_now(), **given))


@pages.post("/reports/<int:report_id>/again")
@needs(SIGNS)
def again(report_id: int) -> ResponseReturnValue:
    """Ask for a later edition, as the records stand now."""
    old = report_for(report_id, current_actor())
    new = another(old, current_actor())
    return redirect(url_for("papers.shown", report_id=new.id))


def another(old: PeriodicReport, actor: Actor) -> PeriodicReport:
    """A later edition of a report."""
    if old.kind is Kind.RANGE:
        about = Special(old.title, old.unit_code, old.category_code, old.district_code)
        return ask_special(old.first, old.last, about, actor, utc_now(), remarks=old.remarks)
    return ask(old.kind, old.first, actor, utc_now())


def _done(
    report_id: int, schema: type[Schema], step: Callable[[PeriodicReport, Actor, dict[str, Any]], None]
) -> ResponseReturnValue:
    report, actor = report_for(report_id, current_actor()), current_actor()
    try:
        with db.session.begin_nested():
            step(report, actor, schema().read(form_data(schema)))
    except (Conflict, Invalid) as refusal:
        return _one(report, refusal.message, request.form.get("remarks")), refusal.status
    flash(gettext("Saved."), "done")
    return redirect(url_for("papers.shown", report_id=report.id))


def address_of(number: Number, report: PeriodicReport, rows: str = "report.rows") -> str | None:
    """Where the rows of a number are, seen as the report saw them."""
    if number.behind is None:
        return None
    where: dict[str, Any] = dict(number.behind)
    if "order" in where:
        return url_for("orders.shown", number=where["order"])
    if "section" in where:
        return f"#{where['section']}"
    if "topic" in where:
        return url_for("topics.shown", topic_id=int(where["topic"]), first=where["first"], last=where["last"])
    if "alarm" in where:
        return url_for("watch.alarm", alarm_id=int(where["alarm"]))
    days = {"first": report.first.isoformat(), "last": report.last.isoformat(), "cutoff": instant(report.cutoff)}
    scope = {"unit": report.unit_code, "matter": report.category_code, "district": report.district_code}
    narrowed = {name: code for name, code in scope.items() if code}
    if (report.category_code or "").startswith(where.get("matter") or "-"):
        where.pop("matter")  # the report's own is the narrower
    return url_for(rows, **{**days, **narrowed, **where})
