"""What the commands share: an app around a command.

The top command puts the function that makes the app into click's context; rooms never import the app.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from flask import Flask

P = ParamSpec("P")
R = TypeVar("R")


def with_app(command: Callable[P, R]) -> Callable[P, R]:
    """Run a command inside the app."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        make: Callable[[], Flask] = click.get_current_context().find_root().obj
        with make().app_context():
            return command(*args, **kwargs)

    return wrapped
