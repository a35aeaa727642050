"""What tests of deliveries share: settings that lead to receivers of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from config.settings import Settings
from hotline.base.db import db
from hotline.base.i18n import speaking
from hotline.base.outbox import Delivery
from hotline.notices import outside
from hotline.notices.models import Subscription
from tests.notices.deliveries import Configure
from tests.notices.test_warnings import nothing_runs
from tests.receivers import MailServer, Receiver, http_receiver, mail_server


@pytest.fixture
def nothing_outside(session: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing to tell, no clock running, no server known to be away; everything said in English."""
    nothing_runs()
    for table in (Delivery, Subscription):
        db.session.execute(delete(table))
    monkeypatch.setattr(outside, "_resting", {})
    with speaking("en"):
        yield


@pytest.fixture
def configure(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Run with some other settings."""

    def with_settings(**changes: Any) -> None:
        given = {"public_url": "https://12345.example.cn", **changes}
        monkeypatch.setitem(app.config, "SETTINGS", replace(settings, **given))

    return with_settings


@pytest.fixture
def receiver(configure: Configure) -> Iterator[Receiver]:
    configure()
    with http_receiver() as running:
        yield running


@pytest.fixture
def gateway(configure: Configure) -> Iterator[Receiver]:
    with http_receiver() as running:
        configure(sms_url=f"{running.url}/send", sms_key="key-of-the-city")
        yield running


@pytest.fixture
def mails(configure: Configure) -> Iterator[MailServer]:
    with mail_server() as running:
        configure(smtp_url=running.url, mail_from="12345 <hotline@example.cn>")
        yield running
