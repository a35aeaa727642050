"""What citizens can do with their order on their page: each step one question, one field, one button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hotline.base.i18n import gettext, mark
from hotline.base.schemas import Schema
from hotline.citizen import operations
from hotline.citizen.schemas import AddBody, AgainBody, UrgeBody, WithdrawBody
from hotline.orders.lifecycle import Action, State, find
from hotline.orders.models import Order
from hotline.orders.open_steps import asked_for, may_ask
from hotline.orders.urging import citizen_may_urge
from hotline.orders.vocabulary import Ask


@dataclass(frozen=True, slots=True)
class CitizenStep:
    """A step: what it is called, what is asked, what the button says, what is said afterwards; and its verb.

    sure: what to know before it is done. photos: whether photos may come with it. ends: whether it gives something up.
    """

    name: str
    title: str
    label: str
    help: str
    button: str
    done: str
    schema: type[Schema]
    take: Callable[..., Any]
    is_open: Callable[[Order, datetime], bool]
    optional: bool = False
    photos: bool = False
    ends: bool = False


def _may_ask(order: Order, now: datetime, ask: Ask) -> bool:
    step = find(order.state, Action.ASK_CENTER)
    return step is not None and order.asked_at is None and asked_for(order) is ask and may_ask(order, now)


def _may_give_up(order: Order, now: datetime) -> bool:
    return order.state is State.RECEIVED or _may_ask(order, now, Ask.WITHDRAW)


STEPS = (
    CitizenStep(
        "again",
        mark("It is not settled"),
        mark("What is still not right?"),
        mark("Somebody of the hotline reads it, decides whether the office has to do it again, and tells you here."),
        mark("Ask to look at it again"),
        mark("We have your request. The hotline looks at it and tells you here what it decides."),
        AgainBody,
        operations.ask_center,
        lambda order, now: _may_ask(order, now, Ask.AGAIN),
    ),
    CitizenStep(
        "add",
        mark("Add something"),
        mark("What would you like to add?"),
        mark("Something new, something forgotten, or a photo. Whoever works on it reads it."),
        mark("Add it"),
        mark("It is added. Whoever works on it has been told."),
        AddBody,
        operations.add,
        lambda order, _: find(order.state, Action.NOTE) is not None,
        optional=True,
        photos=True,
    ),
    CitizenStep(
        "urge",
        mark("Please hurry"),
        mark("What should the office know?"),
        mark("You can leave it empty. You can do this once a working day."),
        mark("Tell the office to hurry"),
        mark("We have told the office that you are waiting."),
        UrgeBody,
        operations.urge_once,
        lambda order, now: citizen_may_urge(order.followed, now),
        optional=True,
    ),
    CitizenStep(
        "withdraw",
        mark("I no longer need it"),
        mark("Why do you withdraw it?"),
        mark("For instance: it is settled, or it was a mistake."),
        mark("Yes, withdraw it"),
        mark("Thank you for telling us."),
        WithdrawBody,
        operations.give_up,
        _may_give_up,
        ends=True,
    ),
)
BY_NAME = {step.name: step for step in STEPS}


def steps_open(order: Order, now: datetime) -> list[CitizenStep]:
    """The steps open to the citizen now."""
    return [step for step in STEPS if step.is_open(order, now)]


def warning(step: CitizenStep, order: Order) -> str:
    """What a citizen should know before they give something up."""
    if not step.ends:
        return ""
    if order.state is State.RECEIVED:
        return gettext("Your complaint ends with this. Nobody works on it any more, and there is no answer.")
    return gettext(
        "An office has it already, so it does not end with this: the hotline reads your wish and tells you here, or calls you."
    )


def button(step: CitizenStep, order: Order) -> str:
    """What its button says: what a unit has is not given up by it, only asked for."""
    return gettext("Tell the hotline") if step.ends and order.state is not State.RECEIVED else gettext(step.button)
