"""The citizen's pages: placed once, found by number and phone only, told in plain words, and never more than is theirs."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from hotline.base.db import db
from hotline.citizen.progress import COMING, PRESENT, TOLD, ahead, happened
from hotline.handle import operations as handle
from hotline.handle.time import grant_time, request_time
from hotline.knowledge.operations import answer_directly
from hotline.orders.attachments import Upload
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Attachment, Order
from hotline.orders.urging import urge, urged
from hotline.orders.vocabulary import Channel, Nature, Result, TimeKind
from hotline.people.actors import CITIZEN
from hotline.policy.limits import Clock
from hotline.transfer import operations as transfer
from hotline.transfer.merging import merge
from tests import factories

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


def form(**changes: str) -> dict[str, str]:
    return {"key": "c1", "text": "望江区锦绣花园小区停水三天了", "phone": "139 1234 5678", "name": "王女士", **changes}


def count() -> int:
    return db.session.scalars(select(func.count()).select_from(Order)).one()


def newest() -> Order:
    return db.session.scalars(select(Order).order_by(Order.id.desc()).limit(1)).one()


def follow(client: FlaskClient, number: str, tail: str = "5678") -> str:
    db.session.expire_all()
    client.post("/citizen/follow", data={"number": number, "tail": tail})
    return client.get("/citizen/order", follow_redirects=True).text


def test_the_start_offers_two_ways(client: FlaskClient) -> None:
    page = client.get("/citizen").text
    assert "/citizen/new" in page
    assert "/citizen/follow" in page
    assert client.get("/").headers["Location"] == "/citizen"


def test_a_complaint_is_placed_and_its_number_shown(client: FlaskClient) -> None:
    assert client.get("/citizen/new").status_code == 200
    answer = client.post("/citizen/new", data=form(secret="true", nature="help"))
    assert answer.status_code == 303
    order = newest()
    assert (order.channel, order.nature, order.secret) == (Channel.WEB, Nature.HELP, True)
    assert order.requester_phone == "13912345678"
    page = client.get(answer.headers["Location"]).text
    assert order.number[:8] in page
    assert order.number[8:] in page
    assert "13912345678" not in page
    assert "5678" in page
    assert "Yunchuan Water Supply Group" in page


def test_errors_stand_beside_the_fields_and_input_is_kept(client: FlaskClient) -> None:
    before = count()
    for wrong, field in (({"phone": ""}, "phone"), ({"phone": "abc"}, "phone"), ({"text": " "}, "text")):
        answer = client.post("/citizen/new", data=form(**wrong, address="留着的<地址>"))
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text
        assert "留着的&lt;地址&gt;" in answer.text
        assert 'value="c1"' in answer.text
    assert count() == before


def takes(client: FlaskClient, phone: str) -> bool:
    """Whether a citizen can leave this number: without words the form is refused either way, for them alone or for both."""
    answer = client.post("/citizen/new", data=form(text="", phone=phone))
    assert answer.status_code == 422
    return 'id="phone-error"' not in answer.text


@pytest.mark.parametrize(
    "phone",
    ["139 1234 5678", "+86 139-1234-5678", "010-12345678", "0571 1234567", "+86 10 12345678", "+49 30 901820"],
)
def test_a_number_the_hotline_can_call_is_taken(client: FlaskClient, phone: str) -> None:
    assert takes(client, phone)


@pytest.mark.parametrize(
    "phone", ["12345", "8123456", "1391234567", "139123456789", "12345678", "+12345", "139a2345678"]
)
def test_one_it_cannot_call_is_not(client: FlaskClient, phone: str) -> None:
    assert not takes(client, phone)


def test_a_program_that_fills_everything_is_refused(client: FlaskClient) -> None:
    before = count()
    answer = client.post("/citizen/new", data=form(website="http://spam.example"))
    assert answer.status_code == 422
    assert "王女士" in answer.text
    assert count() == before


def test_sent_twice_it_is_one_complaint(client: FlaskClient) -> None:
    before = count()
    first, second = (client.post("/citizen/new", data=form()).headers["Location"] for _ in range(2))
    assert first == second
    assert count() == before + 1


def test_another_matter_on_an_old_form_is_asked_about_and_then_taken(client: FlaskClient) -> None:
    before = count()
    client.post("/citizen/new", data=form())
    again = client.post("/citizen/new", data=form(text="另一件事"))
    assert again.status_code == 409
    assert "另一件事" in again.text
    assert 'value="c1"' not in again.text
    key = again.text.split('name="key" value="')[1].split('"')[0]
    assert client.post("/citizen/new", data=form(text="另一件事", key=key)).status_code == 303
    assert count() == before + 2


def test_the_number_is_shown_only_to_the_browser_that_placed_it(client: FlaskClient, app: Flask, now: datetime) -> None:
    other = factories.received(now)
    db.session.commit()
    mine = client.post("/citizen/new", data=form()).headers["Location"]
    assert client.get(mine).status_code == 200
    assert client.get(f"/citizen/done/{other.number}").status_code == 404
    stranger = app.test_client()
    assert stranger.get(mine).status_code == 404
    assert stranger.get("/citizen/order").headers["Location"] == "/citizen/follow"


def test_number_and_phone_must_both_fit(client: FlaskClient, now: datetime) -> None:
    order = factories.received(now)
    empty = factories.received(now, requester_phone="")
    db.session.commit()
    pages = set()
    for number, tail in ((order.number, "0000"), ("20260101000000", "5678"), (empty.number, "0000")):
        answer = client.post("/citizen/follow", data={"number": number, "tail": tail})
        assert answer.status_code == 404
        pages.add(answer.text.split('id="wrong">')[1].split("</div>")[0])
        assert client.get("/citizen/order").status_code == 302
    assert len(pages) == 1
    spaced = f"{order.number[:8]} {order.number[8:]}"
    assert client.post("/citizen/follow", data={"number": spaced, "tail": " 5678 "}).status_code == 303
    assert order.number in client.get("/citizen/order").text


@pytest.mark.parametrize(
    ("number", "tail", "fields"),
    [
        ("", "", {"number", "tail"}),
        ("123", "abcd", {"number", "tail"}),
        ("20260101000000", "12345678", {"tail"}),
        ("2026010100000x", "5678", {"number"}),
    ],
)
def test_what_is_no_number_is_told_beside_its_field(
    client: FlaskClient, number: str, tail: str, fields: set[str]
) -> None:
    answer = client.post("/citizen/follow", data={"number": number, "tail": tail})
    assert answer.status_code == 422
    assert set(re.findall(r'id="(\w+)-error"', answer.text)) == fields
    assert "No complaint fits" not in answer.text


def test_progress_tells_what_is_the_citizens_and_no_more(client: FlaskClient, now: datetime) -> None:
    order = factories.dispatched(now, secret=True)
    hand = factories.HANDLER
    handle.sign(order, hand, now)
    handle.record_contact(order, hand, now, note="内部联系备注")
    handle.add_note(order, hand, now, note="内部记事")
    transfer.request_return(order, hand, now, reason="内部退单理由", proposed_unit="water")
    transfer.refuse_return(order, factories.DISPATCHER, now, reason="内部驳回理由")
    handle.reply(
        order,
        hand,
        now,
        result=Result.SOLVED,
        public_reply="已经修好了。",
        note="内部答复备注",
        uploads=(Upload("现场.png", PNG),),
    )
    db.session.commit()
    page = follow(client, order.number)
    for said in (
        "已经修好了。",
        "Yunchuan Housing and Urban-Rural Development Bureau",
        "现场.png",
    ):
        assert said in page
    for hidden in ("内部", hand.name, factories.DISPATCHER.name, "13912345678", "139****", "/rate/", "王女士"):
        assert hidden not in page


def test_the_link_of_a_rating_stands_on_no_page(client: FlaskClient, app: Flask, now: datetime) -> None:
    client.post("/citizen/new", data=form(text="说不清的一件事"))
    order = newest()
    transfer.dispatch(order, "housing", factories.DISPATCHER, now, category="060101")
    handle.sign(order, factories.HANDLER, now)
    handle.reply(order, factories.HANDLER, now, result=Result.SOLVED, public_reply="好了")
    db.session.commit()
    for browser in (client, app.test_client()):
        page = follow(browser, order.number)
        assert "好了" in page
        assert 'action="/citizen/rate"' in page
        assert str(order.rating_token) not in page


def test_input_no_database_can_hold_is_refused(client: FlaskClient) -> None:
    for path, fields in (
        ("/citizen/follow", {"number": "1\0", "tail": "5678"}),
        ("/citizen/new", form(key="c\0")),
        ("/sign-in", {"login": "agent\0", "password": "x"}),
        ("/citizen/follow?\0=1", {}),
    ):
        assert client.post(path, data=fields).status_code == 400
    assert client.get("/orders/%00").status_code == 400
    assert client.get("/orders?q=%00").status_code == 400


def test_files_of_the_answer_are_the_citizens_alone(client: FlaskClient, app: Flask, now: datetime) -> None:
    order = factories.handling(now)
    files = (Upload("现场.png", PNG),)
    handle.reply(order, factories.HANDLER, now, result=Result.SOLVED, public_reply="好了", uploads=files)
    db.session.commit()
    file = db.session.scalars(select(Attachment).filter_by(order_id=order.id)).one()
    url = f"/citizen/file/{file.id}"
    assert client.get(url).status_code == 404
    follow(client, order.number)
    answer = client.get(url)
    assert answer.data == PNG
    assert answer.headers["Content-Disposition"].startswith("attachment")
    file.public = False
    db.session.commit()
    assert client.get(url).status_code == 404
    answer.close()


def test_what_comes_next_has_its_date_and_its_reason(client: FlaskClient, now: datetime) -> None:
    order = factories.dispatched(now)
    db.session.commit()
    page = follow(client, order.number)
    due = next(one for one in order.deadlines if one.clock is Clock.HANDLE)
    assert due.due_at.isoformat() in page
    assert "5 working days." in page
    assert "<details>" in page


def test_an_evaluated_answer_is_not_rated_again(client: FlaskClient, now: datetime) -> None:
    order = factories.replied(now)
    handle.evaluate(order, factories.CALLBACK, now, solved=False, satisfaction="dissatisfied")
    db.session.commit()
    assert "/citizen/rate" not in follow(client, order.number)


def test_what_is_over_says_so(client: FlaskClient, now: datetime) -> None:
    answered = factories.received(now)
    answer_directly(answered, factories.DISPATCHER, now, public_reply="当场答复。")
    for order in (factories.closed(now), answered):
        db.session.commit()
        page = follow(client, order.number)
        assert "now over" in page
        assert "coming" not in page


def test_a_shared_device_forgets(client: FlaskClient) -> None:
    done = client.post("/citizen/new", data=form()).headers["Location"]
    assert client.get("/citizen/order").status_code == 200
    client.post("/citizen/leave")
    assert client.get("/citizen/order").status_code == 302
    assert client.get(done).status_code == 404


def test_every_step_state_and_clock_has_words_or_is_the_governments_own() -> None:
    assert set(PRESENT) == set(State)
    internal = {Action.REQUEST_TIME, Action.REFUSE_TIME, Action.FEED_BACK, Action.SET_UPSTREAM}
    internal |= {Action.PROPOSE_EXIT, Action.REFUSE_EXIT}  # the citizen hears when it is decided
    internal |= {
        Action.ASSIGN,
        Action.FINISH_PART,
        Action.ENTRUST,
        Action.DISPUTE,
        Action.RULE,
        Action.SUBMIT_REPLY,
        Action.REJECT_REPLY,
    }
    internal |= {Action.ESCALATE, Action.UNLIST}
    internal |= {Action.APPEAL, Action.REVIEW_APPEAL, Action.DECIDE_APPEAL}
    assert set(Action) - set(TOLD) == {Action.AMEND, Action.NOTE, Action.LINK} | internal
    never_run = {Clock.RETURN_REQUEST, Clock.EXTENSION, Clock.PROMISE}
    assert (
        set(Clock) - set(COMING) == {Clock.SUPERVISE, Clock.ASSIST, Clock.READ, Clock.REVIEW, Clock.RULING} | never_run
    )


def test_a_second_unit_is_named_from_when_it_has_the_order(session: None, now: datetime) -> None:
    order = factories.dispatched(now)
    transfer.request_return(order, factories.HANDLER, now, reason="不归我们")
    transfer.redispatch(order, "water", factories.DISPATCHER, now, reason="归水务")
    db.session.commit()
    db.session.expire_all()
    told = [one.words for one in happened(order.events, {"housing": "甲", "water": "乙"})]
    assert "甲" in told[1]
    assert "甲" in told[2]
    assert "乙" in told[3]
    later = ahead(order.deadlines, "乙", now + timedelta(days=30))
    assert later
    assert all(step.late for step in later if step.deadline)
    assert [step.deadline is None for step in later][-1]  # the rest of the way has no date yet


def test_who_tries_too_often_is_told_to_wait(limited: FlaskClient) -> None:
    asked = [limited.post("/citizen/follow", data={"number": f"{n:014}", "tail": "0000"}) for n in range(21)]
    assert [answer.status_code for answer in asked] == [404] * 20 + [429]
    assert 'value="0000"' in asked[-1].text


def ask(client: FlaskClient, number: str, n: int, address: str) -> int:
    form = {"number": number, "tail": f"{n:04d}"}
    return client.post("/citizen/follow", data=form, environ_base={"REMOTE_ADDR": address}).status_code


def test_the_digits_of_one_order_are_not_tried_out_from_one_address_and_others_are_let_in(
    limited: FlaskClient,
) -> None:
    asked = [ask(limited, "2026 1117 000001", n, "10.0.0.1") for n in range(10)]
    asked += [ask(limited, "20261117000001", 10, "10.0.0.1"), ask(limited, "20261117000002", 11, "10.0.0.1")]
    assert asked == [404] * 10 + [429, 404]
    assert ask(limited, "20261117000001", 12, "10.0.0.2") == 404


def test_nor_from_many_addresses(limited: FlaskClient) -> None:
    asked = [ask(limited, "20261117000003", n, f"10.0.1.{n}") for n in range(61)]
    assert asked == [404] * 60 + [429]


def test_a_form_that_was_refused_does_not_count(limited: FlaskClient) -> None:
    refused = [limited.post("/citizen/new", data=form(phone="")) for _ in range(12)]
    assert {answer.status_code for answer in refused} == {422}


def test_refused_forms_have_an_end_too(limited: FlaskClient) -> None:
    refused = [limited.post("/citizen/new", data=form(phone="")).status_code for _ in range(61)]
    assert refused == [422] * 60 + [429]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (TimeKind.SUPPLEMENT, "waits for what you are to bring"),
        (TimeKind.PROCEDURE, "a procedure the law asks for"),
        (TimeKind.PROMISE, "has promised to settle it"),
    ],
)
def test_a_citizen_is_told_what_is_waited_for(client: FlaskClient, now: datetime, kind: TimeKind, said: str) -> None:
    order = factories.handling(now)
    request_time(
        order, factories.HANDLER, now, kind=kind, until=date(2026, 11, 24), reason="内部理由", next_step="下一步"
    )
    grant_time(order, factories.DISPATCHER, now)
    factories.saved(order)
    client.post("/citizen/follow", data={"number": order.number, "tail": order.requester_phone[-4:]})
    page = client.get("/citizen/order").text
    assert said in page
    assert "内部理由" not in page


def test_a_citizen_urges_once_a_working_day(client: FlaskClient, now: datetime) -> None:
    order = factories.saved(factories.handling(now))
    assert "/citizen/urge" in follow(client, order.number)
    long = client.post("/citizen/urge", data={"note": "x" * 501})
    assert long.status_code == 422
    assert "x" * 501 in long.text
    assert factories.fresh(order).urges == 0
    page = client.post("/citizen/urge", data={"note": "还在漏水"}, follow_redirects=True).text
    assert "We have told the office that you are waiting." in page
    assert "was urged to get on with it" in page
    assert "You can urge it again from" in page
    assert "/citizen/urge" not in page
    assert "还在漏水" not in page  # what is noted is the government's own
    again = client.post("/citizen/urge", data={}, follow_redirects=True).text
    assert "It has been urged today already" in again
    order = factories.fresh(order)
    assert order.urges == 1
    assert order.events[-1].payload["note"] == "还在漏水"


def test_the_day_to_urge_again_is_the_next_working_day(session: None, now: datetime) -> None:
    order = factories.handling(now)
    friday = now + timedelta(days=(4 - now.weekday()) % 7)
    urge(order, CITIZEN, friday, note="催")
    for later in (friday, friday + timedelta(days=2)):
        said = urged(order, later)
        assert said is not None
        assert (said.at, said.again) == (friday, friday.date() + timedelta(days=3))
    assert urged(order, friday + timedelta(days=3)) is None


def test_urging_needs_an_order_that_is_followed_and_with_a_unit(client: FlaskClient, now: datetime) -> None:
    assert client.post("/citizen/urge", data={}).status_code == 404
    order = factories.saved(factories.received(now))
    assert "/citizen/urge" not in follow(client, order.number)
    client.post("/citizen/urge", data={})
    assert factories.fresh(order).urges == 0


def test_whose_order_is_merged_urges_its_master(client: FlaskClient, now: datetime) -> None:
    master = factories.handling(now, requester_phone="13700000000")
    child = factories.received(now)
    merge(child, factories.DISPATCHER, now, master=master.number, reason="同一事项")
    factories.saved(child)
    assert "/citizen/urge" in follow(client, child.number)
    client.post("/citizen/urge", data={})
    assert (factories.fresh(master).urges, factories.fresh(child).urges) == (1, 0)
