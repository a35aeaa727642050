"""The unit of work: the one place that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app
from flask.typing import ResponseReturnValue
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
def one_picture() -> Iterator[None]:
    """Read inside from one picture of the record, whatever others commit meanwhile. Nothing written inside is kept.

    In a session of its own: the caller's goes on where it was.
    """
    with current_app.app_context():
        db.session.connection(execution_options=ONE_PICTURE)
        yield


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
