"""A telephone system for trying: ``hotline call simulate`` rings an agent, answers and hangs up."""

from __future__ import annotations

import secrets
import signal
import time

import click
from sqlalchemy import select

from hotline.base.console import with_app
from hotline.base.db import db
from hotline.base.privacy import mask_phone
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.calls.live import CallEvent, Told, hear_event
from hotline.orders.models import Order

SOURCE = "simulator"


@click.group()
def call() -> None:
    """Calls as they come in: a telephone system for trying."""


@call.command("simulate")
@click.option("--agent", default="agent", show_default=True, help="Login or extension of the agent it rings at.")
@click.option("--phone", help="The caller's number; without it, the newest caller's who has an order.")
@click.option("--queue", default="12345", show_default=True, help="The queue it comes by.")
@click.option("--ring", default=4.0, show_default=True, help="Seconds it rings.")
@click.option("--talk", default=180.0, show_default=True, help="Seconds it is spoken; 0: nobody answers.")
@with_app
def simulate(agent: str, phone: str | None, queue: str, ring: float, talk: float) -> None:
    """Ring an agent, as a telephone system would, for trying the desk.

    Sign in as the agent, open the desk, and run `hotline call simulate --agent agent`: the call pops up at the desk with
    the caller's history. Ctrl+C hangs up. It stands in the log of calls under the source "simulator".
    """
    phone = phone or _somebody()
    call_id = secrets.token_hex(8)

    def tell(event: CallEvent) -> None:
        with unit_of_work():
            hear_event(Told(call_id, event, utc_now(), agent, phone, queue), SOURCE, utc_now())
        click.echo(f"{event.value:<8} {mask_phone(phone)} → {agent}")

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it hangs up
    tell(CallEvent.RING)
    try:
        time.sleep(ring)
        if talk > 0:
            tell(CallEvent.ANSWER)
            time.sleep(talk)
    except KeyboardInterrupt:
        click.echo()
    finally:
        tell(CallEvent.HANG_UP)
        signal.signal(signal.SIGTERM, before)


def _somebody() -> str:
    called = select(Order.requester_phone).where(Order.requester_phone != "").order_by(Order.id.desc()).limit(1)
    return db.session.scalar(called) or "13900000000"
