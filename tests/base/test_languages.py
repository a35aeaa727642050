"""Chinese by default, English to switch to, both complete."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from html import unescape
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask, render_template_string
from flask.testing import FlaskClient

import hotline
from hotline.base.db import db
from hotline.base.i18n import gettext, ngettext, speaking
from hotline.citizen import progress
from tests import factories

HERE = Path(hotline.__file__).parent
ROOT = HERE.parent
CATALOGUE = HERE / "translations" / "zh" / "LC_MESSAGES"


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every message the code and the templates mark."""
    pot = tmp_path_factory.mktemp("pot") / "messages.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "babel.cfg"]
    command += ["-k", "mark", "-k", "lazy_gettext", "-k", "_l", "-o", str(pot), str(HERE)]
    subprocess.run(command, cwd=ROOT, check=True)
    with pot.open("rb") as file:
        return {_first(message.id) for message in read_po(file) if message.id}


def _first(message: str | tuple[str, ...]) -> str:
    return message if isinstance(message, str) else message[0]


def test_every_message_has_its_chinese(messages: set[str]) -> None:
    with (CATALOGUE / "messages.po").open("rb") as file:
        translated = {_first(message.id) for message in read_po(file) if message.id and message.string}
    assert messages - translated == set()
    assert translated - messages == set(), "no longer used"


def test_the_compiled_catalogue_is_the_written_one() -> None:
    with (CATALOGUE / "messages.po").open("rb") as po, (CATALOGUE / "messages.mo").open("rb") as mo:
        written = {_first(message.id): message.string for message in read_po(po) if message.id}
        compiled = {_first(message.id): message.string for message in read_mo(io.BytesIO(mo.read())) if message.id}
    assert {key: _first(value) for key, value in compiled.items()} == {
        key: _first(value) for key, value in written.items()
    }


def test_placeholders_survive_translation() -> None:
    with (CATALOGUE / "messages.po").open("rb") as file:
        catalogue = read_po(file)
        wrong = {message.id: [str(error) for error in message.check(catalogue)] for message in catalogue if message.id}
    assert {key: errors for key, errors in wrong.items() if errors} == {}


def test_chinese_is_punctuated_as_chinese() -> None:
    """No narrow mark touches a Chinese character; what a placeholder stands for is taken out first."""
    narrow = re.compile(r"[一-鿿]\s?[,;:?!()]|[,;:?!()]\s?[一-鿿]")
    with (CATALOGUE / "messages.po").open("rb") as file:
        said = {message.id: message.string for message in read_po(file) if message.id}
    placeless = {key: re.sub(r"%\(\w+\)[sd]|\{\w+\}", "x", _first(text)) for key, text in said.items()}
    assert {key: text for key, text in placeless.items() if narrow.search(text)} == {}


@pytest.mark.parametrize("word", ["逾期", "坐席", "退回重办", "旧工单", "起笔"])
def test_one_thing_has_one_word(word: str) -> None:
    with (CATALOGUE / "messages.po").open("rb") as file:
        assert [message.id for message in read_po(file) if message.id and word in _first(message.string)] == []


def test_citizens_read_no_words_of_the_trade() -> None:
    tables = (progress.TOLD, progress.THEIRS, progress.WAITS, progress.PRESENT, progress.COMING)
    told = {words for table in tables for words in table.values()} | {
        progress.WITHDRAWS,
        progress.ASKED,
        progress.RATED,
    }
    with (CATALOGUE / "messages.po").open("rb") as file:
        chinese = {message.id: _first(message.string) for message in read_po(file) if message.id in told}
    assert set(chinese) == told
    trade = re.compile("签收|审签|撤单|裁定|承办|催办|回访|受理")
    assert [words for words in chinese.values() if trade.search(words)] == []


def test_pages_are_chinese_and_switch_to_english(app: Flask, client: FlaskClient) -> None:
    fresh = app.test_client()
    assert "登录" in fresh.get("/sign-in").text
    assert 'lang="zh-CN"' in fresh.get("/sign-in").text
    assert "Sign in" in fresh.get("/sign-in?lang=en").text
    assert "Sign in" in fresh.get("/sign-in").text, "the choice is kept"
    assert "登录" in fresh.get("/sign-in?lang=zh").text
    assert "登录" in app.test_client().get("/sign-in?lang=fr").text


def test_a_page_that_answers_a_form_leads_to_one_that_can_be_asked_for(
    sign_in: Callable[[str], FlaskClient], now: datetime
) -> None:
    order = factories.handling(now)
    db.session.commit()
    client = sign_in("handler")
    for path, kept in ((f"/orders/{order.number}/reply", f"/orders/{order.number}"), ("/orders/find", "/orders/find")):
        page = client.post(f"{path}?back=/inbox", data={"version": order.version, "q": "13912345678"}).text
        link = unescape(page.split('class="lang" href="')[1].split('"')[0])
        assert link == f"{kept}?back=%2Finbox&lang=zh"
        assert client.get(link, follow_redirects=True).status_code == 200
        client.get("/orders?lang=en")


def test_who_is_spoken_to_for_a_while_changes_nothing_for_the_reader(app: Flask) -> None:
    signed = ("%(num)d order signed.", "%(num)d orders signed.", 2)
    with app.test_request_context("/?lang=en"):
        with speaking("zh"):
            assert (gettext("Orders"), ngettext(*signed)) == ("工单", "已签收 2 件。")
        assert (gettext("Orders"), ngettext(*signed)) == ("Orders", "2 orders signed.")


def test_a_template_fills_a_number_in_once(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        shown = render_template_string("{{ ngettext('%(num)d%% of %(x)s', '%(num)d%% of %(x)s', 3, x='<9>') }}")
    assert shown == "3% of &lt;9&gt;"
