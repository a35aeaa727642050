"""What a unit may appeal against, and why: the reasons for which the policy leaves work out of an assessment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hotline.base.i18n import mark, name_members


class Scope(StrEnum):
    """What should not count: whether the order was handled on time, or what the citizen said of one reply."""

    DEADLINE = "deadline"
    EVALUATION = "evaluation"


class Ground(StrEnum):
    """The reason code of an appeal (剔除原因)."""

    FORCE_MAJEURE = "force_majeure"
    SYSTEM_FAULT = "system_fault"
    PROCEDURE = "procedure"
    WRONG_DISPATCH = "wrong_dispatch"
    UNREASONABLE = "unreasonable"
    UNCOOPERATIVE = "uncooperative"
    DISPUTED_FACT = "disputed_fact"


name_members(
    {
        Scope.DEADLINE: mark("Handled late"),
        Scope.EVALUATION: mark("The citizen's evaluation"),
        Ground.FORCE_MAJEURE: mark("Force majeure"),
        Ground.SYSTEM_FAULT: mark("A fault of the system"),
        Ground.PROCEDURE: mark("A procedure the law asks for"),
        Ground.WRONG_DISPATCH: mark("Dispatched to the wrong unit"),
        Ground.UNREASONABLE: mark("An unreasonable demand"),
        Ground.UNCOOPERATIVE: mark("The citizen does not cooperate"),
        Ground.DISPUTED_FACT: mark("The facts are wrong"),
    }
)


@dataclass(frozen=True, slots=True)
class Appeals:
    """Appeals a policy takes: for so many working days after the order was closed, for these reasons. 0 days: none."""

    days: int = 0
    deadline: tuple[Ground, ...] = ()
    evaluation: tuple[Ground, ...] = ()

    def grounds(self, scope: Scope) -> tuple[Ground, ...]:
        """The reasons that may be given against something."""
        return self.deadline if scope is Scope.DEADLINE else self.evaluation
