"""Five orders under five presets: when each is due and why, every day counted by hand.

Working time is 09:00-12:00 and 13:30-17:30. Off in 2026: 15-23 February, 1-5 May, 25-27 September, 1-7 October.
Make-up Saturdays: 14 and 28 February, 9 May, 10 October.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import pytest

from config.settings import HERE
from hotline.base.i18n import speaking
from hotline.policy.calendar import Calendar
from hotline.policy.clock import Course, Reckoning
from hotline.policy.document import Policy
from hotline.policy.folder import calendar_document, read_city
from hotline.policy.limits import Clock, Facts, Limit, choose
from hotline.policy.presets import read_policy_file
from hotline.policy.queries import calendar_from
from hotline.policy.reading import read_policy
from tests.policy.calendars import ZONE, at, local


@cache
def city() -> Calendar:
    return calendar_from(
        calendar_document(HERE / "city"), ZONE, read_city(HERE / "city")["calendar"]["published_until"]
    )


@cache
def preset(name: str) -> Policy:
    return read_policy(read_policy_file(HERE / "policies" / f"{name}.toml"))


@dataclass(frozen=True)
class Case:
    """An order, as far as its time limit is concerned."""

    start: str
    facts: Facts


ORDERS = {
    # A Friday after work, two days before the Spring Festival.
    "complaint": Case("2026-02-13 17:40", Facts("complaint", "normal", "060101", region="d01")),
    # The Monday before Labour Day.
    "consultation": Case("2026-04-27 10:00", Facts("consultation", "normal", "020101", region="d03")),
    # A gas leak, on the Saturday evening of the National Day holiday.
    "urgent": Case("2026-10-03 21:15", Facts("help", "urgent", "050301", region="d05")),
    # The Thursday before the Mid-Autumn Festival.
    "enterprise": Case("2026-09-24 16:00", Facts("complaint", "normal", "010402", "enterprise", "d08")),
    # The Thursday before a make-up Saturday.
    "help": Case("2026-05-07 11:00", Facts("help", "normal", "050401", region="d02")),
}


def limit_of(order: str, name: str) -> Limit:
    limit = choose(preset(name).limits, Clock.HANDLE, ORDERS[order].facts)
    assert limit is not None
    return limit


def reckoned(order: str, name: str) -> Reckoning:
    limit = limit_of(order, name)
    course = Course(at(ORDERS[order].start), limit.amount, limit.unit, counting=preset(name).counting)
    return Reckoning(course, city())


@pytest.mark.parametrize(
    ("order", "name", "row", "due"),
    [
        # 5 working days from Fri 13 Feb: Sat 14 (made up), Tue 24, Wed 25, Thu 26, Fri 27.
        ("complaint", "shandong-2020", "handle", "2026-02-27 17:30"),
        ("complaint", "shandong-enterprise", "handle", "2026-02-27 17:30"),  # a person: as Shandong 2020
        ("complaint", "shanghai", "handle[nature=complaint]", "2026-02-27 17:30"),
        # 7 calendar days: 14, 15, 16, 17, 18, 19, Fri 20, a holiday; so to the close of Tue 24.
        ("complaint", "beijing", "handle[nature=complaint]", "2026-02-24 17:30"),
        ("complaint", "zhuhai-124", "handle", "2026-02-27 17:30"),  # a person: the default's 5 working days
        # 5 working days from Mon 27 Apr: Tue 28, Wed 29, Thu 30, Wed 6 May, Thu 7.
        ("consultation", "shandong-2020", "handle", "2026-05-07 17:30"),
        ("consultation", "shandong-enterprise", "handle", "2026-05-07 17:30"),
        # 1 working day: Tue 28.
        ("consultation", "shanghai", "handle[nature=consultation]", "2026-04-28 17:30"),
        # 2 working days, the default's: Tue 28, Wed 29.
        ("consultation", "beijing", "handle[nature=consultation]", "2026-04-29 17:30"),
        ("consultation", "zhuhai-124", "handle[nature=consultation]", "2026-04-29 17:30"),
        # 24 hours from Sat 3 Oct 21:15, straight through: Sun 4 21:15.
        ("urgent", "shandong-2020", "handle[urgency=urgent]", "2026-10-04 21:15"),
        ("urgent", "shandong-enterprise", "handle[urgency=urgent]", "2026-10-04 21:15"),
        ("urgent", "shanghai", "handle[urgency=urgent]", "2026-10-04 21:15"),
        # 2 hours: a gas leak is a danger to life, so not among the 24 hours of water, power, gas and heating.
        ("urgent", "beijing", "handle[urgency=urgent,category=050301]", "2026-10-03 23:15"),
        ("urgent", "zhuhai-124", "handle[urgency=urgent]", "2026-10-04 21:15"),
        # 5 working days from Thu 24 Sep: Mon 28, Tue 29, Wed 30, Thu 8 Oct, Fri 9.
        ("enterprise", "shandong-2020", "handle", "2026-10-09 17:30"),
        # 15 working days: Mon 28, Tue 29, Wed 30 Sep (3); Thu 8, Fri 9, Sat 10 Oct, made up (6); Mon 12 to Fri 16
        # (11); Mon 19, Tue 20, Wed 21, Thu 22 (15).
        ("enterprise", "shandong-enterprise", "handle[requester=enterprise]", "2026-10-22 17:30"),
        ("enterprise", "shanghai", "handle[nature=complaint]", "2026-10-09 17:30"),
        # 7 calendar days: 25, 26, 27, 28, 29, 30 Sep, 1 Oct, a holiday; so to the close of Thu 8.
        ("enterprise", "beijing", "handle[nature=complaint]", "2026-10-08 17:30"),
        # 4 working days: Mon 28, Tue 29, Wed 30, Thu 8 Oct.
        ("enterprise", "zhuhai-124", "handle[requester=enterprise]", "2026-10-08 17:30"),
        # 5 working days from Thu 7 May: Fri 8, Sat 9 (made up), Mon 11, Tue 12, Wed 13.
        ("help", "shandong-2020", "handle", "2026-05-13 17:30"),
        ("help", "shandong-enterprise", "handle", "2026-05-13 17:30"),
        ("help", "shanghai", "handle[nature=help]", "2026-05-13 17:30"),
        # 7 calendar days: 8, 9, 10, 11, 12, 13, Thu 14, a working day: its 24:00.
        ("help", "beijing", "handle[nature=help]", "2026-05-15 00:00"),
        ("help", "zhuhai-124", "handle", "2026-05-13 17:30"),
    ],
)
def test_due(order: str, name: str, row: str, due: str) -> None:
    assert limit_of(order, name).key == row
    assert local(reckoned(order, name).at) == due


@pytest.mark.parametrize(
    ("order", "name", "basis", "said"),
    [
        (
            "complaint",
            "shandong-2020",
            "山东 2020 年办法：各类诉求 5 个工作日",
            [
                "自2026-02-13 17:40（周五）起算，时限5个工作日。",
                "起算当日不计入。最后一个工作日于下班时截止。",
                "不计入的休息日：02-15至02-23 春节。",
                "计入的调休工作日：02-14 春节调休。",
                "2026-02-27 17:30（周五）到期。",
            ],
        ),
        (
            "complaint",
            "beijing",
            "北京：投诉 7 天",
            [
                "自2026-02-13 17:40（周五）起算，时限7个自然日。",
                "起算当日不计入。最后一日于24:00截止；遇休息日顺延至下一个工作日下班时。",
                "最后一日为休息日，顺延：02-20至02-23 春节。",
                "2026-02-24 17:30（周二）到期。",
            ],
        ),
        (
            "consultation",
            "shanghai",
            "上海：咨询 1 个工作日",
            [
                "自2026-04-27 10:00（周一）起算，时限1个工作日。",
                "起算当日不计入。最后一个工作日于下班时截止。",
                "2026-04-28 17:30（周二）到期。",
            ],
        ),
        (
            "urgent",
            "beijing",
            "燃气泄漏与隐患：按危及生命财产，2 小时（归类为自定，非北京原文）",
            [
                "自2026-10-03 21:15（周六）起算，时限2个小时。",
                "小时连续计算。",
                "2026-10-03 23:15（周六）到期。",
            ],
        ),
        (
            "enterprise",
            "shandong-enterprise",
            "山东企业诉求：15 个工作日解决",
            [
                "自2026-09-24 16:00（周四）起算，时限15个工作日。",
                "起算当日不计入。最后一个工作日于下班时截止。",
                "不计入的休息日：09-25至09-27 中秋节、10-01至10-07 国庆节、10-11 周末、10-17至10-18 周末。",
                "计入的调休工作日：10-10 国庆节调休。",
                "2026-10-22 17:30（周四）到期。",
            ],
        ),
        (
            "help",
            "zhuhai-124",
            "求助、投诉、举报、建议：5 个工作日（多地通行）",
            [
                "自2026-05-07 11:00（周四）起算，时限5个工作日。",
                "起算当日不计入。最后一个工作日于下班时截止。",
                "不计入的休息日：05-10 周末。",
                "计入的调休工作日：05-09 劳动节调休。",
                "2026-05-13 17:30（周三）到期。",
            ],
        ),
    ],
)
def test_explained_in_chinese(order: str, name: str, basis: str, said: list[str]) -> None:
    with speaking("zh"):
        assert reckoned(order, name).explain() == said
        assert limit_of(order, name).source == basis


def test_explained_in_english() -> None:
    with speaking("en"):
        assert reckoned("enterprise", "zhuhai-124").explain() == [
            "Starts 2026-09-24 16:00 (Thu); limit 4 working days.",
            "The first day does not count. The last working day ends when work closes.",
            "Days off, not counted: 09-25 to 09-27 Mid-Autumn Festival, 10-01 to 10-07 National Day.",
            "Due 2026-10-08 17:30 (Thu).",
        ]
        assert limit_of("enterprise", "zhuhai-124").source.startswith("Zhuhai “124”: help, complaints")


def test_the_instants_are_of_the_city() -> None:
    assert at("2026-02-13 17:40") == datetime(2026, 2, 13, 9, 40, tzinfo=UTC)
