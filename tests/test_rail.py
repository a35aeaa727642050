"""The rail lights the desk a page stands under, and the row of administration its page; how files are measured."""

from __future__ import annotations

import pytest
from flask import Flask

from hotline.admin.nav import TABS
from hotline.shell import DESKS, file_size

# Pages that are nobody's desk: home and sign-in, what is reached from everywhere, and what has a frame of its own.
ELSEWHERE = ("home", "static", "bootstrap.", "people.", "citizen.", "notices.", "wall.")


@pytest.mark.parametrize(
    ("endpoint", "desks"),
    [
        ("watch.overdue_orders", {"watch.supervision"}),
        ("watch.alarm", {"watch.supervision"}),
        ("transfer.case", {"transfer.queue", "transfer.disputed_orders"}),
        ("handle.time_request", {"handle.time_requests"}),
        ("handle.callback_phone", {"handle.callbacks"}),
        ("reply_templates.shown", {"reply_templates.listed"}),
        ("ledgers.sheet", {"ledgers.listed"}),
        ("papers.shown", {"papers.listed"}),
        ("report.rows", {"report.week"}),
        ("articles.shown", {"articles.listed"}),
        ("catalogue.shown", {"catalogue.listed"}),
        ("deliveries.listed", {"admin.index"}),
        ("handle.appeals", {"handle.appeals"}),
    ],
)
def test_a_page_lights_its_desk(endpoint: str, desks: set[str]) -> None:
    assert {desk.endpoint for desk in DESKS if desk.holds(endpoint)} == desks


def test_no_page_leaves_the_rail_dark(app: Flask) -> None:
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    dark = {one for one in pages if not any(desk.holds(one) for desk in DESKS)}
    assert not {one for one in dark if not one.startswith(ELSEWHERE) and "api" not in one}


@pytest.mark.parametrize(
    ("endpoint", "tab"),
    [
        ("admin.users.shown", "admin.users.listed"),
        ("admin.users.keys", "admin.users.keys"),
        ("admin.units.new", "admin.units.listed"),
        ("admin.keywords.shown", "admin.keywords.listed"),
        ("admin.policies.preview", "admin.policies.listed"),
        ("admin.calendar.upload", "admin.calendar.shown"),
        ("admin.changed", "admin.changed"),
    ],
)
def test_a_page_of_administration_lights_its_own(endpoint: str, tab: str) -> None:
    assert [one.endpoint for one in TABS if one.holds(endpoint)] == [tab]


@pytest.mark.parametrize(("size", "said"), [(67, "67 B"), (12_300, "12 KB"), (1_468_006, "1.4 MB")])
def test_a_file_is_measured_alike_in_every_language(size: int, said: str) -> None:
    assert file_size(size) == said
