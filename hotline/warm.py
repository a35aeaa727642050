"""What a web process reads before its first request, and then keeps for its life."""

from __future__ import annotations

import gc
import logging

from flask import Flask
from sqlalchemy.exc import DBAPIError

from hotline.base.db import db
from hotline.orders import search
from hotline.transfer.queries import routing

log = logging.getLogger(__name__)


def warm_up(app: Flask) -> None:
    """Read the dictionary and the routing tables, and let no collection of garbage look through them again.

    They are a million objects that stay: looking at each holds a request up by a fifth of a second. Where the database
    is away or empty, the process starts without its tables, and reads them when they are wanted.
    """
    search.words("热线")
    with app.app_context():
        try:
            routing()
        except DBAPIError as away:
            log.warning("started without the routing tables: %s", type(away).__name__)
        db.session.rollback()
    gc.collect()
    gc.freeze()
