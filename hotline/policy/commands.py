"""Commands on policy: ``hotline policy list``, ``show`` and ``adopt``."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import cast

import click
from flask import current_app

from config.settings import Settings
from hotline.base.console import with_app
from hotline.base.errors import NotFound
from hotline.base.i18n import LANGUAGES, label, speaking
from hotline.base.time import midnight, utc_now
from hotline.base.work import unit_of_work
from hotline.policy.clock import city_time, spoken
from hotline.policy.document import Policy
from hotline.policy.operations import adopt_policy
from hotline.policy.presets import checked, find_policy_file, preset_files, usable
from hotline.policy.queries import calendar_now, policy, policy_id_at, policy_versions
from hotline.policy.words import by_clock, evidence_words

language_option = click.option("--lang", type=click.Choice(list(LANGUAGES)), default="en", show_default=True)


@click.group("policy")
def policy_command() -> None:
    """The city's policy: the presets, the versions in force, and how to put another in force."""


@policy_command.command("list")
@language_option
@with_app
def listed(lang: str) -> None:
    """List the presets, and the versions of the database with the time each is in force from."""
    with speaking(lang):
        click.echo(f"Presets in {_folder()}")
        _print_table([["name", "title", "dated"], *(_preset_line(file) for file in preset_files(_folder()))])
        click.echo("\nVersions, the latest first")
        _print_table([["version", "name", "title", "in force from", ""], *_version_lines(utc_now())])


@policy_command.command("show")
@click.argument("wanted", metavar="NAME|VERSION|FILE")
@language_option
@with_app
def shown(wanted: str, lang: str) -> None:
    """Show the time limits of a preset, of a version, or of a file, and how each number is known."""
    found = _version(int(wanted)) if wanted.isdigit() else checked(find_policy_file(wanted, _folder()))
    with speaking(lang):
        click.echo(f"{found.label} ({found.name})\n{found.source}\n{found.dated}\n")
        _print_table([["clock", "for", "limit", "known", "basis", "written in"], *_limit_lines(found)])
        click.echo()
        _print_table([["section", "known"], *([name, evidence_words(known)] for name, known in found.evidence.items())])


@policy_command.command("adopt")
@click.argument("wanted", metavar="NAME|FILE")
@click.option("--from", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day it starts at 00:00, city time.")
@click.option("--now", "at_once", is_flag=True, help="It starts at once.")
@with_app
def adopted(wanted: str, day: datetime | None, *, at_once: bool) -> None:
    """Put a preset or a file in force. Orders accepted before it starts keep the policy they were accepted under."""
    if (day is None) is not at_once:
        raise click.UsageError("give the day it starts (--from 2026-12-01), or --now")
    document = usable(find_policy_file(wanted, _folder()))
    now, calendar = utc_now(), calendar_now()
    with unit_of_work():
        version = adopt_policy(document, midnight(day.date(), calendar.zone) if day else now, now)
    with speaking("en"):
        starts = city_time(version.effective_from, calendar)
    click.echo(f"version {version.id}: {version.name}, in force from {starts}")


def _folder() -> Path:
    return cast("Settings", current_app.config["SETTINGS"]).policy_dir


def _version(version_id: int) -> Policy:
    if version_id not in {version.id for version in policy_versions()}:
        raise NotFound(f"there is no version {version_id}; see hotline policy list")
    return policy(version_id)


def _preset_line(file: Path) -> list[str]:
    preset = checked(file)
    return [file.stem, preset.label, preset.dated]


def _version_lines(now: datetime) -> Iterable[list[str]]:
    versions, calendar = policy_versions(), calendar_now()
    running = policy_id_at(now)
    for version in versions:
        starts = "the beginning" if version is versions[-1] else city_time(version.effective_from, calendar)
        mark = "in force" if version.id == running else ""
        yield [str(version.id), version.name, policy(version.id).label, starts, mark]


def _limit_lines(found: Policy) -> Iterable[list[str]]:
    for clock, limits in by_clock(found.limits).items():
        for limit in limits:
            conditions = limit.key.partition("[")[2].rstrip("]") or "-"
            amount = spoken(limit.amount, limit.unit)
            origin = limit.origin or found.name
            yield [label(clock), conditions, amount, evidence_words(limit.evidence), limit.source, origin]


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _width(text: str) -> int:
    """How many columns of a terminal a text takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
