"""What comes in, and how far each order shall get: the plan of the sample, made before any order is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import Enum, auto
from itertools import cycle
from typing import TYPE_CHECKING

from hotline.base.time import DAY
from hotline.orders.lifecycle import State
from hotline.orders.operations import Intake
from hotline.orders.vocabulary import Channel, Nature, Urgency
from hotline.people.actors import CITIZEN, Actor
from hotline.people.roles import Role
from hotline.policy.counting import TimeUnit, add_working
from hotline.policy.limits import Requester
from hotline.sample.cast import SECRETS, Cast
from hotline.sample.rhythm import LATEST, arrivals, between
from hotline.transfer.suggestion import suggest

if TYPE_CHECKING:
    from random import Random

    from hotline.sample.town import Spot, Template, Town

CHANNELS = {Channel.PHONE: 85, Channel.WEB: 12, Channel.API: 3}
PARTNER = "yunchuan-app"  # the source of orders that come by the API
AGENT_SORTS = 0.2  # how often an agent chooses category and district at once
DIRECT = 0.5  # how many consultations are answered at once
UNCLEAR = 0.1  # how many others are written so that a person must dispatch them
ADDRESS_GIVEN, ADDRESS_BESIDE = 0.85, 0.3
TWO_AT_ONCE = 0.15  # how many of those who might be unclear tell of two matters
TRIES = 100
WAYS_OUT = (State.EXITING, State.DECLINED, State.WITHDRAWN, State.EMERGENCY)
SMALLEST_HANDFUL = 5
# Working days ago, for the orders of an inbox that must be full: with five working days to handle,
# 4 and 5 are due soon and from 6 on they are overdue.
THREE_ROUNDS = 24  # working days
AGES = (1, 4, 6, 2, 5, 11, 3, 4, 8, 1, 5, 6)
UPSTREAM_GIVEN = 0.5  # how many orders of the partner come with its deadline
UPSTREAM_DAYS = 4
OF_BUSINESS = ("0102", "0103", "0104", "030603", "100601", "130503")  # categories enterprises call about
SMALLEST_CROWD, CROWDED_DAYS = 4, (5, 0.3)  # for each crowd, within how many days it is heard
CROWDED = ("04", "06", "12")  # categories of what many suffer from at once
ENTERPRISES, ENTERPRISES_BESIDE = 0.5, 0.02  # of such matters, of others


class Story(Enum):
    """What befalls an order's clock."""

    EXTENDED = auto()
    EXTENDED_TWICE = auto()
    ASKS = auto()
    PAUSED = auto()
    RESUMED = auto()
    PROMISED = auto()
    SUPERVISED = auto()
    SUPERVISED_LONG = auto()
    FED_BACK = auto()
    UPSTREAM = auto()
    DISPUTED = auto()
    RULED = auto()


# Beside AGES, of the first and of the second unit: each inbox keeps what is not due, due soon and overdue.
STORIES = (
    (
        *(Story.UPSTREAM, Story.ASKS, Story.SUPERVISED, Story.EXTENDED, Story.PAUSED, Story.SUPERVISED_LONG),
        *(Story.PROMISED, Story.EXTENDED_TWICE, Story.FED_BACK, Story.DISPUTED, Story.RESUMED, None),
    ),
    (
        *(None, Story.ASKS, Story.SUPERVISED, Story.EXTENDED_TWICE, Story.PROMISED, Story.SUPERVISED_LONG),
        *(Story.PAUSED, Story.EXTENDED, Story.DISPUTED, Story.RULED, Story.RESUMED, Story.FED_BACK),
    ),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """An order to be.

    actor: who takes it in. hold: the state it must be in now; None lets it go as far as time allows.
    direct: it is to be answered without a unit. story: what befalls its clock; None leaves that to chance.
    master: the same matter, told before by somebody else, with which it is merged.
    """

    at: datetime
    template: Template
    spot: Spot
    intake: Intake
    actor: Actor
    hold: State | None
    direct: bool
    story: Story | None = None
    master: Draft | None = None


class Plan:
    """Makes the drafts of a sample."""

    def __init__(self, town: Town, cast: Cast, rng: Random, now: datetime, weeks: int) -> None:
        self.town, self.cast, self.rng, self.now = town, cast, rng, now
        self.start = now - timedelta(weeks=weeks)
        self.consultations = [row for row in town.templates if row.nature is Nature.CONSULTATION]
        self.complaints = [row for row in town.templates if row.nature in {Nature.COMPLAINT, Nature.HELP}]

    def drafts(self, orders: int) -> list[Draft]:
        """All drafts, oldest first."""
        inboxes = [self._for_unit(*row) for row in self._inboxes(orders)]
        twins = self._twins(inboxes, orders)
        crowds = self._crowds(orders)
        instants = arrivals(
            orders - len(inboxes) - len(twins) - len(crowds), self.start, self.now, self.town.calendar, self.rng
        )
        holds = self._holds(len(instants), orders)
        others = [self._draft(at, holds.get(index)) for index, at in enumerate(instants)]
        return sorted([*others, *inboxes, *twins, *crowds], key=lambda draft: draft.at)

    def _holds(self, count: int, orders: int) -> dict[int, State]:
        """Which orders must be in which state now, by place: the newest wait, those before them are under way."""
        few = max(SMALLEST_HANDFUL, orders // 100)
        holds: dict[int, State] = {}
        for newest, oldest, states in (
            (0, 2 * few, (State.RECEIVED, State.DISPATCHED)),
            (2 * few, 4 * few, (State.RETURNING,)),
            (4 * few, 7 * few, (State.CALLBACK,)),
        ):
            places = list(range(max(0, count - oldest), max(0, count - newest)))
            self.rng.shuffle(places)
            wanted = [state for state in states for _ in range(few)]
            holds |= dict(zip(places, wanted, strict=False))
        free = [place for place in range(count) if place not in holds]
        early = free[: len(free) // 2]  # three rounds take time
        holds |= dict.fromkeys(self.rng.sample(early, min(SMALLEST_HANDFUL, len(early))), State.REVIEWING)
        free = [place for place in free if place not in holds]
        for state in WAYS_OUT:  # a proposal is decided soon: only the newest wait
            out = free[-SMALLEST_HANDFUL:] if state is State.EXITING else self.rng.sample(free, SMALLEST_HANDFUL)
            holds |= dict.fromkeys(out, state)
            free = [place for place in free if place not in holds]
        return holds | dict.fromkeys(self.rng.sample(free, min(few, len(free))), State.ANSWERED)

    def _inboxes(self, orders: int) -> list[tuple[datetime, State, str, Story | None]]:
        """Orders that fill the inboxes of the units sample users work for: not due, due soon and overdue."""
        units = [unit for unit in self.town.phrases.all("units", "inboxes") if self._matters(unit)]
        count = max(SMALLEST_HANDFUL + 1, min(16, orders // 80))
        rows: list[tuple[datetime, State, str, Story | None]] = []
        for unit, stories in zip(units, cycle(STORIES), strict=False):
            for n in range(count):
                age, story = AGES[n % len(AGES)], stories[n % len(AGES)]
                waits = age == 1 and n % 2 == 1
                rows.append((self._working_instant(age), State.DISPATCHED if waits else State.HANDLING, unit, story))
        # The sample head is of the first: something must wait for a signature there, which takes three rounds.
        return [*rows, *((self._working_instant(THREE_ROUNDS), State.REVIEWING, unit, None) for unit in units[:1])]

    def _twins(self, drafts: list[Draft], orders: int) -> list[Draft]:
        """The same matter, told later by somebody else, of some orders a unit works on."""
        masters = [draft for draft in drafts if draft.hold is State.HANDLING]
        few = min(max(SMALLEST_HANDFUL, orders // 300), len(masters))
        return [self._twin(master) for master in self.rng.sample(masters, few)]

    def _twin(self, master: Draft) -> Draft:
        at = master.at + self.rng.uniform(0.3, 0.9) * (self.now - LATEST - master.at)
        twin = self._written(at, master.template, master.spot, State.MERGED, channel=Channel.PHONE)
        return replace(twin, master=master)

    def _crowds(self, orders: int) -> list[Draft]:
        """What many citizens of one place tell of within the last days: the hot topics of the sample."""
        loud = [row for row in self.town.templates if row.category.startswith(CROWDED) and row.names_place]
        crowds = []
        for template, days in zip(self.rng.sample(loud, len(CROWDED_DAYS)), CROWDED_DAYS, strict=True):
            spot = self.town.spot(self.rng, template)
            for _ in range(max(SMALLEST_CROWD, orders // 300)):
                at = self.now - LATEST - self.rng.uniform(0.1, 1) * days * DAY
                crowds.append(self._written(at, template, spot, None))
        return crowds

    def _working_instant(self, days_ago: int) -> datetime:
        """Pick an instant in working time so many working days ago; never in the future, never before the start."""
        calendar = self.town.calendar
        day = calendar.city_day(self.now)
        while days_ago or not calendar.is_working_day(day):
            days_ago -= calendar.is_working_day(day)
            day -= DAY
        opens = datetime.combine(day, time(9), calendar.zone).astimezone(self.now.tzinfo)
        return max(self.start, min(between(opens, calendar.close_of(day), self.rng), self.now - LATEST))

    def _draft(self, at: datetime, hold: State | None) -> Draft:
        template = self.town.template(self.rng)
        if hold in WAYS_OUT:
            return self._leaving(at, template, hold)
        by_chance = hold is None and template.nature is Nature.CONSULTATION and self.rng.random() < DIRECT
        direct = by_chance or hold is State.ANSWERED
        unclear = hold is None and self.rng.random() < UNCLEAR
        if direct or unclear or hold is State.RECEIVED:
            return self._unclear(at, hold, direct=direct)
        return self._written(at, template, self.town.spot(self.rng, template), hold)

    def _unclear(self, at: datetime, hold: State | None, *, direct: bool) -> Draft:
        """Make a draft that will not be dispatched by itself."""
        for _ in range(TRIES):
            template = self.town.template(self.rng, self.consultations if direct else None)
            draft = self._written(at, template, self.town.spot(self.rng, template), hold, sorts=0, direct=direct)
            if template in self.complaints and not direct and self.rng.random() < TWO_AT_ONCE:
                draft = self._telling_two(draft)
            said = suggest(draft.intake.title, draft.intake.text, draft.intake.address)
            if said.assignment is None or said.confidence < self.town.policy.auto_confidence:
                return draft
        vague = self.town.phrases.all("vague", "texts")
        said_little = vague[at.second % len(vague)]
        return replace(draft, intake=replace(draft.intake, title=said_little[:12], text=said_little, address=""))

    def _telling_two(self, draft: Draft) -> Draft:
        """Make a caller tell of a second matter in the same place: it is not sure then whose the order is."""
        other = self.town.template(self.rng, self.complaints)
        second = self._written(draft.at, other, draft.spot, draft.hold, sorts=0).intake.text
        between = self.rng.choice(self.town.phrases.all("vague", "besides"))
        return replace(draft, intake=replace(draft.intake, text=f"{draft.intake.text}{between}{second}"))

    def _leaving(self, at: datetime, template: Template, hold: State | None) -> Draft:
        """A call that leaves without a unit, with words of its own."""
        draft = self._written(at, template, self.town.spot(self.rng, template), hold, sorts=0, channel=Channel.PHONE)
        kind = hold.value if hold in {State.EMERGENCY, State.WITHDRAWN} else State.DECLINED.value
        said = self.rng.choice(self.town.phrases.all("exits", kind)).rpartition("|")[2]
        urgency = Urgency.URGENT if hold is State.EMERGENCY else Urgency.NORMAL
        nature = Nature.HELP if hold in {State.EMERGENCY, State.WITHDRAWN} else Nature.OTHER
        title = said.partition("，")[0]
        intake = replace(draft.intake, title=title, text=said, address="", nature=nature, urgency=urgency)
        return replace(draft, intake=intake)

    def _for_unit(self, at: datetime, hold: State, unit: str, story: Story | None) -> Draft:
        """Make a draft whose unit is certain, because an agent says category and district."""
        template = self.town.template(self.rng, self._matters(unit))
        district = unit if unit in self.town.districts else None
        spot = self.town.spot(self.rng, template, district)
        return replace(self._written(at, template, spot, hold, sorts=1, channel=Channel.PHONE), story=story)

    def _matters(self, unit: str) -> list[Template]:
        """Templates of ordinary matters that the unit leads, wherever it is (a district: in the district)."""
        district = unit if unit in self.town.districts else next(iter(self.town.districts))
        return [
            row
            for row in self.town.templates
            if row.urgency is Urgency.NORMAL
            and row.nature in {Nature.COMPLAINT, Nature.HELP, Nature.REPORT}
            and (found := self.town.routing.catalogue.assign(row.category, district, None)) is not None
            and found.lead == unit
        ]

    def _written(
        self,
        at: datetime,
        template: Template,
        spot: Spot,
        hold: State | None,
        *,
        sorts: float = AGENT_SORTS,
        channel: Channel | None = None,
        direct: bool = False,
    ) -> Draft:
        channel = channel or self.rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
        actor = self.cast.member(Role.AGENT, self.town.phrases, "agents") if channel is Channel.PHONE else CITIZEN
        by_hand = channel is Channel.PHONE and self.rng.random() < sorts
        intake = self._intake(at, template, spot, channel, sorts=by_hand)
        return Draft(at, template, spot, intake, actor, hold, direct)

    def _intake(self, at: datetime, template: Template, spot: Spot, channel: Channel, *, sorts: bool) -> Intake:
        share = ENTERPRISES if template.category.startswith(OF_BUSINESS) else ENTERPRISES_BESIDE
        kind = Requester.ENTERPRISE if self.rng.random() < share else Requester.PERSON
        citizen = self.cast.citizen(self.town.phrases, kind)
        slots = self._slots(spot, citizen.spoken)
        beside = ADDRESS_BESIDE if template.names_place else ADDRESS_GIVEN
        partner = channel is Channel.API
        return Intake(
            title=template.title.format(**slots),
            text=template.text.format(**slots),
            channel=channel,
            nature=template.nature,
            urgency=template.urgency,
            address=spot.address if self.rng.random() < beside else "",
            district_code=spot.district if sorts else None,
            category_code=template.category if sorts else None,
            requester_name=citizen.name,
            requester_phone=citizen.phone,
            requester_kind=kind,
            secret=self.rng.random() < SECRETS,
            source=PARTNER if partner else "",
            external_id=f"sample-{self.rng.getrandbits(48):012x}" if partner else None,
            upstream_due_at=self._upstream_due(at) if partner and self.rng.random() < UPSTREAM_GIVEN else None,
        )

    def _upstream_due(self, at: datetime) -> datetime:
        return add_working(at, UPSTREAM_DAYS, TimeUnit.WORKING_DAYS, self.town.calendar).at

    def _slots(self, spot: Spot, person: str) -> dict[str, str]:
        phrases, rng = self.town.phrases, self.rng
        return {
            "place": spot.estate if spot.estate.endswith("村") else f"{spot.estate}{rng.randint(1, 28)}号楼",
            "road": spot.road,
            "estate": spot.estate,
            "time": phrases.pick(rng, "places", "times"),
            "person": person,
            "days": phrases.pick(rng, "places", "days"),
            "amount": str(rng.randint(10, 98) * 100),
        }
