"""Verbs of handling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext
from hotline.base.privacy import mask_phone
from hotline.handle.audits import draw
from hotline.handle.calling import release
from hotline.handle.models import Evaluation
from hotline.handle.queries import may_call_from
from hotline.handle.review import approve_reply
from hotline.knowledge.replying import stand_by
from hotline.orders.appealing import is_content
from hotline.orders.attachments import Upload, attach, store
from hotline.orders.bulk import Refusal, each
from hotline.orders.holding import hold
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.open_steps import needs_signature
from hotline.orders.operations import act, ready
from hotline.orders.sheet import evaluated
from hotline.orders.vocabulary import Result, Truth
from hotline.people.actors import SYSTEM, Actor
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.clock import city_time
from hotline.transfer.merging import children


def sign(order: Order, actor: Actor, now: datetime, *, version: int | None = None) -> Event:
    """The unit takes the order on (签收)."""
    return act(order, Action.SIGN, actor, now, version=version)


def sign_many(picked: Mapping[str, int], actor: Actor, now: datetime) -> list[Refusal]:
    """Sign several orders (number → version read), each for itself; return those that could not be signed."""
    return each(picked, actor, lambda order, version: sign(order, actor, now, version=version))


def record_contact(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    note: str,
    spoken_at: datetime | None = None,
    number: str = "",
    uploads: tuple[Upload, ...] = (),
    version: int | None = None,
) -> Event:
    """The unit has spoken with the citizen: what was said, when, on which number (kept masked), with what proof.

    spoken_at: now, where it is not said. number: the citizen's own, where it is not said. Raises Invalid for a time
    before the unit had the order or after now.
    """
    at = spoken_at or now
    if at > now or (order.dispatched_at and at < order.dispatched_at):
        raise Invalid.field("spoken_at", gettext("give a time since the unit has the order"))
    theirs = "" if order.secret else order.requester_phone
    said: dict[str, Any] = {"note": note, "spoken_at": at.isoformat(), "number": mask_phone(number or theirs) or None}
    with with_files(order, uploads, actor, now) as files:
        return act(order, Action.CONTACT, actor, now, version=version, **said, attachments=files)


@contextmanager
def with_files(
    order: Order,
    uploads: tuple[Upload, ...],
    actor: Actor,
    now: datetime,
    *,
    public: bool = False,
    from_citizen: bool = False,
) -> Iterator[list[int]]:
    """Note files with the order, by their ids; their content is kept once the step they belong to is taken."""
    hold(order)
    files = [attach(order, upload, actor, now, public=public, from_citizen=from_citizen) for upload in uploads]
    yield [file.id for file in files]
    for file, upload in zip(files, uploads, strict=True):
        store(file, upload.content)


def add_note(order: Order, actor: Actor, now: datetime, *, note: str, version: int | None = None) -> Event:
    """Note progress, inside the government only."""
    return act(order, Action.NOTE, actor, now, version=version, note=note)


def reply(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    result: Result,
    public_reply: str,
    truth: Truth | None = None,
    unsolved_reason: str = "",
    note: str = "",
    anyway: bool = False,
    uploads: tuple[Upload, ...] = (),
    version: int | None = None,
) -> Event:
    """The unit answers the citizen and ends its work: what came of it, and if it is not solved, why not.

    truth: whether what the citizen says is so. anyway: send it although something was found in it that is only asked
    about. Files are attached; the citizen is to be asked (callback clock). Where the policy asks for it the reply
    waits for the head's signature first. Raises Invalid where a result other than "solved" comes without its reason,
    and where the check of the reply finds what is not to be sent.
    """
    if result is not Result.SOLVED and not unsolved_reason.strip():
        raise Invalid.field("unsolved_reason", gettext("say why it is not solved"))
    action = Action.SUBMIT_REPLY if needs_signature(order, actor) else Action.REPLY
    ready(order, action, actor, now, version=version)
    stood = stand_by(order, public_reply, actor, now, anyway=anyway)
    with with_files(order, uploads, actor, now, public=action is Action.REPLY) as files:
        event = act(
            order,
            action,
            actor,
            now,
            version=version,
            result=result,
            truth=truth,
            public_reply=public_reply.strip(),
            unsolved_reason=unsolved_reason.strip(),
            note=note.strip(),
            attachments=files,
            **stood,
        )
        if action is Action.REPLY:
            _answered(order, event, now)
    return event


def sign_reply(order: Order, actor: Actor, now: datetime, *, note: str = "", version: int | None = None) -> Event:
    """The unit's head signs the reply that was handed in: the citizen gets it with its files, and is to be asked."""
    event = approve_reply(order, actor, now, note=note, version=version)
    for file in order.attachments:
        file.public = file.public or file.id in (event.payload.get("attachments") or ())
    _answered(order, event, now)
    return event


def report_progress(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    public_reply: str,
    anyway: bool = False,
    uploads: tuple[Upload, ...] = (),
    version: int | None = None,
) -> Event:
    """Tell the citizen how far what was promised is (阶段性反馈); the next word is due after as long again.

    The words are checked as a reply is; anyway: send them although something was found that is only asked about.
    Files are attached, for the citizen to see.
    """
    ready(order, Action.REPORT_PROGRESS, actor, now, version=version)
    stood = stand_by(order, public_reply, actor, now, anyway=anyway)
    with with_files(order, uploads, actor, now, public=True) as files:
        said = {"public_reply": public_reply.strip(), "attachments": files, **stood}
        return act(order, Action.REPORT_PROGRESS, actor, now, version=version, **said)


def _answered(order: Order, answer: Event, now: datetime) -> None:
    _ask(order, now)
    for child in children(order):
        _follow(child, order, answer, now)


def _ask(order: Order, now: datetime) -> None:
    db.session.add(Evaluation(order_id=order.id, round=order.round, unit_code=order.lead_unit, asked_at=now))
    db.session.flush()


def _follow(child: Order, master: Order, answer: Event, now: datetime) -> None:
    """Answer a merged order with its master; its own citizen is asked too."""
    said = {name: answer.payload[name] for name in ("result", "public_reply", "unsolved_reason")}
    act(child, Action.FOLLOW, SYSTEM, now, unit=master.lead_unit, **said)
    _ask(child, now)


def record_attempt(
    order: Order, actor: Actor, now: datetime, *, note: str, later: bool = False, version: int | None = None
) -> Event:
    """A callback nobody answered, or (later) one whose citizen asks to be called at another time.

    Raises Conflict so soon after the last one that it would find the same.
    """
    ready(order, Action.ATTEMPT, actor, now, version=version)
    again_at = may_call_from(order)
    if again_at is not None and now < again_at:
        again = city_time(again_at, policies.calendar_now())
        raise Conflict(
            gettext("The last call was a moment ago: call again from %(again)s on, at another time.", again=again)
        )
    return act(order, Action.ATTEMPT, actor, now, version=version, note=note, later=later or None)


def evaluate(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    solved: bool,
    satisfaction: str,
    note: str = "",
    known_by: str | None = None,
    version: int | None = None,
) -> Event:
    """Record what the citizen says of the reply.

    known_by: "number" where only number and phone say who it is, which a unit may know too: such answers are audited as
    those of the callback are. Raises Conflict where this reply has been evaluated already.
    """
    levels = policies.policy(order.policy_id).weights
    if satisfaction not in levels:
        raise Invalid.field("satisfaction", gettext("choose one of: %(levels)s", levels=", ".join(levels)))
    event = act(
        order,
        Action.EVALUATE,
        actor,
        now,
        version=version,
        solved=solved,
        satisfaction=satisfaction,
        note=note,
        known_by=known_by,
        round=order.round,
    )
    asked = current_evaluation(order)
    if asked is None or asked.ended_at is not None:
        raise Conflict(gettext("This reply has been evaluated already."))
    asked.ended_at, asked.reached, asked.solved, asked.satisfaction = now, True, solved, satisfaction
    asked.by = "citizen" if actor.role is Role.CITIZEN else "callback"
    db.session.flush()
    draw(order, asked, doubtful=asked.by == "callback" or known_by is not None)
    return event


def close(order: Order, actor: Actor, now: datetime, *, note: str = "", version: int | None = None) -> Event:
    """Close an order that has been evaluated, or whose citizen could not be reached as often as policy asks."""
    event = act(order, Action.CLOSE, actor, now, version=version, note=note)
    asked = current_evaluation(order)
    if asked is not None and asked.ended_at is None:
        wanted = policies.policy(order.policy_id).callback_attempts
        if order.attempts < wanted:
            raise Conflict(
                gettext(
                    "Nobody has been asked yet: record an evaluation, or %(wanted)s calls without an answer (so far %(made)s).",
                    wanted=wanted,
                    made=order.attempts,
                )
            )
        asked.ended_at, asked.reached, asked.by = now, False, "callback"
        db.session.flush()
    return event


def redo(order: Order, actor: Actor, now: datetime, *, reason: str, version: int | None = None) -> Event:
    """Send an order back to its unit (重办), because the citizen says it is not solved or is not satisfied.

    Or because somebody who only knew number and phone has said it is, and the center does not believe it.
    """
    hold(order)
    asked = current_evaluation(order)
    good_enough = asked is None or asked.reached is not True or _is_good(order, asked)
    event = act(order, Action.REDO, actor, now, version=version, reason=reason)
    if good_enough:
        raise Conflict(gettext("Only an order the citizen calls unsolved or is not satisfied with is sent back."))
    return event


def _is_good(order: Order, asked: Evaluation) -> bool:
    """Whether its citizen is content, beyond doubt of who has said so."""
    said = evaluated(order)
    is_doubtful = said is not None and said.payload.get("known_by") is not None
    return is_content(order, asked.solved, asked.satisfaction) and not is_doubtful


def call_back(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    solved: bool,
    satisfaction: str,
    note: str = "",
    again: bool = False,
    reason: str = "",
    version: int | None = None,
) -> Event:
    """Record what the citizen says on the phone and settle the order with it.

    Solved and satisfied closes it. Anything else sends it back to its unit (again, with the reason), or closes
    it as it is.
    """
    evaluate(order, actor, now, solved=solved, satisfaction=satisfaction, note=note, version=version)
    asked = current_evaluation(order)
    content = asked is not None and is_content(order, asked.solved, asked.satisfaction)
    if again and not content:
        return redo(order, actor, now, reason=reason)
    return close(order, actor, now)


def not_reached(
    order: Order, actor: Actor, now: datetime, *, note: str, later: bool = False, version: int | None = None
) -> Event:
    """Record a call that asked nothing; the last one nobody answered that policy asks for closes the order, as not reached.

    later: the citizen did answer, and asks to be called at another time. That brings the order no nearer its end.
    """
    event = record_attempt(order, actor, now, note=note, later=later, version=version)
    release(order, actor)
    asked = current_evaluation(order)
    is_last = order.attempts >= policies.policy(order.policy_id).callback_attempts
    if is_last and asked is not None and asked.ended_at is None:
        return close(order, actor, now)
    return event


def rate_by_link(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    solved: bool,
    satisfaction: str,
    note: str = "",
    known_by: str | None = None,
) -> Event:
    """The citizen rates on their own page. Solved and satisfied closes the order; anything else waits for staff.

    So does whatever is known by the number only: a unit that knows it must not be able to end its own work with it.
    """
    event = evaluate(order, actor, now, solved=solved, satisfaction=satisfaction, note=note, known_by=known_by)
    asked = current_evaluation(order)
    if known_by is None and asked is not None and is_content(order, asked.solved, asked.satisfaction):
        close(order, SYSTEM, now)
    return event


def current_evaluation(order: Order) -> Evaluation | None:
    """The asking about the order's latest reply."""
    return db.session.scalar(select(Evaluation).filter_by(order_id=order.id, round=order.round))
