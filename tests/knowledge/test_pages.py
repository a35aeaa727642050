"""Knowledge on its pages, at the desk, on the order's page and through the API; who sees and who writes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from hotline.base.db import db
from hotline.knowledge.models import Article, Use
from hotline.knowledge.queries import revisions
from hotline.orders.lifecycle import State
from tests import factories
from tests.conftest import NOW
from tests.factories import fresh, saved
from tests.knowledge.test_articles import write

Signer = Callable[[str], FlaskClient]
Keys = Callable[[str], dict[str, str]]
FORM = {
    "title": "犬只登记去哪里办",
    "body": "到居住地派出所办理。<b>",
    "unit": "police",
    "review_on": "2027-01-01",
    "reason": "新条目",
    "revision": "0",
}
EVERYBODY = ("agent", "dispatcher", "handler", "unit_head", "callback", "supervisor", "manager", "admin")
DOG = "请问犬只登记去哪里办"


@pytest.mark.parametrize("login", EVERYBODY)
def test_everybody_reads(sign_in: Signer, login: str) -> None:
    client = sign_in(login)
    listed = client.get("/knowledge").text
    assert "加班工资按什么标准支付" in listed
    assert ("/knowledge/new" in listed) == (login in {"supervisor", "admin"})
    found = client.get("/knowledge?q=加班工资怎么算").text
    assert "ldgz-01" in found
    assert "gjj-01" not in found
    assert "《劳动法》" in client.get("/knowledge/ldgz-01").text
    assert client.get("/knowledge/nothing").status_code == 404


@pytest.mark.parametrize("login", [one for one in EVERYBODY if one not in {"supervisor", "admin"}])
def test_who_does_not_keep_it_does_not_write(sign_in: Signer, login: str) -> None:
    client = sign_in(login)
    for page in ("due", "misses", "new", "ldgz-01/edit"):
        assert client.get(f"/knowledge/{page}").status_code == 403
    for page in ("new", "ldgz-01/edit", "ldgz-01/retire"):
        assert client.post(f"/knowledge/{page}", data=FORM).status_code == 403
    assert len(revisions("ldgz-01")) == 1


def test_nobody_reads_without_signing_in(client: FlaskClient) -> None:
    assert client.get("/knowledge").status_code == 302
    assert client.get("/api/v1/knowledge").status_code == 401


def test_words_alone_find_too(sign_in: Signer) -> None:
    found = sign_in("agent").get("/knowledge?q=公积金").text
    assert "gjj-01" in found
    assert "ldgz-01" not in found
    assert "ldgz-01" in sign_in("agent").get("/knowledge?category=08").text
    assert "gjj-01" not in sign_in("agent").get("/knowledge?category=08").text


def test_an_article_is_written_revised_and_retired(sign_in: Signer) -> None:
    client = sign_in("supervisor")
    written = client.post("/knowledge/new", data=FORM)
    assert written.status_code == 302
    page = client.get(written.location).text
    assert "&lt;b&gt;" in page
    edit = client.get(f"{written.location}/edit").text
    assert 'value="2027-01-01"' in edit
    assert 'name="revision" value="1"' in edit
    revised = {**FORM, "body": "网上办理。", "revision": "1"}
    assert client.post(f"{written.location}/edit", data=revised).status_code == 302
    assert "Revision 2" in client.get(written.location).text
    assert client.post(f"{written.location}/retire", data={"revision": "2"}).status_code == 422
    assert client.post(f"{written.location}/retire", data={"revision": "1", "reason": "旧"}).status_code == 409
    assert client.post(f"{written.location}/retire", data={"revision": "2", "reason": "旧"}).status_code == 302
    assert "Not in force" in client.get(written.location).text


def test_what_was_typed_is_kept_when_refused(sign_in: Signer) -> None:
    client = sign_in("admin")
    wrong = client.post("/knowledge/new", data={**FORM, "review_on": "", "unit": ""})
    assert wrong.status_code == 422
    assert "到居住地派出所办理。&lt;b&gt;</textarea>" in wrong.text
    assert "is required" in wrong.text
    stale = client.post("/knowledge/ldgz-01/edit", data={**FORM, "revision": "0"})
    assert stale.status_code == 409
    assert "meanwhile" in stale.text
    assert client.post("/knowledge/nothing/edit", data=FORM).status_code == 404
    assert db.session.scalar(select(Article).filter_by(title=FORM["title"])) is None


def test_what_is_due_is_listed(sign_in: Signer) -> None:
    page = sign_in("supervisor").get("/knowledge/due").text
    assert "预付卡商家不履约能否退款" in page
    assert "review was due on 31 Oct 2026" in page
    assert "加班工资" not in page


def test_a_miss_is_noted_and_becomes_an_article(sign_in: Signer) -> None:
    client = sign_in("agent")
    assert "Note that it is missing" in client.get("/knowledge?q=养鸽子要办证吗").text
    assert client.post("/knowledge/misses", data={"words": "养鸽子要办证吗"}).status_code == 302
    assert db.session.scalars(select(Use)).one().article_id is None
    assert client.post("/knowledge/misses", data={}).status_code == 422
    page = sign_in("supervisor").get("/knowledge/misses").text
    assert "养鸽子要办证吗" in page
    assert 'value="养鸽子要办证吗"' in client.get("/knowledge/new?title=养鸽子要办证吗").text


def test_the_orders_page_offers_articles(sign_in: Signer) -> None:
    write(review_on=NOW.date().replace(day=16))
    order = saved(factories.received(NOW, title="犬只登记", text=DOG))
    client = sign_in("agent")
    page = client.get(f"/orders/{order.number}").text
    assert 'data-article="dog-01:1"' in page
    assert "review was due on 16 Nov 2026" in page
    said = {"version": order.version, "public_reply": "到派出所办理犬只登记。", "article": "dog-01:1"}
    stale = client.post(f"/orders/{order.number}/answer", data={**said, "article": "dog-01:9"})
    assert stale.status_code == 422
    assert client.post(f"/orders/{order.number}/answer", data=said).status_code == 302
    assert fresh(order).state is State.ANSWERED
    assert "dog-01, revision 1" in client.get(f"/orders/{order.number}").text


def test_a_unit_is_offered_none_and_answers_none(sign_in: Signer) -> None:
    write()
    order = saved(factories.dispatched(NOW, title="犬只登记", text=DOG))
    page = sign_in("handler").get(f"/orders/{order.number}").text
    assert "data-article" not in page
    refused = sign_in("handler").post(f"/orders/{order.number}/answer", data={"version": 2, "public_reply": "可以。"})
    assert refused.status_code == 409


def test_the_desk_offers_articles_and_answers_from_one(sign_in: Signer) -> None:
    write()
    client = sign_in("agent")
    assert 'data-article="dog-01:1"' in client.post("/desk/suggestion", data={"text": DOG}).text
    assert "data-article" not in client.post("/desk/suggestion", data={"text": "路灯坏了半个月没人修"}).text
    form = {
        "key": "k" * 32,
        "text": DOG,
        "do": "answer",
        "public_reply": "到派出所办理犬只登记。",
        "article": "dog-01:1",
    }
    assert client.post("/desk", data={**form, "article": "dog-01:2"}).status_code == 422
    assert client.post("/desk", data=form).status_code == 303
    assert db.session.scalars(select(Use)).one().article_id is not None


def test_the_draft_of_a_call_keeps_its_article(sign_in: Signer) -> None:
    draft = {"key": "k" * 32, "at": "1", "text": DOG, "public_reply": "可以。", "article": "dog-01:1", "anyway": "true"}
    client = sign_in("agent")
    assert client.post("/desk/draft", data=draft).status_code == 204
    assert "dog-01:1" in client.get("/desk").text


def test_the_api_searches_writes_and_retires(client: FlaskClient, key_of: Keys) -> None:
    agent, keeper = key_of("agent"), key_of("supervisor")
    at = "/api/v1/knowledge"
    (best, *_) = client.get(at, query_string={"q": "加班工资怎么算"}, headers=agent).json["articles"]
    assert (best["code"], best["words"][0]) == ("ldgz-01", "加班")
    assert client.get(at, headers=agent).json["total"] >= 25
    labour = client.get(at, query_string={"category": "08"}, headers=agent).json["articles"]
    assert {one["category"][:2] for one in labour} == {"08"}
    body = {name: FORM[name] for name in ("title", "body", "unit", "review_on", "reason")}
    assert client.put(f"{at}/dog-01", json=body, headers=agent).status_code == 403
    made = client.put(f"{at}/dog-01", json=body, headers={**keeper, "If-Match": '"0"'})
    assert (made.status_code, made.headers["ETag"]) == (200, '"1"')
    assert client.put(f"{at}/dog-01", json=body, headers={**keeper, "If-Match": '"0"'}).status_code == 409
    assert client.put(f"{at}/dog-01", json={**body, "unit": "nobody"}, headers=keeper).status_code == 422
    assert client.delete(f"{at}/dog-01?reason=旧", headers=agent).status_code == 403
    gone = client.delete(f"{at}/dog-01?reason=旧", headers=keeper).json
    assert (gone["in_force"], [one["revision"] for one in gone["history"]]) == (None, [2, 1])
    assert client.get(f"{at}/dog-02", headers=agent).status_code == 404
