"""The frame around every page: the desks in the rail with what waits there, the city's clock, dates and times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hotline.base.db import db
from hotline.base.i18n import LANGUAGES, day_words, gettext, instant_words, label, language, mark
from hotline.base.privacy import mask_name, mask_phone
from hotline.base.time import utc_now
from hotline.citizen.queries import count_asked
from hotline.handle.watch_board import APPEALS, AUDITS, DISPUTES, TIME_ASKED, Decision
from hotline.handle.watch_desk import count_waiting_here
from hotline.notices.deliveries import count_held_up
from hotline.notices.queries import COUNTED_UP_TO, count_unread
from hotline.orders.deadlines import countdown, is_provisional, plain_explanation, receipt
from hotline.orders.lifecycle import State
from hotline.orders.queries import UNIT_WORK, count_waiting
from hotline.people.actors import Actor
from hotline.people.roles import Permission, Role
from hotline.people.signin import actor_or_none
from hotline.policy import queries as policies
from hotline.policy.calendar import Calendar
from hotline.policy.folder import read_city


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk in the rail: who has it, how its waiting work is counted, and with what its pages' endpoints begin."""

    endpoint: str
    icon: str
    title: str
    permissions: frozenset[Permission]
    waiting: Callable[[Actor], int] | None = None
    under: tuple[str, ...] = ()

    def holds(self, endpoint: str) -> bool:
        """Whether a page is this desk or stands under it."""
        return endpoint == self.endpoint or endpoint.startswith(self.under)

    def is_of(self, actor: Actor) -> bool:
        """Whether somebody has this desk: any of its permissions will do."""
        return any(actor.may(permission) for permission in self.permissions)


def _decides(decision: Decision, icon: str, *under: str) -> Desk:
    return Desk(decision.endpoint, icon, decision.title, frozenset({decision.permission}), decision.count, under)


DESKS = (
    Desk("receive.desk", "telephone-inbound", mark("Desk"), frozenset({Permission.TAKE_CALLS}), under=("receive.",)),
    Desk(
        "transfer.queue",
        "signpost-split",
        mark("Dispatch"),
        frozenset({Permission.DISPATCH_QUEUE}),
        lambda _: count_waiting((State.RECEIVED, State.RETURNING, State.EXITING)),
        ("transfer.case", "transfer.send_selected"),
    ),
    Desk(
        "handle.inbox",
        "inbox",
        mark("Inbox"),
        frozenset({Permission.UNIT_INBOX}),
        # What waits for a signature waits for the head.
        lambda actor: count_waiting(
            (*UNIT_WORK, State.REVIEWING) if actor.role is Role.UNIT_HEAD else UNIT_WORK, actor.units
        ),
        ("handle.narrow", "handle.sign_selected", "handle.entrust_selected"),
    ),
    Desk(
        "handle.callbacks",
        "telephone-outbound",
        mark("Callbacks"),
        frozenset({Permission.CALLBACK_QUEUE}),
        lambda _: count_waiting((State.CALLBACK,)),
        ("handle.callback_",),
    ),
    Desk(
        "asked.listed",
        "chat-left-text",
        mark("Requests"),
        frozenset({Permission.CALLBACK_QUEUE, Permission.DISPATCH_QUEUE}),
        lambda _: count_asked(),
        ("asked.",),
    ),
    Desk("report.week", "bar-chart", mark("Week"), frozenset({Permission.SEE_REPORTS}), under=("report.",)),
    Desk("topics.listed", "fire", mark("Hot topics"), frozenset({Permission.SEE_CITY_REPORTS}), under=("topics.",)),
    Desk(
        "papers.listed",
        "file-earmark-text",
        mark("Reports"),
        frozenset({Permission.SEE_CITY_REPORTS}),
        under=("papers.",),
    ),
    _decides(TIME_ASKED, "hourglass-split", "handle.time_request", "handle.grant_selected"),
    _decides(DISPUTES, "hammer", "transfer.case"),
    Desk(
        "watch.supervision",
        "eye",
        mark("Supervision"),
        frozenset({Permission.SEE_REPORTS, Permission.UNIT_INBOX}),
        count_waiting_here,
        ("watch.",),
    ),
    _decides(APPEALS, "shield-exclamation"),
    _decides(AUDITS, "clipboard-check", "audits."),
    Desk(
        "orders.listed",
        "card-list",
        mark("Orders"),
        frozenset({Permission.SEE_ALL_ORDERS, Permission.SEE_UNIT_ORDERS}),
        under=("orders.",),
    ),
    Desk("ledgers.listed", "list-check", mark("Ledgers"), frozenset({Permission.SEE_ALL_ORDERS}), under=("ledgers.",)),
    Desk(
        "catalogue.listed",
        "diagram-3",
        mark("Catalogue"),
        frozenset({Permission.DISPATCH_QUEUE, Permission.MANAGE_ROUTING}),
        under=("catalogue.", "proposals."),
    ),
    Desk(
        "articles.listed",
        "book",
        mark("Knowledge"),
        frozenset({Permission.SEE_ALL_ORDERS, Permission.SEE_UNIT_ORDERS}),
        under=("articles.",),
    ),
    Desk(
        "reply_templates.listed",
        "card-text",
        mark("Templates"),
        frozenset({Permission.KEEP_REPLY_TEMPLATES}),
        under=("reply_templates.",),
    ),
    Desk(
        "policy.shown",
        "journal-text",
        mark("Policy"),
        frozenset({Permission.SEE_ALL_ORDERS, Permission.SEE_UNIT_ORDERS}),
    ),
    Desk(
        "admin.index",
        "gear",
        mark("Administration"),
        frozenset({Permission.ADMINISTER, Permission.AUDIT_READS}),
        lambda actor: count_held_up(utc_now()) if actor.may(Permission.ADMINISTER) else 0,
        ("admin.", "deliveries."),
    ),
)

# Whose day begins at another desk than the first of their rail.
WORKS_AT = {Role.SUPERVISOR: "watch.supervision", Role.ADMIN: "admin.index"}
KIB = 1024


def init_app(app: Flask) -> None:
    """Give every template the frame and the filters."""
    city = read_city(app.config["SETTINGS"].city_dir)
    app.context_processor(lambda: frame(city))
    app.add_url_rule("/", "home", home)
    app.add_template_filter(label, "label")
    app.add_template_filter(when, "when")
    app.add_template_filter(day_of, "day_of")
    app.add_template_filter(day_words, "day_words")
    app.add_template_filter(file_size, "file_size")
    app.add_template_filter(mask_phone, "mask_phone")
    app.add_template_filter(mask_name, "mask_name")
    app.add_template_global(countdown_of, "countdown_of")
    app.add_template_global(receipt, "receipt")
    app.add_template_global(plain_explanation, "plain_explanation")
    app.add_template_global(is_provisional, "is_provisional")
    app.add_template_global(unread_notices, "unread_notices")


def frame(city: dict[str, Any]) -> dict[str, Any]:
    """What the frame shows."""
    actor = actor_or_none()
    desks = [desk for desk in DESKS if actor and desk.is_of(actor)]
    return {
        "city_name": city["name_en"] if language() == "en" else city["name"],
        "hotline_number": city["hotline"],
        "language": language(),
        "languages": LANGUAGES,
        "now": utc_now(),
        "rail": [
            {
                "endpoint": desk.endpoint,
                "icon": desk.icon,
                "title": gettext(desk.title),
                "here": desk.holds(request.endpoint or ""),
                "count": desk.waiting(actor) if actor and desk.waiting else None,
            }
            for desk in desks
        ],
        "city_clock": city_clock(utc_now()) if actor else None,
    }


def unread_notices() -> str:
    """The number beside the bell; nothing where all is read."""
    actor = actor_or_none()
    count = count_unread(actor) if actor else 0
    return f"{COUNTED_UP_TO}+" if count > COUNTED_UP_TO else str(count or "")


def home() -> ResponseReturnValue:
    """To the desk somebody works at, mostly the first they have; a citizen's page for everybody else."""
    actor = actor_or_none()
    desks = [desk.endpoint for desk in DESKS if actor and desk.is_of(actor)]
    if actor and WORKS_AT.get(actor.role) in desks:
        return redirect(url_for(WORKS_AT[actor.role]))
    return redirect(url_for(desks[0] if desks else "citizen.home"))


def city_clock(now: datetime) -> dict[str, Any]:
    """Whether it is working time, and the next opening."""
    calendar = policies.calendar_now()
    return {"working": calendar.is_working_instant(now), "opens": calendar.next_opening(now)}


def when(instant: datetime | None) -> str:
    """An instant as people here write it: 11月22日 周日 14:05, with the year when it is not this one."""
    if instant is None:
        return ""
    return instant_words(_local(instant))


def file_size(size: int) -> str:
    """How large a file is, alike in every language: 67 B, 12 KB, 1.4 MB."""
    if size < KIB:
        return f"{size} B"
    return f"{size / KIB:.0f} KB" if size < KIB * KIB else f"{size / KIB / KIB:.1f} MB"


def day_of(instant: datetime) -> str:
    """The city day of an instant, ISO."""
    return _local(instant).date().isoformat()


def countdown_of(deadline: Any, now: datetime) -> Any:
    """How a deadline stands now, by the calendar it was computed with."""
    return countdown(deadline, now, policies.calendar(deadline.calendar_id))


def _local(instant: datetime) -> datetime:
    return instant.astimezone(_calendar().zone)


def _calendar() -> Calendar:
    with db.session.no_autoflush:
        return policies.calendar_now()
