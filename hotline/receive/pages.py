"""Pages of the room receive."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

pages = Blueprint("receive", __name__, template_folder="templates")


@pages.get("/desk")
def desk() -> ResponseReturnValue:
    """Soon."""
    return "soon"

@pages.get("/citizen")
def citizen() -> ResponseReturnValue:
    """Soon."""
    return "soon"
