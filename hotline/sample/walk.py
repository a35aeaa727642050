"""One order's way from its call to now, every step by the operations the product itself uses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hotline.handle import operations as handle
from hotline.handle.operations import sign_reply
from hotline.handle.review import reject_reply
from hotline.knowledge.operations import answer_directly
from hotline.knowledge.queries import articles_for
from hotline.orders.clocks import is_part
from hotline.orders.lifecycle import State
from hotline.orders.vocabulary import Exit, Nature, Result, Service, Urgency
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.limits import Clock
from hotline.receive.exits import confirm_exit, propose_exit, put_through, withdraw
from hotline.receive.operations import receive_complaint
from hotline.sample.asking import Asking
from hotline.sample.drafts import WAYS_OUT, Story
from hotline.sample.steps import HOUR, MINUTE
from hotline.sample.stories import Stories
from hotline.transfer.merging import merge
from hotline.transfer.operations import dispatch, redispatch, refuse_return, request_return, return_window
from hotline.transfer.parts import finish_part

if TYPE_CHECKING:
    from random import Random

    from hotline.orders.models import Order
    from hotline.sample.cast import Cast
    from hotline.sample.drafts import Draft
    from hotline.sample.town import Town

HOTLINE = "12345"
DESK = (8, 21)  # the hours the dispatch desk is staffed for what is not urgent

RETURNS, RETURNS_BY_HAND, RETURNS_OF_STRAYS = 0.07, 0.05, 0.4  # a stray is an order with the wrong unit
LATE, LATE_OF_WORSE = 0.05, 0.15
CONTACTS, PROGRESS = 0.88, 0.2
PARTS_LEFT, REJECTED = 0.15, 0.3
STORIES = {
    None: 90,
    Story.EXTENDED: 5,
    Story.RESUMED: 2,
    Story.FED_BACK: 2,
    Story.RULED: 1,
}  # of orders nothing is planned for
TAKEN_UP = 0.5  # suggestions
UNSIGNED = 0.5  # of returns, asked for before signing
AGREED = 0.6  # of returns
RESULTS = {Result.SOLVED: 68, Result.EXPLAINED: 18, Result.PROMISED: 10, Result.BEYOND: 4}
SOLVED = {"satisfied": 0.97, "basically": 0.85, "dissatisfied": 0.12}


def walk(draft: Draft, town: Town, cast: Cast, rng: Random, now: datetime, *, master: str = "") -> Order:
    """Take the draft in and bring its order as far as it gets until now. master: the order it is merged into."""
    leaves = draft.hold in WAYS_OUT
    order = receive_complaint(draft.intake, draft.actor, draft.at, hold=leaves or bool(master))
    way = _Walk(order, draft, town, cast, rng=rng, now=now)
    if master:
        way.merge(master)
    else:
        way.run()
    return order


class _Walk(Stories, Asking):
    """The way itself: to a unit, through its work, to the citizen."""

    def run(self) -> None:
        """Receive, transfer, handle, ask; and again where the citizen says so."""
        if not (self._transfer() and self._take_on()):
            return
        while self._work() and self._ask():
            pass

    def merge(self, master: str) -> None:
        """Merge it into the order of the same matter."""
        if self._reach(self.at + self.rng.uniform(2, 20) * MINUTE):
            actor = self.cast.member(Role.DISPATCHER, self.phrases, "dispatchers")
            reason = self.phrases.pick(self.rng, "time", "merges")
            merge(self.order, actor, self.at, master=master, reason=reason)

    def _transfer(self) -> bool:
        if self.order.state is not State.RECEIVED:
            return True
        if self.draft.hold is State.RECEIVED:
            return False
        if self.draft.hold in WAYS_OUT:
            return self._leave()
        if self.draft.direct:
            return self._answer()
        if self.right is None or not self._reach(self._desk_instant()):
            return False
        actor = self.cast.member(Role.DISPATCHER, self.phrases, "dispatchers")
        self.by_hand = True
        dispatch(
            self.order,
            self.right.lead,
            actor,
            self.at,
            assist=self.right.assist,
            copy=self.right.copy,
            category=self.draft.template.category,
            district=self.draft.spot.district,
            row_id=self.right.row_id,
        )
        return True

    def _answer(self) -> bool:
        if self._reach(self.at + self.rng.uniform(3, 25) * MINUTE):
            actor = self.cast.member(Role.AGENT, self.phrases, "agents")
            text = self.phrases.pick(self.rng, "answers", "texts", title=self.order.title, phone=HOTLINE)
            article = next((fit.article for fit in articles_for(self.order, self.at)), None)
            text, key = (article.body, article.key) if article else (text, "")
            answer_directly(self.order, actor, self.at, public_reply=text, article=key)
        return False

    def _leave(self) -> bool:
        if not self._reach(self.at + self.rng.uniform(1, 5) * MINUTE):
            return False
        agent = self.cast.member(Role.AGENT, self.phrases, "agents")
        if self.draft.hold is State.EMERGENCY:
            at = self.phrases.all("exits", "emergency").index(self.order.text)
            service = Service(self.phrases.all("exits", "emergency_services")[at])
            note = self.phrases.all("exits", "emergency_notes")[at]
            put_through(self.order, agent, self.at, service=service, note=note)
        elif self.draft.hold is State.WITHDRAWN:
            withdraw(self.order, agent, self.at, reason=self.phrases.pick(self.rng, "exits", "withdrawn_reasons"))
        else:
            self._decline(agent)
        return False

    def _decline(self, agent: Actor) -> None:
        kinds = {text: kind for kind, _, text in (row.partition("|") for row in self.phrases.all("exits", "declined"))}
        reason = self.phrases.pick(self.rng, "exits", "declined_reasons")
        propose_exit(self.order, agent, self.at, exit=Exit(kinds[self.order.text]), reason=reason)
        if self.draft.hold is State.DECLINED and self._reach(self.at + self.rng.uniform(10, 90) * MINUTE):
            confirm_exit(self.order, self.cast.member(Role.SUPERVISOR, self.phrases, "supervisors"), self.at)

    def _desk_instant(self) -> datetime:
        if self.order.urgency is Urgency.URGENT:
            return self.at + self.rng.uniform(3, 24) * MINUTE
        at = self.at + min(self.rng.lognormvariate(3.2, 0.7), 400) * MINUTE
        local = at.astimezone(self.town.calendar.zone)
        if DESK[0] <= local.hour < DESK[1]:
            return at
        opens = local.replace(hour=DESK[0], minute=0) + (timedelta(days=1) if local.hour >= DESK[1] else timedelta())
        return opens.astimezone(self.now.tzinfo) + self.rng.uniform(2, 55) * MINUTE

    def _take_on(self) -> bool:
        sends_back = self._sends_back()
        unsigned = self.rng.random() < UNSIGNED
        if sends_back and unsigned and not self._return():
            return False
        if not self._sign():
            return False
        return not sends_back or unsigned or (self._return() and self._sign())

    def _sends_back(self) -> bool:
        if self.draft.hold is not None:
            return self.draft.hold is State.RETURNING
        stray = self.right is not None and self.right.lead != self.order.lead_unit
        usual = RETURNS_BY_HAND if self.by_hand else RETURNS
        return self.rng.random() < (RETURNS_OF_STRAYS if stray else usual)

    def _return(self) -> bool:
        other, asks, closes = self._other_unit(), self._working(self.rng.uniform(0.3, 3.0)), return_window(self.order)
        if closes is not None and asks > closes:
            return True  # signed too late to ask: the unit keeps it
        if not self._reach(asks):
            return False
        reason = self.phrases.pick(self.rng, "returns", "reasons")
        request_return(self.order, self._handler(), self.at, reason=reason, proposed_unit=other)
        if self.draft.hold is State.RETURNING or not self._reach(self._share(Clock.RETURN_REVIEW, 0.2, 0.95)):
            return False
        actor = self.cast.member(Role.DISPATCHER, self.phrases, "dispatchers")
        if self.rng.random() < AGREED:
            reason = self.phrases.pick(self.rng, "returns", "agreed")
            redispatch(self.order, other, actor, self.at, reason=reason)
        else:
            reason = self.phrases.pick(self.rng, "returns", "refused")
            refuse_return(self.order, actor, self.at, reason=reason)
        return True

    def _other_unit(self) -> str:
        """Find the unit an order ought to be with, or one beside it."""
        lead = self.order.lead_unit
        beside = (self.right.lead, *self.right.assist) if self.right else ()
        found = next((unit for unit in beside if unit != lead), None)
        return found or self.rng.choice([code for code in self.town.districts if code != lead])

    def _sign(self) -> bool:
        if self.order.state is State.DISPATCHED:
            if self.draft.hold is State.DISPATCHED or not self._reach(self._share(Clock.SIGN, 0.05, 0.9, late=0.03)):
                return False
            handle.sign(self.order, self._handler(), self.at)
        return True

    def _work(self) -> bool:
        """Speak with the citizen, note progress, reply."""
        urgent = self.order.urgency is Urgency.URGENT
        if self.rng.random() < CONTACTS:
            soon = self.at + self.rng.uniform(5, 70) * MINUTE if urgent else self._working(self.rng.uniform(0.2, 3.0))
            if not self._reach(soon):
                return False
            note = self.phrases.pick(self.rng, "contacts", "notes")
            handle.record_contact(self.order, self._handler(), self.at, note=note)
        story = self._story()
        if story and not self._TOLD[story](self):
            return False
        replied_at = self._reply_instant()
        if not self._parts(replied_at):
            return False
        if self.rng.random() < PROGRESS and replied_at > self.at + HOUR:
            if not self._reach(self.at + self.rng.uniform(0.2, 0.7) * (replied_at - self.at)):
                return False
            note = self.phrases.pick(self.rng, "progress", "notes")
            handle.add_note(self.order, self._handler(), self.at, note=note)
        if self.draft.hold is State.HANDLING or not self._reach(replied_at):
            return False
        self._reply()
        return self.order.state is State.CALLBACK or self._sign_reply()

    def _parts(self, until: datetime) -> bool:
        """Let most units beside the lead hand in their parts, one after the other, before the reply."""
        for unit, clock in [(row.unit_code or "", row.clock) for row in self.order.deadlines if is_part(row)]:
            if self.rng.random() < PARTS_LEFT:
                continue
            if not self._reach(self.at + self.rng.uniform(0.1, 0.5) * max(until - self.at, MINUTE)):
                return False
            note = self.phrases.pick(self.rng, "parts", "read" if clock is Clock.READ else "notes")
            finish_part(self.order, self.cast.handler(unit, self.phrases), self.at, note=note, part_unit=unit)
        return True

    def _sign_reply(self) -> bool:
        """Let the unit's head read the reply; now and then it has to be written anew."""
        if self.draft.hold is State.REVIEWING:
            return False
        unit = self.order.lead_unit or ""
        head = Actor(Role.UNIT_HEAD, self.cast.handler(unit, self.phrases).name, units=frozenset({unit}))
        for last in (self.rng.random() >= REJECTED, True):
            if not self._reach(self._share(Clock.REVIEW, 0.2, 0.9)):
                return False
            if last:
                sign_reply(self.order, head, self.at)
                return True
            reject_reply(self.order, head, self.at, reason=self.phrases.pick(self.rng, "reviews", "rejected"))
            if not self._reach(self._working(self.rng.uniform(1, 4))):
                return False
            self._reply()
        return True

    def _story(self) -> Story | None:
        if self.draft.hold is not None:
            return self.draft.story
        return self.rng.choices(list(STORIES), list(STORIES.values()))[0]

    def _reply_instant(self) -> datetime:
        clock = Clock.HANDLE if self.order.round == 1 else Clock.REDO
        if self.draft.hold is State.CALLBACK:
            return self._share(clock, 0.03, 0.2)
        if self._worse:
            return self._share(clock, 0.6, 0.98, late=LATE_OF_WORSE)
        return self._share(clock, 0.4, 0.95, late=LATE)

    def _reply(self) -> None:
        result, kind = self._result()
        said = self.town.reply(self.rng, kind, self.draft.template.category)
        unit = self.town.units[self.order.lead_unit or ""]
        handle.reply(
            self.order,
            self._handler(),
            self.at,
            result=result,
            public_reply=said.text.format(unit=unit, title=self.order.title, phone=HOTLINE),
            unsolved_reason="" if result is Result.SOLVED else said.reason,
        )

    def _result(self) -> tuple[Result, str]:
        """Decide what came of it, and the kind of reply that says so."""
        nature = self.order.nature
        if nature is Nature.PRAISE or (nature is Nature.SUGGESTION and self.rng.random() < TAKEN_UP):
            return Result.SOLVED, nature.value
        if nature is Nature.CONSULTATION:
            return self.rng.choices((Result.SOLVED, Result.EXPLAINED), (7, 3))[0], nature.value
        result = self.rng.choices(list(RESULTS), list(RESULTS.values()))[0]
        return result, result.value
