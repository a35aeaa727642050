"""The files of a report: the document for circulation, the workbook, CSV; and that it is sent."""

from __future__ import annotations

import csv
import io
import re
from io import BytesIO

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt
from openpyxl import Workbook, load_workbook

from hotline.base.i18n import speaking
from hotline.report.papers.book import paper_book
from hotline.report.papers.circular import circular
from hotline.report.papers.flat import _lines, paper_csv
from hotline.report.papers.models import PeriodicReport
from hotline.report.papers.operations import edit_remarks, sign
from hotline.report.papers.paper import Column, Number, Table, text
from hotline.report.papers.queries import paper_of
from tests.conftest import NOW
from tests.report.test_paper import MANAGER, made


@pytest.fixture
def report(filled: None) -> PeriodicReport:
    """A report with opening words."""
    made_one = made()
    edit_remarks(made_one, MANAGER, remarks="本周总体平稳。\n=1+1", remarks_version=made_one.remarks_version)
    return made_one


# The document


def test_the_document_is_in_the_form_of_the_trade(report: PeriodicReport) -> None:
    sign(report, MANAGER, NOW, remarks_version=report.remarks_version)
    with speaking("zh"):
        document = Document(BytesIO(circular(report)))
    page = document.sections[0]
    margins = (page.top_margin, page.bottom_margin, page.left_margin, page.right_margin)
    assert [round(one.mm) for one in margins if one is not None] == [37, 35, 28, 26]
    assert page.page_width is not None
    assert round(page.page_width.mm) == 210
    fonts = {
        name: document.styles[name].element.rPr.rFonts.get(qn("w:eastAsia"))
        for name in ("Normal", "Title", "Heading 1", "Heading 2")
    }
    assert fonts == {
        "Normal": "仿宋_GB2312",
        "Title": "方正小标宋简体",
        "Heading 1": "黑体",
        "Heading 2": "楷体_GB2312",
    }
    assert document.styles["Normal"].font.size == Pt(16)
    assert document.styles["Normal"].paragraph_format.line_spacing == Pt(28)
    assert "PAGE" in page.footer._element.xml
    headings = [one.text for one in document.paragraphs if one.style and one.style.name == "Heading 1"]
    assert [heading[:2] for heading in headings] == [f"{n}、" for n in "一二三四五六七八"]
    words = [one.text for one in document.paragraphs]
    assert "本周总体平稳。" in words
    assert any("王主任" in one for one in words[-4:])


def test_the_tables_of_the_document_are_those_of_the_report(report: PeriodicReport) -> None:
    document = Document(BytesIO(circular(report)))
    tables = [table for section in paper_of(report).sections for table in section.tables if table.rows]
    assert len(document.tables) == len(tables)
    for drawn, table in zip(document.tables, tables, strict=True):
        shown = [at for at, column in enumerate(table.columns) if not (column.aside or column.inside)]
        assert [cell.text for cell in drawn.rows[-1].cells] == [text(table.rows[-1][at]) for at in shown]
        assert drawn.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None  # repeated on each page


# The workbook


def calculated(book: Workbook, name: str, formula: str) -> float | None:
    """What a formula of our kinds gives: sums, quotients, differences; nothing where it cannot be."""
    sheet = book[name]

    def value(place: str) -> str:
        found = sheet[place.replace("$", "")].value
        if isinstance(found, str) and found.startswith("="):
            found = calculated(book, name, found)
            found = "" if found is None else found
        # A spreadsheet takes an empty cell for 0, and stumbles over a text.
        return repr(float(found or 0)) if found is None or isinstance(found, (int, float)) else "error"

    if summed := re.fullmatch(r"=SUM\((\w+?)(?::(\w+))?\)", formula):
        return float(sum(cell.value or 0 for (cell,) in sheet[f"{summed[1]}:{summed[2] or summed[1]}"]))
    inner = formula.removeprefix("=IFERROR(").removesuffix(',"")')
    counted = re.sub(r"\$?[A-Z]+\$?\d+", lambda found: value(found[0]), inner)
    try:
        return float(eval(counted, {}, {}))  # noqa: S307 # numbers and signs, from our own file
    except (NameError, ZeroDivisionError, TypeError):
        return None


def test_formulas_give_what_is_shown(report: PeriodicReport) -> None:
    book, kept = (load_workbook(BytesIO(paper_book(report)), data_only=values) for values in (False, True))
    formulas = 0
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    formulas += 1
                    shown = kept[sheet.title][cell.coordinate].value
                    expected = calculated(book, sheet.title, cell.value)
                    assert (shown or None) == (pytest.approx(expected) if expected else None), cell.coordinate
    assert formulas > 40


def test_numbers_are_numbers_in_their_formats(report: PeriodicReport) -> None:
    sheet = load_workbook(BytesIO(paper_book(report))).worksheets[0]
    forms = {
        cell.number_format for row in sheet.iter_rows() for cell in row if cell.data_type in {"n", "f"} and cell.value
    }
    assert {"0.00%", "#,##0", "+0.00;-0.00;0.00"} <= forms
    assert sheet.freeze_panes is not None
    assert sheet.page_setup.orientation == "landscape"
    words = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in words] == ["s"]  # a person's words are never a formula


def test_a_sheet_for_each_section_with_tables(report: PeriodicReport) -> None:
    book = load_workbook(BytesIO(paper_book(report)))
    assert len(book.worksheets) == len([one for one in paper_of(report).sections if one.tables])
    said = [str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row if cell.value]
    assert "No alarm was raised." in said or "本期没有触发预警。" in said


# CSV


def test_every_number_has_its_line(report: PeriodicReport) -> None:
    content = paper_csv(report)
    assert content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    cells = [
        part for section in paper_of(report).sections for table in section.tables for row in table.rows for part in row
    ]
    assert len(lines) == len(cells)
    values = [part.value for part in cells if isinstance(part, Number) and part.value is not None]
    assert [float(line["value"]) for line in lines if line["value"]] == pytest.approx(values)


def test_what_people_wrote_is_never_a_formula() -> None:
    table = Table("t", (Column("a", "A"), Column("b", "B")), [[Number("=1+1", None, {"topic": "1"}), Number("-5", -5)]])
    assert [line[3:] for line in _lines(table)] == [["'=1+1", ""], ["-5", -5]]


def test_long_words_go_on_in_the_next_row(report: PeriodicReport) -> None:
    words = "本周总体平稳" * 330
    edit_remarks(report, MANAGER, remarks=words, remarks_version=report.remarks_version)
    sheet = load_workbook(BytesIO(paper_book(report))).worksheets[0]
    said = [str(cell.value) for row in sheet.iter_rows() for cell in row if "本周总体" in str(cell.value)]
    assert "".join(said) == words
    assert max(one.height or 0 for one in sheet.row_dimensions.values()) <= 409


def test_the_document_numbers_its_parts_in_the_readers_way(report: PeriodicReport) -> None:
    with speaking("en"):
        document = Document(BytesIO(circular(report)))
    headings = [one.text for one in document.paragraphs if one.style and one.style.name.startswith("Heading")]
    assert headings[0].startswith("1. ")
    assert headings[1].startswith("(1) ")
    assert not [one for one in headings if "、" in one or "（" in one]
