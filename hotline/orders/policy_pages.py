"""The page of the policy, read-only. It names regions and categories, so it stands with the orders, above policy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from hotline.base.errors import NotFound
from hotline.base.i18n import gettext, label
from hotline.base.time import utc_now
from hotline.base.web import whole_number
from hotline.orders.forms import SEES_ORDERS
from hotline.orders.names import Names
from hotline.orders.vocabulary import Nature, Urgency
from hotline.people.signin import needs
from hotline.policy import words
from hotline.policy.clock import spoken
from hotline.policy.document import Policy
from hotline.policy.limits import Limit, Requester
from hotline.policy.queries import policy, policy_id_at, policy_versions

pages = Blueprint("policy", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the policy and the time it is in force. starts: None for the first, which has always been."""

    id: int
    policy: Policy
    starts: datetime | None
    ends: datetime | None


@pages.get("/policy")
@needs(*SEES_ORDERS)
def shown() -> ResponseReturnValue:
    """The policy in force, or the version the address asks for: every limit with its source."""
    running = policy_id_at(utc_now())
    versions = _versions()
    chosen = whole_number(request.args.get("version", str(running)))
    version = next((version for version in versions if version.id == chosen), None)
    if version is None:
        raise NotFound(gettext("There is no such version of the policy."))
    return render_template(
        "policy/policy.html",
        versions=versions,
        version=version,
        running=running,
        policy=version.policy,
        groups=words.by_clock(version.policy.limits),
        names=Names(),
        conditions=conditions,
        spoken=spoken,
        words=words,
    )


def _versions() -> list[Version]:
    """Every version, the latest first."""
    rows = policy_versions()
    ends = [None, *(later.effective_from for later, _ in pairwise(rows))]
    return [
        Version(row.id, policy(row.id), None if row is rows[-1] else row.effective_from, end)
        for row, end in zip(rows, ends, strict=True)
    ]


def conditions(limit: Limit, names: Names, others: Iterable[Limit]) -> str:
    """Whom a limit is for, in words. others: the limits of the same clock."""
    named = [
        names.districts.get(limit.region, limit.region),
        _member(Nature, limit.nature),
        _member(Urgency, limit.urgency),
        names.category_path(limit.category) if limit.category in names.categories else limit.category,
        _member(Requester, limit.requester),
    ]
    if any(named):
        return " · ".join(filter(None, named))
    return gettext("All others") if any(other is not limit for other in others) else gettext("All orders")


def _member(values: type[Nature | Urgency | Requester], written: str) -> str:
    return label(values(written)) if written in set(values) else written
