"""What the tests of the dispatch catalogue share: who changes it, and how its rows are said shortly."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.settings import HERE
from hotline.base.db import forget_kept
from hotline.base.files import read_csv
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.transfer.catalogue import Assignment, RowKey, Terms
from hotline.transfer.catalogue_queries import History, history
from hotline.transfer.queries import routing
from hotline.transfer.revise import end_row, revise_row
from hotline.transfer.tables import load_catalogue

EDITOR = Actor(Role.SUPERVISOR, "班长")
KEY = ("0501", "*")
WALKED = ("050101", "d01")  # the file has no row for it
FILE = list(read_csv(HERE / "city" / "catalogue.csv"))
TERMS = Terms("water-supply", ("housing",), (), "供水条例", "")
BASIS = "会议纪要"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def revise(now: datetime, key: RowKey = KEY, lead: str = "housing", **more: object) -> History:
    given = {"lead": lead, "basis": BASIS, "reason": "职责调整", **more}
    return revise_row(*key, actor=EDITOR, now=now, **given)  # type: ignore[arg-type]  # the cases name what they change


def end(now: datetime, key: RowKey = KEY, **more: object) -> History:
    return end_row(*key, actor=EDITOR, now=now, **{"reason": "不再需要", **more})  # type: ignore[arg-type]  # likewise


def assigned(category: str = "050101", district: str = "d01") -> Assignment:
    forget_kept()
    found = routing().catalogue.assign(category, district, None)
    assert found
    return found


def lead_at(past: History, instant: datetime) -> str | None:
    terms = past.terms_at(instant)
    return terms.lead if terms else None


def row_of(lead: str, key: RowKey = WALKED) -> dict[str, str]:
    codes = {"category": key[0], "district": key[1]}
    return {**codes, "lead": lead, "assist": "", "copy": "", "basis": BASIS, "power": ""}


def loaded(now: datetime, lead: str | None) -> str | None:
    """Who leads after the file was read with or without a row."""
    load_catalogue([*FILE, *([row_of(lead)] if lead else [])], now)
    return lead_at(history(*WALKED), now)
