"""What is kept, how much of it, and what needs somebody's attention."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import Select, func, select

from hotline.admin.reads import readers
from hotline.base.changes import Change
from hotline.base.db import db
from hotline.base.i18n import gettext, ngettext
from hotline.knowledge.queries import city_day
from hotline.knowledge.queries import in_force as articles_in_force
from hotline.notices.deliveries import count_held_up
from hotline.notices.models import Subscription
from hotline.orders.models import Category
from hotline.people.actors import Actor
from hotline.people.models import ApiKey, Unit, User
from hotline.people.queries import units_without_users
from hotline.people.roles import Permission
from hotline.policy.queries import calendar_now, policy_at
from hotline.transfer.catalogue_queries import rows_at
from hotline.transfer.keywords import keywords

NEAR = timedelta(days=60)  # before published holidays end, somebody has to bring the next ones
LATELY = timedelta(days=7)
NEVER_AFTER = timedelta(days=14)  # a user who has not come by then perhaps never will
LEVELS = (2, 4, 6)


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that needs attention, and where it is seen to."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class Card:
    """One kind of thing that is kept."""

    title: str
    icon: str
    address: str
    figure: str
    about: str
    concerns: list[Concern] = field(default_factory=list)

    @property
    def long(self) -> bool:
        """Whether its figure is words or a date, not a number."""
        return not self.figure.isdigit()


def cards(actor: Actor, now: datetime) -> list[Card]:
    """What an actor keeps."""
    made: list[tuple[Permission, Callable[[datetime], Card]]] = [
        (Permission.ADMINISTER, _users),
        (Permission.ADMINISTER, _units),
        (Permission.ADMINISTER, _categories),
        (Permission.MANAGE_ROUTING, _keywords),
        (Permission.MANAGE_ROUTING, _catalogue),
        (Permission.KEEP_KNOWLEDGE, _knowledge),
        (Permission.ADMINISTER, _policy),
        (Permission.ADMINISTER, _calendar),
        (Permission.ADMINISTER, _channels),
        (Permission.ADMINISTER, _changes),
        (Permission.AUDIT_READS, _reads),
    ]
    return [card(now) for permission, card in made if actor.may(permission)]


def _users(now: datetime) -> Card:
    never = _count(select(User.id).where(User.active, User.signed_in_at.is_(None), User.created_at < now - NEVER_AFTER))
    words = ngettext("%(num)d has never signed in", "%(num)d have never signed in", never)
    keys = _count(select(ApiKey.id).where(ApiKey.revoked_at.is_(None)))
    return Card(
        gettext("Users"),
        "people",
        url_for("admin.users.listed"),
        str(_count(select(User.id).filter_by(active=True))),
        ngettext("%(num)d API key in use", "%(num)d API keys in use", keys),
        _if(never, words, url_for("admin.users.listed", active="never")),
    )


def _units(_now: datetime) -> Card:
    lonely = len(units_without_users())
    words = ngettext("%(num)d has no user", "%(num)d have no user", lonely)
    return Card(
        gettext("Units"),
        "building",
        url_for("admin.units.listed"),
        str(_count(select(Unit.code).filter_by(active=True))),
        gettext("who handles orders"),
        _if(lonely, words, url_for("admin.units.listed", out="lonely")),
    )


def _categories(_now: datetime) -> Card:
    levels = [_count(select(Category.code).where(Category.active, func.length(Category.code) == n)) for n in LEVELS]
    return Card(
        gettext("Categories"),
        "diagram-2",
        url_for("admin.categories.listed"),
        str(sum(levels)),
        gettext("on three levels: %(levels)s", levels=" · ".join(map(str, levels))),
    )


def _keywords(_now: datetime) -> Card:
    lost = _count(keywords(lost=True))
    words = ngettext("%(num)d of a category not in use", "%(num)d of categories not in use", lost)
    return Card(
        gettext("Keywords"),
        "tags",
        url_for("admin.keywords.listed"),
        str(_count(keywords())),
        gettext("that speak for a category"),
        _if(lost, words, url_for("admin.keywords.listed", out=1)),
    )


def _catalogue(now: datetime) -> Card:
    rows = _count(rows_at(now))
    return Card(
        gettext("Dispatch catalogue"),
        "diagram-3",
        url_for("catalogue.listed"),
        str(rows),
        gettext("rows: who leads in which matter"),
    )


def _knowledge(now: datetime) -> Card:
    articles = articles_in_force(city_day(now)).subquery()
    due = _count(select(articles.c.id).where(articles.c.review_on <= city_day(now)))
    words = ngettext("%(num)d is due for review", "%(num)d are due for review", due)
    return Card(
        gettext("Knowledge"),
        "book",
        url_for("articles.listed"),
        str(_count(select(articles.c.id))),
        gettext("articles to answer from"),
        _if(due, words, url_for("articles.due")),
    )


def _policy(now: datetime) -> Card:
    policy = policy_at(now)
    return Card(gettext("Policy"), "journal-text", url_for("admin.policies.listed"), policy.label, policy.dated)


def _calendar(now: datetime) -> Card:
    until = calendar_now().published_until
    days = (until - city_day(now)).days
    words = ngettext(
        "holidays are known for %(num)d more day only", "holidays are known for %(num)d more days only", days
    )
    return Card(
        gettext("Calendar"),
        "calendar3",
        url_for("admin.calendar.shown"),
        until.isoformat(),
        gettext("holidays are published until then"),
        _if(days < NEAR.days, words, url_for("admin.calendar.upload")),
    )


def _channels(now: datetime) -> Card:
    stuck = count_held_up(now)
    words = ngettext("%(num)d delivery does not arrive", "%(num)d deliveries do not arrive", stuck)
    return Card(
        gettext("Channels"),
        "send",
        url_for("deliveries.listed"),
        str(_count(select(Subscription.id).filter_by(active=True))),
        gettext("told outside the app"),
        _if(stuck, words, url_for("deliveries.listed")),
    )


def _changes(now: datetime) -> Card:
    lately = _count(select(Change.id).where(Change.at >= now - LATELY))
    return Card(
        gettext("Changes"),
        "clock-history",
        url_for("admin.changed"),
        str(lately),
        gettext("in the last seven days: who changed what"),
    )


def _reads(now: datetime) -> Card:
    found = readers(now)
    unusual = sum(one.unusual for one in found)
    words = ngettext("%(num)d person reads unusually much", "%(num)d people read unusually much", unusual)
    return Card(
        gettext("Reads"),
        "eye",
        url_for("admin.reads"),
        str(sum(one.count for one in found)),
        gettext("full numbers read in the last seven days"),
        _if(unusual, words, url_for("admin.reads")),
    )


def _count(query: Select[Any]) -> int:
    return db.session.scalars(select(func.count()).select_from(query.order_by(None).subquery())).one()


def _if(wrong: object, words: str, address: str) -> list[Concern]:
    return [Concern(words, address)] if wrong else []
