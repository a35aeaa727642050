"""Who acts in the sample: the sample city's users where there are some, invented colleagues beside them, citizens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from hotline.base.db import db
from hotline.people.actors import Actor
from hotline.people.models import User
from hotline.people.queries import actor_for
from hotline.people.roles import Role
from hotline.policy.limits import Requester

if TYPE_CHECKING:
    from random import Random

    from hotline.sample.town import Phrases

REPEATS = 0.08
SECRETS = 0.03
FULL_NAMES = 0.7
WOMEN = 0.5
HANDLERS_A_UNIT = 3
PREFIXES = ("1990000", "1980000")  # no number of anybody's begins like this


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody who calls, maybe for an enterprise: as named in the order, as spoken of in a text, their phone."""

    name: str
    spoken: str
    phone: str
    kind: Requester


@dataclass
class Cast:
    """Everybody who acts. Colleagues are invented as they are first needed."""

    rng: Random
    users: list[Actor]
    colleagues: dict[str, list[Actor]] = field(default_factory=dict)
    citizens: list[Citizen] = field(default_factory=list)
    phones: set[str] = field(default_factory=set)

    def member(self, role: Role, phrases: Phrases, names: str) -> Actor:
        """Somebody of the hotline: a user with the role or a colleague."""
        if role.value not in self.colleagues:
            users = [user for user in self.users if user.role is role]
            taken = {user.name for user in users}
            others = [Actor(role, name) for name in phrases.all("names", names) if name not in taken]
            # Only an actor with an id is recorded as callback staff, so users do all callbacks where there are some.
            self.colleagues[role.value] = users if role is Role.CALLBACK and users else users + others
        return self.rng.choice(self.colleagues[role.value])

    def handler(self, unit: str, phrases: Phrases) -> Actor:
        """Somebody who handles a unit's orders."""
        if unit not in self.colleagues:
            users = [user for user in self.users if user.role is Role.HANDLER and user.handles(unit)]
            count = HANDLERS_A_UNIT - min(len(users), HANDLERS_A_UNIT - 1)
            units = frozenset({unit})
            invented = [Actor(Role.HANDLER, self._name(phrases)[0], units=units) for _ in range(count)]
            self.colleagues[unit] = users + invented
        return self.rng.choice(self.colleagues[unit])

    def citizen(self, phrases: Phrases, kind: Requester) -> Citizen:
        """Somebody who calls, now and then one who has called before."""
        known = [one for one in self.citizens if one.kind is kind]
        if known and self.rng.random() < REPEATS:
            return self.rng.choice(known)
        full, spoken = self._name(phrases)
        name = full if self.rng.random() < FULL_NAMES else spoken
        if kind is Requester.ENTERPRISE:
            name = phrases.pick(self.rng, "names", "enterprises")
        citizen = Citizen(name, spoken, self.phone(), kind)
        self.citizens.append(citizen)
        return citizen

    def phone(self) -> str:
        """Pick a number nobody in the sample has had; once all are used they come again."""
        for _ in range(20):
            phone = f"{self.rng.choice(PREFIXES)}{self.rng.randrange(10_000):04d}"
            if phone not in self.phones:
                break
        self.phones.add(phone)
        return phone

    def _name(self, phrases: Phrases) -> tuple[str, str]:
        """Invent a full name, and the surname with 先生 or 女士."""
        surname = phrases.pick(self.rng, "names", "surnames")
        woman = self.rng.random() < WOMEN
        given = phrases.pick(self.rng, "names", "women" if woman else "men")
        return surname + given, surname + ("女士" if woman else "先生")


def read_cast(rng: Random) -> Cast:
    """Read the users there are, as actors."""
    users = db.session.scalars(select(User).filter_by(active=True).order_by(User.id))
    return Cast(rng, [actor_for(user) for user in users])
