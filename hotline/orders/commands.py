"""Commands that check the record: ``hotline verify``."""

from __future__ import annotations

import sys

import click

from hotline.base.console import with_app
from hotline.base.db import db
from hotline.orders.verify import chain_differences, clock_differences, every_order

CHECKS = {"clocks": clock_differences, "chain": chain_differences}


@click.command("verify")
@click.argument("what", type=click.Choice(list(CHECKS)))
@with_app
def verify(what: str) -> None:
    """Replay every order's log and compare: its clocks, or its chain of hashes. Exits with 1 where anything differs."""
    # One picture of the whole record, whatever people do meanwhile.
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    orders = clocks = different = 0
    for order in every_order():
        orders += 1
        clocks += len(order.deadlines)
        for difference in CHECKS[what](order):
            different += 1
            click.echo(str(difference))
    click.echo(f"{orders} orders, {clocks} clocks, {different} differences")
    if different:
        sys.exit(1)
