"""Calendars are imported from files; open deadlines follow."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner
from flask import Flask

from config.settings import Settings
from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.city import load_city
from hotline.orders.calendar_commands import calendar_command, newest
from hotline.policy.models import CalendarVersion
from hotline.policy.queries import calendar_now
from tests import factories

HEAD = "date,kind,name\n"
YEAR_2027 = (
    HEAD + "2026-12-27,workday,元旦调休\n2027-01-01,holiday,元旦\n2027-02-08,holiday,春节\n2027-10-01,holiday,国庆节\n"
)
ICS_2027 = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20270101
DTEND;VALUE=DATE:20270104
SUMMARY:元旦（休）
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20270204
SUMMARY:立春
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20271001
DURATION:P7D
SUMMARY:国庆节（休）
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20271009
SUMMARY:国庆节（班）
END:VEVENT
END:VCALENDAR
"""


class Importing:
    """The import command; what it does is rolled back with the test."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.app = app
        self.folder = folder

    def __call__(self, text: str, *options: str, name: str = "days.csv") -> list[str]:
        """Import a file of this text; gives the lines said."""
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return self.run("import", str(file), *options)

    def run(self, *arguments: str) -> list[str]:
        """Run a command on the calendar; gives the lines said."""
        result = CliRunner().invoke(calendar_command, arguments, obj=lambda: self.app, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output.splitlines()


@pytest.fixture
def importing(app: Flask, session: None, tmp_path: Path) -> Importing:
    return Importing(app, tmp_path)


def national(version: CalendarVersion, year: str) -> list[list[str]]:
    return [row for row in version.document["days"] if row[0].startswith(year)]


def test_a_new_year_joins_those_before_it(importing: Importing) -> None:
    before = national(newest(), "2026")
    said = importing(YEAR_2027, "--source", "通知")
    assert said[:3] == [
        "days.csv: holidays 3, make-up days 1, events skipped 0; replaced: 2027",
        "published until 2027-12-31 (was 2026-12-31)",
        "0 open deadlines moved",
    ]
    assert national(newest(), "2026") == [*before, ["2026-12-27", "workday", "元旦调休"]]
    assert len(national(newest(), "2027")) == 3
    assert newest().source == "通知"
    importing(YEAR_2027.replace("2027-02-08", "2027-02-09"))
    assert [row[0] for row in national(newest(), "2027")] == ["2027-01-01", "2027-02-09", "2027-10-01"]


def test_ical_is_imported(importing: Importing) -> None:
    assert importing(ICS_2027, name="2027.ics")[:3] == [
        "2027.ics: holidays 10, make-up days 1, events skipped 1; replaced: 2027",
        "published until 2027-12-31 (was 2026-12-31)",
        "0 open deadlines moved",
    ]
    assert national(newest(), "2027")[-1] == ["2027-10-09", "workday", "国庆节调休"]


def test_some_days_replace_no_year_and_publish_none(importing: Importing) -> None:
    before = newest().document["days"]
    said = importing(HEAD + "2026-12-31,holiday,元旦\n2027-01-01,holiday,元旦\n")
    assert said[0].endswith("replaced: no whole year, only the days named")
    assert said[1].startswith("published until 2026-12-31 (was 2026-12-31)")
    assert newest().document["days"] == [
        *before,
        ["2026-12-31", "holiday", "元旦"],
        ["2027-01-01", "holiday", "元旦"],
    ]


def test_until_goes_before_what_the_file_covers(importing: Importing) -> None:
    assert importing(YEAR_2027, "--until", "2027-06-30")[1].startswith("published until 2027-06-30 (was 2026-12-31)")
    assert importing(YEAR_2027)[1].startswith("published until 2027-12-31 (was 2027-06-30)")
    assert importing(YEAR_2027, "--until", "2026-12-31")[1].startswith("published until 2026-12-31 (was 2027-12-31)")


def test_the_citys_days_go_before_the_national_ones(importing: Importing) -> None:
    days = newest().document["days"]
    importing(HEAD + "2026-10-05,workday,市庆\n2027-01-01,holiday,元旦\n2027-10-01,holiday,国庆节\n", "--city")
    said = importing(HEAD + "2026-10-06,workday,市庆\n", "--city")
    assert said[0].endswith("replaced: the city's own days")
    assert said[1].startswith("published until 2026-12-31 (was 2026-12-31)")
    assert newest().document["days"] == days
    assert newest().document["city"] == [["2026-10-06", "workday", "市庆"]]
    assert {day.isoformat() for day, name in calendar_now().workdays.items() if name == "市庆"} == {"2026-10-06"}


def test_a_bad_file_changes_nothing(importing: Importing) -> None:
    before = newest().id
    with pytest.raises(Invalid, match=r"3.*kind"):
        importing(HEAD + "2027-01-01,holiday,元旦\n2027-01-02,off,元旦\n")
    with pytest.raises(Invalid, match="names no day"):
        importing(HEAD)
    with pytest.raises(Invalid, match="names no day"):
        importing(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270204\nSUMMARY:立春\nEND:VEVENT\nEND:VCALENDAR\n"
        )
    assert newest().id == before


def test_a_deadline_that_moves_is_told(importing: Importing, now: datetime) -> None:
    order = factories.dispatched(now)
    db.session.commit()
    said = importing(HEAD + "2026-11-20,holiday,市庆\n", "--city")
    assert said[2] == "1 open deadlines moved"
    (line,) = said[3:]
    assert line.startswith(f"{order.number} handle: 2026-11-24 17:30")
    assert "2026-11-25 17:30" in line
    assert "市庆" in line


def test_the_calendar_is_shown(importing: Importing) -> None:
    importing(YEAR_2027, "--source", "通知")
    assert importing.run("show", "--year", "2027") == [
        "published until 2027-12-31: 通知",
        "hours always: 09:00-12:00, 13:30-17:30",
        "2027-01-01 holiday 元旦 (national)",
        "2027-02-08 holiday 春节 (national)",
        "2027-10-01 holiday 国庆节 (national)",
    ]


def test_hours_change_from_a_day_on_and_open_deadlines_follow(importing: Importing, now: datetime) -> None:
    factories.dispatched(now)
    db.session.commit()
    said = importing.run("hours", "08:30-12:00,14:30-18:00", "--from", "2026-11-24")
    assert said[:3] == [
        "hours always: 09:00-12:00, 13:30-17:30",
        "hours from 2026-11-24: 08:30-12:00, 14:30-18:00",
        "1 open deadlines moved",
    ]
    assert "2026-11-24 17:30" in said[3]
    assert said[3].endswith("the working hours changed")
    assert importing.run("hours", "08:00-12:00", "--from", "2026-11-24")[:2] == [
        "hours always: 09:00-12:00, 13:30-17:30",
        "hours from 2026-11-24: 08:00-12:00",
    ]
    assert importing.run("hours", "09:00-17:00")[:2] == [
        "hours always: 09:00-17:00",
        "hours from 2026-11-24: 08:00-12:00",
    ]


@pytest.mark.parametrize(
    "spans", ["", "9", "09:00-12:00-13:00", "25:00-26:00", "12:00-09:00", "09:00-12:00,11:00-13:00"]
)
def test_hours_that_are_none_change_nothing(importing: Importing, spans: str) -> None:
    before = newest().id
    with pytest.raises(Invalid):
        importing.run("hours", spans)
    assert newest().id == before


def test_a_later_load_takes_the_national_days_and_leaves_what_the_city_changed(
    importing: Importing, settings: Settings, now: datetime
) -> None:
    importing.run("hours", "08:30-12:00,14:00-18:00")
    importing(HEAD + "2026-11-20,holiday,市庆\n", "--city")
    city = importing.folder / "city"
    copytree(settings.city_dir, city)
    with (city / "calendar.csv").open("a", encoding="utf-8") as days:
        days.write(YEAR_2027.removeprefix(HEAD))
    about = (city / "city.toml").read_text(encoding="utf-8")
    before = newest()
    load_city(city, settings.policy_dir / "default.toml", now)
    assert newest().id == before.id  # published no further
    about = about.replace("published_until = 2026-12-31", "published_until = 2027-12-31")
    (city / "city.toml").write_text(about, encoding="utf-8")
    load_city(city, settings.policy_dir / "default.toml", now)
    assert newest().published_until.isoformat() == "2027-12-31"
    assert len(national(newest(), "2027")) == 3
    assert (newest().document["hours"], newest().document["city"]) == (
        before.document["hours"],
        before.document["city"],
    )
