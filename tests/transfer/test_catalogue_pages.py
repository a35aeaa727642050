"""The pages and the API of the dispatch catalogue: who may, what is shown, what is refused and where it says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from config.settings import HERE
from hotline.base.db import db
from hotline.people.actors import Actor
from hotline.people.roles import STAFF_ROLES, UNIT_ROLES, Role
from hotline.transfer.catalogue_queries import catalogue_version, history
from hotline.transfer.models import CatalogueRow
from hotline.transfer.revise import revise_row
from tests import factories
from tests.factories import saved

SignIn = Callable[[str], FlaskClient]
KeyOf = Callable[[str], dict[str, str]]

EDITORS = {Role.SUPERVISOR, Role.ADMIN}
ROW = "/catalogue/0501/*"
API = "/api/v1/catalogue/0501/*"
FILE = (HERE / "city" / "catalogue.csv").read_text(encoding="utf-8")
SURE = {"title": "望江区停水", "text": "望江区锦绣花园停水三天,自来水公司不来抢修,家里停水"}


def given(**changes: Any) -> dict[str, Any]:
    form = {"version": history("0501", "*").version, "lead": "housing", "basis": "会议纪要", "reason": "职责调整"}
    return {**form, **changes}


def text(page: str) -> str:
    """What a page says, its marks taken away."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def listed_rows(page: str) -> list[str]:
    return [text(row) for row in re.findall(r'<tr data-row="\d+">(.*?)</tr>', page, re.DOTALL)]


def lead(now: datetime, category: str = "0501", district: str = "*") -> str | None:
    db.session.expire_all()
    terms = history(category, district).terms_at(now)
    return terms.lead if terms else None


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_the_center_reads_it_and_those_in_charge_change_it(sign_in: SignIn, now: datetime, role: Role) -> None:
    client = sign_in(role)
    reads, changes = role not in UNIT_ROLES, role in EDITORS
    for page in ("/catalogue", "/catalogue.csv", ROW, f"/catalogue/rows/{history('0501', '*').version}"):
        assert client.get(page, follow_redirects=True).status_code == (200 if reads else 403), page
    for page in ("/catalogue/new", "/catalogue/upload"):
        assert client.get(page).status_code == (200 if changes else 403), page
    before = catalogue_version()
    for address in (ROW, f"{ROW}/end", f"{ROW}/withdraw", "/catalogue/new", "/catalogue/upload/apply"):
        assert (client.post(address, data={"reason": ""}).status_code == 403) is not changes, address
    assert catalogue_version() == before
    assert ("New row" in client.get("/catalogue").text) is changes
    in_rail = 'class="desk" href="/catalogue"' in client.get("/policy").text
    assert in_rail is (changes or role is Role.DISPATCHER)


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_the_api_asks_for_the_same_permissions(client: FlaskClient, key_of: KeyOf, role: Role) -> None:
    key = key_of(role)
    reads, changes = role not in UNIT_ROLES, role in EDITORS
    assert client.get("/api/v1/catalogue", headers=key).status_code == (200 if reads else 403)
    assert client.get(API, headers=key).status_code == (200 if reads else 403)
    body = {"lead": "housing", "reason": "职责调整"}
    assert client.put(API, json=body, headers=key).status_code == (200 if changes else 403)
    assert client.delete(f"{API}?reason=不再需要", headers=key).status_code == (200 if changes else 403)


def test_nobody_else_reads_it(client: FlaskClient) -> None:
    assert client.get("/catalogue").status_code == 302
    assert client.get("/api/v1/catalogue").status_code == 401


@pytest.mark.parametrize(
    ("query", "every"),
    [
        ("matter=1201", "1201"),
        ("matter=城市管理", "12"),
        ("matter=city manage", "12"),
        ("district=d07", "Hi-Tech"),
        ("unit=finance", "Financial"),
        ("unit=street", "street or town"),
    ],
)
def test_the_list_is_narrowed(sign_in: SignIn, query: str, every: str) -> None:
    rows = listed_rows(sign_in("dispatcher").get(f"/catalogue?{query}").text)
    assert 0 < len(rows) < 50
    assert all(re.search(every, row) for row in rows)


def test_what_no_row_fits_says_so(sign_in: SignIn) -> None:
    assert "No row fits." in sign_in("dispatcher").get("/catalogue?matter=100%").text


def test_the_list_has_pages(sign_in: SignIn) -> None:
    client = sign_in("dispatcher")
    first, last = (listed_rows(client.get(f"/catalogue?page={page}").text) for page in (1, 5))
    assert (len(first), len(last)) == (50, 25)
    assert not set(first) & set(last)


def test_a_row_is_changed_and_its_page_says_what_who_and_why(sign_in: SignIn, now: datetime) -> None:
    client = sign_in("supervisor")
    done = client.post(ROW, data=given(assist=["urban", "territory"]), follow_redirects=True)
    assert lead(now) == "housing"
    row = history("0501", "*").rows[-1]
    entry = re.search(rf'id="row-{row.id}">(.*?)</li>\s*<li class="entry"', done.text, re.DOTALL)
    assert entry
    said = text(entry[1])
    for part in ("Changed", "测试supervisor", "职责调整", "Water Supply", "会议纪要", "The district of the place"):
        assert part in said
    assert "Saved." in done.text


def test_a_plan_is_shown_and_given_up(sign_in: SignIn, now: datetime) -> None:
    client = sign_in("supervisor")
    done = client.post(ROW, data=given(effective="2026-12-01"), follow_redirects=True)
    assert "In force from 2026-12-01" in done.text
    planned = history("0501", "*").planned(now)
    assert planned
    assert planned.valid_from.isoformat() == "2026-11-30T16:00:00+00:00", "the city's midnight"
    assert "Planned from" in done.text
    (row,) = listed_rows(client.get("/catalogue?matter=0501&district=*&at=2026-11-30").text)
    assert "Housing" not in row
    (row,) = listed_rows(client.get("/catalogue?matter=0501&district=*&at=2026-12-01").text)
    assert "Housing" in row
    assert "planned" in listed_rows(client.get("/catalogue?matter=0501").text)[0]
    client.post(f"{ROW}/withdraw", data={"version": planned.id, "reason": "暂缓"})
    assert lead(now + timedelta(days=60)) == lead(now) != "housing"


def test_the_catalogue_as_it_was(sign_in: SignIn, now: datetime) -> None:
    revise_row("0501", "*", lead="housing", actor=Actor(Role.ADMIN, "管理员"), now=now, reason="职责调整")
    client = sign_in("supervisor")
    with time_machine.travel(now + timedelta(days=9), tick=False):
        client.post(ROW, data=given(lead="urban"))
        rows = [
            listed_rows(client.get(f"/catalogue?matter=0501&district=*{day}").text)[0]
            for day in ("", "&at=2026-11-26", "&at=2026-11-25")
        ]
    assert ["Housing" in row for row in rows] == [False, False, True]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lead": ""}, "is required"),
        ({"lead": "watr"}, "watr is not a unit"),
        ({"assist": ["watr"]}, "watr is not a unit"),
        ({"power": "enforcement", "lead": "water-supply"}, "let this one assist"),
        ({"effective": "2026-11-17"}, "is over"),
        ({"effective": "soon"}, "give a day"),
        ({"reason": ""}, "is required"),
    ],
)
def test_what_cannot_be_used_stands_beside_its_field(
    sign_in: SignIn, now: datetime, changes: dict[str, Any], said: str
) -> None:
    client, before = sign_in("admin"), lead(now)
    answer = client.post(ROW, data=given(basis="我写的依据", **changes))
    assert answer.status_code == 422
    (wrong,) = re.findall(r'<div class="field-error"[^>]*>(.*?)</div>', answer.text)
    assert said in wrong
    assert 'value="我写的依据"' in answer.text
    assert lead(now) == before


def test_who_read_an_older_row_is_told_and_keeps_what_was_typed(sign_in: SignIn, now: datetime) -> None:
    client, old = sign_in("supervisor"), given()
    client.post(ROW, data=given(lead="urban"))
    answer = client.post(ROW, data={**old, "basis": "我写的依据"})
    assert answer.status_code == 409
    assert "Somebody has changed this row since you opened it." in answer.text
    assert 'value="我写的依据"' in answer.text
    assert lead(now) == "urban"
    version = re.search(r'name="version" value="(\d+)"', answer.text)
    assert version
    assert client.post(ROW, data={**old, "version": version[1]}).status_code == 303, "sent again, it is meant"
    assert lead(now) == "housing"


def test_a_row_is_added_ended_and_laid_down_again(sign_in: SignIn, now: datetime) -> None:
    client, page = sign_in("admin"), "/catalogue/050101/d01"
    assert client.get(page).status_code == 404
    new = {"category": "050101", "district": "d01", "lead": "housing", "reason": "试点"}
    assert client.post("/catalogue/new", data=new).location == page
    again = client.post("/catalogue/new", data=new)
    assert (again.status_code, "has a row for this district already" in again.text) == (422, True)
    assert client.post(f"{page}/end", data={"reason": "试点结束"}).status_code == 303
    assert lead(now, "050101", "d01") is None
    assert "no longer in force" in client.get(page).text
    assert client.post(f"{page}/end", data={"reason": "再来"}).status_code == 404
    assert client.post("/catalogue/new", data=new).status_code == 303
    assert lead(now, "050101", "d01") == "housing"
    assert len(history("050101", "d01").rows) == 3


def sent(client: FlaskClient, content: bytes, **form: str) -> TestResponse:
    data = {"file": (BytesIO(content), "目录.csv"), "reason": "年度修订", **form}
    return client.post("/catalogue/upload", data=data, content_type="multipart/form-data")


def confirmed(client: FlaskClient, page: str) -> TestResponse:
    """Press the button of the preview."""
    form = page[page.index('action="/catalogue/upload/apply"') :]
    return client.post("/catalogue/upload/apply", data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)))


def test_what_is_downloaded_changes_nothing_when_it_comes_back(sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    content = client.get("/catalogue.csv").data
    assert content.startswith(b"\xef\xbb\xbfcategory,district,lead")
    assert "The file changes nothing." in sent(client, content, whole="true").text


def test_a_file_shows_what_it_changes_before_it_does(sign_in: SignIn, now: datetime) -> None:
    client = sign_in("supervisor")
    lines = FILE.replace("01,*,dev-reform", "01,*,finance", 1).splitlines()
    ended = lines.pop(4)
    content = "\n".join([*lines, "050101,d01,housing,urban,,依据,"]).encode()
    before = catalogue_version()
    page = sent(client, content, whole="true").text
    assert catalogue_version() == before, "nothing is done yet"
    kinds = [row.split()[:2] for row in listed_rows(page)]
    assert kinds == [["changed", "01"], ["ended", ended[:4]], ["added", "050101"]]
    assert "Change 3 rows" in page
    assert confirmed(client, page).location == "/catalogue"
    assert [lead(now, "01"), lead(now, ended[:4]), lead(now, "050101", "d01")] == ["finance", None, "housing"]
    assert history("01", "*").rows[-1].reason == "年度修订"


def test_a_file_whose_preview_is_old_is_shown_again(sign_in: SignIn, now: datetime) -> None:
    client = sign_in("supervisor")
    page = sent(client, FILE.replace("01,*,dev-reform", "01,*,finance", 1).encode()).text
    client.post(ROW, data=given())
    answer = confirmed(client, page)
    assert answer.status_code == 409
    assert "Somebody has changed the catalogue meanwhile." in answer.text
    assert len(listed_rows(answer.text)) == 2, "what somebody changed is not as in the file now"
    assert lead(now, "01") == "dev-reform"


@pytest.mark.parametrize(
    ("content", "form", "said"),
    [
        (b"", {}, "choose a file that is not empty"),
        (b"a,b\n1,2\n", {}, "lacks the column category"),
        (FILE.replace(",finance,", ",watr,", 1).encode(), {}, "watr is not a unit"),
        (FILE.encode(), {"reason": ""}, "is required"),
        (FILE.encode(), {"effective": "2020-01-01"}, ""),
    ],
)
def test_a_file_that_cannot_be_used_says_why(sign_in: SignIn, content: bytes, form: dict[str, str], said: str) -> None:
    answer = sent(sign_in("admin"), content, **form)
    assert answer.status_code == (422 if said else 200)
    assert said in answer.text


def test_what_was_packed_by_nobody_is_refused(sign_in: SignIn) -> None:
    answer = sign_in("admin").post("/catalogue/upload/apply", data={"packed": "%%%", "reason": "试试"})
    assert answer.status_code == 422


def test_a_suggestion_names_its_row(sign_in: SignIn, now: datetime) -> None:
    order = saved(factories.received(now, **SURE))
    assert order.suggestion
    row = db.session.get_one(CatalogueRow, order.suggestion["assignment"]["row_id"])
    link = f'href="/catalogue/rows/{row.id}"'
    client = sign_in("dispatcher")
    assert link in client.get(f"/orders/{order.number}").text
    assert (
        client.get(f"/catalogue/rows/{row.id}").location
        == f"/catalogue/{row.category_code}/{row.district}#row-{row.id}"
    )
    waiting = saved(factories.received(now, title="一件事", text="户口和夜市的事情。"))
    assert waiting.suggestion
    waits_on = waiting.suggestion["assignment"]["row_id"]
    assert f'href="/catalogue/rows/{waits_on}"' in client.get("/dispatch?part=rows").text
    assert link in sign_in("agent").post("/desk/suggestion", data=SURE).text


def test_the_api_lays_down_reads_and_ends(client: FlaskClient, key_of: KeyOf, now: datetime) -> None:
    key = key_of("supervisor")
    read = client.get(API, headers=key)
    body = {"lead": "housing", "assist": ["urban"], "basis": "会议纪要", "reason": "职责调整"}
    done = client.put(API, json=body, headers={**key, "If-Match": read.headers["ETag"]})
    assert done.status_code == 200
    assert done.json
    assert (done.json["in_force"]["lead"], done.json["in_force"]["changed_by"]) == ("housing", "测试supervisor")
    assert client.put(API, json=body, headers=key).headers["ETag"] == done.headers["ETag"], "the same again"
    stale = client.put(API, json={**body, "lead": "urban"}, headers={**key, "If-Match": read.headers["ETag"]})
    assert stale.status_code == 409
    planned = client.put(API, json={**body, "lead": "urban", "effective": "2026-12-01T00:00"}, headers=key).json
    assert planned
    assert (planned["in_force"]["lead"], planned["planned"]["lead"]) == ("housing", "urban")
    rows = {}
    for at in ("", "&at=2026-12-01T00:00", "&at=2026-11-30T23:59"):
        answer = client.get(f"/api/v1/catalogue?matter=0501&district=*{at}", headers=key).json
        assert answer
        (row,) = answer["rows"]
        rows[at] = row["lead"]
    assert list(rows.values()) == ["housing", "urban", "housing"]
    ended = client.delete(f"{API}?reason=不再需要", headers=key).json
    assert ended
    assert (ended["in_force"], ended["planned"], ended["history"][0]["reason"]) == (None, None, "不再需要")
    assert client.delete(f"{API}?reason=再来", headers=key).status_code == 404


def test_the_api_names_what_is_wrong(client: FlaskClient, key_of: KeyOf) -> None:
    key = key_of("admin")
    answer = client.put("/api/v1/catalogue/050101/d99", json={"lead": "watr", "reason": "试"}, headers=key)
    assert answer.status_code == 422
    assert answer.json
    assert set(answer.json["errors"]) == {"district", "lead"}
    assert client.put(API, json={"lead": "housing"}, headers=key).status_code == 422
    assert client.get("/api/v1/catalogue/050101/d99", headers=key).status_code == 404
