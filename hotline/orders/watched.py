"""Whether an order is under supervision (督办), and how often it was urged (催办), as its events say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hotline.orders.lifecycle import Action
from hotline.policy.triggers import Supervision


class Watched(NamedTuple):
    """How an order is supervised, if it is, and how often its unit was urged in this round."""

    supervision: Supervision | None = None
    urges: int = 0


def watched(before: Watched, action: Action, said: Mapping[str, Any]) -> Watched:
    """How an order is watched after a step.

    A report or a reply ends supervision, but a listed order (挂牌) stays listed until a supervisor takes it off.
    A step of before there were colours says none: that was a blue slip.
    """
    supervision, urges = before
    match action:
        case Action.SUPERVISE | Action.ESCALATE if supervision is not Supervision.LISTED:
            supervision = Supervision(said.get("supervision") or Supervision.BLUE)
        case Action.FEED_BACK | Action.REPLY | Action.APPROVE_REPLY if supervision is not Supervision.LISTED:
            supervision = None
        case Action.UNLIST:
            supervision = None
        case Action.URGE:
            urges += 1
        case Action.REDO | Action.REACTIVATE:
            urges = 0
    return Watched(supervision, urges)
