"""The unit of work: the one place that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select, text
from werkzeug.exceptions import HTTPException

from hotline.base.db import db


@contextmanager
def unit_of_work() -> Iterator[None]:
    """Commit what was done inside, or nothing of it."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


ONE_PICTURE = {"isolation_level": "REPEATABLE READ"}


@contextmanager
def one_picture(same: str = "") -> Iterator[None]:
    """Read inside from one picture of the record, whatever others commit meanwhile. Nothing written inside is kept.

    In a session of its own: the caller's goes on where it was. same: the picture somebody else reads from, as
    ``share_picture`` names it.
    """
    with current_app.app_context():
        connection = db.session.connection(execution_options=ONE_PICTURE)
        if same:
            connection.execute(text(f"SET TRANSACTION SNAPSHOT '{same}'"))
        yield


def share_picture() -> str:
    """Name the picture this session reads from, so that others read from the same as long as this one goes on."""
    name: str = db.session.scalars(select(func.pg_export_snapshot())).one()
    return name


FIRST_ERROR = 400  # HTTP statuses from here on are errors


class OneCommitFlask(Flask):
    """A Flask app whose every request is one unit of work.

    The view runs inside it, rendering included, so the answer is sent only after the commit;
    a view that answers with an error status saves nothing.
    """

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view, then commit unless it failed."""
        with unit_of_work():
            response = self.make_response(super().dispatch_request())
            if response.status_code >= FIRST_ERROR:
                raise _Refused(response=response)
            return response


class _Refused(HTTPException):
    """Carries a view's own error answer past the rollback."""

    code = 400
