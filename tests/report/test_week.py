"""The week report, its API and its lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from hotline.base.db import db
from hotline.base.errors import Invalid, NotAllowed
from hotline.base.time import Kind
from hotline.calls.models import CallOutcome
from hotline.knowledge.operations import answer_directly
from hotline.orders.lifecycle import State
from hotline.orders.vocabulary import Channel, Nature
from hotline.people.actors import Actor
from hotline.people.models import User
from hotline.people.operations import give_api_key
from hotline.people.queries import unit_names
from hotline.people.roles import Role
from hotline.report import inflow, queries
from hotline.report.lists import DISPATCHED, RECEIVED, Wanted, listing
from hotline.report.measure import Bucket
from hotline.report.measures import WEEKLY, Fate
from hotline.report.overview import overview
from tests import factories
from tests.conftest import NOW
from tests.report.rows import MONDAY, WEEK, at, call_values, calls, clock, evaluation, order

URL = "/api/v1/reports/week"
MANAGER = Actor(Role.MANAGER, "主任")
Ask = Callable[..., Any]


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    """Ask the API as a login."""

    def get(login: str, path: str = "", **query: Any) -> Any:
        user = db.session.scalars(select(User).filter_by(login=login)).one()
        key = give_api_key(user, "test", NOW)
        db.session.commit()
        return client.get(URL + path, query_string=query or None, headers={"Authorization": f"Bearer {key}"})

    return get


def some_of_everything() -> None:
    """Two units and a queue, this week and the one before."""
    for day in (3, 11):
        clock(at(day), at(day))
        clock(at(day, 13), unit="d01")
        evaluation(at(day), at(day, 14), "satisfied")
        evaluation(at(day), at(day, 14), unit="d01")
    clock(at(12), at(13))
    calls([call_values(at(11)), call_values(at(11), CallOutcome.ABANDONED, 2)])
    db.session.commit()


def test_the_week_pools_and_compares(session: None) -> None:
    some_of_everything()
    report = overview(WEEK, NOW)
    city = report.city["on_time"]
    assert (city.figure.rate, city.before.rate) == (Fraction(1, 3), Fraction(1, 2))
    assert city.change == Fraction(-50, 3)
    assert city.small
    assert report.city["connection"].change is None
    assert report.city["connection"].figure.raw_rate == Fraction(1, 2)
    for measure in report.measures:
        lines = report.queues if measure.unit is None else report.units
        cells = [line.cells[measure.name] for line in lines if measure.name in line.cells]
        assert sum(cell.figure.total for cell in cells) == report.city[measure.name].figure.total


def test_units_come_by_kind_then_code(session: None) -> None:
    some_of_everything()
    lines = overview(WEEK, NOW).units
    assert [line.code for line in lines] == ["housing", "d01"]
    assert lines == sorted(lines, key=lambda line: (line.kind or "", line.code))
    assert [line.name for line in lines] == [unit_names()[line.code] for line in lines]


def test_a_past_week_takes_in_what_happened_since(session: None) -> None:
    clock(at(12), at(16), started=at(10))
    then, since = overview(WEEK, WEEK.end), overview(WEEK, NOW)
    assert then.dispatched.fates[Fate.OVERDUE] == since.dispatched.fates[Fate.LATE] == 1
    assert overview(WEEK, WEEK.end) == then, "seen as of its end it is what it was"
    assert then.city["on_time"] == since.city["on_time"]


def test_an_empty_week_is_a_report_too(session: None) -> None:
    report = overview(WEEK, NOW)
    assert report.units == report.queues == []
    assert report.city["on_time"].figure.rate is None
    assert report.inflow.answered_rate is None
    assert report.conserved


def test_what_came_in(session: None) -> None:
    order(received_at=at(11), channel=Channel.WEB, nature=Nature.HELP)
    order(received_at=at(11), state=State.CLOSED, closed_at=at(12))
    order(received_at=WEEK.end)
    order(received_at=WEEK.start - timedelta(seconds=1))
    found = inflow.tallied(WEEK, WEEK.end).received
    assert found.total == 2
    assert (found.by_channel[Channel.WEB], found.by_channel[Channel.PHONE]) == (1, 1)
    assert (found.by_nature[Nature.HELP], found.by_state[State.CLOSED]) == (1, 1)
    for counts in (found.by_channel, found.by_nature, found.by_state):
        assert sum(counts.values()) == found.total


def test_states_are_those_at_the_cutoff(session: None) -> None:
    made = factories.received(at(11))
    agent = Actor(Role.AGENT, "坐席")
    answer_directly(made, agent, at(12), public_reply="已经答复。")
    before, after = inflow.tallied(WEEK, at(11, 13)).received, inflow.tallied(WEEK, WEEK.end).received
    assert (before.answered, before.by_state[State.RECEIVED]) == (0, 1)
    assert (after.answered, after.answered_rate) == (1, 1)
    listed = db.session.scalars(inflow.received_rows(WEEK, WEEK.end, state=State.ANSWERED)).all()
    assert [each.number for each in listed] == [made.number]


def test_a_real_walk_is_on_time_satisfied_and_conserved(session: None) -> None:
    factories.closed(MONDAY + timedelta(hours=10))
    report = overview(queries.period_at(NOW, Kind.WEEK, WEEK.first), NOW)
    assert report.city["satisfied"].figure.rate == report.city["solved"].figure.rate == 1
    assert report.dispatched.fates[Fate.ON_TIME] == report.dispatched.total == 1
    assert report.conserved


def test_the_report_does_not_ask_more_for_more_units(session: None) -> None:
    def asked() -> int:
        said: list[str] = []
        connection = db.session.connection()

        def note(*given: Any) -> None:
            said.append(given[2])

        event.listen(connection, "before_cursor_execute", note)
        overview(WEEK, NOW)
        event.remove(connection, "before_cursor_execute", note)
        return len(said)

    some_of_everything()
    few = asked()
    for unit in ("dev-reform", "commerce", "d02"):
        clock(at(12), unit=unit)
    assert asked() <= few


# Lists


def test_every_number_of_the_week_opens_its_list(session: None) -> None:
    some_of_everything()
    report = overview(WEEK, NOW)
    for measure in WEEKLY:
        for line in [*report.units, *report.queues]:
            if (cell := line.cells.get(measure.name)) is None:
                continue
            for bucket, size in ((Bucket.COUNTED, cell.figure.denominator), (Bucket.EXCLUDED, cell.figure.excluded)):
                found = listing(Wanted(measure.name, line.code, bucket), WEEK, NOW, MANAGER)
                assert len(found.lines) == found.page.total == size
                assert {each.bucket for each in found.lines} <= {bucket}
    for fate, size in report.dispatched.fates.items():
        assert listing(Wanted(DISPATCHED, fate=fate), WEEK, NOW, MANAGER).page.total == size
    for channel, size in report.inflow.by_channel.items():
        assert listing(Wanted(RECEIVED, channel=channel), WEEK, NOW, MANAGER).page.total == size


def test_lines_show_what_was_known_at_the_cutoff(session: None) -> None:
    clock(at(14), at(13), original=at(12))
    evaluation(at(11), at(13), "satisfied")
    (early,) = listing(Wanted("on_time"), WEEK, at(12), MANAGER).lines
    assert (early.bucket, early.ended_at) == (Bucket.NOT_DUE, None)
    (late,) = listing(Wanted("on_time_original"), WEEK, NOW, MANAGER).lines
    assert (late.due_at, late.ended_at, late.weight) == (at(12), at(13), 0)
    (waiting,) = listing(Wanted("satisfied"), WEEK, at(12), MANAGER).lines
    assert (waiting.bucket, waiting.satisfaction, waiting.reached) == (Bucket.NOT_DUE, None, None)
    (said,) = listing(Wanted("satisfied"), WEEK, NOW, MANAGER).lines
    assert (said.satisfaction, said.weight) == ("满意", 1)


def test_what_does_not_narrow_a_number_is_refused(session: None) -> None:
    for wanted in (Wanted("on_time", channel=Channel.WEB), Wanted(RECEIVED, bucket=Bucket.COUNTED)):
        with pytest.raises(Invalid):
            listing(wanted, WEEK, NOW, MANAGER)


def test_a_unit_head_lists_their_own_units_only(session: None) -> None:
    some_of_everything()
    own = frozenset({"housing"})
    head = Actor(Role.UNIT_HEAD, "科长", units=own)
    for name in ("on_time", "satisfied", DISPATCHED, RECEIVED):
        assert {each.unit for each in listing(Wanted(name), WEEK, NOW, head).lines} <= own
        with pytest.raises(NotAllowed):
            listing(Wanted(name, "d01"), WEEK, NOW, head)
    with pytest.raises(NotAllowed):
        listing(Wanted("connection"), WEEK, NOW, head)


# The API


def test_the_api_gives_the_week(ask: Ask) -> None:
    some_of_everything()
    answer = ask("manager", day="2026-11-12")
    assert answer.status_code == 200
    body = answer.json
    assert (body["first_day"], body["last_day"], body["cutoff"]) == ("2026-11-09", "2026-11-15", "2026-11-17T02:00:00Z")
    assert body["policy"]["name"] == "default"
    assert body["city"]["on_time"]["percent"] == 33.33
    assert body["city"]["on_time"]["change"] == -16.67
    assert body["city"]["connection"]["percent_with_excluded"] == 50.0
    assert [line["code"] for line in body["units"]] == ["housing", "d01"]
    assert [line["code"] for line in body["queues"]] == ["main"]
    assert body["dispatched"]["total"] == body["received"]["total"]
    assert body["units_seen"] is None
    assert {row["name"] for row in body["measures"]} == {measure.name for measure in WEEKLY}
    assert all(row["meaning"] and row["source"] for row in body["measures"])


def test_the_api_speaks_of_this_week_by_default(ask: Ask) -> None:
    body = ask("supervisor").json
    assert (body["first_day"], body["cutoff"]) == ("2026-11-16", "2026-11-17T02:00:00Z")


def test_the_api_gives_the_rows_behind(ask: Ask) -> None:
    some_of_everything()
    body = ask("manager", "/rows", day="2026-11-12", measure="on_time", bucket="counted", numerator="true").json
    assert (body["total"], body["page"], body["pages"]) == (1, 1, 1)
    (row,) = body["rows"]
    assert (row["unit"], row["due_at"], row["bucket"], row["weight"]) == (
        "housing",
        "2026-11-11T04:00:00Z",
        "counted",
        1.0,
    )
    (call,) = ask("manager", "/rows", day="2026-11-12", measure="connection", bucket="excluded").json["rows"]
    assert (call["phone"], call["outcome"], call["wait"]) == ("139********", "abandoned", 2.0)


def test_the_cutoff_of_a_report_opens_its_lists(ask: Ask) -> None:
    clock(at(16, 20), at(17, 9))
    cutoff = "2026-11-17T00:00:00Z"
    body = ask("manager", cutoff=cutoff).json
    assert (body["cutoff"], body["city"]["on_time"]["numerator"]) == (cutoff, 0)
    assert ask("manager", "/rows", cutoff=cutoff, measure="on_time", numerator="true").json["total"] == 0
    assert ask("manager").json["city"]["on_time"]["denominator"] == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("day", "2026-02-30"),
        ("day", "yesterday"),
        ("day", "0001-01-01"),
        ("day", "9999-12-31"),
        ("cutoff", "soon"),
        ("cutoff", "0001-01-01T00:00:00+08:00"),
        ("page", "0"),
        ("page", "many"),
        ("page", "99999999999999999999"),
        ("bucket", "lost"),
        ("numerator", "perhaps"),
        ("state", "lost"),
        ("measure", ""),
        ("fate", "on_time"),
    ],
)
def test_the_api_names_what_is_wrong(ask: Ask, field: str, value: str) -> None:
    answer = ask("manager", "/rows", **{"measure": "on_time", field: value})
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_an_unknown_measure_is_not_found(ask: Ask) -> None:
    assert ask("manager", "/rows", measure="charm").status_code == 404


@pytest.mark.parametrize("path", ["", "/rows?measure=on_time", ".xlsx"])
def test_reports_are_for_those_who_may(client: FlaskClient, ask: Ask, path: str) -> None:
    assert client.get(URL + path).status_code == 401
    for login in ("agent", "handler", "dispatcher", "callback"):
        assert ask(login, path).status_code == 403
    for login in ("unit_head", "supervisor", "manager", "admin"):
        assert ask(login, path).status_code == 200


def test_a_unit_head_sees_their_own_units(ask: Ask) -> None:
    some_of_everything()
    body = ask("unit_head", day="2026-11-12").json
    assert body["units_seen"] == ["housing"]
    assert [line["code"] for line in body["units"]] == ["housing"]
    assert body["queues"] == []
    assert "connection" not in body["city"]
    assert body["city"]["on_time"]["denominator"] == 2
    rows = ask("unit_head", "/rows", day="2026-11-12", measure="on_time").json["rows"]
    assert {row["unit"] for row in rows} == {"housing"}
    assert ask("unit_head", "/rows", measure="on_time", unit="d01").status_code == 403
    assert ask("unit_head", "/rows", measure="connection").status_code == 403


@pytest.mark.parametrize("name", ["satisfied", "solved"])
def test_a_unit_head_does_not_learn_when_citizens_are_asked(ask: Ask, name: str) -> None:
    evaluation(at(11), at(11, 14), "satisfied")
    evaluation(at(12))
    order(received_at=at(9), state=State.CLOSED, closed_at=at(11, 14))
    db.session.commit()
    day = "2026-11-12"
    (row,) = ask("unit_head", "/rows", day=day, measure=name).json["rows"]
    assert (row["bucket"], row["satisfaction"], row["started_at"], row["ended_at"]) == (
        "counted",
        "Satisfied",
        None,
        None,
    )
    assert ask("unit_head", "/rows", day=day, measure=name, bucket="not_due").status_code == 403
    assert ask("unit_head", day=day).json["city"][name]["not_due"] == 1
    received = ask("unit_head", "/rows", day=day, measure="received").json["rows"]
    assert {row["ended_at"] for row in received} == {None}
    assert len(ask("manager", "/rows", day=day, measure=name, bucket="not_due").json["rows"]) == 1
    (row,) = ask("manager", "/rows", day=day, measure=name, bucket="counted").json["rows"]
    assert row["ended_at"] == "2026-11-11T06:00:00Z"
