"""The presets: each number of its source is there, each row says how it is known; a version changes no order's past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner, Result
from flask import Flask

from config.settings import HERE
from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.city import load_city
from hotline.cli import cli
from hotline.orders.models import Order
from hotline.policy.document import BadPolicy, Policy
from hotline.policy.limits import Clock, Evidence, Facts, choose
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from hotline.policy.presets import build_on, preset_files, read_policy_file, usable
from hotline.policy.queries import policy, policy_at, policy_versions
from hotline.policy.reading import OPTIONAL, SECTIONS, read_policy
from tests import factories

FOLDER = HERE / "policies"
NAMES = [file.stem for file in preset_files(FOLDER)]
SOURCES = {  # what a found row's basis names
    "shandong-2017": "山东省级 2017",
    "shandong-2020": "山东 2020",
    "shandong-enterprise": "山东企业",
    "shanghai": "上海",
    "beijing": "北京",
    "anhui-2025": "安徽 2025",
    "ningxia": "宁夏 2022",
    "zhuhai-124": "珠海“124”",
}
WHOSE_BASE = {"shandong-enterprise": {"shandong-2020", "default"}}


def preset(name: str) -> Policy:
    return read_policy(read_policy_file(FOLDER / f"{name}.toml"))


def row(name: str, key: str) -> tuple[float, str, str]:
    limit = preset(name).row(key)
    assert limit is not None, f"{name} has no row {key}"
    return limit.amount, limit.unit.value, limit.evidence.value


def test_every_city_asked_for_is_there() -> None:
    assert set(NAMES) == {"default", *SOURCES}


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_says_how_it_is_known(name: str) -> None:
    found = preset(name)
    assert found.name == name
    assert found.title
    assert found.title_en
    assert found.source
    assert found.dated
    assert set(found.evidence) == {*SECTIONS, *OPTIONAL}
    for limit in found.limits:
        assert limit.basis, limit.key
        assert limit.basis_en, limit.key
        assert len(limit.basis) <= 200, "a deadline keeps it"


@pytest.mark.parametrize("name", SOURCES)
def test_found_rows_name_their_source_and_assumed_ones_say_so(name: str) -> None:
    for limit in preset(name).limits:
        if limit.origin:
            assert limit.origin in WHOSE_BASE.get(name, {"default"})
        elif limit.evidence.found:
            assert SOURCES[name] in limit.basis, limit.key
        else:
            assert any(word in limit.basis for word in ("凭记忆", "沿用默认", "自定")), limit.key


def test_what_the_default_sets_is_assumed() -> None:
    assert {limit.evidence for limit in preset("default").limits} == {Evidence.CHOSEN}
    for name in SOURCES:
        assert all(not limit.evidence.found for limit in preset(name).limits if limit.origin == "default")


@pytest.mark.parametrize("name", SOURCES)
def test_every_order_gets_every_clock(name: str) -> None:
    found = preset(name)
    for nature in ("consultation", "help", "complaint", "report", "suggestion", "praise", "other"):
        for urgency in ("normal", "urgent"):
            for requester in ("person", "enterprise"):
                facts = Facts(nature, urgency, "060101", requester, "d01")
                assert all(choose(found.limits, clock, facts) for clock in Clock)


@pytest.mark.parametrize("name", NAMES)
def test_urgent_orders_are_never_slower(name: str) -> None:
    """A limit for all must not take the urgent out of theirs."""
    for nature in ("consultation", "help", "complaint"):
        for requester in ("person", "enterprise"):
            limit = choose(preset(name).limits, Clock.HANDLE, Facts(nature, "urgent", "060101", requester))
            assert limit is not None
            assert limit.unit == "natural_hours"
            assert limit.amount <= 24


@pytest.mark.parametrize(
    ("name", "key", "known"),
    [
        ("shandong-2017", "handle", (15, "working_days", "B")),
        ("shandong-2017", "extension", (7, "working_days", "B")),
        ("shandong-2020", "handle", (5, "working_days", "B")),
        ("shandong-2020", "extension", (10, "working_days", "B")),
        ("shandong-2020", "return_request", (2, "working_days", "B")),
        ("shandong-enterprise", "sign[requester=enterprise]", (1, "working_days", "A")),
        ("shandong-enterprise", "contact[requester=enterprise]", (3, "working_days", "A")),
        ("shandong-enterprise", "handle[requester=enterprise]", (15, "working_days", "A")),
        ("shandong-enterprise", "extension[requester=enterprise]", (15, "working_days", "A")),
        ("shandong-enterprise", "handle", (5, "working_days", "B")),
        ("shanghai", "contact", (1, "working_days", "M")),
        ("shanghai", "handle[nature=consultation]", (1, "working_days", "A")),
        ("shanghai", "handle[nature=suggestion]", (1, "working_days", "A")),
        ("shanghai", "handle[nature=help]", (5, "working_days", "A")),
        ("shanghai", "handle[nature=complaint]", (5, "working_days", "A")),
        ("shanghai", "extension", (10, "working_days", "A")),
        ("shanghai", "redo", (3, "working_days", "A")),
        ("shanghai", "supervise", (3, "working_days", "A")),
        ("beijing", "contact", (24, "natural_hours", "M")),
        ("beijing", "handle[nature=help]", (7, "natural_days", "C")),
        ("beijing", "handle[nature=complaint]", (7, "natural_days", "C")),
        ("beijing", "handle[urgency=urgent]", (2, "natural_hours", "C")),
        ("beijing", "handle[urgency=urgent,category=0501]", (24, "natural_hours", "C")),
        ("beijing", "extension", (8, "natural_days", "C")),
        ("anhui-2025", "handle[urgency=urgent]", (24, "natural_hours", "D")),
        ("anhui-2025", "promise", (270, "natural_days", "D")),
        ("anhui-2025", "handle", (5, "working_days", "I")),
        ("ningxia", "dispatch", (1, "working_days", "B")),
        ("ningxia", "handle", (5, "working_days", "C")),
        ("zhuhai-124", "contact[requester=enterprise]", (1, "working_hours", "A")),
        ("zhuhai-124", "handle[nature=consultation,requester=enterprise]", (2, "working_days", "A")),
        ("zhuhai-124", "handle[requester=enterprise]", (4, "working_days", "A")),
        ("zhuhai-124", "handle", (5, "working_days", "I")),
    ],
)
def test_the_numbers_of_the_sources(name: str, key: str, known: tuple[float, str, str]) -> None:
    assert row(name, key) == known


def test_beijing_weighs_basically_satisfied_less() -> None:
    beijing = preset("beijing")
    assert beijing.weights == {"satisfied": 1, "basically": 0.9, "dissatisfied": 0}
    assert beijing.evidence["satisfaction"] is Evidence.CODE
    assert beijing.evidence["time_rules"] is Evidence.CHOSEN


def test_what_a_preset_does_not_give_is_the_base() -> None:
    base = read_policy_file(FOLDER / "default.toml")
    whole = build_on({"name": "mine", "limits": [{"clock": "handle", "nature": "consultation", "amount": 1}]}, base)
    inherited = [limit for limit in whole["limits"] if "origin" in limit]
    assert len(inherited) == len(base["limits"]) - 1
    assert {limit["origin"] for limit in inherited} == {"default"}
    assert whole["warnings"] == base["warnings"]
    # A row for all takes the place of the exceptions, too.
    whole = build_on({"name": "mine", "limits": [{"clock": "handle", "amount": 1}]}, base)
    assert [limit["amount"] for limit in whole["limits"] if limit["clock"] == "handle"] == [1]


@pytest.mark.parametrize("written", ['name = "x"', "not toml at all", 'extends = "nothing-there"'])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, written: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(written, encoding="utf-8")
    with pytest.raises(Invalid, match=r"own\.toml"):
        usable(file)


# Versions

DECEMBER = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)  # 1 December 00:00 in the city


def adopt(name: str, effective_from: datetime, now: datetime) -> PolicyVersion:
    return adopt_policy(read_policy_file(FOLDER / f"{name}.toml"), effective_from, now)


def limit_of(order: Order, clock: Clock) -> tuple[float, str]:
    deadline = next(deadline for deadline in order.deadlines if deadline.clock is clock)
    return deadline.amount, deadline.unit.value


def test_an_order_keeps_the_policy_it_was_accepted_under(session: None, now: datetime) -> None:
    before = factories.received(now)
    version = adopt("shandong-2017", DECEMBER, now + timedelta(hours=1))
    between = factories.received(now + timedelta(hours=2))
    last = factories.received(DECEMBER - timedelta(seconds=1))
    first = factories.received(DECEMBER)
    assert before.policy_id == between.policy_id == last.policy_id != version.id
    assert first.policy_id == version.id
    # All are dispatched after the new version is in force: each by its own.
    for order in (before, between, last, first):
        factories.dispatch(order, "housing", factories.DISPATCHER, DECEMBER + timedelta(days=1), category="060101")
    assert [limit_of(order, Clock.HANDLE) for order in (before, between, last, first)] == [
        (5, "working_days"),
        (5, "working_days"),
        (5, "working_days"),
        (15, "working_days"),
    ]


def test_a_version_never_changes_what_has_been(session: None, now: datetime) -> None:
    with pytest.raises(Invalid, match=r"past|过去"):
        adopt("shanghai", now - timedelta(seconds=1), now)
    adopt("shanghai", DECEMBER, now)
    with pytest.raises(Invalid, match="2026-12-01 00:00"):
        adopt("beijing", DECEMBER - timedelta(seconds=1), now)
    adopt("beijing", DECEMBER, now)  # replaces it before it ever was in force
    assert policy_at(now).name == "default"
    assert policy_at(DECEMBER).name == "beijing"


def test_a_policy_that_cannot_be_used_is_not_adopted(session: None, now: datetime) -> None:
    document = read_policy_file(FOLDER / "default.toml")
    with pytest.raises(BadPolicy, match="levels"):
        read_policy({**document, "satisfaction": {"evidence": "I", "levels": []}})
    with pytest.raises(Invalid, match="levels"):
        adopt_policy({**document, "satisfaction": {"evidence": "I", "levels": []}}, DECEMBER, now)
    assert len(policy_versions()) == 1


def test_loading_again_leaves_an_adopted_policy_in_force(session: None, now: datetime, tmp_path: Path) -> None:
    version = adopt("shanghai", now, now)
    later = now + timedelta(days=1)
    load_city(HERE / "city", FOLDER / "default.toml", later)
    assert policy_at(later).name == "shanghai"
    # The edited file of the same policy is a new version of it.
    for name in ("default", "shanghai"):
        (tmp_path / f"{name}.toml").write_text((FOLDER / f"{name}.toml").read_text(encoding="utf-8"), encoding="utf-8")
    edited = tmp_path / "shanghai.toml"
    edited.write_text(edited.read_text(encoding="utf-8").replace("amount = 10", "amount = 8"), encoding="utf-8")
    load_city(HERE / "city", edited, later)
    load_city(HERE / "city", edited, later + timedelta(days=1))
    assert policy_at(later).row("extension") != policy(version.id).row("extension")
    assert len(policy_versions()) == 3


# The command line


@pytest.fixture
def hotline(app: Flask, session: None, now: datetime) -> Callable[..., Result]:
    """Run a command of ``hotline policy``."""
    return lambda *arguments: CliRunner().invoke(cli, ["policy", *arguments], obj=lambda: app)


def test_lists_presets_and_versions(hotline: Callable[..., Result]) -> None:
    assert hotline("adopt", "shanghai", "--from", "2026-12-01").exit_code == 0
    listed = hotline("list").output
    assert all(name in listed for name in NAMES)
    latest, first = listed.splitlines()[-2:]
    assert "shanghai" in latest
    assert "2026-12-01 00:00 (Tue)" in latest
    assert "in force" not in latest
    assert first.endswith("in force")
    assert "the beginning" in first


@pytest.mark.parametrize(
    ("lang", "says"),
    [
        ("en", ("Handle", "nature=consultation", "1 working day", "found: official page", "Shanghai: consultation")),
        ("zh", ("nature=consultation", "1个工作日", "官方公开页面", "上海：咨询 1 个工作日")),
    ],
)
def test_shows_each_limit_with_its_source(hotline: Callable[..., Result], lang: str, says: tuple[str, ...]) -> None:
    shown = hotline("show", "shanghai", "--lang", lang)
    assert shown.exit_code == 0
    line = next(line for line in shown.output.splitlines() if "nature=consultation" in line)
    assert all(words in line for words in says)


def test_shows_a_version(hotline: Callable[..., Result]) -> None:
    version = policy_versions()[0]
    assert hotline("show", str(version.id)).output == hotline("show", "default").output
    assert "no version" in str(hotline("show", "999999").exception)


def test_adopts_from_midnight_in_the_city(hotline: Callable[..., Result]) -> None:
    done = hotline("adopt", "ningxia", "--from", "2026-12-01")
    assert done.exit_code == 0, done.output
    db.session.expire_all()
    assert policy_versions()[0].effective_from == DECEMBER
    assert "2026-12-01 00:00" in done.output


def test_adopts_a_file_at_once(hotline: Callable[..., Result], now: datetime, tmp_path: Path) -> None:
    (tmp_path / "default.toml").write_text((FOLDER / "default.toml").read_text(encoding="utf-8"), encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(
        'name = "own"\ntitle = "本市"\nsource = "市政府"\ndated = "2026"\nextends = "default"\n', encoding="utf-8"
    )
    assert hotline("adopt", str(own), "--now").exit_code == 0
    assert policy_at(now).name == "own"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["atlantis", "--now"], "there is no policy atlantis"),
        (["shanghai", "--from", "2026-11-16"], "from"),
    ],
)
def test_refuses_to_adopt(hotline: Callable[..., Result], arguments: list[str], says: str) -> None:
    refused = hotline("adopt", *arguments)
    assert refused.exit_code == 1
    assert says in str(refused.exception)
    assert len(policy_versions()) == 1


@pytest.mark.parametrize("arguments", [["shanghai"], ["shanghai", "--now", "--from", "2026-12-01"]])
def test_asks_for_one_start(hotline: Callable[..., Result], arguments: list[str]) -> None:
    refused = hotline("adopt", *arguments)
    assert refused.exit_code == 2
    assert "--now" in refused.output


def test_the_newest_version_may_be_adopted_over_on_its_day(hotline: Callable[..., Result]) -> None:
    hotline("adopt", "shanghai", "--from", "2026-12-01")
    with time_machine.travel(DECEMBER + timedelta(hours=9), tick=False):
        assert hotline("adopt", "beijing", "--now").exit_code == 0
        assert policy_at(DECEMBER + timedelta(hours=10)).name == "beijing"
        assert policy_at(DECEMBER + timedelta(hours=8)).name == "shanghai"
