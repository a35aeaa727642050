"""Pages of the working calendar: its years, its versions, a file of days compared before it is put in force, hours."""

from __future__ import annotations

import json
from calendar import Calendar as Weeks
from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hotline.admin.forms import NOTHING_TRIED, Tried, attempt, tried, version_seen
from hotline.admin.schemas import DaysForm, HoursForm
from hotline.admin.words import ChangeWords
from hotline.base.changes import Subject, history_of
from hotline.base.errors import Invalid, NotFound
from hotline.base.i18n import dated, gettext
from hotline.base.time import utc_now
from hotline.base.web import whole_number
from hotline.orders.calendars import (
    calendar_versions,
    import_days,
    imported,
    moved_with,
    named_day,
    newest,
    revise_hours,
    running_by_calendar,
)
from hotline.orders.forms import form_data
from hotline.orders.recompute import Move, moves_of
from hotline.people.actors import Actor
from hotline.people.roles import Permission
from hotline.people.signin import needs
from hotline.policy.calendar import Calendar
from hotline.policy.clock import holiday_name
from hotline.policy.days import YEARS, Day, days_in, split_spans
from hotline.policy.models import CalendarVersion
from hotline.policy.queries import read_calendar
from hotline.transfer.catalogue_csv import pack, unpack

pages = Blueprint("calendar", __name__, url_prefix="/calendar", template_folder="templates")
MOVES_SHOWN = 20
COUNTED = 10_000


@pages.get("")
@needs(Permission.ADMINISTER)
def shown() -> ResponseReturnValue:
    """A year of the calendar in force, or of the version the address asks for; the versions; the hours."""
    return _shown()


@pages.get("/upload")
@needs(Permission.ADMINISTER)
def upload() -> ResponseReturnValue:
    """Choose a file of days."""
    return _upload(NOTHING_TRIED)


@pages.post("/upload")
@needs(Permission.ADMINISTER)
def preview() -> ResponseReturnValue:
    """What a file of days would change, before it does."""
    given = request.files.get("file")
    try:
        content = given.read() if given else b""
        if not given or not content:
            raise Invalid.field("file", gettext("choose a file that is not empty"))
        days = days_in(given.filename or "", content, "file").days
        if not days:
            raise Invalid.field("file", gettext("names no day; give rows of date, kind and name, or all-day events"))
        return _preview(days)
    except Invalid as wrong:
        return _upload(tried("upload", wrong)), wrong.status


@pages.post("/upload/apply")
@needs(Permission.ADMINISTER)
def apply() -> ResponseReturnValue:
    """Put the days of the preview in force; running deadlines follow at once."""
    try:
        days: list[Day] = json.loads(unpack(request.form.get("packed", "")))
    except (Invalid, ValueError) as wrong:
        unread = wrong if isinstance(wrong, Invalid) else Invalid.field("file", gettext("choose the file again"))
        return _upload(tried("upload", unread)), unread.status

    def put(actor: Actor, now: Any, **given: Any) -> tuple[CalendarVersion, list[Move]]:
        return import_days(days, now, actor, expected=version_seen(), **given)

    done = attempt("upload", DaysForm, put)
    if not isinstance(done, Tried):
        return _in_force(*done)
    return (_upload(done) if done.errors else _preview(days, done.message)), done.status


@pages.post("/hours")
@needs(Permission.ADMINISTER)
def hours() -> ResponseReturnValue:
    """Put other working hours in force."""

    def put(actor: Actor, now: Any, spans: str, since: date | None) -> tuple[CalendarVersion, list[Move]]:
        try:
            return revise_hours(split_spans(spans), now, actor, since=since, expected=version_seen())
        except Invalid as wrong:
            raise Invalid({"spans": [text for texts in wrong.errors.values() for text in texts]}) from wrong

    done = attempt("hours", HoursForm, put)
    return (_shown(done), done.status) if isinstance(done, Tried) else _in_force(*done)


def _in_force(version: CalendarVersion, moves: list[Move]) -> ResponseReturnValue:
    said = gettext("Version %(id)s is in force. Due times that moved: %(n)s", id=version.id, n=len(moves))
    flash(said, "done")
    return redirect(url_for(".shown", version=version.id), 303)


def _shown(given: Tried = NOTHING_TRIED) -> str:
    versions = calendar_versions()
    wanted = whole_number(request.args.get("version", "")) or versions[0].id
    version = next((one for one in versions if one.id == wanted), None)
    if version is None:
        raise NotFound(gettext("There is no such version of the calendar."))
    calendar, today = read_calendar(version), utc_now().astimezone(read_calendar(version).zone).date()
    year = whole_number(request.args.get("year", "")) or today.year
    return render_template(
        "admin/calendar.html",
        version=version,
        newest=versions[0],
        versions=versions,
        year=year if year in YEARS else today.year,
        months=list(_months(calendar, year if year in YEARS else today.year)),
        today=today,
        makers={one.key: one for one in history_of(Subject.CALENDAR, *(str(one.id) for one in versions))},
        moved=moved_with(version.id),
        moves=moves_of(version.id, limit=MOVES_SHOWN),
        words=ChangeWords(),
        tried=given,
    )


def _months(calendar: Calendar, year: int) -> Iterable[tuple[str, list[list[tuple[date, str, str] | None]]]]:
    """The twelve months by name, in weeks from Monday on: each day with what it is and its name."""
    for month in range(1, 13):
        weeks = [
            [_cell(calendar, day) if day.month == month else None for day in week]
            for week in Weeks().monthdatescalendar(year, month)
        ]
        yield dated(date(year, month, 1), "M月", "MMMM"), weeks


def _cell(calendar: Calendar, day: date) -> tuple[date, str, str]:
    kind, name = named_day(calendar, day)
    return day, kind or ("" if calendar.is_working_day(day) else "weekend"), holiday_name(name)


def _upload(given: Tried) -> str:
    return render_template("admin/calendar_upload.html", tried=given, newest=newest())


def _preview(days: list[Day], message: str = "") -> str:
    given = DaysForm().read(form_data(DaysForm))
    published, differing = imported(days, city=given["city"], until=given["until"])
    return render_template(
        "admin/calendar_preview.html",
        differing=differing,
        published=published,
        newest=newest(),
        running=running_by_calendar(COUNTED),
        counted=COUNTED,
        packed=pack(json.dumps(days).encode()),
        form=request.form,
        message=message,
        holiday_name=holiday_name,
    )
