"""What corrections propose, and a person's decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotFound
from hotline.cli import cli
from hotline.orders.models import Order
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.transfer import proposals
from hotline.transfer.adopt import adopt_model, load_model
from hotline.transfer.catalogue import Assignment
from hotline.transfer.models import Keyword, Proposal, RoutingModel
from hotline.transfer.operations import dispatch, redispatch, request_return
from hotline.transfer.proposing import Lesson, propose_keywords, propose_rows
from hotline.transfer.queries import routing
from hotline.transfer.suggestion import suggest
from tests import factories
from tests.factories import DISPATCHER

SUPERVISOR = Actor(Role.SUPERVISOR, "督办员")
AT = datetime.fromisoformat("2026-11-01T00:00:00+00:00")


def lesson(number: int, text: str, category: str = "060101", **changes: object) -> Lesson:
    given = {"suggested": category, "district": "d01", "first": "housing", "unit": "housing", "ruled": False}
    return Lesson(
        id=number, number=str(number), title="", text=text, category=category, received_at=AT, **{**given, **changes}
    )  # type: ignore[arg-type]  # plain values


def words(text: str) -> set[str]:
    return set(text.split())


def test_a_word_of_corrected_orders_is_proposed_with_what_speaks_for_it() -> None:
    corrected = [lesson(n, "飞线 充电 小区", suggested="050101") for n in (1, 2, 3)]
    others = [lesson(n, "小区 停水", "050101") for n in range(4, 12)]
    found = propose_keywords([*corrected, *others], words, lambda word, _: word == "充电", least=3)
    assert [(one.body["keyword"], one.body["weight"], one.body["of"], one.orders) for one in found] == [
        ("飞线", 10.0, 3, (1, 2, 3))
    ]
    assert propose_keywords(corrected, words, lambda *_: False, least=4) == []


def test_a_matter_that_ends_elsewhere_proposes_a_row() -> None:
    moved = [lesson(n, "", unit="urban") for n in (1, 2, 3)]
    stayed = [lesson(4, "")]
    now = Assignment("housing", ("urban", "police"), (), "依据", 7)
    (found,) = propose_rows([*moved, *stayed], lambda *_: now, least=3)
    assert (found.body["lead"], found.body["before"], found.body["of"]) == ("urban", "housing", 4)
    assert propose_rows([*moved, *stayed * 3], lambda *_: now, least=3) == []
    assert propose_rows(moved, lambda *_: Assignment("urban", (), (), "", 8), least=3) == []
    assert propose_rows(moved[:2], lambda *_: now, least=3) == []


def test_one_ruling_is_a_precedent() -> None:
    now = Assignment("housing", (), (), "", 7)
    (found,) = propose_rows([lesson(1, "", unit="urban", ruled=True)], lambda *_: now, least=3)
    assert (found.body["ruled"], found.orders) == (["1"], (1,))


def corrected(now: datetime, times: int = 3) -> list[Order]:
    """Orders nobody could classify, which a dispatcher filed under property management."""
    orders = []
    for _ in range(times):
        order = factories.received(now, title="风铃歪了", text="门厅的风铃歪了，想挪走。", address="望江区锦绣花园")
        dispatch(order, "d01", DISPATCHER, now, category="060101")
        orders.append(order)
    return orders


def test_an_accepted_keyword_classifies_from_then_on(session: None, now: datetime) -> None:
    corrected(now)
    found = {one.key: one for one in proposals.propose(now)}
    proposal = found["keyword:060101:风铃"]
    assert proposal.body["of"] == 3
    before = suggest("", "风铃")
    proposals.accept(proposal.id, SUPERVISOR, now)
    after = suggest("", "风铃")
    assert (before.category, after.category) == (None, "060101")
    row = db.session.scalars(select(Keyword).filter_by(keyword="风铃")).one()
    assert (row.origin, row.category_code) == ("learned", "060101")
    with pytest.raises(Conflict, match="督办员"):
        proposals.accept(proposal.id, SUPERVISOR, now)


def test_what_was_refused_comes_back_only_with_new_corrections(session: None, now: datetime) -> None:
    corrected(now)
    (proposal,) = (one for one in proposals.propose(now) if one.key == "keyword:060101:风铃")
    with pytest.raises(Invalid, match="reason"):
        proposals.refuse(proposal.id, SUPERVISOR, now, reason=" ")
    proposals.refuse(proposal.id, SUPERVISOR, now, reason="只是这一户")
    later = now + timedelta(minutes=1)
    assert "keyword:060101:风铃" not in {one.key for one in proposals.propose(later)}
    corrected(later)
    again = {one.key: one for one in proposals.propose(later)}
    assert len(again["keyword:060101:风铃"].orders) == 3


def test_looking_twice_proposes_once(session: None, now: datetime) -> None:
    corrected(now)
    first = {one.key: one.id for one in proposals.propose(now)}
    assert {one.key: one.id for one in proposals.propose(now)} == first


def test_an_accepted_ruling_becomes_a_row_of_the_catalogue(session: None, now: datetime) -> None:
    order = factories.accepted(
        now, text="小区停水三天", address="望江区锦绣花园", category_code="050101", district_code="d01"
    )
    first = order.lead_unit
    assert first is not None
    unit = Actor(Role.HANDLER, "经办", units=frozenset({first}))
    request_return(order, unit, now, reason="不属本单位职责", proposed_unit="gas")
    redispatch(order, "gas", DISPATCHER, now, reason="裁定由城管负责")
    (proposal,) = (one for one in proposals.propose(now) if one.kind == "catalogue")
    assert (proposal.body["lead"], proposal.body["ruled"]) == ("gas", [order.number])
    before = routing().catalogue.entry("050101", "d01")
    assert before is not None
    proposals.accept(proposal.id, SUPERVISOR, now, reason="以后都这样")
    row = routing().catalogue.entry("050101", "d01")
    assert row is not None
    assert (row.power, row.assist) == (before.power, tuple(code for code in before.assist if code != "gas"))
    assigned = routing().catalogue.assign("050101", "d01", None)
    assert assigned is not None
    assert assigned.lead == "gas"
    assert order.number in assigned.basis
    assert proposals.propose(now) == []


def test_a_row_changed_since_it_was_proposed_is_not_overwritten(session: None, now: datetime) -> None:
    order = factories.dispatched(now, text="小区停水三天", address="望江区锦绣花园", district_code="d01")
    request_return(order, factories.HANDLER, now, reason="不属本单位职责", proposed_unit="urban")
    body = {"category": "060101", "district": "d01", "lead": "urban", "before": "nobody", "ruled": [], "of": 1}
    proposal = Proposal(kind="catalogue", key="catalogue:060101:d01:urban", body=body, orders=[order.id], made_at=now)
    db.session.add(proposal)
    db.session.flush()
    with pytest.raises(Conflict, match="已有变动"):
        proposals.accept(proposal.id, SUPERVISOR, now)


def test_there_is_no_such_proposal(session: None, now: datetime) -> None:
    with pytest.raises(NotFound):
        proposals.accept(4711, SUPERVISOR, now)
    with pytest.raises(Invalid, match="least"):
        proposals.propose(now, least=0)


MODEL = """{"format": 1, "trained": "2026-11-01", "texts": 9, "steepness": 8, "reliability": [[0, 0], [1, 1]],
"categories": {"060101": 0, "050101": 0}, "keywords": [["风铃", "060101", 2, "learned", "2026-11-01"]]}"""


def test_a_model_is_in_force_once_adopted_and_the_folder_does_not_undo_it(session: None, now: datetime) -> None:
    before = suggest("", "风铃").category
    adopt_model("category", MODEL, now, by="管理员")
    assert (before, suggest("", "风铃").category) == (None, "060101")
    assert not load_model("category", MODEL.replace("风铃", "鱼缸"), now)
    assert suggest("", "风铃").category == "060101"
    for strange in (MODEL.replace("050101", "999999"), MODEL.replace("]]}", '], ["缸", "999999", 5, "hand", ""]]}')):
        with pytest.raises(Invalid, match="999999"):
            adopt_model("category", strange, now)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"steepness": 8', '"steepness": 0'),
        ('"steepness": 8', '"steepness": NaN'),
        ("[[0, 0], [1, 1]]", "[]"),
        ("[[0, 0], [1, 1]]", "[[0, 1], [1, 0]]"),
        ("风铃", ""),
        ('{"060101": 0, "050101": 0}', '["060101", "050101"]'),
    ],
)
def test_a_model_nothing_could_be_counted_with_is_not_adopted(
    session: None, now: datetime, right: str, wrong: str
) -> None:
    with pytest.raises(Invalid, match="model"):
        adopt_model("category", MODEL.replace(right, wrong), now)


def test_the_folders_model_is_loaded_once_and_again_when_it_changed(session: None, now: datetime) -> None:
    count = select(RoutingModel).filter_by(subject="nature")
    before = len(db.session.scalars(count).all())
    model = MODEL.replace("060101", "help").replace("050101", "praise")
    assert load_model("nature", model, now)
    assert not load_model("nature", model, now)
    assert load_model("nature", model.replace("风铃", "鱼缸"), now)
    assert len(db.session.scalars(count).all()) == before + 2


def run(app: Flask, *words: str) -> str:
    done = CliRunner().invoke(cli, ["routing", *words], obj=lambda: app, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_propose_and_adopt_from_the_command_line(app: Flask, session: None, now: datetime, tmp_path: Path) -> None:
    corrected(now)
    assert "keyword:060101:风铃" in run(app, "propose", "--days", "30", "--least", "3")
    model = tmp_path / "model.json"
    model.write_text(MODEL, encoding="utf-8")
    assert "of category is in force" in run(app, "adopt", str(model))


def test_a_city_trains_on_its_own_closed_orders(app: Flask, session: None, now: datetime, tmp_path: Path) -> None:
    for times in range(6):
        factories.closed(now, title=f"风铃{times}", text=f"风铃挡住门厅{times}")
        order = factories.closed(now, title=f"鱼缸{times}", text=f"鱼缸太大搬不动{times}")
        order.category_code = "050101"
    db.session.flush()
    out = tmp_path / "own.json"
    assert "12 texts, 2 categories" in run(app, "train", "--orders", "--out", str(out))
    assert "风铃" in out.read_text(encoding="utf-8")
    run(app, "adopt", str(out))
    assert suggest("", "风铃").category == "060101"


def test_the_page_decides(sign_in: Callable[[str], FlaskClient], now: datetime) -> None:
    corrected(now)
    db.session.commit()
    browser = sign_in("dispatcher")
    assert browser.get("/proposals").status_code == 200
    assert browser.post("/proposals/look").status_code == 403
    browser = sign_in("supervisor")
    assert browser.post("/proposals/look").status_code == 302
    assert "风铃" in browser.get("/proposals").get_data(as_text=True)
    proposal = next(one.id for one in proposals.open_proposals() if one.key == "keyword:060101:风铃")
    refused = browser.post(f"/proposals/{proposal}/refuse", data={"reason": ""})
    assert refused.status_code == 422
    assert browser.post(f"/proposals/{proposal}/accept", data={}).status_code == 302
    assert browser.post(f"/proposals/{proposal}/accept", data={}).status_code == 409
    assert "Accepted" in browser.get("/proposals").get_data(as_text=True)
    assert sign_in("handler").get("/proposals").status_code == 403
