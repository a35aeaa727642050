"""Pages of the room report."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

pages = Blueprint("report", __name__, template_folder="templates")


@pages.get("/week")
def week() -> ResponseReturnValue:
    """Soon."""
    return "soon"
