"""The periodic report: what it says, how it is kept, made, signed and sent; its page, its files, its API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from flask.testing import FlaskClient
from sqlalchemy import func, select

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import speaking
from hotline.base.outbox import Delivery
from hotline.base.time import Kind
from hotline.handle.models import Alarm
from hotline.orders.models import Order
from hotline.orders.vocabulary import Channel
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.document import BadPolicy
from hotline.policy.models import PolicyVersion
from hotline.policy.reading import read_policy
from hotline.report.lists import Wanted, listing
from hotline.report.measures import BY_NAME
from hotline.report.papers.circular import circular
from hotline.report.papers.compose import compose
from hotline.report.papers.models import PeriodicReport, Stage
from hotline.report.papers.operations import (
    Special,
    ask,
    ask_special,
    make_report,
    seen_by,
)
from hotline.report.papers.paper import Number, Paper, Part, Said, as_json, from_json, spoken, text
from hotline.report.papers.queries import paper_of
from hotline.report.papers.seen import Seen
from hotline.report.papers.standing import overdue
from hotline.report.queries import period_between
from hotline.report.schemas import RowsQuery
from hotline.report.topics.models import Topic, TopicOrder
from tests.conftest import NOW
from tests.report.rows import DAY, MONDAY, WEEK, at, clock, evaluation, order, with_weights

MANAGER = Actor(Role.MANAGER, "王主任")
SignIn = Callable[[str], FlaskClient]


def made(kind: Kind = Kind.WEEK, day: date = WEEK.first, now: datetime = NOW) -> PeriodicReport:
    report = ask(kind, day, MANAGER, now)
    make_report(report.id, now)
    return report


def numbers(paper: Paper) -> Iterator[Number]:
    """Every figure of a report that names its rows."""
    for section in paper.sections:
        for block in section.blocks:
            parts: list[Part] = [block] if isinstance(block, Said) else [cell for row in block.rows for cell in row]
            for part in parts:
                yield from (one for one in spoken(part) if isinstance(one, Number) and one.behind)


def rows_of(number: Number, report: PeriodicReport) -> int:
    """How many rows the list behind a figure has."""
    asked = RowsQuery().read(dict(number.behind or {}))
    period = period_between(NOW, asked["first"] or report.first, asked["last"] or report.last)
    wanted = Wanted(**{name: asked[name] for name in Wanted.__dataclass_fields__})
    return listing(wanted, period, report.cutoff, MANAGER).page.total


# What it says


def test_every_figure_is_the_length_of_the_list_it_opens(filled: None) -> None:
    report = made()
    checked = 0
    for number in numbers(paper_of(report)):
        behind = number.behind or {}
        if "measure" in behind:
            weighted = number.value != int(number.value or 0)
            assert weighted or rows_of(number, report) == number.value, behind
            checked += 1
    assert checked > 40


def test_figures_are_those_of_the_overview(filled: None) -> None:
    report = made()
    overview = seen_by(report).overview
    table = paper_of(report).section("summary").tables[0]
    for row in table.rows:
        name = next(name for name in BY_NAME if Said(BY_NAME[name].label) == row[0])
        figure = overview.city[name].figure
        counted, not_due = row[3], row[8]
        assert isinstance(counted, Number)
        assert isinstance(not_due, Number)
        assert (counted.value, not_due.value) == (figure.denominator, figure.not_due)
        rate = row[1]
        assert isinstance(rate, Number)
        assert rate.value == pytest.approx(float(figure.rate or 0))


def test_a_weighted_rate_is_told_with_the_sum_of_its_weights(session: None) -> None:
    with_weights({"satisfied": 1, "basically": 0.5}, at(1))
    for turn, said in enumerate(("satisfied", "basically", "basically")):
        evaluation(at(10), at(11), said, turn=1 + turn)
    said = [text(block) for block in paper_of(made()).section("summary").blocks if isinstance(block, Said)]
    assert any(re.search(r"66\.67%\D+(2\D+3|3\D+2)\D", one) for one in said)


def test_the_year_before_stands_beside_where_there_is_one(session: None) -> None:
    order(dispatched=MONDAY, category_code="0101")
    order(dispatched=MONDAY)
    earlier = timedelta(weeks=52)
    for _ in range(4):
        order(dispatched=MONDAY - earlier)
    clock(at(11) - earlier, at(11) - earlier)
    clock(at(11), at(12))
    said = [text(block) for block in paper_of(made()).section("summary").blocks if isinstance(block, Said)]
    assert "2件" in said[0] or "2 orders" in said[0]
    assert "50.00%" in said[0]  # of four a year before
    table = paper_of(made()).section("summary").tables[0]
    on_time = next(row for row in table.rows if row[0] == Said(BY_NAME["on_time"].label))
    assert [text(on_time[at]) for at in (1, 4, 6)] == ["0.00%", "–", "-100.00"]


def test_units_are_ranked_among_their_like_and_the_city_stands_apart(session: None) -> None:
    for unit, on_time in (("housing", 30), ("water", 28), ("d01", 3)):
        for n in range(30 if unit != "d01" else 4):
            clock(at(11), at(11) if n < on_time else at(12), unit=unit)
    units = paper_of(made()).section("units")
    on_time = [table for table in units.tables if Said(BY_NAME["on_time"].label) in (table.title.parts.values())]  # type: ignore[union-attr]
    assert [[text(row[0]) for row in table.rows] for table in on_time] == [["1", "2"], [text(Said("small sample"))]]
    apart = next(
        text(block) for block in units.blocks if isinstance(block, Said) and re.search(r"61\D+64", text(block))
    )
    assert "95.31%" in apart
    assert "89.44%" in apart  # the mean of 100, 93.33 and 75


def test_the_worst_overdue_come_first_by_number_and_without_words(session: None) -> None:
    for day in (3, 2, 4):
        clock(at(day)).order.title = "张三家漏水"
    clock(at(11), at(12))
    section = paper_of(made()).section("overdue")
    due = [text(row[3]) for row in section.tables[0].rows]
    assert due == sorted(due)
    assert len(due) == 3
    later = ask(Kind.WEEK, WEEK.first, MANAGER, NOW + 7 * DAY)  # the days over are those of the same instant
    assert overdue(seen_by(later)) == section.blocks
    assert "2026-11-16 00:00" in text(section.blocks[0])  # type: ignore[arg-type]
    assert "张三" not in str(as_json(Paper((section,))))


def test_a_kept_report_reads_as_it_was_written(filled: None) -> None:
    paper = compose(Seen(WEEK, NOW))
    again = from_json(json.loads(json.dumps(as_json(paper))))
    assert as_json(again) == as_json(paper)
    assert list(numbers(again)) == list(numbers(paper))
    assert [section.title for section in again.sections] == [section.title for section in paper.sections]


def test_a_sentence_is_said_in_the_order_of_its_language() -> None:
    said = Said("%(b)s before %(a)s", {"a": Number("1"), "b": Said("two")})
    assert [one if isinstance(one, str) else one.shown for one in spoken(said)] == ["two", " before ", "1"]


# Making and keeping


def test_made_twice_is_made_once(filled: None) -> None:
    report = made()
    content, made_at = report.content, report.made_at
    make_report(report.id, NOW + DAY)
    assert (report.content, report.made_at) == (content, made_at)
    assert ask(Kind.WEEK, WEEK.last, MANAGER, NOW).edition == 2
    assert ask(Kind.WEEK, WEEK.last, MANAGER, NOW).edition == 2  # the one being made
    assert db.session.scalar(select(func.count(PeriodicReport.id))) == 2


def test_a_kept_report_does_not_change_with_what_happens_later(filled: None) -> None:
    report = made()
    before = as_json(paper_of(report))
    db.session.expire(report, ["content"])
    clock(at(11), at(11))
    db.session.query(Order).update({"channel": Channel.WEB, "received_at": at(11)})
    assert as_json(paper_of(report)) == before
    later = ask(Kind.WEEK, WEEK.first, MANAGER, NOW)
    make_report(later.id, NOW)
    assert as_json(paper_of(later)) != before
    assert later.edition == 2


def test_progress_goes_by_sections(filled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, str]] = []
    compose(Seen(WEEK, NOW), lambda percent, step: told.append((percent, step)))
    assert [percent for percent, _ in told] == sorted({percent for percent, _ in told})
    assert told[0] == (0, "The whole in short")
    assert len(told) == 8


def test_what_fails_says_so_and_can_be_made_later(session: None) -> None:
    report = ask(Kind.WEEK, WEEK.first, MANAGER, NOW)
    report.policy_id = None
    report.cutoff = datetime(1990, 1, 1, tzinfo=NOW.tzinfo)  # no policy was in force
    db.session.flush()
    with pytest.raises(Conflict):
        make_report(report.id, NOW)
    db.session.refresh(report)
    assert (report.stage, report.error) == (Stage.FAILED, "Conflict")
    report.cutoff = NOW
    make_report(report.id, NOW)
    assert (report.stage, report.error, report.progress) == (Stage.MADE, "", 100)


def test_the_worker_makes_what_was_asked_for(session: None) -> None:
    from workers.relay import deliver

    report = ask(Kind.WEEK, WEEK.first, MANAGER, NOW)
    db.session.commit()
    waiting = db.session.scalars(select(Delivery).where(Delivery.job == "make_report")).one()
    assert deliver(waiting.id, NOW)
    db.session.refresh(report)
    assert report.stage is Stage.MADE


def test_a_policy_says_what_is_wrong_with_its_reports(session: None) -> None:
    document = db.session.scalars(select(PolicyVersion.document)).first()
    assert document is not None
    for wrong, said in (
        ({"due": [{"kind": "range", "at": "08:00"}]}, "made by hand"),
        ({"due": [{"kind": "week", "at": "25:00"}]}, "write it as 08:00"),
        ({"due": [{"kind": "week", "at": "08:00", "days": 0}]}, "days from 1"),
        ({"mailed": "sometimes"}, "use one of"),
    ):
        with pytest.raises(BadPolicy, match=said):
            read_policy({**document, "reports": {"evidence": "I", **wrong}})


# A special report


def test_a_special_report_is_narrowed_and_so_are_its_lists(filled: None) -> None:
    report = ask_special(
        WEEK.first, WEEK.last, Special("住房专报", category="01", district="d01"), MANAGER, NOW, remarks="编者按。"
    )
    make_report(report.id, NOW)
    paper = paper_of(report)
    received = next(one for one in numbers(paper) if (one.behind or {}).get("measure") == "received")
    expected = select(func.count(Order.id)).where(
        Order.received_at >= WEEK.start,
        Order.received_at < WEEK.end,
        Order.district_code == "d01",
        Order.category_code.startswith("01"),
    )
    assert received.value == db.session.scalar(expected)
    assert received.value
    assert "connection" not in str(as_json(paper)["sections"][0])  # calls are about no matter


def test_who_asks_for_what_is_being_made_leaves_its_words_alone(session: None) -> None:
    about = Special("专报")
    ask_special(WEEK.first, WEEK.last, about, MANAGER, NOW, remarks="编者按。")
    again = ask_special(WEEK.first, WEEK.last, about, Actor(Role.MANAGER, "李主任"), NOW, remarks="别的话。")
    assert (again.asked_by, again.remarks) == (MANAGER.name, "编者按。")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"unit": "nobody"}, "unit"),
        ({"category": "9999"}, "category"),
        ({"district": "nowhere"}, "district"),
    ],
)
def test_a_special_report_refuses_what_is_not_there(session: None, changes: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask_special(WEEK.first, WEEK.last, Special(**{"title": "专报", **changes}), MANAGER, NOW)
    assert any(field in name for name in refused.value.errors)


# Alarms, topics, policy


def alarm(rule: str, fired: datetime, **changes: Any) -> Alarm:
    policy = db.session.scalars(select(PolicyVersion.id)).first()
    given = {"subject": f"{rule} {fired}", "period": "2026-11", "unit_code": "housing", "facts": {"orders": []}}
    made_one = Alarm(rule=rule, policy_id=policy, fired_at=fired, **{**given, **changes})
    db.session.add(made_one)
    db.session.flush()
    return made_one


def test_alarms_of_the_period_and_what_was_done_by_the_cutoff(session: None) -> None:
    alarm("unsolved_in_month", at(10))
    alarm("unsolved_in_month", at(11), handled_at=at(12), handled_by="王主任", note="已督促整改")
    alarm(
        "last_twice",
        at(12),
        handled_at=at(13),
        handled_by="王主任",
        note="约谈",
        held_on=date(2026, 11, 13),
        whom="局长",
    )
    alarm(
        "cluster",
        at(13),
        unit_code=None,
        subject="topic/17",
        facts={"place": "锦绣花园", "district": "d01", "category": "", "orders": []},
        handled_at=at(20),
        handled_by="王主任",
        note="后来的事",
    )
    alarm("cluster", at(17, 9), unit_code=None)  # the next week's
    section = paper_of(made()).section("alarms")
    by_kind, latest = section.tables
    assert [[text(cell) for cell in row[1:]] for row in by_kind.rows][-1] == ["4", "2", "2", "1"]
    assert by_kind.rows[0][0] == Said("Not solved, several in a month")
    notes = [text(row[4]) for row in latest.rows]
    assert notes[1:3] == ["约谈", "已督促整改"]
    assert "后来的事" not in notes
    done = [text(row[3]) for row in latest.rows]
    assert "2026-11-13 12:00" in done[1]
    assert "王主任" in done[1]
    assert text(latest.rows[0][2]) == "锦绣花园 · 望江区"
    with speaking("zh"):
        document = Document(BytesIO(circular(db.session.scalars(select(PeriodicReport)).one())))
    circulated = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert not circulated & {"约谈", "已督促整改"}


def test_what_came_into_force_is_said(session: None) -> None:
    with_weights({"satisfied": 1, "so-so": 0.5}, at(11))
    section = paper_of(made()).section("policy")
    (row,) = section.tables[0].rows
    assert (text(row[0]), text(row[2])) == ("2026-11-11 12:00", text(Said("Satisfaction")))


def test_hot_topics_of_the_period_open_their_orders(session: None, sign_in: SignIn) -> None:
    for n in range(3):
        order(dispatched=at(11 + n), requester_phone=f"1380000000{n}")
    topic = Topic(place="锦绣花园", words=["停水"], district_code="d01", first_at=at(11), last_at=at(13))
    db.session.add(topic)
    db.session.flush()
    db.session.add_all(TopicOrder(order_id=one, topic_id=topic.id) for one in db.session.scalars(select(Order.id)))
    report = made()
    (row,) = paper_of(report).section("topics").tables[0].rows
    assert [text(cell) for cell in row][2:4] == ["3", "3"]
    page = sign_in("manager").get(f"/reports/{report.id}").text
    assert f"/topics/{topic.id}?first={WEEK.first}" in page.replace("&amp;", "&")
