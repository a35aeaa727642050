"""Pieces of pages that come by the hundred, written in Python: a template would take several times as long."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, Protocol

from flask import Flask, g, url_for
from markupsafe import Markup, escape

from hotline.base.i18n import label

ICONS = "icons/bootstrap-icons.svg"
NARROW, WIDE = "\u00a0", "\u00a0\u00a0"  # how far a row of a tree stands in


class Offered(Protocol):
    """What can be chosen from a list."""

    @property
    def code(self) -> str:
        """What is sent."""

    @property
    def title(self) -> str:
        """What is read."""


class Choice(NamedTuple):
    """Something to choose from a list: a code, and what it is called."""

    code: str
    title: str


def init_app(app: Flask) -> None:
    """Give the pieces to every template."""
    app.add_template_global(option_groups, "option_groups")
    app.add_template_global(render_icon, "render_icon")


def render_icon(name: str, size: str) -> Markup:
    """An icon of the package's one drawing of all. name, size: constants of the templates."""
    if (drawing := g.get("icons")) is None:
        drawing = g.icons = escape(url_for("bootstrap.static", filename=ICONS))
    return Markup(  # noqa: S704 # constants
        f'<svg class="bi" width="{size}" height="{size}" fill="currentColor"><use xlink:href="{drawing}#{name}"/></svg>'
    )


def option_groups(
    groups: Mapping[str, Iterable[Offered]],
    chosen: str | Collection[str] | None = None,
    tree: bool = False,  # noqa: FBT001, FBT002 # as templates say it
) -> Markup:
    """What a list offers, in groups by their headings. tree: rows stand in by how long their codes are, as categories do."""
    picked = {chosen} if isinstance(chosen, str) else set(chosen or ())
    written = []
    for heading, rows in groups.items():
        written.append(f'<optgroup label="{escape(label(heading))}">')
        for row in rows:
            selected = " selected" if row.code in picked else ""
            inset = (NARROW * (len(row.code) > 2) + WIDE * (len(row.code) > 4)) if tree else ""  # noqa: PLR2004 # levels
            written.append(f'<option value="{escape(row.code)}"{selected}>{inset}{escape(row.title)}</option>')
        written.append("</optgroup>")
    return Markup("".join(written))  # noqa: S704 # made of what is escaped
