"""The page of the week and the lists behind its numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from hotline.base.db import db
from hotline.calls.models import CallOutcome
from hotline.orders.vocabulary import Channel, Nature
from hotline.report import queries
from hotline.report.board import WEEKS_SHOWN, Sort, Way, trends, unit_table
from hotline.report.charts import bar, chart, stacked
from hotline.report.figures import Figure
from hotline.report.measures import WEEKLY, Fate
from hotline.report.overview import overview
from hotline.report.rollup.rolling import roll_up
from tests.conftest import NOW
from tests.report.rows import DAY, HOUR, MONDAY, WEEK, at, call_values, calls, clock, evaluation, order, with_weights

SignIn = Callable[[str], FlaskClient]
LAST_WEEK = f"/week?day={WEEK.first}&lang=en"
UNITS = ("housing", "d01", "d02")


class Links(HTMLParser):
    """The addresses of the numbers of a page, each with the number it stands under."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, int]] = []
        self._address = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a number's address."""
        given = dict(attrs)
        if tag == "a" and given.get("class") == "n":
            self._address = str(given["href"])

    def handle_data(self, data: str) -> None:
        """Keep the number it is the address of."""
        if self._address:
            self.found.append((self._address, int(data.replace(",", ""))))
            self._address = ""


def some_weeks() -> None:
    """Two weeks of chance: clocks, evaluations, calls and orders of three units; one of them has enough to be ranked."""
    rng = Random(7)
    for number in range(90):
        unit = "housing" if number < 60 else rng.choice(UNITS)
        due = MONDAY + timedelta(hours=rng.randrange(-7 * 24, 11 * 24))
        ended = due + timedelta(hours=rng.randrange(-30, 10)) if rng.random() < 0.9 else None
        clock(due, ended, unit=unit, outcome="dropped" if rng.random() < 0.05 and ended else None)
    for number in range(40):
        unit, asked = rng.choice(UNITS), MONDAY + timedelta(hours=rng.randrange(-7 * 24, 8 * 24))
        said = rng.choice(["satisfied", "basically", "dissatisfied", None])
        evaluation(
            asked,
            None if number % 9 == 0 else asked + HOUR,
            said if number % 9 else None,
            unit=unit,
            of=clock(asked + DAY, asked, unit=unit).order,
        )
    for _ in range(10):
        made = clock(MONDAY + 8 * DAY, started=MONDAY + 5 * DAY, unit=rng.choice(UNITS)).order
        made.channel, made.nature = rng.choice(list(Channel)), rng.choice(list(Nature))
    outcomes = [CallOutcome.ANSWERED, CallOutcome.ABANDONED, CallOutcome.QUEUED, CallOutcome.TIMEOUT]
    hours = [(rng.randrange(-7 * 24, 8 * 24), rng.choice(outcomes), rng.choice([2, 30])) for _ in range(90)]
    calls([call_values(MONDAY + hour * HOUR, outcome, wait) for hour, outcome, wait in hours])
    db.session.commit()


def shown(client: FlaskClient, address: str) -> str:
    """A page, as text."""
    response = client.get(unescape(address))
    assert response.status_code == 200, (address, response.text[:300])
    return response.text


def rows_of(client: FlaskClient, address: str) -> tuple[str, int]:
    """The title of a list, and how many rows it has on all its pages."""
    page, count, number = shown(client, address), 0, 1
    heading = unescape(re.search(r"<h1>(.*?)</h1>", page).group(1))  # type: ignore[union-attr]
    while True:
        count += page.count("<tr data-row=")
        if 'rel="next"' not in page:
            return heading, count
        number += 1
        page = shown(client, f"{address}&page={number}")


@pytest.mark.parametrize("address", [LAST_WEEK, "/week?lang=en", f"/week?day={WEEK.first}&kind=district&lang=en"])
def test_every_number_opens_exactly_its_rows(sign_in: SignIn, address: str) -> None:
    some_weeks()
    client = sign_in("manager")
    links = Links(shown(client, address)).found
    assert len(links) > 40
    seen: dict[str, tuple[str, int]] = {}
    for link, number in links:
        heading, rows = seen.get(link) or rows_of(client, link)
        seen[link] = heading, rows
        assert rows == number, link
        assert re.search(rf"\b{number} (orders?|calls?|evaluations?)$", heading), (heading, number)


@pytest.mark.parametrize("address", ["/week?lang=en", "/rankings?lang=en"])
@pytest.mark.parametrize(
    ("ago", "as_of", "told"),
    [
        (timedelta(minutes=5), "Tue 17 Nov 09:54", False),
        (HOUR, "Tue 17 Nov 08:59", True),
        (DAY + HOUR, "Mon 16 Nov 08:59", True),
    ],
)
def test_without_a_worker_a_page_says_of_when_it_is(
    sign_in: SignIn, address: str, ago: timedelta, as_of: str, *, told: bool
) -> None:
    clock(at(12), at(12))
    roll_up(NOW - ago)
    db.session.commit()
    page = shown(sign_in("manager"), address)
    assert f"As of {as_of}" in page
    assert ("is not running" in page) == told


def test_the_rates_stand_with_their_fraction_and_what_is_beside_it(sign_in: SignIn) -> None:
    for day in (9, 10, 11):
        clock(at(day), at(day, 11))
    clock(at(12), at(12, 13))
    clock(at(3), at(3))
    calls([call_values(at(11)), call_values(at(11), CallOutcome.ABANDONED, 2)])
    db.session.commit()
    page = " ".join(re.sub(r"<[^>]+>", " ", shown(sign_in("manager"), LAST_WEEK)).split())
    assert "75.00% 3 / 4 small sample ▼ 25.00 points worse 1 late or overdue 0 not yet due" in page
    assert "100.00% 1 / 1 small sample" in page
    assert "1 excluded (50.00% with them)" in page
    assert "Mon 9 Nov – Sun 15 Nov 2026" in page
    assert "Every order is accounted for once." in page


def test_weights_between_are_told(sign_in: SignIn) -> None:
    with_weights({"satisfied": 1, "basically": 0.9, "dissatisfied": 0}, at(1))
    evaluation(at(11), at(11, 14), "basically")
    evaluation(at(11), at(11, 14), "satisfied")
    db.session.commit()
    client = sign_in("manager")
    page = shown(client, LAST_WEEK)
    assert "95.00%" in page
    assert "(weighted 1.9)" in page
    assert "satisfied × 0.9" in shown(client, f"/week/rows?day={WEEK.first}&measure=satisfied&lang=en")


def test_what_does_not_add_up_is_said(sign_in: SignIn) -> None:
    order(dispatched=MONDAY)
    db.session.commit()
    page = shown(sign_in("manager"), LAST_WEEK)
    assert "The parts add up to 0, not to 1" in page
    assert "measure=dispatched" not in page  # no list has exactly these rows


def test_lists_say_in_words_what_they_are(sign_in: SignIn) -> None:
    clock(at(10), at(11))
    clock(at(11))
    calls([call_values(at(11), CallOutcome.ABANDONED, 2)])
    db.session.commit()
    client, rows = sign_in("manager"), f"/week/rows?day={WEEK.first}&lang=en&measure="
    late = shown(client, rows + "on_time&unit=housing&numerator=false")
    assert re.search(r"On-time completion · 9–15 Nov · [^·]+ · late or overdue: 2 orders", late)
    assert "Handled late" in late
    assert "Overdue and open" in late
    assert "Calls answered · 9–15 Nov · hung up within 5 s: 1 call" in shown(
        client, rows + "connection&bucket=excluded"
    )
    assert "139********" in shown(client, rows + "connection")
    assert "Orders dispatched · 9–15 Nov · Overdue and open: 0 orders" in shown(
        client, rows + "dispatched&fate=overdue"
    )
    assert client.get(rows + "nothing").status_code == 404


def test_sort_and_filter_are_in_the_address(sign_in: SignIn) -> None:
    some_weeks()
    client = sign_in("manager")

    def units(more: str) -> list[str]:
        return re.findall(r'<tr data-unit="(\w+)">', shown(client, LAST_WEEK + more))

    assert set(units("")) == set(UNITS)
    assert units("")[0] == "housing"  # the only one with enough counted comes before the others
    assert units("&sort=unit&dir=asc") == units("&sort=unit&dir=desc")[::-1]
    assert set(units("&kind=bureau")) == {"housing"}
    assert units("&sort=kind&dir=desc")[-1] == "housing"
    assert client.get("/week?sort=beauty").status_code == 422
    assert client.get("/week?kind=planet").status_code == 422


def test_an_address_nobody_can_read_is_told_in_words(sign_in: SignIn) -> None:
    answer = sign_in("manager").get("/week?day=foo")
    assert answer.status_code == 422
    assert "<strong>Day</strong>: give a date" in answer.text


def test_few_counted_have_no_rank(session: None) -> None:
    some_weeks()
    lines = overview(WEEK, NOW).units
    for way in Way:
        table = unit_table(lines, Sort.ON_TIME, way, None)
        assert all(row.rank is None for row in (*table.small, *table.silent))
        assert all(row.line.cells["on_time"].small for row in table.small)
    assert [row.rank for row in unit_table(lines, Sort.ON_TIME, None, None).ranked] == [1]
    assert unit_table(lines, Sort.UNIT, None, None).small == []


def test_equal_rates_have_equal_rank(session: None) -> None:
    for unit, late in (("housing", 0), ("d01", 0), ("d02", 1)):
        for number in range(30):
            clock(at(11), at(11, 13 if number < late else 11), unit=unit)
    table = unit_table(overview(WEEK, NOW).units, Sort.ON_TIME, None, None)
    assert [row.rank for row in table.ranked] == [1, 1, 3]
    worst = unit_table(overview(WEEK, NOW).units, Sort.ON_TIME, Way.ASC, None)
    assert [row.rank for row in worst.ranked] == [3, 1, 1]


def test_an_empty_week_says_how_to_begin(sign_in: SignIn) -> None:
    page = shown(sign_in("manager"), "/week?day=2020-01-01&lang=en")
    assert "Nothing has come in in this period." in page
    assert "Mon 30 Dec 2019 – Sun 5 Jan 2020" in page
    assert "rate-card" not in page


@pytest.mark.parametrize("day", ["2001-01-01", "2199-12-31"])
def test_the_ends_of_time_are_pages_too(sign_in: SignIn, day: str) -> None:
    assert "Nothing has come in" in shown(sign_in("manager"), f"/week?day={day}&lang=en")


@pytest.mark.parametrize("path", ["/week", "/week/rows?measure=on_time", "/week.xlsx"])
@pytest.mark.parametrize("login", ["agent", "dispatcher", "handler", "callback"])
def test_reports_are_for_those_who_may(sign_in: SignIn, path: str, login: str) -> None:
    assert sign_in(login).get(path).status_code == 403


@pytest.mark.parametrize("path", ["/week", "/week/rows?measure=on_time", "/week.xlsx"])
def test_nobody_else_gets_in(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 302


def test_a_unit_head_sees_their_own(sign_in: SignIn) -> None:
    some_weeks()
    client = sign_in("unit_head")
    page = shown(client, LAST_WEEK)
    assert set(re.findall(r'<tr data-unit="(\w+)">', page)) == {"housing"}
    assert "Calls answered" not in page
    for link, number in Links(page).found:
        assert rows_of(client, link)[1] == number
    assert client.get(f"/week/rows?day={WEEK.first}&measure=on_time&unit=d01").status_code == 403
    assert client.get(f"/week/rows?day={WEEK.first}&measure=connection").status_code == 403


def test_a_unit_head_does_not_learn_when_citizens_are_asked(sign_in: SignIn) -> None:
    evaluation(at(11), at(11, 14.5), "satisfied")
    evaluation(at(12))
    db.session.commit()
    rows = f"/week/rows?day={WEEK.first}&lang=en&measure=satisfied"
    client = sign_in("unit_head")
    page = shown(client, LAST_WEEK)
    assert " ".join(re.sub(r"<[^>]+>", " ", page).split()).count("1 not yet evaluated") == 2
    assert "bucket=not_due" not in page
    assert client.get(f"{rows}&bucket=not_due").status_code == 403
    page = shown(client, rows)
    assert page.count("<tr data-row=") == 1
    assert "Asked" not in page
    assert "14:30" not in page
    page = shown(sign_in("manager"), rows)
    assert page.count("<tr data-row=") == 2
    assert "Asked" in page


@pytest.mark.parametrize("query", ["day=tomorrow", "day=1999-01-01", "cutoff=x"])
@pytest.mark.parametrize("path", ["/week?", "/week.xlsx?", "/week/rows?measure=on_time&"])
def test_a_bad_day_is_told(sign_in: SignIn, path: str, query: str) -> None:
    response = sign_in("manager").get(path + query)
    assert response.status_code == 422
    assert query.partition("=")[0] in response.text


def test_the_sheet_is_a_download(sign_in: SignIn) -> None:
    some_weeks()
    response = sign_in("manager").get(f"/week.xlsx?day={WEEK.first}")
    assert response.headers["Content-Disposition"] == "attachment; filename=week-2026-11-09.xlsx"
    assert len(load_workbook(BytesIO(response.data)).sheetnames) == 2 + len(WEEKLY)


def test_no_style_is_written_into_the_page(sign_in: SignIn) -> None:
    some_weeks()
    assert not re.search(r"\sstyle=|<style|<script(?! src)|\son\w+=", shown(sign_in("manager"), LAST_WEEK))


def test_the_trend_is_the_weeks_own_figures(session: None) -> None:
    some_weeks()
    clock(at(11) - timedelta(weeks=52), at(11) - timedelta(weeks=52))
    report = overview(WEEK, NOW)
    for trend in trends(report):
        assert len(trend.weeks) == WEEKS_SHOWN
        assert trend.weeks[-1] == (WEEK, report.city[trend.measure.name].figure)
        for period, figure in trend.weeks:
            again = queries.figures(trend.measure, period, NOW)
            assert again[None] == figure
    assert [bool(trend.drawn.behind) for trend in trends(report)] == [False, True, False]


# Drawings


def figure(part: int, whole: int) -> Figure:
    return Figure(numerator=part, denominator=whole, weighted=Fraction(part))  # type: ignore[arg-type]  # any exact number


def test_the_interval_is_wilsons() -> None:
    drawn = bar(figure(8, 10))
    assert drawn is not None
    assert (drawn.rate, round(drawn.low), round(drawn.high)) == (80, 49, 94)
    assert bar(figure(0, 0)) is None
    for part in range(6):
        drawn = bar(figure(part, 5))
        assert drawn is not None
        assert 0 <= drawn.low <= drawn.rate <= drawn.high <= 100


def test_a_stacked_bar_fills_its_width() -> None:
    parts = stacked(dict(zip(Fate, (3, 0, 5, 1, 2), strict=True)))
    assert parts[0].start == 0
    assert parts[-1].start + parts[-1].width == pytest.approx(100, abs=0.01)
    assert all(part.width == 0 for part in stacked(dict.fromkeys(Fate, 0)))


def test_a_line_breaks_where_a_week_has_no_rate() -> None:
    rates: list[Any] = [Fraction(95, 100), None, Fraction(97, 100), Fraction(1)]
    drawn = chart(rates)
    assert [len(piece.split()) for piece in drawn.pieces] == [1, 2]
    assert [at for _, at in drawn.ticks] == [90, 95, 100]
    assert chart([Fraction(0)]).ticks[0][1] == 0
    assert chart([]).points == []
