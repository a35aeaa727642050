"""What the forms and lists of administration say."""

from __future__ import annotations

from marshmallow import fields, validate

from hotline.base.changes import Subject
from hotline.base.i18n import lazy_gettext as _l
from hotline.base.paging import LAST_PAGE
from hotline.base.schemas import Schema, member, truth, words
from hotline.people.models import UnitKind
from hotline.people.roles import USER_ROLES, Role

LOGIN = r"[A-Za-z0-9][A-Za-z0-9._-]{1,59}\Z"


def _role(**more: object) -> fields.Enum[Role]:
    return member(Role, validate=validate.OneOf(USER_ROLES, error=_l("choose one from the list")), **more)


def _page() -> fields.Integer:
    return fields.Integer(load_default=1, validate=validate.Range(1, LAST_PAGE))


def _day(**more: object) -> fields.Date:
    return fields.Date(error_messages={"invalid": _l("give a day, e.g. 2026-12-01")}, **more)  # type: ignore[arg-type]  # options of a field


class UserForm(Schema):
    """A user, but for the login."""

    name = words(60, required=True)
    role = _role(required=True)
    unit = words(40, load_default=None)


class NewUserForm(UserForm):
    """A user to be."""

    login = fields.String(
        required=True,
        validate=validate.Regexp(LOGIN, error=_l("give letters, digits, dots and hyphens, e.g. zhang.wei")),
        error_messages={"required": _l("is required")},
    )


class SwitchForm(Schema):
    """Out of use, or into use again."""

    active = truth(required=True)


class NothingForm(Schema):
    """A form that is only a button."""


class KeyForm(Schema):
    """An API key to be."""

    name = words(80, required=True)


class UsersQuery(Schema):
    """What the list of users is narrowed to."""

    q = words(60)
    role = _role(load_default=None)
    unit = words(40)
    active = fields.String(load_default="yes", validate=validate.OneOf(("yes", "no", "all", "never")))
    page = _page()


class UnitForm(Schema):
    """A unit, but for its code."""

    name = words(80, required=True)
    name_en = words(120)
    kind = member(UnitKind, required=True)
    parent = words(40, load_default=None)
    district = words(40, load_default=None)
    powers = fields.List(fields.String(), load_default=list)
    contact = words(120)


class NewUnitForm(UnitForm):
    """A unit to be."""

    code = words(40, required=True)


class CategoryForm(Schema):
    """A category, but for its code."""

    name = words(60, required=True)
    name_en = words(120)
    default_unit = words(40)


class NewCategoryForm(CategoryForm):
    """A category to be."""

    code = words(6, required=True)


class TreeQuery(Schema):
    """What a list of units or categories is narrowed to."""

    q = words(60)
    top = words(40)
    out = fields.String(load_default="")


class WeightForm(Schema):
    """A keyword's weight."""

    weight = fields.Float(required=True, error_messages={"required": _l("is required"), "invalid": _l("give a number")})


class NewKeywordForm(WeightForm):
    """A keyword to be."""

    word = words(40, required=True)
    category = words(6, required=True)


class KeywordsQuery(Schema):
    """What the list of keywords is narrowed to."""

    q = words(40)
    category = words(6)
    out = fields.String(load_default="")
    page = _page()


class ChangesQuery(Schema):
    """What the record of changes is narrowed to."""

    q = words(60)
    by = words(60)
    subject = member(Subject, load_default=None)
    first = _day(load_default=None)
    last = _day(load_default=None)
    page = _page()


class ReadsQuery(Schema):
    """What the record of reads is narrowed to."""

    person = fields.Integer(load_default=None)
    order = words(60)
    first = _day(load_default=None)
    last = _day(load_default=None)
    page = _page()


class DaysForm(Schema):
    """How a file of days is meant."""

    city = truth(load_default=False)
    until = _day(load_default=None)
    source = words(400)


class HoursForm(Schema):
    """Working hours from a day on."""

    spans = words(120, required=True)
    since = _day(load_default=None)


class AdoptForm(Schema):
    """From when on a policy holds: a day, or now."""

    starts = _day(load_default=None)
