"""The rollup at a million orders: built, brought up to date, read as a week, verified; beside direct SQL.

Run: python -m bench.rollup [ORDERS]
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import TypeVar

from flask import Flask
from sqlalchemy import select, text

from bench.city import bench_city, fill
from hotline.base.db import db
from hotline.base.time import Kind, Period, utc_now, week_of
from hotline.base.work import one_picture, unit_of_work
from hotline.people.models import User
from hotline.people.operations import create_user
from hotline.people.queries import actor_for
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.report.dimensions import By
from hotline.report.measures import MEASURES
from hotline.report.papers.files import FILES
from hotline.report.papers.operations import ask, make_report
from hotline.report.queries import figures, rolled_at
from hotline.report.rollup.conservation import Mismatch, verify_measures
from hotline.report.rollup.counting import count
from hotline.report.rollup.rolling import rebuild, roll_up

T = TypeVar("T")
ROUNDS = 9
TOUCHED = 200  # orders that somebody works on between two turns of the worker


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What a call gives, and how many seconds it took."""
    started = time.perf_counter()
    found = work()
    return found, time.perf_counter() - started


def median(work: Callable[[], object]) -> float:
    """The median of some calls in milliseconds, after one to warm up."""
    work()
    return statistics.median(timed(work)[1] for _ in range(ROUNDS)) * 1000


def touch(orders: int) -> None:
    """Open orders of the last days are signed once more."""
    with unit_of_work():
        db.session.execute(
            text(
                "INSERT INTO order_event (order_id, seq, at, action, from_state, to_state, actor_role, actor_name, reason, "
                "payload, hash) SELECT id, 90, now() - interval '1 minute', 'note', state, state, 'system', '', '', '{}', '' FROM work_order "
                "WHERE state = 'handling' ORDER BY received_at LIMIT :n"
            ),
            {"n": orders},
        )


def weeks(app: Flask, period: Period) -> None:
    """The week's page as a manager asks for it."""
    with app.app_context(), unit_of_work():
        create_user("boss", "boss", Role.MANAGER, "bench password", utc_now())
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.post("/sign-in", data={"login": "boss", "password": "bench password"})
    address = f"/week?day={period.first.isoformat()}"
    assert client.get(address).status_code == 200
    print(f"week page at the server: {median(lambda: client.get(address)):.0f} ms")


def paper(period: Period) -> None:
    """The week's report: composed and kept, then written as the worker and the pages do."""
    boss = actor_for(db.session.scalars(select(User).filter_by(login="boss")).one())
    with unit_of_work():
        report = ask(Kind.WEEK, period.first, boss, utc_now())
    with unit_of_work():
        _, seconds = timed(lambda: make_report(report.id, utc_now()))
    db.session.refresh(report)
    files = {form: timed(lambda: write(report))[1] for form, (write, _) in FILES.items()}  # noqa: B023 # called at once
    print(f"the week's report: made in {seconds:.1f} s;", *(f"{form} {taken:.2f} s" for form, taken in files.items()))


def verify(day: date, at_once: int) -> list[Mismatch]:
    """What `hotline verify measures` finds in the 90 days until a day."""
    with one_picture():
        return list(verify_measures(day - timedelta(days=89), day, at_once=at_once))


def main() -> None:
    """Measure and print."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with bench_city() as (app, _), app.app_context():
        fill(orders)
        with unit_of_work():
            days, seconds = timed(lambda: rebuild(utc_now()))
        print(f"{orders} orders over 90 days; built: {days} days of measures in {seconds:.1f} s")
        touch(TOUCHED)
        with unit_of_work():
            days, seconds = timed(lambda: roll_up(utc_now()))
        print(f"{TOUCHED} orders touched: {days} days of measures in {seconds:.1f} s")
        calendar, cutoff = policies.calendar_now(), rolled_at()
        assert cutoff is not None
        period = week_of(calendar.city_day(cutoff), calendar.zone).before()
        wanted = [period, period.before(), period.year_before()]
        read = median(lambda: count(MEASURES, wanted, cutoff, by=By.UNIT))
        print(f"{len(MEASURES)} measures by unit, three weeks, from the rollup: {read:.0f} ms")
        direct = {}
        _, seconds = timed(lambda: direct.update({one: figures(one, period, cutoff, by=By.UNIT) for one in MEASURES}))
        print(f"the same of one week by direct SQL: {seconds * 1000:.0f} ms")
        rolled = count(MEASURES, [period], cutoff, by=By.UNIT)
        assert all(rolled[one, period] == direct[one] for one in MEASURES), "not exact"
        print("exact to the last digit")
        weeks(app, period)
        paper(period)
        print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
        day = calendar.city_day(cutoff)
        for at_once in (1, os.cpu_count() or 1):
            found, seconds = timed(partial(verify, day, at_once))
            told = f"verify measures over 90 days, {at_once} at once: {len(found)} mismatches in {seconds:.1f} s"
            print(told, *found[:5], sep="\n")


if __name__ == "__main__":
    main()
