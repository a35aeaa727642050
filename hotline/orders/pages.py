"""Pages of the room orders."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

pages = Blueprint("orders", __name__, template_folder="templates")


@pages.get("/orders")
def listed() -> ResponseReturnValue:
    """Soon."""
    return "soon"
