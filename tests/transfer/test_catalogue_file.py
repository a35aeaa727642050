"""The file of the dispatch catalogue does not undo people, and a CSV changes only what differs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from config.settings import HERE
from hotline.base.db import db
from hotline.base.errors import Invalid, Stale
from hotline.base.files import read_csv
from hotline.transfer.catalogue_csv import COLUMNS, read_catalogue, write_catalogue
from hotline.transfer.catalogue_queries import catalogue_version, histories, history, rows_at
from hotline.transfer.models import Keyword
from hotline.transfer.revise import differences, revise_from_csv, withdraw_plan
from hotline.transfer.tables import load_catalogue, load_keywords
from tests.conftest import NOW
from tests.transfer.catalogue import (
    DAY,
    EDITOR,
    FILE,
    HOUR,
    KEY,
    TERMS,
    WALKED,
    end,
    lead_at,
    loaded,
    revise,
    row_of,
)

# Any walk of changes by people and by the file, against what is said of them in words.
STEPS = st.lists(
    st.tuples(
        st.integers(0, 3),  # hours that go by before it
        st.sampled_from(["revise", "end", "withdraw", "file"]),
        st.sampled_from(["housing", "urban", "market"]),
        st.integers(0, 4),  # hours until it takes effect
    ),
    max_size=10,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_any_walk_keeps_the_past_and_what_people_did(session: None, steps: list[tuple[int, str, str, int]]) -> None:
    with db.session.begin_nested() as walk:
        _walk(steps)
        walk.rollback()


def _walk(steps: list[tuple[int, str, str, int]]) -> None:
    told, seen = Told(), {}
    for hours, what, lead, ahead in steps:
        for _ in range(hours):
            seen[told.now] = told.current
            told.pass_an_hour()
        getattr(told, what)(lead, ahead)
        past = history(*WALKED)
        assert sum(row.holds_at(told.now) for row in past.rows) <= 1
        assert {at: lead_at(past, at) for at in seen} == seen
        assert lead_at(past, told.now) == told.current
        assert lead_at(past, told.now + 9 * HOUR) == (told.plan[1] if told.plan else told.current)


class Told:
    """What the changes mean, told again without a history: who leads now, what is planned, what the file said."""

    def __init__(self) -> None:
        self.now = NOW
        self.current: str | None = None
        self.plan: tuple[datetime, str | None] | None = None
        self.by_file, self.file_said = False, ""

    def pass_an_hour(self) -> None:
        """What was planned for the hour that begins holds now."""
        self.now += HOUR
        if self.plan and self.plan[0] == self.now:
            (_, self.current), self.plan, self.by_file = self.plan, None, False

    def revise(self, lead: str, ahead: int) -> None:
        """A person lays down who leads."""
        revise(self.now, WALKED, lead, effective=self._later(ahead))
        if lead == self.current and not (ahead and self.plan):
            return
        if ahead:
            self.plan = (self.now + ahead * HOUR, lead)
        else:
            self.current, self.by_file = lead, False

    def end(self, _: str, ahead: int) -> None:
        """A person ends the row."""
        if self.current or (self.plan and self.plan[1]):
            end(self.now, WALKED, effective=self._later(ahead))
            self.plan = (self.now + ahead * HOUR, None) if ahead else None
            self.current, self.by_file = (self.current, self.by_file) if ahead else (None, False)

    def withdraw(self, _: str, __: int) -> None:
        """A person gives up the plan."""
        if self.plan:
            withdraw_plan(*WALKED, actor=EDITOR, now=self.now, reason="暂缓")
            self.plan, self.by_file = None, False

    def file(self, lead: str, ahead: int) -> None:
        """The file is read, with or without the row."""
        loaded(self.now, lead if ahead else None)
        if ahead and lead != self.file_said:
            self.current, self.by_file, self.file_said = lead, True, lead
        elif not ahead and self.by_file and self.current:
            self.current, self.file_said = None, ""

    def _later(self, ahead: int) -> datetime | None:
        return self.now + ahead * HOUR if ahead else None


def test_the_file_read_again_changes_nothing(session: None, now: datetime) -> None:
    before = catalogue_version()
    load_catalogue(FILE, now)
    assert catalogue_version() == before


def test_the_file_does_not_undo_people(session: None, now: datetime) -> None:
    assert loaded(now, "housing") == "housing"
    revise(now + HOUR, WALKED, "urban")
    assert loaded(now + 2 * HOUR, "housing") == "urban", "the file says what it said"
    assert loaded(now + 3 * HOUR, None) == "urban", "the row is a person's"
    assert loaded(now + 4 * HOUR, "market") == "market", "the file has changed"
    assert loaded(now + 5 * HOUR, None) is None, "the row was the file's"
    assert loaded(now + 6 * HOUR, "market") == "market", "it is listed again"
    end(now + 7 * HOUR, WALKED)
    assert loaded(now + 8 * HOUR, "market") is None, "a person ended it"


def test_the_file_leaves_what_is_planned(session: None, now: datetime) -> None:
    loaded(now, "housing")
    revise(now, WALKED, "urban", effective=now + DAY)
    assert loaded(now + HOUR, "market") == "market"
    assert lead_at(history(*WALKED), now + DAY) == "urban"


def keyword(word: str) -> list[tuple[str, str, float]]:
    wanted = select(Keyword).where(Keyword.keyword == word, Keyword.valid_to.is_(None))
    return [(row.origin, row.category_code, row.weight) for row in db.session.scalars(wanted)]


def test_learned_keywords_stay_until_the_file_lists_them(session: None, now: datetime) -> None:
    rows = list(read_csv(HERE / "city" / "keywords.csv"))
    db.session.add(Keyword(keyword="水表乱走", category_code="050101", weight=2.5, origin="learned", valid_from=now))
    db.session.flush()
    load_keywords(rows, now)
    assert keyword("水表乱走") == [("learned", "050101", 2.5)]
    listed = {"keyword": "水表乱走", "category": "050101", "weight": "7"}
    load_keywords([*rows, {**listed, "category": "050102"}], now)
    assert sorted(keyword("水表乱走")) == [("hand", "050102", 7), ("learned", "050101", 2.5)]
    for _ in range(2):
        load_keywords([*rows, listed], now)
        assert keyword("水表乱走") == [("hand", "050101", 7)]
    load_keywords(rows, now)
    assert keyword("水表乱走") == []


def download(now: datetime) -> bytes:
    return write_catalogue(db.session.scalars(rows_at(now)))


def test_what_is_downloaded_is_the_file_and_changes_nothing(session: None, now: datetime, tmp_path: Path) -> None:
    content = download(now)
    kept = tmp_path / "catalogue.csv"
    kept.write_bytes(content)
    assert sorted(map(str, read_csv(kept))) == sorted(map(str, FILE)), "the loader reads a byte order mark"
    assert differences(read_catalogue(content), histories(), now, whole=True) == []


def test_a_csv_changes_only_what_differs(session: None, now: datetime) -> None:
    version = catalogue_version()
    table = [{**row} for row in FILE if row["category"] != "0102"]
    table[0]["basis"] = "新依据"
    table.append(row_of("housing"))
    wanted = read_catalogue(as_csv(table).encode("gb18030"))
    kept = {"actor": EDITOR, "now": now, "reason": "年度修订"}
    found = revise_from_csv(wanted, **kept)  # type: ignore[arg-type]  # what every call is given
    changed, added = found
    assert (changed.key, changed.before and changed.before.basis, changed.after and changed.after.basis) == (
        (FILE[0]["category"], FILE[0]["district"]),
        FILE[0]["basis"],
        "新依据",
    )
    assert (added.key, added.before) == (WALKED, None)
    assert revise_from_csv(wanted, **kept) == []  # type: ignore[arg-type]  # likewise
    (ended,) = revise_from_csv(wanted, whole=True, **kept)  # type: ignore[arg-type]  # likewise
    assert (ended.key[0], ended.after) == ("0102", None)
    with pytest.raises(Stale):
        revise_from_csv(wanted, expected=version, **kept)  # type: ignore[arg-type]  # likewise


def test_a_csv_for_later_leaves_other_plans(session: None, now: datetime) -> None:
    revise(now, effective=now + DAY)
    wanted = {**read_catalogue(download(now)), WALKED: TERMS}
    revise_from_csv(wanted, actor=EDITOR, now=now, reason="修订", effective=now + 2 * DAY)
    assert lead_at(history(*KEY), now + 3 * DAY) == "housing"
    assert lead_at(history(*WALKED), now + DAY) is None
    assert lead_at(history(*WALKED), now + 2 * DAY) == TERMS.lead


@pytest.mark.parametrize(
    ("content", "where", "said"),
    [
        ("", "file", "lacks the column category"),
        ("category,district,lead,assist,copy,basis\n", "file", "lacks the column power"),
        ("H\n050101,,housing,,,,\n", "row 2", "district: is required"),
        ("H\n\n050101,*,,,,,\n", "row 3", "lead: is required"),
        ("H\n050101,*,housing,,,,\n50101,*,urban,,,,\n", "row 3", "again"),
        ("H\n050101,*,housing,,," + "长" * 201 + ",\n", "row 2", "shorten"),
        (b"\xff\xff\xff", "file", "cannot be read"),
    ],
)
def test_a_csv_that_cannot_be_read_says_where(in_english: None, content: str | bytes, where: str, said: str) -> None:
    given = content if isinstance(content, bytes) else content.replace("H", ",".join(COLUMNS)).encode()
    with pytest.raises(Invalid) as refused:
        read_catalogue(given)
    ((field, texts),) = refused.value.errors.items()
    assert field == where
    assert said in texts[0]


def test_a_csv_names_every_row_the_city_cannot_use(in_english: None, now: datetime) -> None:
    wanted = {("050101", "d01"): replace(TERMS, lead="watr"), ("999999", "*"): TERMS, ("050101", "d02"): TERMS}
    before = catalogue_version()
    with pytest.raises(Invalid) as refused:
        revise_from_csv(wanted, actor=EDITOR, now=now, reason="修订")
    assert list(refused.value.errors) == ["catalogue row 050101 d01", "catalogue row 999999 *"]
    assert catalogue_version() == before


def as_csv(rows: list[dict[str, str]]) -> str:
    out = io.StringIO(newline="")
    lines = csv.DictWriter(out, COLUMNS)
    lines.writeheader()
    lines.writerows(rows)
    return out.getvalue()
