"""A report put together: its sections, one after the other."""

from __future__ import annotations

from collections.abc import Callable

from hotline.base.i18n import mark
from hotline.report.papers.came import came_in, funnel, summary
from hotline.report.papers.paper import Block, Paper, Section
from hotline.report.papers.seen import Seen
from hotline.report.papers.standing import alarms, overdue, policy_changes, topics, units

Write = Callable[[Seen], tuple[Block, ...]]
Told = Callable[[int, str], None]


# Name, heading and writer of each section. One that has nothing to say is left out.
SECTIONS: tuple[tuple[str, str, Write], ...] = (
    ("summary", mark("The whole in short"), summary),
    ("received", mark("What came in"), came_in),
    ("funnel", mark("From call to satisfaction"), funnel),
    ("units", mark("Units"), units),
    ("overdue", mark("The worst overdue"), overdue),
    ("alarms", mark("Alarms and what was done"), alarms),
    ("topics", mark("Hot topics"), topics),
    ("policy", mark("Changes of policy"), policy_changes),
)


def compose(seen: Seen, told: Told = lambda _percent, _title: None) -> Paper:
    """The whole report. told: how far it is, in percent, and the heading of the section that comes next."""
    sections = []
    for at, (name, title, write) in enumerate(SECTIONS):
        told(100 * at // len(SECTIONS), title)
        if blocks := write(seen):
            sections.append(Section(name, title, blocks))
    return Paper(tuple(sections))
