"""Changing the dispatch catalogue (派单目录): every change adds a row that says from when on, who, and why.

A change may take effect later. For one matter and district there is one such planned change at a time: planning
another replaces it, a change that takes effect at once leaves it standing, and ending the row withdraws it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from hotline.base.changes import Subject, record_change
from hotline.base.db import db, forget_kept, take_turns
from hotline.base.errors import Conflict, Invalid, NotFound, Stale
from hotline.base.i18n import gettext
from hotline.people.actors import Actor
from hotline.transfer.catalogue import RowKey, Terms
from hotline.transfer.catalogue_check import City
from hotline.transfer.catalogue_queries import History, catalogue_version, histories, history
from hotline.transfer.models import CatalogueRow, Origin

NOTHING = Terms("", (), (), "", "")


@dataclass(frozen=True, slots=True)
class Cause:
    """Who changes the catalogue (nobody: the city's file), why, and when. effective: from when on the change holds."""

    origin: Origin
    actor: Actor | None
    reason: str
    now: datetime
    effective: datetime

    @property
    def name(self) -> str:
        """The name that is kept."""
        return self.actor.name if self.actor else ""

    @property
    def later(self) -> bool:
        """Whether it is a plan."""
        return self.effective > self.now


@dataclass(frozen=True, slots=True)
class Difference:
    """A matter and district a file says something else about. before, after: None where there is no row."""

    key: RowKey
    before: Terms | None
    after: Terms | None


def revise_row(
    category: str,
    district: str,
    *,
    lead: str,
    assist: Iterable[str] = (),
    copy: Iterable[str] = (),
    basis: str = "",
    power: str = "",
    actor: Actor,
    now: datetime,
    reason: str,
    effective: datetime | None = None,
    origin: Origin = Origin.PAGE,
    expected: int | None = None,
) -> History:
    """Lay down who leads (主办), assists (协办) and gets a copy (抄送) in a matter, from ``effective`` (now) on.

    district: a code, or ``*`` for the whole city. expected: the version (see ``History``) the change was made from.
    Changes nothing where nothing differs from the row in force, or from what is planned for then. Gives its history. Raises Invalid, and Stale where somebody changed
    the row since.
    """
    terms = Terms(lead, tuple(assist), tuple(copy), basis, power)
    City().check((category, district), terms)
    cause = _cause(actor, now, reason, effective, origin)
    past = _held(category, district, expected)
    if not _says(past, terms, cause):
        lay_down([((category, district), past, terms)], cause, keep_plans=not cause.later)
    return history(category, district)


def add_row(category: str, district: str, *, actor: Actor, now: datetime, **said: Any) -> History:
    """Lay down a row (see ``revise_row``) for a matter and district that has none.

    Raises Invalid where it has one, or one is planned.
    """
    past = _held(category, district, None)
    if past.terms_at(now) or past.planned(now):
        raise Invalid.field("category", gettext("has a row for this district already; change that one"))
    return revise_row(category, district, actor=actor, now=now, **said)


def end_row(
    category: str,
    district: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    effective: datetime | None = None,
    origin: Origin = Origin.PAGE,
    expected: int | None = None,
) -> History:
    """End a row from ``effective`` (now) on: the row of the wider matter or territory then holds.

    Raises Invalid, NotFound where there is no row to end, and Stale where somebody changed it since.
    """
    cause = _cause(actor, now, reason, effective, origin)
    past = _held(category, district, expected)
    planned = past.planned(now)
    if past.terms_at(now) is None and (planned is None or planned.terms is None):
        raise NotFound(gettext("There is no row in force for this matter and district."))
    lay_down([((category, district), past, None)], cause, keep_plans=False)
    return history(category, district)


def withdraw_plan(
    category: str, district: str, *, actor: Actor, now: datetime, reason: str, expected: int | None = None
) -> History:
    """Give up the planned change: what is in force now stays. Raises Conflict where nothing is planned."""
    cause = _cause(actor, now, reason, None, Origin.PAGE)
    past = _held(category, district, expected)
    if past.planned(now) is None:
        raise Conflict(gettext("Nothing is planned for this matter and district."))
    lay_down([((category, district), past, past.terms_at(now))], cause, keep_plans=False)
    return history(category, district)


def revise_from_csv(
    wanted: Mapping[RowKey, Terms],
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    effective: datetime | None = None,
    whole: bool = False,
    expected: int | None = None,
) -> list[Difference]:
    """Lay down what a file (see ``catalogue_csv``) says otherwise than the rows in force; give what was changed.

    whole: the file is the whole catalogue, and rows it does not list end. expected: the version of the catalogue the
    differences were shown of. Raises Invalid with every row that cannot be used, and Stale.
    """
    cause = _cause(actor, now, reason, effective, Origin.PAGE)
    hold_catalogue()
    _require_version(catalogue_version(), expected, gettext("Somebody has changed the catalogue meanwhile."))
    past = histories()
    found = differences(wanted, past, now, whole=whole)
    City().check_all({one.key: one.after for one in found if one.after})
    changes = [(one.key, past.get(one.key, History()), one.after) for one in found]
    lay_down([change for change in changes if change[2]], cause, keep_plans=not cause.later)
    lay_down([change for change in changes if not change[2]], cause, keep_plans=False)
    return found


def differences(
    wanted: Mapping[RowKey, Terms], past: Mapping[RowKey, History], now: datetime, *, whole: bool
) -> list[Difference]:
    """What a file says otherwise than the rows in force, in the order of the catalogue."""
    present = {key: terms for key, one in past.items() if (terms := one.terms_at(now))}
    keys = wanted.keys() | present.keys() if whole else wanted.keys()
    pairs = (Difference(key, present.get(key), wanted.get(key)) for key in sorted(keys))
    return [pair for pair in pairs if not same(pair.before, pair.after)]


def same(one: Terms | None, other: Terms | None) -> bool:
    """Whether two rows say the same; in which order units assist says nothing."""
    if one is None or other is None:
        return one is other
    return (one.lead, set(one.assist), set(one.copy), one.basis, one.power) == (
        other.lead,
        set(other.assist),
        set(other.copy),
        other.basis,
        other.power,
    )


def hold_catalogue() -> None:
    """Let nobody else change the catalogue until the transaction ends: each row is built on the one before."""
    take_turns("catalogue")


def lay_down(changes: Iterable[tuple[RowKey, History, Terms | None]], cause: Cause, *, keep_plans: bool) -> None:
    """Add a row to each of some histories nobody else changes; terms None: from then on there is none."""
    rows = []
    for key, past, terms in changes:
        current, planned = past.at(cause.now), past.planned(cause.now)
        if planned and not keep_plans:
            planned.valid_to = planned.valid_from
        if current:
            current.valid_to = cause.effective
        until = planned.valid_from if planned and keep_plans else None
        rows.append(_row(key, terms or NOTHING, until, cause))
        if cause.actor:
            _record(cause.actor, key, current.terms if current else None, terms, cause)
    # The earlier rows must have ended before the new ones are written: the database allows one row without an end.
    db.session.flush()
    db.session.add_all(rows)
    db.session.flush()
    forget_kept()


def _record(actor: Actor, key: RowKey, before: Terms | None, after: Terms | None, cause: Cause) -> None:
    if before is None and after is None:  # a plan was given up where nothing is in force
        return
    old, new = (asdict(one) if one else None for one in (before, after))
    if new and cause.later:
        new["effective"] = cause.effective.isoformat()
    title = f"{key[0]} × {key[1]}"
    record_change(actor, Subject.CATALOGUE, ":".join(key), title, cause.now, before=old, after=new, reason=cause.reason)


def _row(key: RowKey, terms: Terms, until: datetime | None, cause: Cause) -> CatalogueRow:
    return CatalogueRow(
        category_code=key[0],
        district=key[1],
        lead=terms.lead,
        assist=list(terms.assist),
        copy=list(terms.copy),
        basis=terms.basis,
        power=terms.power,
        valid_from=cause.effective,
        valid_to=until,
        origin=cause.origin,
        reason=cause.reason,
        changed_by=cause.name,
        changed_at=cause.now,
    )


def _held(category: str, district: str, expected: int | None) -> History:
    """The history of a row nobody else can change now; raise Stale where it is not the one the caller has read."""
    hold_catalogue()
    past = history(category, district)
    _require_version(past.version, expected, gettext("Somebody has changed this row since you opened it."))
    return past


def _says(past: History, terms: Terms, cause: Cause) -> bool:
    """Whether that is what holds, or is planned for the same instant, already."""
    plan = past.planned(cause.now)
    if plan and cause.later:
        return plan.valid_from == cause.effective and same(plan.terms, terms)
    return same(past.terms_at(cause.now), terms)


def _require_version(version: int, expected: int | None, message: str) -> None:
    if expected is not None and expected != version:
        raise Stale(message, version)


def _cause(actor: Actor, now: datetime, reason: str, effective: datetime | None, origin: Origin) -> Cause:
    if not reason.strip():
        raise Invalid.field("reason", gettext("is required"))
    if effective is not None and effective < now:
        raise Invalid.field("effective", gettext("is over; choose a later day, or leave it empty for now"))
    return Cause(origin, actor, reason.strip(), now, effective or now)
