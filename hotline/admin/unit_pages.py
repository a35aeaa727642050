"""Pages of the handling units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from hotline.admin.forms import NOTHING_TRIED, Tried, asked, attempt, saved, version_seen
from hotline.admin.leaving import against_unit, retire_unit
from hotline.admin.schemas import NewUnitForm, SwitchForm, TreeQuery, UnitForm
from hotline.admin.words import ChangeWords
from hotline.base.changes import Subject, history_of, version_of
from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.i18n import gettext
from hotline.orders.names import Names
from hotline.people.models import Unit, UnitKind
from hotline.people.queries import count_users, unit_tree, units_without_users
from hotline.people.roles import Permission
from hotline.people.signin import needs
from hotline.people.units import add_unit, change_unit
from hotline.transfer.catalogue_check import known_powers, listed_powers, power_title, written_powers

LONELY = "lonely"  # units nobody signs in for

pages = Blueprint("units", __name__, url_prefix="/units", template_folder="templates")


@pages.get("")
@needs(Permission.ADMINISTER)
def listed() -> ResponseReturnValue:
    """The tree of units, or those whose name fits."""
    given = asked(TreeQuery)
    lonely, words = units_without_users(), given["q"].casefold()
    rows = [
        (unit, depth)
        for unit, depth in unit_tree()
        if (unit.active or given["out"] == "1")
        and words in f"{unit.name} {unit.name_en} {unit.code}".casefold()
        and (given["out"] != LONELY or unit.code in lonely)
    ]
    return render_template(
        "admin/units.html", rows=rows, asked=given, users=count_users(), lonely=lonely, names=Names()
    )


@pages.get("/new")
@needs(Permission.ADMINISTER)
def new() -> ResponseReturnValue:
    """A unit to fill in."""
    return _blank(NOTHING_TRIED)


@pages.post("/new")
@needs(Permission.ADMINISTER)
def add() -> ResponseReturnValue:
    """Add a unit."""
    done = attempt("new", NewUnitForm, _told_powers(add_unit))
    return (_blank(done), done.status) if isinstance(done, Tried) else _done(done.code, done)


@pages.get("/<code>")
@needs(Permission.ADMINISTER)
def shown(code: str) -> ResponseReturnValue:
    """One unit: what it is, what names it, the forms that change it, what was changed."""
    return _shown(code)


@pages.post("/<code>")
@needs(Permission.ADMINISTER)
def change(code: str) -> ResponseReturnValue:
    """Change a unit."""
    change = _told_powers(change_unit)
    return _done(code, attempt("change", UnitForm, change, code=code, expected=version_seen()))


@pages.post("/<code>/active")
@needs(Permission.ADMINISTER)
def switch(code: str) -> ResponseReturnValue:
    """Take a unit out of use, or into use again."""
    return _done(code, attempt("switch", SwitchForm, retire_unit, code=code, expected=version_seen()))


def _told_powers(verb: Callable[..., Unit]) -> Callable[..., Unit]:
    """A verb that is told of powers as a unit keeps them, by a form that ticks them."""

    def told(*, powers: list[str], **said: Any) -> Unit:
        return verb(powers=written_powers(powers), **said)

    return told


def _done(code: str, done: Unit | Tried) -> ResponseReturnValue:
    if isinstance(done, Tried):
        return _shown(code, done), done.status
    return saved(code=code)


def _blank(tried: Tried) -> str:
    return render_template("admin/unit_new.html", tried=tried, **_choices())


def _choices(unit: Unit | None = None) -> dict[str, Any]:
    """What the fields of a unit offer; powers it has are ticked."""
    return {
        "kinds": list(UnitKind),
        "names": Names(),
        "powers": {code: power_title(code) for code in known_powers()},
        "has_powers": listed_powers(unit.powers) if unit else [],
    }


def _shown(code: str, tried: Tried = NOTHING_TRIED) -> str:
    unit = db.session.get(Unit, code)
    if unit is None:
        raise NotFound(gettext("There is no such unit."))
    return render_template(
        "admin/unit.html",
        unit=unit,
        standing=against_unit(code),
        version=version_of(Subject.UNIT, code),
        history=history_of(Subject.UNIT, code),
        words=ChangeWords(),
        tried=tried,
        **_choices(unit),
    )
