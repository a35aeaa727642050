"""What a step of handling is told, by whatever door."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from hotline.base.i18n import lazy_gettext as _l
from hotline.base.schemas import Schema, member, phone, truth, words
from hotline.handle.models import Appeal, Appealed
from hotline.handle.watch_desk import Line
from hotline.orders.models import Event
from hotline.orders.vocabulary import Result, TimeKind, Truth
from hotline.policy.appeals import Ground, Scope
from hotline.policy.schemas import CityInstant
from hotline.policy.triggers import Supervision


class NothingBody(Schema):
    """No fields."""


class EntrustBody(Schema):
    """Who in the unit does an order: their login."""

    person = words(60, required=True)


class NoteBody(Schema):
    """What happened."""

    note = words(2000, required=True)


class AttemptBody(NoteBody):
    """What came of a call in which nothing was asked. later: the citizen answered, and asks for another time."""

    later = truth(load_default=False)


class ContactBody(Schema):
    """What the unit and the citizen said, when, and on which number."""

    note = words(2000, required=True)
    spoken_at = CityInstant(load_default=None)
    number = phone()


class ProgressBody(Schema):
    """How far what was promised is, in words for the citizen; anyway as with a reply."""

    public_reply = words(2000, required=True)
    anyway = truth(load_default=False)


class SuperviseBody(Schema):
    """How an order is supervised, and why."""

    supervision = member(Supervision, load_default=Supervision.BLUE)
    reason = words(500, required=True)


class EscalateBody(Schema):
    """To which step supervision goes, by default the next one, and why."""

    supervision = member(Supervision, load_default=None)
    reason = words(500, required=True)


class ReplyBody(Schema):
    """A unit's answer. Without "solved", say why it is not.

    truth: whether what the citizen says is so. anyway: send it although something was found in it that is only asked
    about.
    """

    result = member(Result, required=True)
    public_reply = words(5000, required=True)
    unsolved_reason = words(500)
    note = words(2000)
    anyway = truth(load_default=False)
    truth = member(Truth, load_default=None)  # last: above, the name is that of the yes-or-no field


class TemplateBody(Schema):
    """A text replies begin with: whose it is (empty: the city's), and the matter it is for (empty: any)."""

    title = words(60, required=True)
    body = words(5000, required=True)
    unit = words(40)
    category = words(40)
    active = truth(load_default=True)


class Whole(fields.Integer):
    """A whole number; a fraction is refused rather than cut."""

    def _validated(self, value: Any) -> Any:
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class TimeBody(Schema):
    """What a unit asks of the clock: an amount for an extension, a day for a pause."""

    kind = member(TimeKind, required=True)
    amount = Whole(load_default=None, error_messages={"invalid": _l("give a whole number")})
    until = fields.Date(load_default=None, error_messages={"invalid": _l("give a day, e.g. 2026-12-01")})
    reason = words(500, required=True)
    next_step = words(500, required=True)


class GrantBody(Schema):
    """A word with the grant."""

    note = words(2000)


class EvaluationBody(Schema):
    """What the citizen says: solved and satisfied are two questions."""

    solved = truth(required=True)
    satisfaction = words(40, required=True)
    note = words(2000)


class CallBody(EvaluationBody):
    """What the citizen says in a callback, and what follows.

    again: an answer that does not content them goes back to its unit, for the reason given. Without it, and
    wherever they are content, the order is closed and a reason has no meaning.
    """

    again = truth(load_default=False)
    reason = words(500)


class RatingBody(Schema):
    """What the citizen answers on their own page."""

    solved = truth(required=True)
    satisfaction = words(40, required=True)
    note = words(500)


class ClosingBody(Schema):
    """A last note."""

    note = words(2000)


class RedoBody(Schema):
    """Why it is sent back."""

    reason = words(500, required=True)


class AlarmQuery(Schema):
    """Which alarms: open ones or settled ones, of one rule or of all."""

    rule = words(60)
    settled = truth(load_default=False)
    page = fields.Integer(load_default=1)


class SettleBody(Schema):
    """What was done about an alarm; of an interview, the day it was held and with whom."""

    note = words(2000, required=True)
    held_on = fields.Date(load_default=None, error_messages={"invalid": _l("give a day, e.g. 2026-12-01")})
    whom = words(200)


def alarm_row(line: Line, seen: frozenset[str]) -> dict[str, Any]:
    """An alarm. seen: the numbers of orders its reader may see; the subject is None where it is another."""
    alarm = line.alarm
    return {
        "id": alarm.id,
        "rule": alarm.rule,
        "kind": line.trigger.kind,
        "does": line.trigger.does,
        "subject": alarm.subject if alarm.order_id is None or alarm.subject in seen else None,
        "period": alarm.period,
        "unit": alarm.unit_code,
        "policy": alarm.policy_id,
        "fired_at": line.at or line.day,
        "facts": {**alarm.facts, "orders": [number for number in alarm.facts["orders"] if number in seen]},
        "handled_at": alarm.handled_at,
        "handled_by": alarm.handled_by,
        "note": alarm.note,
        "held_on": alarm.held_on.isoformat() if alarm.held_on else None,
        "whom": alarm.whom,
    }


class AuditBody(Schema):
    """What the audit of an answer found. Without agrees: what the citizen really says."""

    agrees = truth(required=True)
    solved = truth(load_default=None)
    satisfaction = words(40)
    note = words(2000)


class AppealBody(Schema):
    """What should not count, and why. round: of the citizen's answer, the present one where it is not given.

    evidence: ids of files the order has.
    """

    scope = member(Scope, required=True)
    round = Whole(load_default=None, error_messages={"invalid": _l("give a whole number")})
    ground = member(Ground, required=True)
    reason = words(2000, required=True)
    evidence = fields.List(Whole(), load_default=list)


class AppealForm(Schema):
    """What should not count, as a form says it: scope and round in one choice."""

    against = words(40, required=True)
    ground = member(Ground, required=True)
    reason = words(2000, required=True)
    evidence = fields.List(Whole(), load_default=list)

    @post_load
    def apart(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Scope and round apart, as the API says them."""
        scope, _, turn = given.pop("against").partition(":")
        return {**AppealBody(only=("scope", "round")).load({"scope": scope, "round": turn or None}), **given}


class ReviewBody(Schema):
    """What a reviewer says of an appeal. agrees: that it should not count."""

    appeal = Whole(required=True, error_messages={"invalid": _l("give a whole number")})
    agrees = truth(required=True)
    reason = words(500, required=True)


class AppealsQuery(Schema):
    """Which appeals: those that wait for their first or second review, or those decided."""

    state = member(Appealed, load_default=Appealed.NEW)
    page = Whole(load_default=1, validate=validate.Range(1), error_messages={"invalid": _l("give a page number")})


def told(one: Appeal) -> dict[str, Any]:
    """An appeal as the API tells it: each of its steps with who, when and why."""
    steps = {"made": one.made, "first_review": one.review, "second_review": one.decision}
    return {
        "id": one.id,
        "order": one.order.number,
        "unit": one.unit_code,
        "scope": one.scope,
        "round": one.round,
        "ground": one.ground,
        "state": one.state,
        "settled_at": one.settled_at,
        "evidence": one.made.payload["attachments"],
        **{name: _step(event) for name, event in steps.items()},
    }


def _step(event: Event | None) -> dict[str, Any] | None:
    if event is None:
        return None
    said = {"by": event.actor_name, "at": event.at, "reason": event.reason}
    return {**said, "agrees": event.payload["agrees"]} if "agrees" in event.payload else said
