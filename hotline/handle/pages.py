"""Pages of the room handle."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

pages = Blueprint("handle", __name__, template_folder="templates")


@pages.get("/inbox")
def inbox() -> ResponseReturnValue:
    """Soon."""
    return "soon"

@pages.get("/callbacks")
def callbacks() -> ResponseReturnValue:
    """Soon."""
    return "soon"
