"""Forms of administration: what is wrong stands beside its field, a stale one says what changed, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, Stale
from hotline.base.i18n import gettext
from hotline.base.schemas import Schema
from hotline.base.time import utc_now
from hotline.base.web import whole_number
from hotline.orders.forms import form_data
from hotline.people.signin import current_actor

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that did not go through. name: which of the page's forms; read: the version its sender had read.

    errors: what is wrong, by field. status: what the page answers with.
    """

    name: str = ""
    form: MultiDict[str, str] = field(default_factory=MultiDict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    message: str = ""
    read: int | None = None
    status: int = 200

    def of(self, name: str) -> Tried:
        """This, where it is of that form; else nothing tried."""
        return self if self.name == name else NOTHING_TRIED


NOTHING_TRIED = Tried()


def attempt(name: str, schema: type[Schema], verb: Callable[..., T], **known: Any) -> T | Tried:
    """Do what a form says, told by name what it says and what is known; give what the verb gives, or the form as tried."""
    try:
        with db.session.begin_nested():
            given = schema().read(form_data(schema))
            return verb(actor=current_actor(), now=utc_now(), **known, **given)
    except (Invalid, Conflict) as refusal:
        return tried(name, refusal)


def tried(name: str, refusal: Invalid | Conflict) -> Tried:
    """A form that was refused."""
    errors = refusal.errors if isinstance(refusal, Invalid) else {}
    message = gettext("Some fields need another look.") if errors else refusal.message
    read = version_seen() if isinstance(refusal, Stale) else None
    return Tried(name, request.form, errors, message, read, refusal.status)


def version_seen() -> int | None:
    """The version of the thing the form was made from."""
    return whole_number(request.form.get("version", ""))


def saved(**thing: Any) -> ResponseReturnValue:
    """Say that a form went through, and show the thing it changed."""
    flash(gettext("Saved."), "done")
    return redirect(url_for(".shown", **thing), 303)


def asked(schema: type[Schema]) -> dict[str, Any]:
    """What a list is narrowed to by its address; what it does not know is left alone."""
    names = schema().fields
    found: dict[str, Any] = schema().read(
        {name: value for name in names if (value := request.args.get(name, "").strip())}
    )
    return found
