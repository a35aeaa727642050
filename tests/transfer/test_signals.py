"""Danger words ask; they never decide."""

from __future__ import annotations

import csv
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import HERE
from hotline.base.db import db
from hotline.orders.lifecycle import Action, State
from hotline.orders.operations import amend
from hotline.orders.queries import Filter, dispatch_queue
from hotline.orders.vocabulary import Channel, Nature, Urgency
from hotline.transfer.operations import dispatch_automatically
from hotline.transfer.signals import READ, SignalRow, Signals
from hotline.transfer.suggestion import Doubt, suggest, why_queued
from tests import factories
from tests.factories import DISPATCHER

ROWS = [
    SignalRow("*", "", "", (), ("演练", "去年")),
    SignalRow("119", "燃气泄漏", "Gas leak", ("燃气+泄漏", "煤气味"), ("报警器",)),
    SignalRow("urgent", "井盖缺失", "Manhole cover missing", ("井盖+没有",), ()),
]
SIGNALS = Signals(ROWS)


@pytest.mark.parametrize(
    ("title", "text", "found"),
    [
        ("", "楼道里一股煤气味，很呛", [("119", "煤气味", "text", 5)]),
        ("燃气好像泄漏了", "快来人", [("119", "燃气好像泄漏", "title", 0)]),
        ("", "这里泄漏的是燃气", [("119", "泄漏的是燃气", "text", 2)]),
        ("", "没有井盖！燃气泄漏", [("119", "燃气泄漏", "text", 5), ("urgent", "没有井盖", "text", 0)]),
        ("", "去年燃气泄漏过。现在没事", []),
        ("", "去年的事不提了。今天燃气又泄漏", [("119", "燃气又泄漏", "text", 10)]),
        ("", "想装燃气泄漏报警器", []),
        ("", "燃气。泄漏", []),
        ("", "燃气公司的师傅来过说是管道老化可能泄漏", []),
        ("", "咨" * READ + "燃气泄漏", []),
    ],
)
def test_signals(title: str, text: str, found: list[tuple[str, str, str, int]]) -> None:
    hits = SIGNALS.find(title, text)
    assert [(hit.call, hit.written, hit.field, hit.start) for hit in hits] == found


@given(st.text(alphabet="燃气泄漏没有井盖，。去年 ", max_size=60), st.text(alphabet="煤气味演练。", max_size=30))
def test_what_is_found_stands_where_it_says(text: str, title: str) -> None:
    for hit in SIGNALS.find(title, text):
        content = title if hit.field == "title" else text
        assert content[hit.start : hit.start + len(hit.written)] == hit.written


def test_no_rows_no_signals() -> None:
    assert Signals([]).find("着火了", "着火了") == ()


def test_the_sample_city_knows_most_urgent_texts_and_few_others() -> None:
    with (HERE / "city" / "signals.csv").open(encoding="utf-8", newline="") as file:
        signals = Signals(
            SignalRow(
                row["call"],
                row["name"],
                row["name_en"],
                tuple(filter(None, row["words"].split(";"))),
                tuple(filter(None, row["unless"].split(";"))),
            )
            for row in csv.DictReader(file)
        )
    with (HERE / "sample" / "texts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    asked = {
        urgency: [bool(signals.find(r["title"], r["text"])) for r in rows if r["urgency"] == urgency]
        for urgency in ("urgent", "normal")
    }
    assert sum(asked["urgent"]) / len(asked["urgent"]) > 0.5
    assert sum(asked["normal"]) / len(asked["normal"]) < 0.02


GAS = {
    "title": "小区里有很浓的煤气味",
    "text": "锦绣花园3栋楼道煤气味很重，请供气公司处理",
    "address": "望江区锦绣花园3栋",
}


def test_danger_waits_for_a_person_who_has_not_been_asked(session: None, now: datetime) -> None:
    order = factories.received(now, **GAS, channel=Channel.WEB)
    assert order.suggestion is not None
    assert [one["call"] for one in order.suggestion["signals"]] == ["119"]
    assert why_queued(order, 0.0) is Doubt.DANGER
    assert dispatch_automatically(order, suggest(**GAS), now) is None
    assert order.state is State.RECEIVED


def test_the_agent_on_the_phone_has_been_asked(session: None, now: datetime) -> None:
    order = factories.received(now, **GAS, channel=Channel.PHONE)
    assert why_queued(order, 0.0) is None


def test_whoever_marks_it_urgent_has_looked(session: None, now: datetime) -> None:
    order = factories.received(now, **GAS, channel=Channel.WEB)
    event = amend(order, DISPATCHER, now, reason="核实正在泄漏", urgency=Urgency.URGENT, nature=Nature.HELP)
    assert (event.action, order.urgency, order.nature) == (Action.AMEND, Urgency.URGENT, Nature.HELP)
    assert why_queued(order, 0.0) is None


def test_danger_stands_first_in_the_queue(session: None, now: datetime) -> None:
    first = factories.received(now, channel=Channel.WEB)
    danger = factories.received(now, **GAS, channel=Channel.WEB)
    numbers = [order.number for order in db.session.scalars(dispatch_queue(Filter())).unique()]
    assert numbers.index(danger.number) < numbers.index(first.number)
    urgent = factories.received(now, channel=Channel.WEB)
    amend(urgent, DISPATCHER, now, reason="核实有人受困", urgency=Urgency.URGENT)
    numbers = [order.number for order in db.session.scalars(dispatch_queue(Filter())).unique()]
    assert numbers.index(urgent.number) < numbers.index(danger.number)
