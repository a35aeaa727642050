"""Writes docs/lifecycle.md from the lifecycle table: python docs/lifecycle.py. A test holds the page against the table."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from hotline.base.i18n import label, speaking  # noqa: E402 # the repository is put on the path above
from hotline.orders.lifecycle import STEPS, State, Step  # noqa: E402
from hotline.people.roles import GRANTS, UNIT_ROLES, Permission, Role  # noqa: E402

PAGE = HERE / "lifecycle.md"
INTRODUCTION = """# The life of an order

Written from `hotline/orders/lifecycle.py` and `hotline/people/roles.py` by `python docs/lifecycle.py`; a test fails
where this page and the code differ. Every change of an order is a step of this table: what the table does not have
cannot be done, and the refusal says why.
"""


def page() -> str:
    """The whole page."""
    parts = (INTRODUCTION, *_diagram(), *_states(), *_steps(), *_who(), *_beside())
    return "\n".join(parts) + "\n"


def _diagram() -> Iterator[str]:
    """Steps that move an order; those that leave it where it is are in the table only."""
    yield "## States\n\n```mermaid\nstateDiagram-v2"
    for step in STEPS:
        if step.target:
            yield from (f"    {source or '[*]'} --> {step.target}: {step.action}" for source in _sorted(step.sources))
    yield "```\n"


def _states() -> Iterator[str]:
    yield from _head("state", "中文", "English")
    yield from (_row(f"`{state}`", *_both(state)) for state in State)


def _steps() -> Iterator[str]:
    yield "\n## Steps\n\nA clock a step starts, meets (what it waited for has happened) or drops (nobody waits any more).\n"
    yield from _head("step", "中文", "from", "to", "must be given", "clocks")
    for step in STEPS:
        sources = "any" if len(step.sources) == len(State) else _listed(one or "–" for one in _sorted(step.sources))
        clocks = ((name, getattr(step, name)) for name in ("starts", "meets", "drops"))
        said = "; ".join(f"{name} {_listed(which)}" for name, which in clocks if which)
        yield _row(
            f"`{step.action}`", _both(step.action)[0], sources, step.target or "the same", _listed(step.needs), said
        )


def _who() -> Iterator[str]:
    yield "\n## Who may take which step\n\n● with every order · ○ with orders the unit leads\n"
    yield from _head("step", *Role)
    yield from (_row(f"`{step.action}`", *(_may(step, role) for role in Role)) for step in STEPS)


def _may(step: Step, role: Role) -> str:
    if role not in step.roles:
        return ""
    return "○" if role in UNIT_ROLES else "●"


def _beside() -> Iterator[str]:
    yield "\n## What else a role may do\n"
    yield from _head("permission", *Role)
    for permission in Permission:
        yield _row(f"`{permission}`", *("●" if permission in GRANTS[role] else "" for role in Role))


def _both(member: StrEnum) -> tuple[str, str]:
    names = []
    for code in ("zh", "en"):
        with speaking(code):
            names.append(label(member))
    return names[0], names[1]


def _sorted(states: Iterable[State | None]) -> list[State | None]:
    order = [None, *State]
    return sorted(states, key=order.index)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _head(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield "|" + "---|" * len(names)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
