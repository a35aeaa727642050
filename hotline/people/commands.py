"""Commands on people: ``hotline user add``, ``hotline user key``, ``hotline user extension``."""

from __future__ import annotations

import secrets

import click
from sqlalchemy import select

from hotline.base.console import with_app
from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.people.models import User
from hotline.people.operations import create_user, give_api_key, give_extension
from hotline.people.roles import USER_ROLES, Role


@click.group()
def user() -> None:
    """Users and their API keys."""


@user.command("add")
@click.argument("login")
@click.option("--name", required=True, help="The name shown on pages.")
@click.option("--role", required=True, type=click.Choice([role.value for role in USER_ROLES]))
@click.option("--unit", help="Code of the handling unit, for handlers and unit heads.")
@with_app
def add(login: str, name: str, role: str, unit: str | None) -> None:
    """Create a user; the password is made up and printed once."""
    password = secrets.token_urlsafe(12)
    with unit_of_work():
        create_user(login, name, Role(role), password, utc_now(), unit_code=unit)
    click.echo(password)


@user.command("key")
@click.argument("login")
@click.option("--name", required=True, help="What the key is for.")
@with_app
def key(login: str, name: str) -> None:
    """Make an API key for a user; it is printed once."""
    with unit_of_work():
        made = give_api_key(_user(login), name, utc_now())
    click.echo(made)


@user.command("extension")
@click.argument("login")
@click.argument("extension", required=False)
@with_app
def extension(login: str, extension: str | None) -> None:
    """Say what the telephone system calls an agent, e.g. 801 or SIP/801; without EXTENSION it is their login again."""
    with unit_of_work():
        give_extension(_user(login), extension)


def _user(login: str) -> User:
    found: User | None = db.session.scalar(select(User).filter_by(login=login, active=True))
    if found is None:
        raise NotFound(f"there is no user {login}")
    return found
