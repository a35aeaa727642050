"""What tests of reports share."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline.base.db import db
from hotline.calls.models import CallOutcome
from hotline.orders.models import Order
from hotline.orders.vocabulary import Channel
from tests.report.rows import DAY, at, call_values, calls, clock, evaluation


@pytest.fixture
def filled(session: None) -> None:
    """Two weeks with something of each kind, of categories and districts."""
    for n in range(12):
        due = at(3 + n)
        ended = None if n % 5 == 4 else due + timedelta(hours=n % 3 - 1)
        clock(due, ended, unit=("housing", "water", "d01")[n % 3], started=due - 2 * DAY)
    for n, said in enumerate(["satisfied", "basically", "dissatisfied", None, "satisfied"]):
        evaluation(at(11), at(12), said, of=clock(at(13), at(10), unit="housing").order, turn=1 + n)
    evaluation(at(4), at(5), "satisfied")
    outcomes = (CallOutcome.ANSWERED, CallOutcome.ABANDONED, CallOutcome.ANSWERED, CallOutcome.QUEUED)
    calls([call_values(at(3 + n), outcomes[n % 4], 8) for n in range(12)])
    for n, one in enumerate(db.session.scalars(select(Order).order_by(Order.id))):
        one.category_code, one.district_code = (("0101", "d01"), ("0102", "d02"), (None, None))[n % 3]
        one.channel = (Channel.PHONE, Channel.WEB)[n % 2]
    db.session.flush()
