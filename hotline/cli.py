"""The console command ``hotline``: what an operator does."""

from __future__ import annotations

import sys

import click
from psycopg.errors import UndefinedTable
from sqlalchemy.exc import ProgrammingError

from config.settings import BadSetting, Settings
from hotline import create_app
from hotline.base.embedded import with_database
from hotline.base.errors import HotlineError
from hotline.calls.commands import calls_command
from hotline.calls.simulator import call
from hotline.operate import load, migrate, sample, start, worker
from hotline.orders.calendar_commands import calendar_command
from hotline.orders.commands import index_orders_command, verify
from hotline.people.commands import user
from hotline.policy.clock_commands import clock
from hotline.policy.commands import policy_command
from hotline.receive.commands import import_
from hotline.report.papers.commands import listed as list_reports
from hotline.report.papers.commands import make as make_report
from hotline.report.published.commands import report_command
from hotline.report.rollup.commands import measures, roll_up_command
from hotline.report.topics.commands import topics_command
from hotline.transfer.matter_commands import places_command
from hotline.transfer.routing_commands import routing_command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hotline-12345")
@click.pass_context
def cli(context: click.Context) -> None:
    """The 12345 hotline work-order engine."""
    if context.obj is None:
        context.obj = lambda: create_app(with_database(Settings.from_env()))


report_command.add_command(make_report)
report_command.add_command(list_reports)
import_.add_command(calls_command)
verify.add_command(measures)
for command in (
    start,
    migrate,
    load,
    sample,
    worker,
    user,
    call,
    policy_command,
    clock,
    calendar_command,
    routing_command,
    places_command,
    topics_command,
    verify,
    report_command,
    roll_up_command,
    import_,
    index_orders_command,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; what a caller can mend is said in one line, without a stack trace."""
    try:
        cli(standalone_mode=True)
    except (HotlineError, BadSetting) as refused:
        click.echo(f"hotline: {refused}", err=True)
        sys.exit(1)
    except ProgrammingError as failed:
        if not isinstance(failed.orig, UndefinedTable):
            raise
        click.echo("hotline: the database has no tables yet; run “hotline migrate” or “hotline start” first", err=True)
        sys.exit(1)
