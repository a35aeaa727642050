"""Commands of the rollup: ``hotline verify measures``, ``hotline roll-up``."""

from __future__ import annotations

import os
import sys
from datetime import date, datetime, timedelta

import click

from hotline.base.console import with_app
from hotline.base.time import DAY, utc_now
from hotline.base.work import one_picture, unit_of_work
from hotline.policy import queries as policies
from hotline.report.rollup.conservation import verify_measures
from hotline.report.rollup.rolling import rebuild, roll_up

DATE = click.DateTime(["%Y-%m-%d"])


@click.command("measures")
@click.option("--days", default=90, show_default=True, help="How many days back.")
@click.option("--until", type=DATE, default=None, help="The last of them; by default today.")
@click.option(
    "--at-once",
    type=click.IntRange(1),
    default=os.cpu_count,
    show_default="the cores of this machine",
    help="Measures counted at once.",
)
@with_app
def measures(days: int, until: datetime | None, at_once: int) -> None:
    """Count every measure of every day anew and compare it with the rollup; check that the parts add up."""
    now = utc_now()
    with unit_of_work():
        roll_up(now)
    with one_picture():
        last: date = until.date() if until else policies.calendar_now().city_day(now)
        found = list(verify_measures(last - timedelta(days=days) + DAY, last, at_once=at_once))
    for mismatch in found:
        click.echo(str(mismatch))
    click.echo(f"{days} days until {last}, {len(found)} mismatches")
    if found:
        sys.exit(1)


@click.command("roll-up")
@click.option("--rebuild", "anew", is_flag=True, help="Forget the rollup and count every day anew.")
@with_app
def roll_up_command(*, anew: bool) -> None:
    """Bring the figures of every day up to date, as the worker does from time to time."""
    with unit_of_work():
        days = rebuild(utc_now()) if anew else roll_up(utc_now())
    click.echo(f"{days} days of measures counted")
