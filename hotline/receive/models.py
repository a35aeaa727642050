"""Tables of receiving."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hotline.base.db import Base, Instant, Json


class Draft(Base):
    """The call an agent is writing down, to be found again at any desk. No order yet, and no part of the record.

    document: the key of the form and what its fields hold. ``updated_at`` is when the agent changed it last.
    """

    __tablename__ = "draft"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    document: Mapped[Json]
    updated_at: Mapped[Instant]
