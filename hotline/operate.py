"""Commands that set up and run the product: migrate, load, sample, start, worker."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass

import click
from sqlalchemy import select

from config.settings import BadSetting, Settings
from hotline import create_app
from hotline.base import migrate as schema
from hotline.base.console import with_app
from hotline.base.db import db
from hotline.base.embedded import with_database
from hotline.base.i18n import LABELS
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.city import load_city
from hotline.orders.models import Order
from hotline.people.models import User
from hotline.people.operations import create_user
from hotline.people.roles import Role
from hotline.policy.presets import find_policy_file

LOOK_EVERY = 0.3  # seconds between two looks at the processes


@click.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    settings = with_database(Settings.from_env())
    schema.upgrade(str(settings.database_url))


@click.command()
@click.option("--policy", default="default", show_default=True, help="Policy preset of a city that has none yet.")
@with_app
def load(policy: str) -> None:
    """Load or update the city's data, calendar and policy from its files."""
    settings = Settings.from_env()
    with unit_of_work():
        counts = load_city(settings.city_dir, find_policy_file(policy, settings.policy_dir), utc_now())
    for name, count in counts.items():
        click.echo(f"{name:<12}{count:>6}")


@dataclass(frozen=True, slots=True)
class SampleUser:
    """A user of the sample city."""

    login: str
    name: str
    role: Role
    unit: str | None = None


SAMPLE_USERS = (
    SampleUser("agent", "林晓雯", Role.AGENT),
    SampleUser("dispatcher", "周建国", Role.DISPATCHER),
    SampleUser("handler", "陈立", Role.HANDLER, "housing"),
    SampleUser("handler-d01", "何敏", Role.HANDLER, "d01"),
    SampleUser("head", "赵启明", Role.UNIT_HEAD, "housing"),
    SampleUser("callback", "孙悦", Role.CALLBACK),
    SampleUser("supervisor", "吴方", Role.SUPERVISOR),
    SampleUser("manager", "郑海燕", Role.MANAGER),
    SampleUser("admin", "罗静", Role.ADMIN),
)


@click.command()
@click.option("--weeks", default=6, show_default=True, help="Weeks of calls and orders, ending now.")
@click.option("--orders", default=1500, show_default=True, help="How many orders.")
@with_app
def sample(weeks: int, orders: int) -> None:
    """Fill an empty database with the sample city: users, and some weeks of calls and orders."""
    from hotline.sample import fill

    if db.session.scalar(select(User.id).limit(1)) is None:
        _print_users(_make_users())
    if db.session.scalar(select(Order.id).limit(1)) is None:
        with click.progressbar(length=orders, label="Sample orders", file=sys.stderr) as bar:
            fill(utc_now(), weeks=weeks, orders=orders, progress=bar.update)


def _make_users() -> list[tuple[SampleUser, str]]:
    made = [(who, secrets.token_urlsafe(9)) for who in SAMPLE_USERS]
    with unit_of_work():
        for who, password in made:
            create_user(who.login, who.name, who.role, password, utc_now(), unit_code=who.unit)
    return made


def _print_users(made: list[tuple[SampleUser, str]]) -> None:
    click.echo("\nSample users (their passwords are kept only as hashes, so note them now):")
    for who, password in made:
        click.echo(f"  {who.login:<12} {password}   {LABELS[Role, who.role]}{' · ' + who.unit if who.unit else ''}")
    sys.stdout.flush()


@click.command()
def worker() -> None:
    """Run the worker: empties the outbox, and runs RQ jobs where REDIS_URL is set."""
    from workers.process import run

    run()


@click.command()
@click.option("--sample/--no-sample", "with_sample", default=False, help="Fill an empty database with the sample city.")
def start(*, with_sample: bool) -> None:
    """Migrate, load the city, then run the web server and the worker until stopped."""
    settings = Settings.from_env()
    if _listens(settings):
        raise BadSetting(f"HOTLINE_PORT: {settings.port} is in use; stop what uses it, or choose another port")
    settings = with_database(settings)
    environment = {**os.environ, "DATABASE_URL": str(settings.database_url)}
    schema.upgrade(str(settings.database_url))
    with create_app(settings).app_context(), unit_of_work():
        load_city(settings.city_dir, settings.policy_dir / "default.toml", utc_now())
    if with_sample:
        subprocess.run([sys.executable, "-m", "hotline", "sample"], env=environment, check=True)
    sys.exit(_run_until_stopped(settings, environment))


def _run_until_stopped(settings: Settings, environment: dict[str, str]) -> int:
    """Run the web server and the worker; 0 when asked to stop, 1 when one of them ended on its own.

    One ending ends both: a half-running product is worse than a restart.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    commands = (_gunicorn(settings), [sys.executable, "-m", "hotline", "worker"])
    processes = [subprocess.Popen(command, env=environment) for command in commands]  # noqa: S603 # runs itself
    address = f"http://{settings.host}:{settings.port}/"
    announced = False
    while not stop.is_set() and all(process.poll() is None for process in processes):
        if not announced and (announced := _listens(settings)):
            click.echo(f"\n12345 hotline: {address}   (staff: {address}sign-in; Ctrl+C stops it)")
            sys.stdout.flush()
        stop.wait(LOOK_EVERY)
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(timeout=60)
    return 0 if stop.is_set() else 1


def _listens(settings: Settings) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((settings.host, settings.port)) == 0


def _gunicorn(settings: Settings) -> list[str]:
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"{settings.host}:{settings.port}",
        "--workers",
        str(settings.web_processes),
        "--worker-class",
        "gthread",
        "--threads",
        str(settings.web_threads),
        "--no-control-socket",
        "--log-level",
        "warning",
        "wsgi:app",
    ]
