"""Pages of hot topics: the list, one topic, the fields of livelihood."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext
from hotline.base.paging import page_of
from hotline.base.time import DAY, utc_now
from hotline.orders.forms import form_data
from hotline.orders.names import Names
from hotline.people.queries import all_districts, unit_names
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.report.pages import address_data
from hotline.report.topics.fields import Field, codes_of, read_fields, volumes
from hotline.report.topics.growth import sparkline
from hotline.report.topics.operations import open_campaign
from hotline.report.topics.queries import (
    TREND_WEEKS,
    WEEK,
    citizens_by_window,
    effects,
    get_topic,
    growths,
    hot_topics,
    orders_of,
    places_of,
    units_of,
    waiting,
    window,
)
from hotline.report.topics.schemas import WINDOWS, CampaignBody, TopicQuery, TopicsQuery, WindowQuery
from hotline.transfer.catalogue_pages import NOTHING_TRIED, Tried

pages = Blueprint("topics", __name__, template_folder="templates", url_prefix="/topics")

TREND_DAYS = TREND_WEEKS * WEEK.days
SEES = Permission.SEE_CITY_REPORTS


@pages.get("")
@needs(SEES)
def listed() -> ResponseReturnValue:
    """The topics that are hot now."""
    asked, now, fields = address_data(TopicsQuery()), utc_now(), _fields()
    return render_template(
        "topics/listed.html",
        found=hot_topics(now, asked["days"], district=asked["district"], categories=codes_of(asked["field"], fields)),
        asked=asked,
        windows=WINDOWS,
        fields=fields,
        districts=all_districts(),
        units=unit_names(),
        counted=window(now, asked["days"]),
        waiting=waiting(now),
        sparkline=sparkline,
    )


@pages.get("/fields")
@needs(SEES)
def by_field() -> ResponseReturnValue:
    """What was told in each field of livelihood, against the window before."""
    asked = address_data(WindowQuery())
    found = volumes(_fields(), utc_now(), asked["days"])
    most = max((one.orders for one in found), default=0)
    return render_template("topics/fields.html", found=found, most=most or 1, asked=asked, windows=WINDOWS)


@pages.get("/<int:topic_id>")
@needs(SEES)
def shown(topic_id: int) -> ResponseReturnValue:
    """A topic: its words, places, units and weeks, its campaigns, its orders."""
    return _shown(topic_id, NOTHING_TRIED)


@pages.post("/<int:topic_id>/campaign")
@needs(SEES)
def campaign(topic_id: int) -> ResponseReturnValue:
    """Take a topic on: open a ledger with its open orders."""
    try:
        with db.session.begin_nested():
            body = CampaignBody().read(form_data(CampaignBody))
            opened = open_campaign(get_topic(topic_id), current_actor(), utc_now(), **body)
    except Invalid as wrong:
        tried = Tried("campaign", request.form, wrong.errors, gettext("Some fields need another look."))
        return _shown(topic_id, tried), wrong.status
    except Conflict as taken:
        return _shown(topic_id, Tried("campaign", request.form, {}, taken.message)), taken.status
    flash(gettext("Ledger %(code)s is open.", code=opened.code), "done")
    return redirect(url_for(".shown", topic_id=topic_id), 303)


def _shown(topic_id: int, tried: Tried) -> str:
    topic, asked, now = get_topic(topic_id), address_data(TopicQuery()), utc_now()
    weeks, whole = citizens_by_window([topic.id], now, WEEK.days, TREND_WEEKS)[topic.id], window(now, TREND_DAYS)
    orders = orders_of(topic, now, asked["first"], asked["last"], merged=asked["merged"])
    return render_template(
        "topics/topic.html",
        topic=topic,
        asked=asked,
        page=page_of(orders, asked["page"]),
        growths={days: growths([topic.id], now, days)[topic.id] for days in WINDOWS},
        weeks=[(whole.first + at * WEEK, count) for at, count in enumerate(weeks)],
        places=places_of(topic),
        holders=units_of([topic.id], whole.start, now)[topic.id],
        effects=effects(topic, now),
        names=Names(),
        units=unit_names(),
        counted={days: window(now, days) for days in WINDOWS},
        may_open=current_actor().may(Permission.KEEP_LEDGERS) and all(link.ledger.ended_at for link in topic.campaigns),
        tried=tried,
        week=WEEK,
        day=DAY,
    )


def _fields() -> list[Field]:
    return read_fields(current_app.config["SETTINGS"].city_dir)
