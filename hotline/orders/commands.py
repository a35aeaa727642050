"""Commands of the record: ``hotline verify`` checks it, ``hotline index-orders`` makes what it is searched by anew."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

import click

from hotline.base.console import with_app
from hotline.base.work import one_picture, unit_of_work
from hotline.orders.indexing import index_orders
from hotline.orders.models import Order
from hotline.orders.verify import Difference, chain_differences, clock_differences, every_order


@click.group()
def verify() -> None:
    """Check what is stored against what it comes from. Exits with 1 where anything differs."""


@verify.command()
@with_app
def clocks() -> None:
    """Replay every order's log and compare its clocks."""
    _verify(clock_differences)


@verify.command()
@with_app
def chain() -> None:
    """Follow every order's chain of hashes."""
    _verify(chain_differences)


def _verify(differences: Callable[[Order], Iterable[Difference]]) -> None:
    orders = clocks = different = 0
    with one_picture():
        for order in every_order():
            orders += 1
            clocks += len(order.deadlines)
            for difference in differences(order):
                different += 1
                click.echo(str(difference))
    click.echo(f"{orders} orders, {clocks} clocks, {different} differences")
    if different:
        sys.exit(1)


BATCH = 500


@click.command("index-orders")
@with_app
def index_orders_command() -> None:
    """Make the words every order is searched by anew: those of orders from before answers were searched lack them."""
    last: int | None = 0
    while last is not None:
        with unit_of_work():
            last = index_orders(last, BATCH)
    click.echo("Every order is indexed.")
