"""A report for circulation (.docx), in the form of Chinese official documents (after GB/T 9704-2012).

Title 小标宋 22 pt, headings 黑体 and 楷体, text 仿宋 16 pt on lines of 28 pt, page numbers between dashes. Where a reader's
machine lacks a font, the office program takes its own.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from hotline.base.i18n import gettext, language
from hotline.report.papers.models import PeriodicReport
from hotline.report.papers.paper import Form, Said, Section, Table, text
from hotline.report.papers.queries import paper_of
from hotline.report.papers.titles import Head, head_of, instant_words

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PAGE, MARGINS = (Mm(210), Mm(297)), {"top": Mm(37), "bottom": Mm(35), "left": Mm(28), "right": Mm(26)}
WIDTH_MM = 210 - 28 - 26
LINE = Pt(28)
BODY, SMALL = Pt(16), Pt(10.5)
LATIN = "Times New Roman"
# Style: east-asian font, size, bold, first-line indent in points, space on top.
STYLES: dict[str, tuple[str, Pt, bool, float]] = {
    "Normal": ("仿宋_GB2312", BODY, False, 32),
    "Title": ("方正小标宋简体", Pt(22), False, 0),
    "Subtitle": ("楷体_GB2312", BODY, False, 0),
    "Heading 1": ("黑体", BODY, False, 32),
    "Heading 2": ("楷体_GB2312", BODY, False, 32),
}
CELL, CENTER = "Cell", WD_ALIGN_PARAGRAPH.CENTER
NARROWEST = 4.5  # a column, in Chinese characters
CHARACTER_MM = 3.7  # one of SMALL
NUMERALS = "一二三四五六七八九十"


def circular(report: PeriodicReport) -> bytes:
    """The report as a document. Raises NotFound while it is being made."""
    paper, head = paper_of(report), head_of(report)
    document = Document()
    _set_page(document)
    _set_styles(document)
    document.core_properties.title, document.core_properties.author = head.title, head.office
    _top(document, report, head)
    for at, section in enumerate(paper.sections):
        _section(document, section, at)
    _sign_off(document, report, head)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


# The page and its styles


def _set_page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = PAGE
    for side, width in MARGINS.items():
        setattr(section, f"{side}_margin", width)
    section.footer_distance = Mm(25)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    footer.paragraph_format.first_line_indent = Pt(0)
    for piece in ("— ", None, " —"):
        run = footer.add_run(piece or "")
        _font(run, "宋体", Pt(14))
        if piece is None:
            _page_field(run)


def _page_field(run: Any) -> None:
    """The page's own number, which the office program fills in."""
    for kind, words in (("begin", ""), ("", "PAGE"), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = words
        run._r.append(element)  # noqa: SLF001 # python-docx has no fields of its own


def _set_styles(document: Any) -> None:
    for name, (font, size, bold, indent) in STYLES.items():
        style = document.styles[name]
        _font(style, font, size)
        style.font.bold, style.font.italic = bold, False
        style.font.color.rgb = None
        form = style.paragraph_format
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, LINE
        form.space_before = form.space_after = Pt(0)
        form.first_line_indent = Pt(indent)
    document.styles["Title"].paragraph_format.line_spacing = Pt(35)
    for name in ("Title", "Subtitle"):
        document.styles[name].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _without_border(document.styles[name])
    cell = document.styles.add_style(CELL, WD_STYLE_TYPE.PARAGRAPH)
    cell.base_style = document.styles["Normal"]
    _font(cell, "仿宋_GB2312", SMALL)
    cell.paragraph_format.first_line_indent = Pt(0)
    cell.paragraph_format.line_spacing = Pt(15)


def _font(of: Any, east_asian: str, size: Pt) -> None:
    """One font for Latin letters and figures, another for Chinese."""
    of.font.name, of.font.size = LATIN, size
    fonts = of.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    fonts.set(qn("w:eastAsia"), east_asian)


def _without_border(style: Any) -> None:
    for border in style.element.findall(f".//{qn('w:pBdr')}"):
        border.getparent().remove(border)


# What it says


def _top(document: Any, report: PeriodicReport, head: Head) -> None:
    document.add_paragraph(head.title, "Title")
    edition = gettext("edition %(n)s", n=report.edition) if report.edition > 1 else ""
    document.add_paragraph(gettext("(%(issue)s)", issue=" ".join(filter(None, [head.issue, edition]))), "Subtitle")
    document.add_paragraph("")
    for words in filter(None, report.remarks.splitlines()):
        document.add_paragraph(words)
    document.add_paragraph(
        gettext("This report covers %(days)s, as the records stood at %(cutoff)s.", days=head.days, cutoff=head.cutoff)
    )


def _section(document: Any, section: Section, at: int) -> None:
    document.add_paragraph(f"{_heading(at)}{gettext(section.title)}", "Heading 1")
    tables = 0
    for block, next_block in zip(section.blocks, (*section.blocks[1:], None), strict=True):
        if isinstance(block, Said):
            paragraph = document.add_paragraph(text(block))
            paragraph.paragraph_format.keep_with_next = isinstance(next_block, Table)
            continue
        if block.rows:
            tables += 1
            title = document.add_paragraph(f"{_subheading(tables - 1)}{text(block.title)}", "Heading 2")
            title.paragraph_format.keep_with_next = True
            _table(document, block)
            if note := text(block.note):
                document.add_paragraph(note, CELL)
            document.add_paragraph("", CELL)


def _heading(at: int) -> str:
    return f"{_numeral(at)}、" if language() == "zh" else f"{at + 1}. "


def _subheading(at: int) -> str:
    return f"（{_numeral(at)}）" if language() == "zh" else f"({at + 1}) "


def _numeral(at: int) -> str:
    """一, 二 … 十, 十一 …, for as many as a report may have."""
    if at < len(NUMERALS):
        return NUMERALS[at]
    tens, ones = divmod(at + 1, len(NUMERALS))
    return ("" if tens == 1 else NUMERALS[tens - 1]) + "十" + (NUMERALS[ones - 1] if ones else "")


def _table(document: Any, table: Table) -> None:
    shown = [at for at, column in enumerate(table.columns) if not (column.aside or column.inside)]
    made = document.add_table(rows=1 + len(table.rows), cols=len(shown), style="Table Grid")
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    widths = [Mm(width) for width in _widths(table, shown)]
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    sides = [
        WD_ALIGN_PARAGRAPH.LEFT if table.columns[at].form is Form.TEXT else WD_ALIGN_PARAGRAPH.RIGHT for at in shown
    ]
    headings, *rows = made.rows
    _repeat(headings)
    for run in _fill(headings, [gettext(table.columns[at].heading) for at in shown], widths, [CENTER] * len(shown)):
        _font(run, "黑体", SMALL)
    for row, parts in zip(rows, table.rows, strict=True):
        _fill(row, [text(parts[at]) for at in shown], widths, sides)


def _fill(row: Any, values: list[str], widths: list[Any], sides: list[Any]) -> list[Any]:
    """Write a row; return its runs."""
    _keep_whole(row)
    runs = []
    for cell, value, width, side in zip(row.cells, values, widths, sides, strict=True):
        cell.width = width
        paragraph = cell.paragraphs[0]
        paragraph._p.style = CELL  # noqa: SLF001 # by its id: looking the style up for each cell takes seconds
        paragraph.alignment = side
        runs.append(paragraph.add_run(value))
    return runs


def _widths(table: Table, shown: list[int]) -> list[float]:
    """The page's width, shared out by the longest that stands in each column; where it is short, the widest give way."""
    room = WIDTH_MM / CHARACTER_MM
    longest = []
    for at in shown:
        words = [text(row[at]) for row in table.rows]
        heading = gettext(table.columns[at].heading)
        longest.append(max(NARROWEST, _length(heading) / 2 + 1, *(_length(one) for one in words)))
    widest = max(longest)
    while sum(min(one, widest) for one in longest) > room and widest > NARROWEST:
        widest -= 0.5
    widths = [min(one, widest) for one in longest]
    return [WIDTH_MM * one / sum(widths) for one in widths]


def _length(words: str) -> float:
    """How wide a text is, in Chinese characters."""
    return sum(1.0 if ord(char) > 0x2E7F else 0.62 for char in words) + 1.2  # noqa: PLR2004 # where CJK begins


def _repeat(row: Any) -> None:
    """Let a row of headings stand on every page the table reaches."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 # not in python-docx


def _keep_whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 # likewise


def _sign_off(document: Any, report: PeriodicReport, head: Head) -> None:
    document.add_paragraph("")
    signed = gettext("Signed by: %(name)s", name=report.signed_by) if report.signed_by else gettext("Signed by:")
    date = instant_words(report.signed_at or report.made_at or report.asked_at).rpartition(" ")[0]
    for words in (signed, head.office, date):
        paragraph = document.add_paragraph(words)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.right_indent = Pt(32)
        paragraph.paragraph_format.keep_with_next = words != date
