"""The dispatch catalogue is changed by people and by its file, keeps its history, and takes effect when it says."""

from __future__ import annotations

from datetime import datetime

import pytest
import time_machine

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotFound, Stale
from hotline.people.models import Unit
from hotline.transfer.catalogue import RowKey
from hotline.transfer.catalogue_queries import history
from hotline.transfer.models import CatalogueRow, Origin
from hotline.transfer.revise import withdraw_plan
from hotline.transfer.suggestion import suggest
from tests.transfer.catalogue import DAY, EDITOR, HOUR, KEY, WALKED, assigned, end, revise


def test_a_change_holds_at_once_and_says_who_made_it_and_why(session: None, now: datetime) -> None:
    before = history(*KEY)
    revise(now, assist=["urban"])
    found = assigned()
    assert (found.lead, found.assist, found.basis) == ("housing", ("urban",), "会议纪要")
    row = db.session.get_one(CatalogueRow, found.row_id)
    assert (row.origin, row.changed_by, row.reason, row.changed_at) == (Origin.PAGE, "班长", "职责调整", now)
    assert len(history(*KEY).rows) == len(before.rows) + 1
    assert suggest("停水三天", "小区停水", district="d01").assignment == found


def test_a_planned_change_comes_into_force_when_its_time_comes(session: None, now: datetime) -> None:
    old = assigned()
    with time_machine.travel(now, tick=False) as clock:
        revise(now, effective=now + DAY)
        assert assigned() == old
        clock.move_to(now + DAY - HOUR)
        assert assigned() == old
        clock.move_to(now + DAY)
        assert assigned().lead == "housing"


def test_a_planned_end_comes_when_its_time_comes(session: None, now: datetime) -> None:
    revise(now, ("050101", "d01"))
    end(now, ("050101", "d01"), effective=now + DAY)
    assert assigned().lead == "housing"
    with time_machine.travel(now + DAY, tick=False):
        assert assigned().row_id == assigned(district="d02").row_id


def test_planning_again_replaces_the_plan(session: None, now: datetime) -> None:
    revise(now, effective=now + 2 * DAY)
    past = revise(now, lead="urban", effective=now + DAY)
    first, second = past.rows[-2:]
    assert first.withdrawn
    assert past.planned(now) is second
    assert [past.terms_at(now + days * DAY).lead for days in (1, 2, 3)] == ["urban"] * 3  # type: ignore[union-attr]


def test_a_plan_is_put_off_by_planning_the_same_later(session: None, now: datetime) -> None:
    old = history(*KEY).terms_at(now)
    revise(now, effective=now + DAY)
    past = revise(now, effective=now + 2 * DAY)
    assert past.terms_at(now + DAY) == old
    assert past.terms_at(now + 2 * DAY) != old


def test_a_change_at_once_leaves_the_plan(session: None, now: datetime) -> None:
    revise(now, lead="urban", effective=now + DAY)
    past = revise(now, lead="housing")
    assert past.terms_at(now).lead == "housing"  # type: ignore[union-attr]
    assert past.terms_at(now + DAY).lead == "urban"  # type: ignore[union-attr]


def test_a_plan_is_withdrawn(session: None, now: datetime) -> None:
    old = history(*KEY).terms_at(now)
    revise(now, effective=now + DAY)
    past = withdraw_plan(*KEY, actor=EDITOR, now=now, reason="暂缓")
    assert past.planned(now) is None
    assert past.terms_at(now + 9 * DAY) == old
    with pytest.raises(Conflict):
        withdraw_plan(*KEY, actor=EDITOR, now=now, reason="暂缓")


def test_an_end_withdraws_the_plan_too_and_the_wider_row_holds(session: None, now: datetime) -> None:
    wider = assigned()
    revise(now, ("050101", "d01"))
    revise(now, ("050101", "d01"), lead="urban", effective=now + DAY)
    past = end(now, ("050101", "d01"))
    assert assigned() == wider
    assert past.terms_at(now + 9 * DAY) is None
    with pytest.raises(NotFound):
        end(now, ("050101", "d01"))


def test_the_same_again_changes_nothing(session: None, now: datetime) -> None:
    past = revise(now, assist=["urban", "d01"])
    assert revise(now, assist=["d01", "urban"]).version == past.version
    plan = revise(now, lead="urban", effective=now + DAY)
    assert revise(now, lead="urban", effective=now + DAY).version == plan.version


def test_who_has_read_an_older_row_is_refused(session: None, now: datetime) -> None:
    read = history(*KEY).version
    revise(now, expected=read)
    for change in (revise, end):
        with pytest.raises(Stale) as refused:
            change(now, lead="urban", expected=read) if change is revise else change(now, expected=read)
        assert refused.value.version == history(*KEY).version
    assert assigned().lead == "housing"


@pytest.mark.parametrize(
    ("key", "changes", "field", "said"),
    [
        (("999999", "*"), {}, "category", "999999"),
        (("050101", "d99"), {}, "district", "d99"),
        (KEY, {"lead": "watr"}, "lead", "watr"),
        (KEY, {"assist": ["watr"]}, "assist", "watr"),
        (KEY, {"copy": ["housing", "watr"]}, "copy", "watr"),
        (KEY, {"power": "magic"}, "power", "magic"),
        (KEY, {"lead": "d01-s1", "power": "enforcement"}, "lead", "choose a unit that has it"),
        (KEY, {"reason": " "}, "reason", "required"),
        (KEY, {"effective": datetime.fromisoformat("2026-11-17T01:59:59Z")}, "effective", "is over"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused(
    in_english: None, now: datetime, key: RowKey, changes: dict[str, object], field: str, said: str
) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        revise(now, key, **changes)
    assert list(refused.value.errors) == [field]


@pytest.mark.parametrize("lead", ["territory", "street"])
def test_the_power_of_a_unit_of_the_place_is_asked_for_later(session: None, now: datetime, lead: str) -> None:
    assert revise(now, lead=lead, power="enforcement").terms_at(now)


def test_a_unit_no_longer_active_is_not_offered(session: None, now: datetime) -> None:
    db.session.get_one(Unit, "housing").active = False
    with pytest.raises(Invalid, match="housing"):
        revise(now)


def test_a_history_says_what_was_before_each_row(session: None, now: datetime) -> None:
    revise(now, WALKED, "housing")
    revise(now + HOUR, WALKED, "urban", effective=now + DAY)
    revise(now + 2 * HOUR, WALKED, "market")
    end(now + 3 * HOUR, WALKED)
    pairs = [
        (one.before.lead if one.before else None, one.row.lead, one.row.withdrawn) for one in history(*WALKED).changes()
    ]
    assert pairs == [
        ("market", "", False),
        ("housing", "market", False),
        ("housing", "urban", True),
        (None, "housing", False),
    ]
