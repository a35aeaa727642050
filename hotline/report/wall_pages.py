"""The board on the hall's wall: a page of its own that fetches its numbers again and again."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from hotline.base.time import utc_now
from hotline.people.roles import Permission
from hotline.people.signin import needs
from hotline.report import words
from hotline.report.charts import columns
from hotline.report.wall import wall

pages = Blueprint("wall", __name__, template_folder="templates")


DRAWN = 480, 360  # the box of the hours, in the units of its viewBox


@pages.get("/wall")
@needs(Permission.SEE_CITY_REPORTS)
def shown() -> ResponseReturnValue:
    """The whole board, or with ``part=numbers`` what changes on it."""
    board = wall(utc_now())
    template = "wall/_numbers.html" if request.args.get("part") == "numbers" else "wall/wall.html"
    drawn = columns([one.now for one in board.hours], [one.week_before for one in board.hours], *DRAWN)
    return render_template(template, wall=board, drawn=drawn, words=words)
