"""The command that makes older orders found by their places: ``hotline places``."""

from __future__ import annotations

import click

from hotline.base.console import with_app
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.transfer.same_matter import note_missing_places


@click.command("places")
@with_app
def places_command() -> None:
    """Note which places open and recent orders speak of, where that has not been done (once, after an upgrade)."""
    with unit_of_work():
        noted = note_missing_places(utc_now())
    click.echo(f"{noted} orders read")
