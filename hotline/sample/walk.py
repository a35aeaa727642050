"""One order's way from its call to now, every step by the operations the product itself uses."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from hotline.base.errors import HotlineError
from hotline.handle import operations as handle
from hotline.handle.supervision import feed_back, supervise
from hotline.handle.time import grant_time, refuse_time, request_time, resume
from hotline.knowledge.operations import answer_directly
from hotline.knowledge.queries import articles_for
from hotline.orders.clocks import WORK_CLOCKS, standing
from hotline.orders.lifecycle import State
from hotline.orders.vocabulary import Channel, Exit, Nature, Result, Service, TimeKind, Urgency
from hotline.people.actors import CITIZEN, Actor
from hotline.people.roles import Role
from hotline.policy.calendar import WORKING, TimeUnit, add_working, working_between
from hotline.policy.limits import Clock
from hotline.receive.exits import confirm_exit, propose_exit, put_through, withdraw
from hotline.receive.operations import receive_complaint
from hotline.sample.drafts import WAYS_OUT, Story
from hotline.transfer.merging import merge, set_upstream
from hotline.transfer.operations import dispatch, redispatch, refuse_return, request_return, return_window

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from random import Random

    from hotline.orders.models import Deadline, Order
    from hotline.sample.cast import Cast
    from hotline.sample.drafts import Draft
    from hotline.sample.town import Town

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
HOTLINE = "12345"
DESK = (8, 21)  # the hours the dispatch desk is staffed for what is not urgent

RETURNS, RETURNS_BY_HAND, RETURNS_OF_STRAYS = 0.07, 0.05, 0.4  # a stray is an order with the wrong unit
LATE, LATE_OF_WORSE, VERY_LATE = 0.04, 0.14, 0.2
CONTACTS, PROGRESS = 0.88, 0.2
STORIES = {None: 91, Story.EXTENDED: 5, Story.RESUMED: 2, Story.FED_BACK: 2}  # of orders nothing is planned for
LONG_AGO, SOON, LATELY = (0.0, 0.1), (0.2, 0.6), (0.75, 0.95)  # parts of the way to the due time
MOST_DAYS = 5  # of an extension
REFUSED = 0.15  # of requests for time
BY_LINK = {Channel.WEB: 0.35, Channel.PHONE: 0.05, Channel.API: 0.25}
UNREACHED = 0.05
MOST_ROUNDS = 3
TAKEN_UP = 0.5  # suggestions
UNSIGNED = 0.5  # of returns, asked for before signing
AGREED = 0.6  # of returns
RESULTS = {Result.SOLVED: 68, Result.EXPLAINED: 18, Result.PROMISED: 10, Result.BEYOND: 4}
LEVELS = ("satisfied", "basically", "dissatisfied")
RATES, RATES_OF_WORSE, RATES_OF_LATE = (91.5, 6.0, 2.5), (68, 13, 19), (78, 12, 10)
SOLVED = {"satisfied": 0.97, "basically": 0.85, "dissatisfied": 0.12}
REDONE = {"satisfied": 0.4, "basically": 0.5, "dissatisfied": 0.6}


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


class _Walk:
    """An order on its way. Each step says whether the order goes on; where it does not, it waits for somebody now."""

    def __init__(self, order: Order, draft: Draft, town: Town, cast: Cast, *, rng: Random, now: datetime) -> None:
        self.order, self.draft, self.town, self.cast, self.rng, self.now = order, draft, town, cast, rng, now
        self.phrases = town.phrases
        self.at = draft.at
        assignment = town.assignment(draft.template, draft.spot)
        self.by_hand = False
        self.right = assignment or town.routing.catalogue.assign(draft.template.category, draft.spot.district, None)

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
        if self.rng.random() < PROGRESS and replied_at > self.at + HOUR:
            if not self._reach(self.at + self.rng.uniform(0.2, 0.7) * (replied_at - self.at)):
                return False
            note = self.phrases.pick(self.rng, "progress", "notes")
            handle.add_note(self.order, self._handler(), self.at, note=note)
        if self.draft.hold is State.HANDLING or not self._reach(replied_at):
            return False
        self._reply()
        return True

    def _story(self) -> Story | None:
        if self.draft.hold is not None:
            return self.draft.story
        return self.rng.choices(list(STORIES), list(STORIES.values()))[0]

    def _extend(self) -> bool:
        return self._ask_time(TimeKind.EXTENSION, SOON)

    def _extend_twice(self) -> bool:
        return self._extend() and self._extend() and self._decide()

    def _ask_pause(self) -> bool:
        return self._ask_time(TimeKind.PROCEDURE, LATELY, until=self._day(self.now, 5))

    def _pause(self) -> bool:
        until = self._day(self.now, self.rng.randint(3, 8))
        return self._ask_time(TimeKind.SUPPLEMENT, LATELY, until=until) and self._decide()

    def _promise(self) -> bool:
        until = self._day(self.now, self.rng.randint(40, 80))
        return self._ask_time(TimeKind.PROMISE, LATELY, until=until) and self._decide()

    def _ask_time(self, kind: TimeKind, part: tuple[float, float], *, until: date | None = None) -> bool:
        if not self._reach(self._moment(part)):
            return False
        reason = self.phrases.pick(self.rng, "time", f"{kind}_reason")
        step = self.phrases.pick(self.rng, "time", f"{kind}_next_step")
        amount = None if until else self.rng.randint(1, MOST_DAYS)
        who = self._handler()
        # Where it is too late for it, or the city's policy gives no such time, the order goes on without.
        with suppress(HotlineError):
            request_time(self.order, who, self.at, kind=kind, reason=reason, next_step=step, amount=amount, until=until)
        return True

    def _decide(self) -> bool:
        """Let the center decide on what was asked for."""
        if self.order.time_asked_at is None:
            return True
        if not self._reach(self._working(self.rng.uniform(0.5, 3.0))):
            return False
        actor = self.cast.member(Role.SUPERVISOR, self.phrases, "supervisors")
        if self.draft.hold is None and self.rng.random() < REFUSED:
            refuse_time(self.order, actor, self.at, reason=self.phrases.pick(self.rng, "time", "refused"))
        else:
            grant_time(self.order, actor, self.at)
        return True

    def _supplemented(self) -> bool:
        """Pause until the citizen brings what is missing, which is sooner than planned."""
        work = self._work_clock()
        until = self._day(work.due_at if work else self.at, 3)
        if not (self._ask_time(TimeKind.SUPPLEMENT, SOON, until=until) and self._decide()):
            return False
        if not self._reach(self._working(self.rng.uniform(2, 12))):
            return False
        if work and standing(work, self.at):
            resume(self.order, self._handler(), self.at, reason=self.phrases.pick(self.rng, "time", "resumed"))
        return True

    def _supervise_lately(self) -> bool:
        return self._supervise(LATELY)

    def _supervise_long_ago(self) -> bool:
        return self._supervise(LONG_AGO)

    def _supervise(self, part: tuple[float, float]) -> bool:
        if not self._reach(self._moment(part)):
            return False
        actor = self.cast.member(Role.SUPERVISOR, self.phrases, "supervisors")
        supervise(self.order, actor, self.at, reason=self.phrases.pick(self.rng, "supervision", "reasons"))
        return True

    def _supervise_and_hear(self) -> bool:
        if not self._supervise(SOON) or not self._reach(self._share(Clock.SUPERVISE, 0.2, 0.9)):
            return False
        feed_back(self.order, self._handler(), self.at, note=self.phrases.pick(self.rng, "supervision", "notes"))
        return True

    def _set_upstream(self) -> bool:
        if self._reach(self._moment((0.1, 0.4))):
            actor = self.cast.member(Role.DISPATCHER, self.phrases, "dispatchers")
            due = add_working(self.now, 2, TimeUnit.WORKING_DAYS, self.town.calendar).at
            set_upstream(self.order, actor, self.at, due=due, reason=self.phrases.pick(self.rng, "time", "upstream"))
        return True

    def _moment(self, part: tuple[float, float]) -> datetime:
        """Pick an instant of working time at some part of the way to the due time, or to now for what must be so now."""
        work = self._work_clock()
        end = work.due_at if work else self.now
        if self.draft.hold is not None:
            end = min(end, self.now)
        hours = working_between(self.at, max(end, self.at), self.town.calendar) / HOUR
        return self._working(self.rng.uniform(*part) * hours)

    def _day(self, start: datetime, days: int) -> date:
        """The day so many working days on."""
        return add_working(start, days, TimeUnit.WORKING_DAYS, self.town.calendar).last_day

    def _work_clock(self) -> Deadline | None:
        return next((row for clock in WORK_CLOCKS if (row := self._running(clock))), None)

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

    def _ask(self) -> bool:
        """Ask the citizen, then close; True where the order is sent back to redo."""
        if self.draft.hold is State.CALLBACK:
            return False
        if self.rng.random() < BY_LINK[self.order.channel]:
            return self._rated_by_link()
        wanted = self.town.policy.callback_attempts
        unreached = self.rng.random() < UNREACHED
        misses = wanted if unreached else self.rng.choices((0, 1, 2), (80, 15, 5))[0]
        if not self._call_in_vain(misses):
            return False
        if unreached:
            return self._close()
        if not self._reach(self._share(Clock.CALLBACK, 0.1, 0.9, late=0.04)):
            return False
        level, solved = self._opinion()
        note = self.phrases.pick(self.rng, "callbacks", level)
        handle.evaluate(self.order, self._caller(), self.at, solved=solved, satisfaction=level, note=note)
        return self._settle(level, solved=solved)

    def _rated_by_link(self) -> bool:
        if not self._reach(self.at + self.rng.uniform(0.3, 20) * HOUR):
            return False
        level, solved = self._opinion()
        handle.rate_by_link(self.order, CITIZEN, self.at, solved=solved, satisfaction=level)
        if self.order.state is State.CLOSED or not self._reach(self._working(self.rng.uniform(0.5, 4.0))):
            return False
        return self._settle(level, solved=solved)

    def _call_in_vain(self, misses: int) -> bool:
        for miss in range(misses):
            soon = self._share(Clock.CALLBACK, 0.1, 0.4) if miss == 0 else self._working(self.rng.uniform(1.5, 4.0))
            if not self._reach(soon):
                return False
            note = self.phrases.pick(self.rng, "callbacks", "attempts")
            handle.record_attempt(self.order, self._caller(), self.at, note=note)
        return True

    def _settle(self, level: str, *, solved: bool) -> bool:
        """Send an order back that is not solved or not good enough, now and then; else close it."""
        poor = not solved or self.town.policy.weights[level] < 1
        if poor and self.order.round < MOST_ROUNDS and self.rng.random() < REDONE[level]:
            if not self._reach(self.at + self.rng.uniform(2, 20) * MINUTE):
                return False
            reason = self.phrases.pick(self.rng, "callbacks", "redos")
            handle.redo(self.order, self._caller(), self.at, reason=reason)
            return True
        return self._close()

    def _close(self) -> bool:
        if self._reach(self.at + self.rng.uniform(1, 15) * MINUTE):
            handle.close(self.order, self._caller(), self.at)
        return False

    def _opinion(self) -> tuple[str, bool]:
        """Draw what the citizen says: how satisfied, and whether it is solved."""
        if self.order.nature is Nature.PRAISE:
            return LEVELS[0], True
        late = any(row.clock is Clock.HANDLE and row.is_late(self.now) for row in self.order.deadlines)
        rates = RATES_OF_WORSE if self._worse else RATES_OF_LATE if late or self.order.round > 1 else RATES
        level = self.rng.choices(LEVELS, rates)[0]
        return level, self.rng.random() < SOLVED[level]

    @property
    def _worse(self) -> bool:
        return self.order.lead_unit in self.phrases.all("units", "worse")

    def _handler(self) -> Actor:
        return self.cast.handler(self.order.lead_unit or "", self.phrases)

    def _caller(self) -> Actor:
        return self.cast.member(Role.CALLBACK, self.phrases, "callers")

    def _working(self, hours: float) -> datetime:
        """So many working hours on."""
        return add_working(self.at, hours, TimeUnit.WORKING_HOURS, self.town.calendar).at

    def _share(self, clock: Clock, low: float, high: float, *, late: float = 0.0) -> datetime:
        """Pick an instant when some part of a running clock's time has gone, or where it is late, more than all of it."""
        part = self.rng.uniform(low, high)
        if self.rng.random() < late:
            part = self.rng.uniform(2.0, 5.0) if self.rng.random() < VERY_LATE else self.rng.uniform(1.03, 1.35)
        deadline = self._running(clock)
        if deadline is None:
            return self._working(self.rng.uniform(1.0, 6.0))
        if deadline.unit not in WORKING:
            return deadline.started_at + part * (deadline.due_at - deadline.started_at)
        hours = working_between(deadline.started_at, deadline.due_at, self.town.calendar) / HOUR
        return add_working(deadline.started_at, part * hours, TimeUnit.WORKING_HOURS, self.town.calendar).at

    def _running(self, clock: Clock) -> Deadline | None:
        return next((row for row in self.order.deadlines if row.clock is clock and row.ended_at is None), None)

    def _reach(self, at: datetime) -> bool:
        """Go on to an instant, later than the last one; False where it has not come.

        An order that must be in a certain state now hurries, so that it is.
        """
        at = max(at, self.at + MINUTE)
        if at > self.now and self.draft.hold is not None:
            at = self.at + self.rng.uniform(0.1, 0.4) * (self.now - self.at)
        if at > self.now:
            return False
        self.at = at
        return True

    _TOLD: ClassVar[dict[Story, Callable[[_Walk], bool]]] = {
        Story.EXTENDED: _extend,
        Story.EXTENDED_TWICE: _extend_twice,
        Story.ASKS: _ask_pause,
        Story.PAUSED: _pause,
        Story.RESUMED: _supplemented,
        Story.PROMISED: _promise,
        Story.SUPERVISED: _supervise_lately,
        Story.SUPERVISED_LONG: _supervise_long_ago,
        Story.FED_BACK: _supervise_and_hear,
        Story.UPSTREAM: _set_upstream,
    }
