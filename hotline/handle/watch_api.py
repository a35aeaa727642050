"""The API of alarms: what the policy's triggers found, and what was done about it."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from hotline.base.paging import page_of
from hotline.base.rest import answer
from hotline.base.time import utc_now
from hotline.handle.alarms import alarm_for, alarms_for, numbers_seen, settle
from hotline.handle.schemas import AlarmQuery, SettleBody, alarm_row
from hotline.handle.watch_desk import Line, lines
from hotline.people.actors import Actor
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs

api = Blueprint("alarms_api", __name__, url_prefix="/api/v1/alarms", description="What calls for supervision")


@api.get("")
@needs(Permission.SEE_REPORTS)
@api.arguments(AlarmQuery, location="query")
@api.response(200)
def list_alarms(query: dict[str, Any]) -> Response:
    """Alarms, open or settled, the latest first. A unit's people see those about their units."""
    actor = current_actor()
    page = page_of(alarms_for(actor, rule=query["rule"], settled=query["settled"]), query["page"])
    return answer({"alarms": _rows(lines(page.rows, actor), actor), "page": page.number, "total": page.total})


@api.post("/<int:alarm_id>/settle")
@needs(Permission.SETTLE_ALARMS)
@api.arguments(SettleBody)
@api.response(200)
def settle_alarm(body: dict[str, Any], alarm_id: int) -> Response:
    """Say what was done about an alarm; of an interview, on which day it was held and with whom."""
    actor = current_actor()
    alarm = alarm_for(alarm_id, actor)
    settle(alarm, actor, utc_now(), **body)
    return answer(_rows(lines([alarm], actor), actor)[0])


def _rows(found: list[Line], actor: Actor) -> list[dict[str, Any]]:
    seen = numbers_seen([line.alarm for line in found], actor)
    return [alarm_row(line, seen) for line in found]
