"""Handling where two things happen at once, and files of what was refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import event, update

from hotline.base.db import db
from hotline.base.errors import HotlineError, Stale
from hotline.handle import operations as handle
from hotline.handle.models import Evaluation
from hotline.orders.attachments import Upload
from hotline.orders.lifecycle import State
from hotline.orders.vocabulary import Result
from tests import factories

PDF = b"%PDF-1.4\n%%EOF "


def kept_files() -> set[Path]:
    folder: Path = current_app.config["SETTINGS"].attachments_dir
    return {path for path in folder.rglob("*") if path.is_file()}


@contextmanager
def at_locks(told: Callable[[Any], None]) -> Iterator[None]:
    """Tell of each lock of an order, just before it is taken: the parameters it is taken with."""

    def before(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FOR UPDATE" in statement:
            told(parameters)

    connection = db.session.connection()
    event.listen(connection, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", before)


def test_many_are_locked_in_the_order_of_their_numbers(session: None, now: datetime) -> None:
    orders = sorted((factories.dispatched(now) for _ in range(3)), key=lambda order: order.number)
    picked = {order.number: order.version for order in reversed(orders)}
    locked: list[int] = []
    with at_locks(lambda parameters: locked.extend(parameters.values())):
        assert handle.sign_many(picked, factories.HANDLER, now) == []
    assert locked == [order.id for order in orders]


def test_redo_goes_by_the_rating_that_came_in_just_before(session: None, now: datetime) -> None:
    order = factories.replied(now)
    rated = update(Evaluation).where(Evaluation.order_id == order.id)
    bad = rated.values(ended_at=now, by="citizen", reached=True, solved=False, satisfaction="dissatisfied")
    db.session.expunge(handle.current_evaluation(order) or Evaluation())

    def rate(_: Any) -> None:
        db.session.connection().execute(bad)

    with at_locks(rate):
        handle.redo(order, factories.CALLBACK, now, reason="没修好")
    assert order.state is State.HANDLING


@pytest.mark.parametrize(
    "wrong", [{"version": 1}, {"public_reply": " "}, {"actor": factories.CALLBACK}, {"second": b"<script>"}]
)
def test_a_refused_reply_leaves_no_file(session: None, now: datetime, wrong: dict[str, Any]) -> None:
    order = factories.handling(now)
    content = PDF + repr(wrong).encode()
    given: dict[str, Any] = {"actor": factories.HANDLER, "public_reply": "见附件。", **wrong}
    uploads = [Upload("回复.pdf", content)] + ([Upload("b", given.pop("second"))] if "second" in given else [])
    before = kept_files()
    with pytest.raises(HotlineError):
        handle.reply(order, now=now, result=Result.SOLVED, uploads=tuple(uploads), **given)
    assert kept_files() == before


def test_a_file_is_kept_whole_and_for_nobody_else(session: None, now: datetime) -> None:
    before = kept_files()
    upload = Upload("回复.pdf", PDF + b"whole")
    handle.reply(
        factories.handling(now),
        factories.HANDLER,
        now,
        result=Result.SOLVED,
        public_reply="见附件。",
        uploads=(upload,),
    )
    (kept,) = kept_files() - before
    assert kept.read_bytes() == upload.content
    assert S_IMODE(kept.parent.parent.stat().st_mode) == 0o700
    assert [path for path in kept.parent.iterdir() if path.is_dir()] == []


def test_the_order_is_locked_before_its_files_are_noted(session: None, now: datetime) -> None:
    """A file's row holds its order weakly; two replies that did so first would both wait for the other's lock."""
    order = factories.handling(now)
    order_read = order.version
    changed = update(type(order)).where(type(order).id == order.id).values(version=order_read + 1)
    db.session.connection().execute(changed)
    noted: list[str] = []

    def see(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        noted.extend(word for word in ("INSERT INTO attachment", "FOR UPDATE") if word in statement)

    connection = db.session.connection()
    event.listen(connection, "before_cursor_execute", see)
    try:
        with pytest.raises(Stale):
            handle.reply(
                order,
                factories.HANDLER,
                now,
                result=Result.SOLVED,
                public_reply="见附件。",
                uploads=(Upload("回复.pdf", PDF),),
                version=order_read,
            )
    finally:
        event.remove(connection, "before_cursor_execute", see)
    assert noted[0] == "FOR UPDATE"
