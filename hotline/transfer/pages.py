"""Pages of the room transfer."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

pages = Blueprint("transfer", __name__, template_folder="templates")


@pages.get("/dispatch")
def queue() -> ResponseReturnValue:
    """Soon."""
    return "soon"
