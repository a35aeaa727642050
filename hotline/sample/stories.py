"""What happens to some orders besides: more time, a promise, supervision, a deadline from above."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from hotline.base.errors import HotlineError
from hotline.handle.supervision import feed_back, supervise
from hotline.handle.time import grant_time, refuse_time, request_time, resume
from hotline.orders.clocks import standing
from hotline.orders.vocabulary import Ruling, TimeKind
from hotline.people.roles import Role
from hotline.policy.counting import TimeUnit, add_working
from hotline.policy.limits import Clock
from hotline.sample.drafts import Story
from hotline.sample.steps import Steps
from hotline.transfer.disputes import dispute, rule
from hotline.transfer.merging import set_upstream

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date


LONG_AGO, SOON, LATELY = (0.0, 0.1), (0.2, 0.6), (0.75, 0.95)  # parts of the way to the due time
MOST_DAYS = 5  # of an extension
REFUSED = 0.15  # of requests for time
SOLVED = {"satisfied": 0.97, "basically": 0.85, "dissatisfied": 0.12}


class Stories(Steps):
    """The way's turns that are no part of every order's."""

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

    def _dispute(self) -> bool:
        """Argue whose it is, and work on."""
        if not self._reach(self._moment(SOON)):
            return False
        pick = self.phrases.pick
        dispute(
            self.order,
            self._handler(),
            self.at,
            reason=pick(self.rng, "disputes", "reasons"),
            basis=pick(self.rng, "disputes", "bases"),
        )
        return True

    def _dispute_and_rule(self) -> bool:
        if not self._dispute() or not self._reach(self._share(Clock.RULING, 0.2, 0.9)):
            return False
        actor = self.cast.member(Role.SUPERVISOR, self.phrases, "supervisors")
        reason = self.phrases.pick(self.rng, "disputes", "rulings")
        rule(self.order, actor, self.at, how=self.rng.choice(list(Ruling)), reason=reason)
        return True

    _TOLD: ClassVar[dict[Story, Callable[[Stories], bool]]] = {
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
        Story.DISPUTED: _dispute,
        Story.RULED: _dispute_and_rule,
    }
