"""The week as a sheet."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from hotline.calls.models import CallOutcome
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.report import queries
from hotline.report.measures import WEEKLY
from hotline.report.overview import overview
from hotline.report.sheet import week_sheet
from tests.conftest import NOW
from tests.report.rows import WEEK, at, call_values, calls, clock, evaluation, with_weights

HEAD = 4  # the row of headings of the sheets of figures
RATE, NUMERATOR, DENOMINATOR, NOT_DUE, EXCLUDED, CHANGE, BEFORE, RAW = range(2, 10)


def opened(*, values: bool = False, units: queries.Units = None) -> Workbook:
    reader = Actor(Role.MANAGER, "主任") if units is None else Actor(Role.UNIT_HEAD, "科长", units=units)
    content = week_sheet(overview(WEEK, NOW, units), reader)
    return load_workbook(BytesIO(content), data_only=values)


@pytest.fixture
def filled(session: None) -> None:
    """A week with something of each kind."""
    clock(at(3), at(3))
    clock(at(11), at(11))
    clock(at(11), at(12))
    clock(at(12), unit="d01").order.title = "=1+1"
    evaluation(at(11), at(12), "satisfied")
    evaluation(at(11), at(12))
    calls([call_values(at(11)), call_values(at(11), CallOutcome.ABANDONED, 1)])


def figures(book: Workbook, sheet: int = 0) -> list[tuple[Any, ...]]:
    rows = book.worksheets[sheet].iter_rows(min_row=HEAD + 1, values_only=True)
    return [row for row in rows if row[RATE] is not None and str(row[RATE]) and row[DENOMINATOR] is not None]


def test_rates_are_formulas_over_the_numbers_beside_them(filled: None) -> None:
    sheet = opened().worksheets[0]
    for row, measure in enumerate(WEEKLY, start=HEAD + 1):
        cell = overview(WEEK, NOW).city[measure.name]
        assert sheet.cell(row, RATE + 1).value == f'=IF(E{row}=0,"",D{row}/E{row})'
        assert sheet.cell(row, RATE + 1).number_format == "0.00%"
        assert sheet.cell(row, RAW + 1).value == f'=IF(E{row}+G{row}=0,"",(D{row})/(E{row}+G{row}))'
        assert sheet.cell(row, CHANGE + 1).value == f'=IF(OR(C{row}="",I{row}=""),"",(C{row}-I{row})*100)'
        numbers = [sheet.cell(row, column + 1).value for column in (NUMERATOR, DENOMINATOR, NOT_DUE, EXCLUDED)]
        figure = cell.figure
        assert numbers == [figure.weighted, figure.denominator, figure.not_due, figure.excluded]


def test_formulas_carry_what_they_give(filled: None) -> None:
    shown = {row[1]: row for row in figures(opened(values=True))}
    city = overview(WEEK, NOW).city
    on_time = shown[WEEKLY[1].title]
    assert on_time[RATE] == pytest.approx(float(city["on_time"].figure.rate or 0))
    assert on_time[CHANGE] == pytest.approx(float(city["on_time"].change or 0))
    assert on_time[BEFORE] == 1


def test_the_summary_says_as_of_when_and_by_what(filled: None) -> None:
    sheet = opened().worksheets[0]
    assert sheet["B2"].value == datetime(2026, 11, 17, 10)  # no zone: city time
    assert "默认政策" in sheet["B3"].value
    said = " ".join(str(value) for row in sheet.iter_rows(values_only=True) for value in row if value)
    for measure in WEEKLY:
        assert measure.title in said


def test_lists_have_every_row_with_dates_and_masked_numbers(filled: None) -> None:
    book = opened()
    report = overview(WEEK, NOW)
    lists = book.worksheets[2:]
    for measure, sheet in zip(report.measures, lists, strict=True):
        assert sheet.max_row - 1 == report.city[measure.name].figure.total
    call = [cell.value for cell in lists[0][2]]
    assert call[2] == "139********"
    assert call[3] == datetime(2026, 11, 11, 12)
    assert lists[0]["D2"].is_date


def test_a_title_is_never_a_formula(filled: None) -> None:
    titles = [cell for cell in opened().worksheets[3]["B"] if cell.value == "=1+1"]
    assert [cell.data_type for cell in titles] == ["s"]


def test_headings_stay_in_sight_and_columns_are_wide_enough(filled: None) -> None:
    book = opened()
    assert [sheet.freeze_panes for sheet in book.worksheets] == ["A5", "A5"] + ["A2"] * len(WEEKLY)
    assert book.worksheets[3].column_dimensions["B"].width >= 30
    assert book.worksheets[0]["A1"].font.name == "Microsoft YaHei"


def test_a_unit_head_gets_their_own_units(filled: None) -> None:
    book = opened(units=frozenset({"d01"}))
    assert len(book.worksheets) == 2 + len(WEEKLY) - 1
    assert book.worksheets[2].max_row == 2


def test_weights_stay_exact_in_the_sheet(session: None) -> None:
    with_weights({"so-so": 0.9}, WEEK.start)
    for _ in range(3):
        evaluation(at(11), at(12), "so-so")
    row = HEAD + 1 + [measure.name for measure in WEEKLY].index("satisfied")
    assert opened().worksheets[0].cell(row, NUMERATOR + 1).value == 2.7


def test_an_empty_week_makes_a_sheet(session: None) -> None:
    book = opened(values=True)
    assert book.worksheets[0].cell(HEAD + 1, RATE + 1).value in {None, ""}


def test_a_unit_head_does_not_learn_when_citizens_are_asked(filled: None) -> None:
    evaluation(at(13))
    names = [measure.name for measure in WEEKLY if measure.unit is not None]
    sheet = opened(units=frozenset({"housing"})).worksheets[2 + names.index("satisfied")]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[10] for row in rows] == ["满意", None]  # satisfied, unreached; who is yet to be asked is not there
    assert {row[4] for row in rows} == {row[7] for row in rows} == {None}
