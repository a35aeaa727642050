"""Pages of the dispatch catalogue: the list on any day, one row with its history and its forms, CSV out and in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotFound
from hotline.base.i18n import gettext
from hotline.base.paging import page_of
from hotline.base.schemas import Schema
from hotline.base.time import DAY, utc_now
from hotline.base.web import whole_number
from hotline.orders.forms import form_data
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.policy.queries import calendar_now
from hotline.transfer import catalogue_queries as queries
from hotline.transfer.catalogue_check import City
from hotline.transfer.catalogue_csv import pack, read_catalogue, unpack, write_catalogue
from hotline.transfer.catalogue_words import CatalogueNames
from hotline.transfer.revise import add_row, differences, end_row, revise_from_csv, revise_row, withdraw_plan
from hotline.transfer.schemas import CatalogueForm, EndForm, FileForm, NewRowForm, ReasonBody, RevisionForm

pages = Blueprint("catalogue", __name__, template_folder="templates")
pages.add_app_template_global(queries.catalogue_row)

READS = (Permission.SEE_ALL_ORDERS, Permission.MANAGE_ROUTING)
CHANGES = Permission.MANAGE_ROUTING


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that did not go through. name: which of the page's forms."""

    name: str
    form: MultiDict[str, str]
    errors: Mapping[str, list[str]]
    message: str


NOTHING_TRIED = Tried("", MultiDict(), {}, "")


@pages.get("/catalogue")
@needs(*READS)
def listed() -> ResponseReturnValue:
    """The rows in force now, or on the day the address asks for."""
    now, asked = utc_now(), _asked()
    seen = _seen(asked.pop("at"), now)
    page = page_of(
        queries.rows_at(seen, **{name: asked[name] for name in ("matter", "district", "unit")}), asked["page"]
    )
    return render_template(
        "catalogue/listed.html",
        page=page,
        asked=asked,
        day=_day(seen) if seen != now else "",
        plans=queries.plans(now),
        names=CatalogueNames(),
        may_change=current_actor().may(CHANGES),
    )


@pages.get("/catalogue.csv")
@needs(*READS)
def download() -> ResponseReturnValue:
    """The whole catalogue as a file to edit and hand back."""
    seen = _seen(_asked()["at"], utc_now())
    content = write_catalogue(db.session.scalars(queries.rows_at(seen)))
    headers = {"Content-Disposition": f'attachment; filename="catalogue-{_day(seen)}.csv"'}
    return Response(content, mimetype="text/csv", headers=headers)


@pages.get("/catalogue/rows/<int:row_id>")
@needs(*READS)
def one(row_id: int) -> ResponseReturnValue:
    """The page of a row that is named by its number."""
    row = queries.catalogue_row(row_id)
    if row is None:
        raise NotFound(gettext("There is no such row of the catalogue."))
    return redirect(url_for(".shown", category=row.category_code, district=row.district, _anchor=f"row-{row_id}"))


@pages.get("/catalogue/<category>/<district>")
@needs(*READS)
def shown(category: str, district: str) -> ResponseReturnValue:
    """One row: what it says, what is planned, everything it ever said, and the forms that change it."""
    return _shown(category, district)


@pages.post("/catalogue/<category>/<district>")
@needs(CHANGES)
def revise(category: str, district: str) -> ResponseReturnValue:
    """Change a row."""
    return _change("revise", (category, district), RevisionForm, revise_row)


@pages.post("/catalogue/<category>/<district>/end")
@needs(CHANGES)
def end(category: str, district: str) -> ResponseReturnValue:
    """End a row."""
    return _change("end", (category, district), EndForm, end_row)


@pages.post("/catalogue/<category>/<district>/withdraw")
@needs(CHANGES)
def withdraw(category: str, district: str) -> ResponseReturnValue:
    """Give up the planned change."""
    return _change("withdraw", (category, district), ReasonBody, withdraw_plan)


@pages.get("/catalogue/new")
@needs(CHANGES)
def new() -> ResponseReturnValue:
    """A row to fill in."""
    return _blank(NOTHING_TRIED)


@pages.post("/catalogue/new")
@needs(CHANGES)
def add() -> ResponseReturnValue:
    """Add a row for a matter and district that has none."""
    try:
        with db.session.begin_nested():
            given = NewRowForm().read(form_data(NewRowForm))
            added = add_row(given.pop("category"), given.pop("district"), actor=current_actor(), now=utc_now(), **given)
    except (Invalid, Conflict) as refusal:
        return _blank(_tried("new", refusal)), refusal.status
    return _saved(added)


@pages.get("/catalogue/upload")
@needs(CHANGES)
def upload() -> ResponseReturnValue:
    """Choose a file."""
    return _upload(NOTHING_TRIED)


@pages.post("/catalogue/upload")
@needs(CHANGES)
def preview() -> ResponseReturnValue:
    """What a file would change, before it does."""
    given = request.files.get("file")
    try:
        content = given.read() if given else b""
        if not content:
            raise Invalid.field("file", gettext("choose a file that is not empty"))
        return _preview(content, "")
    except Invalid as wrong:
        return _upload(_tried("upload", wrong)), wrong.status


@pages.post("/catalogue/upload/apply")
@needs(CHANGES)
def apply() -> ResponseReturnValue:
    """Do what the preview said."""
    try:
        content = unpack(request.form.get("packed", ""))
        with db.session.begin_nested():
            given = FileForm().read(form_data(FileForm))
            wanted = read_catalogue(content)
            done = revise_from_csv(wanted, actor=current_actor(), now=utc_now(), expected=_version(), **given)
    except Invalid as wrong:
        return _upload(_tried("upload", wrong)), wrong.status
    except Conflict as stale:
        return _preview(content, stale.message), stale.status
    flash(gettext("%(n)s rows of the catalogue changed.", n=len(done)), "done")
    return redirect(url_for(".listed"), 303)


def _change(
    name: str, key: tuple[str, str], schema: type[Schema], operation: Callable[..., queries.History]
) -> ResponseReturnValue:
    """Do what a form of a row's page says; where it is refused, show the page with the form as typed."""
    try:
        with db.session.begin_nested():
            given = schema().read(form_data(schema))
            changed = operation(*key, actor=current_actor(), now=utc_now(), expected=_version(), **given)
    except (Invalid, Conflict) as refusal:
        return _shown(*key, _tried(name, refusal)), refusal.status
    return _saved(changed)


def _saved(past: queries.History) -> ResponseReturnValue:
    row = past.rows[-1]
    later = row.valid_from > utc_now()
    flash(gettext("Saved. In force from %(day)s.", day=_day(row.valid_from)) if later else gettext("Saved."), "done")
    return redirect(url_for(".shown", category=row.category_code, district=row.district), 303)


def _shown(category: str, district: str, tried: Tried = NOTHING_TRIED) -> str:
    past, now = queries.history(category, district), utc_now()
    if not past.rows:
        raise NotFound(gettext("There is no such row of the catalogue."))
    terms, planned = past.terms_at(now), past.planned(now)
    return render_template(
        "catalogue/row.html",
        key=(category, district),
        past=past,
        now=now,
        row=past.at(now),
        terms=terms,
        planned=planned,
        # Where nothing is in force, what was laid down last is offered to begin with.
        begin=terms or next((row.terms for row in reversed(past.rows) if row.terms), None),
        changes=past.changes(),
        tried=tried,
        names=CatalogueNames(),
        city=City(),
        may_change=current_actor().may(CHANGES),
    )


def _blank(tried: Tried) -> str:
    return render_template("catalogue/new.html", tried=tried, names=CatalogueNames(), city=City())


def _upload(tried: Tried) -> str:
    return render_template("catalogue/upload.html", tried=tried)


def _preview(content: bytes, message: str) -> str:
    given = FileForm().read(form_data(FileForm))
    wanted = read_catalogue(content)
    found = differences(wanted, queries.histories(), utc_now(), whole=given["whole"])
    City().check_all({one.key: one.after for one in found if one.after})
    return render_template(
        "catalogue/preview.html",
        differences=found,
        rows=len(wanted),
        form=request.form,
        packed=pack(content),
        version=queries.catalogue_version(),
        message=message,
        names=CatalogueNames(),
    )


def _tried(name: str, refusal: Invalid | Conflict) -> Tried:
    errors = refusal.errors if isinstance(refusal, Invalid) else {}
    return Tried(name, request.form, errors, gettext("Some fields need another look.") if errors else refusal.message)


def _version() -> int | None:
    return whole_number(request.form.get("version", ""))


def _asked() -> dict[str, Any]:
    """What the list is narrowed to; what it does not know is left alone."""
    fields = CatalogueForm().fields
    asked: dict[str, Any] = CatalogueForm().read(
        {name: value for name in fields if (value := request.args.get(name, "").strip())}
    )
    return asked


def _seen(day: datetime | None, now: datetime) -> datetime:
    """The instant a day is seen at: today now, any other day at its end."""
    if day is None or day <= now < day + DAY:
        return now
    return day + DAY - datetime.resolution


def _day(instant: datetime) -> str:
    return instant.astimezone(calendar_now().zone).date().isoformat()
