"""Days from files: CSV strictly, iCal as public holiday calendars write it; which years a file covers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from config.settings import HERE
from hotline.base.errors import Invalid
from hotline.policy.clock_commands import clock
from hotline.policy.days import Day, covered_years, days_in, find_days, known_until, merged, read_days

HEAD = "date,kind,name\n"


def event(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""])


def on(first: str, summary: str, *more: str) -> str:
    return event(f"DTSTART;VALUE=DATE:{first.replace('-', '')}", f"SUMMARY;LANGUAGE=zh_CN:{summary}", *more)


@pytest.fixture
def ics(tmp_path: Path) -> Path:
    return tmp_path / "holidays.ics"


def written(ics: Path, *events: str) -> Path:
    text = "".join(["BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:中国节假日\r\n", *events, "END:VCALENDAR\r\n"])
    ics.write_text(text, encoding="utf-8", newline="")
    return ics


def refused(file: Path) -> str:
    with pytest.raises(Invalid) as caught:
        find_days(file)
    assert file.name in str(caught.value)
    return str(caught.value)


# CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_as_excel_saves_it(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "days.csv"
    text = "date,kind,name,note\r\n2026-02-15,holiday,春节,初\r\n\r\n,,,\r\n 2026-02-14 ,workday,春节调休,\r\n"
    file.write_bytes(text.encode(encoding))
    assert read_days(file) == [["2026-02-14", "workday", "春节调休"], ["2026-02-15", "holiday", "春节"]]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        (HEAD, []),
        (HEAD + "2026-01-01,holiday,\n2026-01-04,workday, \n", [["2026-01-01", "放假"], ["2026-01-04", "调休"]]),
        ("date,kind\n2026-01-01,holiday\n", [["2026-01-01", "放假"]]),
    ],
)
def test_a_csv_may_name_no_day_and_leave_days_unnamed(tmp_path: Path, text: str, days: list[list[str]]) -> None:
    file = tmp_path / "days.csv"
    file.write_text(text, encoding="utf-8")
    assert [[day, name] for day, _, name in read_days(file)] == days


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "lacks the columns date, kind"),
        (HEAD + "2026-01-01,holiday,元旦\n2026-13-01,holiday,?\n", "line 3: date: “2026-13-01”"),
        (HEAD + "\n\n2026/1/1,holiday,元旦\n", "line 4: date: “2026/1/1”"),
        (HEAD + "20260101,holiday,元旦\n", "line 2: date: “20260101”"),
        (HEAD + "0206-01-01,holiday,元旦\n", "line 2: 0206-01-01"),
        (HEAD + "2026-01-01,off,元旦\n", "line 2: kind: “off”"),
        (HEAD + "2026-01-01\n", "line 2: kind: “”"),
        (HEAD + "2026-01-01,holiday,元旦\n2026-01-01,workday,元旦\n", "line 3: 2026-01-01 is both"),
        (HEAD + '2026-01-01,holiday,"' + "x" * 200_000, "field larger"),
    ],
)
def test_bad_csv_names_line_and_field(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "days.csv"
    file.write_text(text, encoding="utf-8")
    assert named in refused(file)


def test_every_bad_row_is_told_but_no_more_than_ten() -> None:
    rows = [
        "2026-13-01,holiday,",
        "2026-01-02,off,",
        "0206-01-01,holiday,",
        "2026-01-04,workday,",
        "2026-01-04,holiday,",
    ]
    with pytest.raises(Invalid) as refusal:
        days_in("days.csv", (HEAD + "\n".join(rows)).encode(), "file")
    assert [said.split(":")[0] for said in refusal.value.errors["file"]] == ["line 2", "line 3", "line 4", "line 6"]
    with pytest.raises(Invalid) as refusal:
        days_in("days.csv", (HEAD + "x,off,\n" * 12).encode(), "file")
    assert [len(refusal.value.errors["file"]), refusal.value.errors["file"][-1]] == [11, "and 2 more faults"]
    events = [
        on("2026-01-01", "元旦（休）", "RRULE:FREQ=YEARLY"),
        on("2026-01-03", "元旦（休）", "DTEND;VALUE=DATE:20260101"),
    ]
    with pytest.raises(Invalid) as refusal:
        days_in("days.ics", ("BEGIN:VCALENDAR\r\n" + "".join(events) + "END:VCALENDAR\r\n").encode(), "file")
    assert len(refusal.value.errors["file"]) == 2


@pytest.mark.parametrize("name", ["days.csv", "days.ics"])
@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01\xff", b"PK\x03\x04\x00\x00", b"\x00" * 20, b"<html>404</html>"])
def test_garbage_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    refused(file)


def test_a_day_given_twice_alike_counts_once(tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text(HEAD + "2026-10-01,holiday,国庆节\n2026-10-01,holiday,中秋节\n", encoding="utf-8")
    assert read_days(file) == [["2026-10-01", "holiday", "国庆节"]]


# iCal


def test_an_apple_calendar(ics: Path) -> None:
    calendar = (
        on("2026-02-04", "立春", "RRULE:FREQ=YEARLY;COUNT=5"),
        on("2026-02-14", "春节（班）", "DTEND;VALUE=DATE:20260215", "X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY"),
        on("2026-02-15", "春节（休）", "DTEND;VALUE=DATE:20260218", "X-APPLE-SPECIAL-DAY:WORK-HOLIDAY"),
        on("2026-02-17", "春节"),
        on("2026-05-10", "母亲节", "RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=2SU"),
        on("2026-02-28", "春节（班）", "STATUS:CANCELLED"),
        event("DTSTART;TZID=Asia/Shanghai:20260216T090000", "SUMMARY:春节值班会（休）"),
    )
    found = find_days(written(ics, *calendar))
    assert found.days == [
        ["2026-02-14", "workday", "春节调休"],
        ["2026-02-15", "holiday", "春节"],
        ["2026-02-16", "holiday", "春节"],
        ["2026-02-17", "holiday", "春节"],
    ]
    assert (found.count("holiday"), found.count("workday"), found.skipped) == (3, 1, 5)


def test_apples_mark_goes_before_words(ics: Path) -> None:
    file = written(ics, on("2026-02-14", "放假", "X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY"))
    assert read_days(file) == [["2026-02-14", "workday", "调休"]]


@pytest.mark.parametrize(
    ("summary", "kind", "name"),
    [
        ("春节（休）", "holiday", "春节"),
        ("春节 休", "holiday", "春节"),
        ("春节休", "holiday", "春节"),
        ("【休】春节", "holiday", "春节"),
        ("端午节放假", "holiday", "端午节"),
        ("春节 假期 第1天/共9天", "holiday", "春节"),
        ("国庆节、中秋节假期", "holiday", "国庆节、中秋节"),
        ("三月三（壮族） 放假", "holiday", "三月三（壮族）"),
        ("休", "holiday", "休"),
        ("春节（班）", "workday", "春节调休"),
        ("春节 班", "workday", "春节调休"),
        ("春节班", "workday", "春节调休"),
        ("端午休", "holiday", "端午"),
        ("五一班", "workday", "五一调休"),
        ("春节（补）", "workday", "春节调休"),
        ("春节 补班 第1天/共1天", "workday", "春节调休"),
        ("国庆节调休上班", "workday", "国庆节调休"),
        ("国庆节调休（班）", "workday", "国庆节调休"),
        ("上班", "workday", "调休"),
        # Unclear by their words, but on a Saturday:
        ("春节调休", "workday", "春节调休"),
        ("春节假期调休", "workday", "春节调休"),
        ("国庆假期补班", "workday", "国庆调休"),
    ],
)
def test_kind_and_name_come_from_the_words(ics: Path, summary: str, kind: str, name: str) -> None:
    assert read_days(written(ics, on("2026-02-14", summary))) == [["2026-02-14", kind, name]]


@pytest.mark.parametrize(
    "summary",
    [
        "立春",
        "春节",
        "母亲节",
        "鲁班节",
        "退休办例会",
        "值班表",
        "春节休市",
        "妇女节（不放假）",
        "妇女节 放假半天",
        "暑假期间",
    ],
)
def test_other_events_are_skipped(ics: Path, summary: str) -> None:
    found = find_days(written(ics, on("2026-02-14", summary), on("2026-10-01", "国庆节（休）")))
    assert found.days == [["2026-10-01", "holiday", "国庆节"]]
    assert found.skipped == 1


@pytest.mark.parametrize(
    ("summary", "categories", "kind"),
    [
        ("春节", "假期,中国", "holiday"),
        ("春节调休", "上班", "workday"),
        ("春节调休", "假期", "workday"),
        ("春节补班", "放假", "workday"),
        ("春节假期", "上班", "workday"),
    ],
)
def test_categories_count_but_never_make_a_make_up_day_a_holiday(
    ics: Path, summary: str, categories: str, kind: str
) -> None:
    assert read_days(written(ics, on("2026-02-14", summary, f"CATEGORIES:{categories}")))[0][1] == kind


@pytest.mark.parametrize("summary", ["国庆节调休", "国庆节放假调休", "国庆假期 10月10日上班"])
def test_unclear_words_on_a_day_of_the_week_are_refused(ics: Path, summary: str) -> None:
    file = written(ics, on("2026-10-03", summary, "DTEND;VALUE=DATE:20261008"))
    assert "2026-10-03 may be off or worked" in refused(file)


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        ((), "2026-10-01"),
        (("DTEND;VALUE=DATE:20261001",), "2026-10-01"),
        (("DTEND;VALUE=DATE:20261003",), "2026-10-02"),
        (("DURATION:P3D",), "2026-10-03"),
        (("DURATION:P1W",), "2026-10-07"),
    ],
)
def test_an_event_is_as_long_as_it_says(ics: Path, lines: tuple[str, ...], last: str) -> None:
    days = read_days(written(ics, on("2026-10-01", "国庆节（休）", *lines)))
    assert [days[0][0], days[-1][0]] == ["2026-10-01", last]
    assert len(days) == int(last[-2:])


@pytest.mark.parametrize(
    ("calendar", "named"),
    [
        (on("2026-01-01", "元旦（休）", "RRULE:FREQ=YEARLY"), "“元旦（休）” of 2026-01-01 repeats"),
        (on("2026-01-01", "元旦（休）", "RDATE;VALUE=DATE:20270101"), "repeats"),
        (on("2026-10-01", "国庆节（休）") + on("2026-10-01", "中秋节（班）"), "2026-10-01 is both"),
        (on("2026-13-01", "元旦（休）"), "20261301"),
        (event("SUMMARY:元旦（休）"), "DTSTART"),
        (on("2026-01-03", "元旦（休）", "DTEND;VALUE=DATE:20260101"), "ends before it starts"),
        (on("2026-01-03", "元旦（休）", "DURATION:PT36H"), "DURATION"),
        (on("2026-01-03", "元旦（休）", "DTEND VALUE=DATE 20260105"), "mend or remove the line"),
        ("", "no whole iCal event"),
    ],
)
def test_bad_ical_names_the_event(ics: Path, calendar: str, named: str) -> None:
    assert named in refused(written(ics, calendar))


def test_a_download_that_broke_off_is_refused(ics: Path) -> None:
    whole = written(ics, on("2026-10-01", "国庆节（休）")).read_bytes()
    ics.write_bytes(whole[:-40])
    refused(ics)


def test_ical_is_known_by_its_content_too(tmp_path: Path) -> None:
    file = written(tmp_path / "basic.txt", on("2026-10-01", "国庆节（休）"))
    for before, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"", "gb18030")):
        file.write_bytes(before + written(file, on("2026-10-01", "国庆节（休）")).read_text("utf-8").encode(encoding))
        assert read_days(file) == [["2026-10-01", "holiday", "国庆节"]]


def test_a_line_folded_within_a_character_is_read(ics: Path) -> None:
    content = written(ics, on("2026-10-01", "国庆节（休）")).read_bytes()
    middle = content.index("庆".encode()) + 1
    ics.write_bytes(content[:middle] + b"\r\n " + content[middle:])
    assert read_days(ics) == [["2026-10-01", "holiday", "国庆节"]]


# Years


def days(*named: str) -> list[Day]:
    return [[day, "holiday", "?"] for day in named]


YEAR_2027 = [["2026-12-27", "workday", "元旦调休"], *days("2027-01-01", "2027-02-06", "2027-10-01")]


def test_the_citys_own_file_covers_its_two_years() -> None:
    assert covered_years(read_days(HERE / "city" / "calendar.csv")) == {2025, 2026}


@pytest.mark.parametrize(
    "some", [days("2027-01-01"), days("2027-10-01"), [["2027-01-01", "workday", "?"], *days("2027-10-01")]]
)
def test_some_days_cover_no_year(some: list[Day]) -> None:
    assert covered_years(some) == set()


def test_a_covered_year_is_replaced_with_the_new_year_before_it_and_nothing_else() -> None:
    spared = days("2025-10-01", "2026-01-01", "2026-10-01", "2027-11-30", "2028-01-01")
    gone = [["2026-12-26", "workday", "元旦调休"], *days("2026-11-01", "2027-05-01", "2027-10-31")]
    assert merged([*spared, *gone], YEAR_2027) == sorted([*spared, *YEAR_2027])


def test_days_of_a_year_the_file_does_not_cover_are_added_one_by_one() -> None:
    new = [["2026-05-06", "holiday", "劳动节"], ["2026-05-09", "holiday", "劳动节"]]
    known = [*days("2026-05-01"), ["2026-05-09", "workday", "劳动节调休"]]
    assert merged(known, new) == [*days("2026-05-01"), *new]


@pytest.mark.parametrize(
    ("named", "before", "until"),
    [
        (YEAR_2027, date(2026, 12, 31), date(2027, 12, 31)),
        (YEAR_2027, date(2027, 6, 30), date(2027, 12, 31)),
        (YEAR_2027, date(2028, 12, 31), date(2028, 12, 31)),  # a correction of a year that has passed
        (YEAR_2027, date(2025, 12, 31), date(2025, 12, 31)),  # 2026 is not known
        (days("2027-01-01"), date(2026, 12, 31), date(2026, 12, 31)),
        ([*YEAR_2027, *days("2028-01-01")], None, date(2027, 12, 31)),
        (days("2026-11-18"), None, date(2026, 11, 18)),
    ],
)
def test_how_far_holidays_are_known(named: list[Day], before: date | None, until: date) -> None:
    assert known_until(named, before) == until


# The clock commands


def run(*arguments: str, sent: bytes = b"") -> str:
    result = CliRunner().invoke(clock, arguments, input=sent, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(("start", "provisional"), [("2027-12-27T10:00", False), ("2028-01-03T10:00", True)])
def test_the_clock_counts_on_an_ical_file(ics: Path, start: str, *, provisional: bool) -> None:
    holidays = [on("2027-01-01", "元旦（休）"), on("2027-10-01", "国庆节（休）"), on("2028-01-01", "元旦（休）")]
    file = written(ics, *holidays, on("2027-12-28", "市庆 休"), on("2028-01-04", "市庆 休"))
    arguments = ("explain", "--start", start, "--amount", "1", "--unit", "working_days", "--json")
    said = json.loads(run(*arguments, "--calendar", str(file)))
    assert said["provisional"] is provisional
    assert [run["name"] for run in said["skipped"]] == ["市庆"]


@pytest.mark.parametrize(
    "sent",
    [
        "start,amount,unit,note\r\n2026-11-17T10:00,1,working_hours,锦绣\r\n".encode("utf-8-sig"),
        "start,amount,unit,note\r\n2026-11-17T10:00,1,working_hours,锦绣\r\n".encode("gb18030"),
        "start,amount,unit,note\n\n2026-11-17T10:00,1,working_hours,锦绣\n\n,,,\n".encode(),
        '"start","amount","unit","note"\n"2026-11-17T10:00","1"," working_hours ","锦绣"'.encode(),
        "start,due,amount,unit,note\n2026-11-17T10:00,old,1,working_hours,锦绣\n".encode(),
    ],
)
def test_dues_of_a_table_however_it_was_saved(sent: bytes) -> None:
    lines = run("due", "-", sent=sent).replace(" working_hours ", "working_hours").split("\n")
    assert lines == ["start,amount,unit,note,due", "2026-11-17T10:00,1,working_hours,锦绣,2026-11-17T11:00:00", ""]


def test_dues_keep_quoted_cells_and_fill_short_rows() -> None:
    sent = b'start,amount,unit,a,b\n2026-11-17T10:00,1,natural_hours,"x, ""y""\nz"\n'
    assert run("due", "-", sent=sent) == (
        'start,amount,unit,a,b,due\n2026-11-17T10:00,1,natural_hours,"x, ""y""\nz",,2026-11-17T11:00:00\n'
    )


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (b"", "columns"),
        (b"start,amount\n", "lacks unit"),
        (b"start,amount,unit\n\n2026-11-17T10:00,1,natural_hours,a\n", "line 3: has 4 cells for 3 columns"),
        (b"start,amount,unit\n2026-11-17T10:00\n", "line 2: amount"),
        (b"start,amount,unit\n2026-11-17T10:00,inf,working_days\n", "line 2: amount"),
        (b"start,amount,unit\n2026-11-17T10:00,nan,natural_hours\n", "line 2: amount"),
        (b"start,amount,unit\n9999-12-31T10:00,5,working_days\n", "line 2: "),
        (b"start,amount,unit\n\xff\xff\xff", "UTF-8"),
    ],
)
def test_a_table_that_cannot_be_counted_is_refused(sent: bytes, named: str) -> None:
    result = CliRunner().invoke(clock, ["due", "-"], input=sent)
    assert isinstance(result.exception, Invalid)
    assert named in str(result.exception)
    assert result.output == ""
