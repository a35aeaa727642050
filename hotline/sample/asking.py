"""How the citizen is asked, and what comes of it."""

from __future__ import annotations

from hotline.handle import operations as handle
from hotline.orders.lifecycle import State
from hotline.orders.vocabulary import Channel, Nature
from hotline.people.actors import CITIZEN
from hotline.people.roles import Role
from hotline.policy.limits import Clock
from hotline.receive.joining import reactivate
from hotline.sample.steps import HOUR, MINUTE, Steps

BY_LINK = {Channel.WEB: 0.35, Channel.PHONE: 0.05, Channel.API: 0.25}
UNREACHED = 0.05
TAKEN_UP_AGAIN = 0.02  # of what was closed
MOST_ROUNDS = 3
LEVELS = ("satisfied", "basically", "dissatisfied")
RATES, RATES_OF_WORSE, RATES_OF_LATE = (91.5, 6.0, 2.5), (68, 13, 19), (78, 12, 10)
SOLVED = {"satisfied": 0.97, "basically": 0.85, "dissatisfied": 0.12}
REDONE = {"satisfied": 0.4, "basically": 0.5, "dissatisfied": 0.6}


class Asking(Steps):
    """The callback."""

    def _ask(self) -> bool:
        """Ask the citizen, then close; True where the order is sent back to redo."""
        if self.draft.hold is State.CALLBACK:
            return False
        if self.rng.random() < BY_LINK[self.order.channel]:
            return self._rated_by_link()
        wanted = self.town.policy.callback_attempts
        hurries = self.draft.hold is not None  # no time for a second call: it is answered at once
        unreached = self.rng.random() < UNREACHED and not hurries
        misses = 0 if hurries else wanted if unreached else self.rng.choices((0, 1, 2), (80, 15, 5))[0]
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
            soon = (
                self._share(Clock.CALLBACK, 0.1, 0.4)
                if miss == 0
                else max(self._working(self.rng.uniform(2.5, 5.0)), self.at + self.rng.uniform(3.1, 6.0) * HOUR)
            )
            if not self._reach(soon):
                return False
            note = self.phrases.pick(self.rng, "callbacks", "attempts")
            handle.record_attempt(self.order, self._caller(), self.at, note=note)
        return True

    def _settle(self, level: str, *, solved: bool) -> bool:
        """Send an order back that is not solved or not good enough, now and then; else close it."""
        poor = not solved or self.town.policy.weights[level] < 1
        again = REDONE[level] if self.draft.hold is None else 1
        if poor and self.order.round < MOST_ROUNDS and self.rng.random() < again:
            if not self._reach(self.at + self.rng.uniform(2, 20) * MINUTE):
                return False
            reason = self.phrases.pick(self.rng, "callbacks", "redos")
            handle.redo(self.order, self._caller(), self.at, reason=reason)
            return True
        return self._close()

    def _close(self) -> bool:
        if self._reach(self.at + self.rng.uniform(1, 15) * MINUTE):
            handle.close(self.order, self._caller(), self.at)
            return self.rng.random() < TAKEN_UP_AGAIN and self._call_again()
        return False

    def _call_again(self) -> bool:
        """Let the citizen call again about what was closed; True where it is worked on again."""
        if self.draft.hold is not None or not self._reach(self.at + self.rng.uniform(2, 20) * 24 * HOUR):
            return False
        reason = self.phrases.pick(self.rng, "again", "reasons")
        reactivate(self.order, self.cast.member(Role.AGENT, self.phrases, "agents"), self.at, reason=reason)
        return True

    def _opinion(self) -> tuple[str, bool]:
        """Draw what the citizen says: how satisfied, and whether it is solved."""
        if self.draft.hold is State.REVIEWING:
            return LEVELS[-1], False
        if self.order.nature is Nature.PRAISE:
            return LEVELS[0], True
        late = any(row.clock is Clock.HANDLE and row.is_late(self.now) for row in self.order.deadlines)
        rates = RATES_OF_WORSE if self._worse else RATES_OF_LATE if late or self.order.round > 1 else RATES
        level = self.rng.choices(LEVELS, rates)[0]
        return level, self.rng.random() < SOLVED[level]
