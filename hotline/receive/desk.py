"""The agent's desk: what its form says becomes an order once, and what the panes beside it show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.base.web import whole_number
from hotline.calls.live import call_at, calls_at, tie
from hotline.calls.models import LiveCall
from hotline.knowledge.operations import answer_directly
from hotline.knowledge.queries import Fit, city_day, look_up, search_articles
from hotline.orders.lifecycle import OPEN_STATES, State
from hotline.orders.models import Category, Deadline, Order
from hotline.orders.names import Names
from hotline.orders.operations import Intake
from hotline.orders.queries import categories, orders_of_phone
from hotline.orders.suggested import Guess, Suggested, read_suggestion
from hotline.orders.vocabulary import Channel, Element, Nature, Urgency
from hotline.people.actors import Actor
from hotline.policy import queries as policies
from hotline.policy.limits import Clock, Requester
from hotline.receive.drafts import desk_scope, draft_of, drop_draft
from hotline.receive.elements import missing_elements
from hotline.receive.joining import ADDS, Joining, append, join, joining
from hotline.receive.once import Placed, new_key, place_once
from hotline.receive.operations import receive_complaint
from hotline.receive.queries import saved_today
from hotline.receive.schemas import IntakeSchema, plain_phone, title_of
from hotline.transfer.same_matter import Alike, Offer, same_matter, told
from hotline.transfer.suggestion import Doubt, doubt_of, suggest, why_queued

FIELDS = (
    *("phone", "name", "anonymous", "requester", "urgency", "secret", "nature"),
    *("text", "address", "district", "category", "title"),
)
CALL = "call"  # the call that is written down, where the telephone system has told of it
CHOSEN = ("same", "how")  # the order of the same matter that was chosen, and what is to be made of it
EARLIER = 8  # orders of a caller that fit beside the form
SHORTEST_PHONE = 5
ARTICLES = 12  # of what an agent looks for in the knowledge base
LONGEST_QUESTION = 200
LEAF = 6  # a code of this length is a category orders are given


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where an order went when it was saved: to a unit, with the time it must answer by, or to a dispatcher, and why."""

    order: Order
    unit: str
    work: Deadline | None
    doubt: Doubt | None


@dataclass(frozen=True, slots=True)
class Advice:
    """What is suggested while the agent types.

    guesses: categories by the text alone, whatever has been chosen. suggested: what would be done with the choice.
    candidates: districts to choose from, by code, where the place has several. alike: orders that may be of the same
    matter. joined: the one the agent has chosen of them. articles: what the caller may be answered from, on this day. missing: which of the five elements have
    not been said yet.
    """

    guesses: tuple[Guess, ...]
    suggested: Suggested
    doubt: Doubt | None
    chosen: str
    district: str
    candidates: dict[str, str]
    alike: list[Alike]
    joined: Joining | None
    articles: list[Fit]
    day: date
    missing: tuple[Element, ...]


def save_call(form: Mapping[str, str], actor: Actor, now: datetime) -> Placed:
    """Save what the agent has written down, once; answer it at once where the agent did. Raises Invalid."""
    said, chosen = _said(form), joining(form)
    intake = replace(
        IntakeSchema().read({name: said[name] for name in said if name not in CHOSEN}), channel=Channel.PHONE
    )
    reply = form.get("public_reply", "").strip() if form.get("do") == "answer" else None
    if reply == "":
        raise Invalid.field("public_reply", gettext("write what you told the caller, or save without an answer"))
    if reply and chosen and chosen.offer is not Offer.LINK:
        raise Invalid.field("_", gettext("What is appended or merged is answered there: save it without an answer"))

    answer = {"public_reply": reply, "article": form.get("article", ""), "anyway": bool(form.get("anyway"))}

    def place() -> Order:
        if chosen and chosen.offer in ADDS:
            order = append(chosen, intake, actor, now)
        else:
            order = _register(intake, answer if reply else None, chosen, actor, now)
        if call := whole_number(form.get(CALL, "")):
            tie(order, call, actor, now)
        return order

    words = {**said, "public_reply": reply or ""}
    key = form.get("key", "")
    placed = place_once(desk_scope(actor), key, words, now, place)
    drop_draft(actor, key)
    return placed


def _register(
    intake: Intake, answer: Mapping[str, Any] | None, chosen: Joining | None, actor: Actor, now: datetime
) -> Order:
    merges = chosen is not None and chosen.offer is Offer.MERGE
    order = receive_complaint(intake, actor, now, hold=merges or answer is not None)
    if chosen is not None:
        join(order, chosen, actor, now)
    if answer is not None:
        answer_directly(order, actor, now, **answer)
    return order


def _said(form: Mapping[str, str]) -> dict[str, str]:
    """The fields of the form that were filled in, the category by its code."""
    said = {name: form.get(name, "").strip() for name in (*FIELDS, *CHOSEN)}
    said["category"] = category_code(said["category"])
    return {name: text for name, text in said.items() if text}


def category_code(typed: str) -> str:
    """The category somebody typed: a code, a code with its name behind it, or a name; as typed where it is neither."""
    first = typed.split(maxsplit=1)[0] if typed.strip() else ""
    if not first or first.isdigit():
        return first
    wanted = typed.strip().casefold()
    named = (row.code for row in leaves() if wanted in {row.name.casefold(), row.name_en.casefold()})
    return next(named, typed.strip())


def leaves() -> list[Category]:
    """The categories an order is given."""
    return [row for row in categories() if len(row.code) == LEAF]


def desk_view(actor: Actor, now: datetime, form: Mapping[str, str], errors: Mapping[str, list[str]]) -> dict[str, Any]:
    """The desk with its form as far as it is filled."""
    names = Names()
    return {
        "form": form,
        "errors": errors,
        "key": form.get("key") or new_key(),
        "fields": (*FIELDS, *CHOSEN, CALL),
        "draft": draft_of(actor),
        "natures": list(Nature),
        "requesters": list(Requester),
        "urgencies": list(Urgency),
        "names": names,
        "leaves": leaves(),
        "saved": outcomes(saved_today(actor, now), names),
        "calls": ringing(calls_at(actor, now)),
        "advice": None,
        "earlier": None,
    }


def outcomes(orders: Iterable[Order], names: Names) -> list[Outcome]:
    """Where some orders went."""
    return [outcome(order, names) for order in orders]


def outcome(order: Order, names: Names) -> Outcome:
    """Where an order went."""
    waits = order.state is State.RECEIVED
    return Outcome(
        order,
        unit=names.units.get(order.lead_unit or "", ""),
        work=next((one for one in order.deadlines if one.clock is Clock.HANDLE and one.ended_at is None), None),
        doubt=why_queued(order, policies.policy(order.policy_id).auto_confidence) if waits else None,
    )


def advise(form: Mapping[str, str], now: datetime) -> Advice | None:
    """What would be done with a text as far as it is typed; None while there is none."""
    said, names = _said(form), Names()
    text = said.get("text", "")
    title, address = title_of(said.get("title", ""), text), said.get("address", "")
    if not title:
        return None
    district = said.get("district", "")
    district = district if district in names.districts else ""
    chosen = said.get("category", "")
    chosen = chosen if chosen in names.categories else ""
    free = suggest(title, text, address, district=district or None)
    found = suggest(title, text, address, category=chosen, district=district or None) if chosen else free
    threshold = policies.policy_at(now).auto_confidence
    phone = plain_phone(said.get("phone", ""))
    day = city_day(now)
    asked = told(title, text, address, district=found.place.district, category=found.category, caller=phone)
    return Advice(
        guesses=read_suggestion(free.as_json(), names).guesses,
        suggested=read_suggestion(found.as_json(), names),
        doubt=doubt_of(found.as_json(), threshold),
        chosen=chosen,
        district=names.districts.get(found.place.district or "", ""),
        candidates={code: names.districts.get(code, code) for code in found.place.candidates},
        alike=same_matter(asked, now),
        joined=joining(form),
        articles=search_articles(f"{title}。{text}", day, category=chosen or found.category),
        day=day,
        missing=missing_elements(
            text,
            who=bool(phone or said.get("name") or said.get("anonymous")),
            places=found.place.places,
            address=address,
            nature=Nature(nature) if (nature := said.get("nature", "")) in set(Nature) else found.nature,
        ),
    )


def articles_found(look_for: str, now: datetime) -> dict[str, Any]:
    """The articles in force that fit what an agent looks for, best first."""
    asked, day = look_for.strip()[:LONGEST_QUESTION], city_day(now)
    return {"asked": asked, "articles": look_up(asked, day, ARTICLES) if asked else [], "day": day}


def form_of_call(asked: str, actor: Actor) -> dict[str, str]:
    """The empty form of a call at this agent, its number filled in; wholly empty where there is no such call."""
    call = call_at(actor, number) if (number := whole_number(asked)) else None
    return {"phone": call.phone, CALL: str(call.id)} if call else {}


@dataclass(frozen=True, slots=True)
class Ringing:
    """A call at the desk, and what its caller reported before."""

    call: LiveCall
    earlier: Earlier | None


def ringing(calls: Iterable[LiveCall]) -> list[Ringing]:
    """Calls with what their callers reported before."""
    return [Ringing(call, earlier_orders(call.phone)) for call in calls]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A caller's earlier orders, the newest first, as many as fit (``limit``), and how many of them are open."""

    orders: list[Order]
    open: int
    limit: int = EARLIER


def earlier_orders(typed: str) -> Earlier | None:
    """A caller's earlier orders; None while the number is too short to be one."""
    phone = plain_phone(typed)
    if len(phone) < SHORTEST_PHONE:
        return None
    orders = orders_of_phone(phone, EARLIER)
    return Earlier(orders, sum(order.state in OPEN_STATES for order in orders))
