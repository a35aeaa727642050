"""The inbox narrowed by its address, the day's digest, views kept under a name, and who in the unit does an order."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed, NotFound
from hotline.handle import operations as handle
from hotline.handle.entrusting import entrust
from hotline.handle.narrowing import Asked, Due, Mark, asked_of
from hotline.handle.queries import inbox_counts, sign_next, started_since, unit_inbox
from hotline.orders.models import Order
from hotline.orders.urging import urge
from hotline.orders.vocabulary import Urgency
from hotline.people import views
from hotline.people.actors import Actor
from hotline.people.models import SavedView, Unit, User
from hotline.people.operations import create_user
from hotline.people.roles import Role
from hotline.policy.limits import Clock
from hotline.transfer import operations as transfer
from tests import factories
from tests.conftest import NOW, PASSWORD
from tests.factories import CALLBACK, DISPATCHER, HANDLER, fresh, saved

Signer = Callable[[str], FlaskClient]
ActorOf = Callable[[str], Actor]
YESTERDAY = NOW - timedelta(days=1)


def listed(page: str) -> set[str]:
    return set(re.findall(r'data-row="(\d+)"', page))


def a_day(now: datetime) -> dict[str, Order]:
    """One order for each thing an inbox is narrowed by."""
    made = {
        "plain": factories.handling(now - timedelta(days=4)),
        "urgent": factories.handling(now - timedelta(days=4), urgency=Urgency.URGENT),
        "urged": factories.handling(now - timedelta(days=4)),
        "again": factories.replied(now - timedelta(days=4)),
        "new": factories.dispatched(now, title="月亮桥边的事", district_code="d02"),
    }
    urge(made["urged"], DISPATCHER, now, note="再催")
    handle.evaluate(made["again"], CALLBACK, now, solved=False, satisfaction="dissatisfied")
    handle.redo(made["again"], CALLBACK, now, reason="没有解决")
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("mark=urged", {"urged"}),
        ("mark=again", {"again"}),
        ("mark=urgent", {"urgent"}),
        ("mark=new", {"new"}),
        ("district=d02", {"new"}),
        ("q=月亮", {"new"}),
        ("state=dispatched&category=0601", {"new"}),
        ("category=12", set()),
        ("state=handling&mark=nobodys", {"plain", "urgent", "urged", "again"}),
        ("mark=nonsense&unit=water&state=closed", {"plain", "urgent", "urged", "again", "new"}),
    ],
)
def test_the_address_narrows_the_inbox(sign_in: Signer, now: datetime, query: str, found: set[str]) -> None:
    made = a_day(now)
    db.session.commit()
    page = sign_in("handler").get(f"/inbox?{query}").text
    assert listed(page) & {order.number for order in made.values()} == {made[name].number for name in found}


def test_what_somebody_had_who_left_the_unit_is_nobodys(session: None, actor: ActorOf, now: datetime) -> None:
    handler = actor("handler")
    person = create_user("left", "要走的人", Role.HANDLER, PASSWORD, now, unit_code="housing")
    order = factories.handling(now)
    entrust(order, handler, now, person="left")
    asked = Asked(mark=Mark.NOBODYS)

    def is_nobodys() -> bool:
        db.session.flush()
        return order in db.session.scalars(unit_inbox(handler, asked, now)).unique()

    assert not is_nobodys()
    person.unit_code = db.session.get_one(Unit, "housing").parent_code  # above it: may still do its work
    assert not is_nobodys()
    person.unit_code = "d01"
    assert is_nobodys()
    person.unit_code, person.active = "housing", False
    assert is_nobodys()


def test_a_number_finds_its_order_and_a_telephone_number_is_not_looked_for(sign_in: Signer, now: datetime) -> None:
    order, _ = factories.handling(now), saved(factories.handling(now))
    client = sign_in("handler")
    assert listed(client.get(f"/inbox?q={order.number}").text) == {order.number}
    narrowed = client.post("/inbox", data={"q": "月亮", "mark": "urged", "state": "handling"})
    assert parse_qs(urlsplit(narrowed.location).query) == {"q": ["月亮"], "mark": ["urged"], "state": ["handling"]}
    assert client.post("/inbox", data={"q": "王女士 139.1234.5678"}).status_code == 422
    refused = client.post("/inbox", data={"q": "139 1234 5678", "mark": "urged"})
    assert refused.status_code == 422
    assert 'id="q-error"' in refused.text
    assert listed(refused.text) == set()
    assert "139 1234 5678" not in refused.text
    assert not re.search(r'(href|action)="[^"]*1234', refused.text)


def test_what_the_address_says_comes_back_in_every_link() -> None:
    actor = Actor(HANDLER.role, "经办", units=frozenset({"housing", "d01"}))
    asked = asked_of(
        {"state": "handling", "due": "soon", "unit": "d01", "q": " 路灯 ", "page": "3", "other": "x"}, actor
    )
    assert asked == Asked(state="handling", due="soon", unit="d01", q="路灯", page=3)
    assert asked.address() == {"state": "handling", "due": "soon", "unit": "d01", "q": "路灯"}
    assert asked.address(due="", page=3) == {"state": "handling", "unit": "d01", "q": "路灯", "page": 3}
    assert not Asked(state="handling", page=2).narrows


def test_the_digest_counts_what_its_links_show(session: None, actor: ActorOf, now: datetime) -> None:
    made = a_day(now)
    late = factories.handling(now - timedelta(days=20))
    today = factories.handling(now - timedelta(days=7))
    handler = actor("handler")
    counts = inbox_counts(handler, now)
    for due in Due:
        assert counts[due] == len(db.session.scalars(unit_inbox(handler, Asked(due=due), now)).unique().all())
    for mark in Mark:
        assert counts[mark] == len(db.session.scalars(unit_inbox(handler, Asked(mark=mark), now)).unique().all())
    due_now = {order.id for order in db.session.scalars(unit_inbox(handler, Asked(due="today"), now)).unique()}
    assert today.id in due_now
    assert late.id not in due_now
    assert counts["dispatched"] == 1
    assert sign_next(handler) == next(row.due_at for row in made["new"].deadlines if row.clock is Clock.SIGN)
    started = started_since(handler, YESTERDAY)
    assert started == {Clock.REDO: 1}


def test_the_inbox_says_the_day_at_its_top(sign_in: Signer, now: datetime) -> None:
    a_day(now)
    db.session.commit()
    page = sign_in("handler").get("/inbox").text
    figures = re.search(r'id="figures">(.*?)</section>', page, re.DOTALL)
    assert figures
    said = re.sub(r"<[^>]+>|\s+", " ", figures[1])
    for words in ("urged 1", "to redo 1", "to sign 1 first by", "1 came", "1 sent back to redo"):
        assert words in re.sub(r" +", " ", said)


def test_a_row_is_picked_only_for_a_step_that_can_be_taken_with_several(sign_in: Signer, now: datetime) -> None:
    waiting, signed = saved(factories.dispatched(now)), saved(factories.handling(now))

    def picks(client: FlaskClient, query: str = "") -> tuple[set[str], bool, bool]:
        page = client.get(f"/inbox{query}").text
        return set(re.findall(r'name="order" value="(\d+):', page)), "Sign selected" in page, "data-bulk" in page

    assert picks(sign_in("handler")) == ({waiting.number, signed.number}, True, True)
    assert picks(sign_in("handler"), "?state=handling") == ({signed.number}, False, True)  # it can be given on
    db.session.execute(update(User).where(User.login == "unit_head").values(active=False))
    saved(waiting)
    assert picks(sign_in("handler")) == ({waiting.number}, True, True)
    assert picks(sign_in("handler"), "?state=handling") == (set(), False, False)


# Views


def test_a_view_is_kept_opened_renamed_and_dropped(sign_in: Signer, now: datetime) -> None:
    client = sign_in("handler")
    query = "state=handling&due=overdue&page=2"
    kept = client.post("/views", data={"page": "handle.inbox", "name": "超期的", "query": query})
    assert kept.location == "/inbox?state=handling&due=overdue"
    view = db.session.query(SavedView).one()
    page = client.get(kept.location).text
    assert re.search(r'class="chip on" href="/inbox\?state=handling&amp;due=overdue"[^>]*>.*?超期的', page, re.DOTALL)
    client.post(f"/views/{view.id}/rename", data={"name": "超期件"})
    assert fresh_view(view).name == "超期件"
    client.post("/views", data={"page": "handle.inbox", "name": "超期件", "query": "due=soon"})
    assert fresh_view(view).query == "due=soon"
    assert "超期件" in client.get("/inbox").text
    client.post("/sign-out")
    assert "超期件" not in sign_in("unit_head").get("/inbox").text
    assert client.post(f"/views/{view.id}/drop").status_code == 404
    client.post("/sign-out")
    assert sign_in("handler").post(f"/views/{view.id}/drop").status_code == 302
    assert db.session.query(SavedView).count() == 0


def test_what_is_done_with_a_view_is_told_on_the_list(sign_in: Signer, now: datetime) -> None:
    client = sign_in("handler")

    def told(address: str, **given: str) -> str:
        page = client.post(address, data=given, follow_redirects=True)
        assert page.status_code == 200
        assert 'class="digest-day"' in page.text
        return " ".join(re.findall(r'class="note note-[^>]+>([^<]+)', page.text))

    kept = {"page": "handle.inbox", "query": "due=soon"}
    assert "kept among your views" in told("/views", name="一", **kept)
    assert "kept among your views" in told("/views", name="二", **kept)
    first = db.session.query(SavedView).filter_by(name="一").one().id
    assert "another of your views has this name" in told(f"/views/{first}/rename", name="二")
    assert "is required" in told(f"/views/{first}/rename", name=" ")
    assert "now called “三”" in told(f"/views/{first}/rename", name="三")
    assert "nothing is narrowed yet" in told("/views", name="四", page="handle.inbox", query="")
    assert client.post("/views", data={**kept, "page": "orders.listed", "name": "五"}).status_code == 422


def fresh_view(view: SavedView) -> SavedView:
    db.session.expire_all()
    return db.session.get_one(SavedView, view.id)


def test_what_cannot_be_kept_as_a_view(session: None, actor: ActorOf, now: datetime) -> None:
    handler = actor("handler")
    with pytest.raises(Invalid, match="query"):
        views.keep_view(handler, now, page="handle.inbox", name="空", query="page=2&part=rows")
    with pytest.raises(Invalid, match="query"):
        views.keep_view(handler, now, page="handle.inbox", name="号码", query="q=139+1234+5678")
    kept = views.keep_view(handler, now, page="handle.inbox", name="号码", query="q=王+13912345678&since=2026-11-17")
    assert kept.query == "since=2026-11-17"
    with pytest.raises(Invalid, match="page"):
        views.keep_view(handler, now, page="report.week", name="周报", query="due=soon")
    for n in range(views.MOST - 1):  # one is kept already
        view = views.keep_view(handler, now, page="handle.inbox", name=f"第{n}个", query="due=soon")
    with pytest.raises(Invalid, match="name"):
        views.keep_view(handler, now, page="handle.inbox", name="多出的", query="due=soon")
    with pytest.raises(Invalid, match="name"):
        views.rename_view(handler, view.id, name="第0个")
    with pytest.raises(NotFound):
        views.rename_view(actor("unit_head"), view.id, name="别人的")


# Who does it


def test_an_order_is_given_to_a_colleague_and_stands_under_their_name(sign_in: Signer, now: datetime) -> None:
    order, other = factories.handling(now), factories.dispatched(now)
    transfer.dispatch(factories.received(now), "water", DISPATCHER, now, category="060101")
    db.session.commit()
    client = sign_in("unit_head")
    done = client.post(f"/orders/{order.number}/entrust", data={"version": order.version, "person": "handler"})
    assert done.status_code == 302
    assert fresh(order).handler_id == db.session.query(User.id).filter_by(login="handler").scalar()
    page = client.get("/inbox?who=handler").text
    assert listed(page) == {order.number}
    assert "测试handler</td>" in page
    picked = {"order": [f"{one.number}:{one.version}" for one in (fresh(order), other)]}
    assert client.post("/inbox/entrust", data={"person": "unit_head", **picked}).status_code == 302
    assert listed(client.get("/inbox?mark=mine").text) == {order.number, other.number}
    assert "Done by" in client.get(f"/orders/{order.number}").text


def test_nobody_is_given_what_they_cannot_work_on(session: None, actor: ActorOf, now: datetime) -> None:
    order = factories.handling(now)
    head = actor("unit_head")
    for person in ("handler-d01", "manager", "nobody"):
        with pytest.raises(Invalid, match="person"):
            entrust(order, head, now, person=person)
    with pytest.raises(NotAllowed):
        entrust(order, actor("handler-d01"), now, person="handler-d01")
    entrust(order, head, now, person="handler")
    transfer.request_return(order, head, now, reason="不归我们")
    with pytest.raises(Conflict):
        entrust(order, head, now, person="handler")
    transfer.redispatch(order, "water", DISPATCHER, now, reason="归水务")
    assert order.handler_id is None


def test_what_could_not_be_given_is_told_row_by_row(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    picked = {"person": "handler", "order": [f"{order.number}:1"]}
    answer = sign_in("unit_head").post("/inbox/entrust", data=picked)
    assert "1 order was left as it is:" in answer.text
    assert re.search(rf"{order.number}</a>: Somebody has changed", answer.text)
    assert sign_in("unit_head").post("/inbox/entrust", data={"order": picked["order"]}).status_code == 422
