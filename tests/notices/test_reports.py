"""A report that is signed goes to who subscribes to reports, with its document."""

from __future__ import annotations

from io import BytesIO

import pytest
from docx import Document
from sqlalchemy import func, select

from hotline.base.db import db
from hotline.base.outbox import Delivery
from hotline.base.time import Kind
from hotline.notices.models import REPORTS, Medium
from hotline.notices.subscriptions import subscribe
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.report.papers.models import PeriodicReport
from hotline.report.papers.operations import ask, make_report, sign
from tests.conftest import NOW
from tests.notices.deliveries import ADMIN, run, webhook
from tests.receivers import MailServer, Receiver
from tests.report.rows import WEEK, order

MANAGER = Actor(Role.MANAGER, "王主任")

pytestmark = pytest.mark.usefixtures("nothing_outside")


def signed() -> PeriodicReport:
    order()
    report = ask(Kind.WEEK, WEEK.first, MANAGER, NOW)
    make_report(report.id, NOW)
    sign(report, MANAGER, NOW, remarks_version=report.remarks_version)
    return report


def test_it_is_mailed_once_with_the_document(mails: MailServer) -> None:
    subscribe(Medium.MAIL, "leader@example.cn", ADMIN, NOW, role=Role.MANAGER, actions=[REPORTS])
    subscribe(Medium.SMS, "13800000000", ADMIN, NOW, role=Role.MANAGER)  # has no room for it
    subscribe(Medium.MAIL, "unit@example.cn", ADMIN, NOW, unit_code="housing")
    report = signed()
    run()
    run()
    (mail,) = mails.mails
    assert mail["To"] == "leader@example.cn"
    (attached,) = mail.iter_attachments()
    assert str(attached.get_filename()).endswith(".docx")
    assert Document(BytesIO(attached.get_content())).tables
    body = mail.get_body()
    assert body is not None
    assert f"https://12345.example.cn/reports/{report.id}" in body.get_content()
    assert db.session.scalar(select(func.count(Delivery.id)).where(Delivery.job == "send_report")) == 1


def test_a_webhook_is_told_where_it_is(receiver: Receiver) -> None:
    webhook(receiver, role=Role.SUPERVISOR, actions=[REPORTS])
    report = signed()
    run()
    (posted,) = receiver.posted
    assert (posted.json["action"], posted.json["report"]) == ("report", report.id)
    assert posted.json["link"].endswith(f"/reports/{report.id}")
