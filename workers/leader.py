"""The lead among worker processes: one at a time enqueues what runs by the clock.

The lead is a lock of the database that a process holds as long as it is connected. When the process dies, or is cut
off, the database lets the lock go and the next one that asks has it.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from hotline.base.db import db

KEY = func.hashtextextended("hotline cron", 0)


class Leader:
    """Whether this process leads."""

    def __init__(self) -> None:
        self._holds: Connection | None = None

    def leads(self) -> bool:
        """Keep the lead, or take it where nobody has it; False where another process leads or the database is away."""
        try:
            if self._holds is None:
                return self._take()
            self._holds.scalar(select(1))  # only a connection that still answers still has its lock
        except OperationalError:
            self.resign()
            return False
        return True

    def _take(self) -> bool:
        connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.scalar(select(func.pg_try_advisory_lock(KEY))):
            self._holds = connection
            return True
        connection.close()
        return False

    def resign(self) -> None:
        """Let another lead."""
        if self._holds is not None:
            with suppress(SQLAlchemyError):  # a connection that is gone has no lock any more
                self._holds.scalar(select(func.pg_advisory_unlock(KEY)))  # at once, not when the session has ended
            self._holds.invalidate()
            self._holds.close()
            self._holds = None
