"""Pages of administration over all rooms: what is kept, who changed what, the roles, who read full numbers."""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from hotline.admin import reads as reading
from hotline.admin.calendar_pages import pages as calendar
from hotline.admin.category_pages import pages as categories
from hotline.admin.forms import asked
from hotline.admin.keyword_pages import pages as keywords
from hotline.admin.nav import OPENS, admin_tabs
from hotline.admin.overview import cards
from hotline.admin.policy_pages import pages as policies
from hotline.admin.schemas import ChangesQuery, ReadsQuery
from hotline.admin.unit_pages import pages as units
from hotline.admin.user_pages import pages as users
from hotline.admin.words import ChangeWords
from hotline.base.changes import Change, Subject, changes
from hotline.base.db import db
from hotline.base.paging import page_of
from hotline.base.time import DAY, midnight, utc_now
from hotline.orders.lifecycle import STEPS, Action
from hotline.people.models import User
from hotline.people.roles import GRANTS, STAFF_ROLES, UNIT_ROLES, Permission, Role
from hotline.people.signin import current_actor, needs
from hotline.policy.queries import calendar_now

ACCESS = (Subject.USER, Subject.API_KEY)  # changes that say who can read what
pages = Blueprint("admin", __name__, url_prefix="/admin", template_folder="templates")
READERS = 12  # listed beside the record of reads
for room in (users, units, categories, keywords, policies, calendar):
    pages.register_blueprint(room)
pages.add_app_template_global(admin_tabs)


@pages.get("")
@needs(*OPENS)
def index() -> ResponseReturnValue:
    """What is kept, and what needs attention."""
    return render_template("admin/index.html", cards=cards(current_actor(), utc_now()))


@pages.get("/changes")
@needs(Permission.AUDIT_READS)
def changed() -> ResponseReturnValue:
    """Who changed what, the newest first; whoever audits reads sees who was let in, and with what."""
    given = asked(ChangesQuery)
    administers = current_actor().may(Permission.ADMINISTER)
    seen = list(Subject) if administers else list(ACCESS)
    subjects = [given["subject"]] if given["subject"] in seen else seen
    since, until = _days(given["first"], given["last"])
    query = changes(by=given["by"], subjects=subjects, words=given["q"], since=since, until=until)
    people = db.session.scalars(select(Change.by).where(Change.subject.in_(seen)).distinct().order_by(Change.by))
    return render_template(
        "admin/changes.html",
        page=page_of(query, given["page"]),
        asked=given,
        people=list(people),
        subjects=seen,
        administers=administers,
        words=ChangeWords(),
    )


@pages.get("/roles")
@needs(Permission.ADMINISTER)
def roles() -> ResponseReturnValue:
    """What each role may do, and which steps of an order it may take: read from the tables in the code."""
    steps: dict[Action, set[Role]] = {}
    for step in STEPS:
        steps.setdefault(step.action, set()).update(step.roles)
    return render_template(
        "admin/roles.html",
        roles=STAFF_ROLES,
        grants=GRANTS,
        permissions=list(Permission),
        steps={action: may for action, may in steps.items() if may & set(STAFF_ROLES)},
        unit_roles=UNIT_ROLES,
    )


@pages.get("/reads")
@needs(Permission.AUDIT_READS)
def reads() -> ResponseReturnValue:
    """Who read full numbers, when and what for; never the numbers."""
    given = asked(ReadsQuery)
    since, until = _days(given["first"], given["last"])
    page = page_of(reading.records(given["person"], given["order"], since, until), given["page"])
    people = {user.id: user for user in db.session.scalars(select(User).order_by(User.name))}
    return render_template(
        "admin/reads.html", page=page, asked=given, people=people, readers=reading.readers(utc_now())[:READERS]
    )


def _days(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """The instants from the beginning of a day to the end of another, city time."""
    zone = calendar_now().zone
    since = midnight(first, zone) if first else None
    return since, midnight(last + DAY, zone) if last else None
