"""Who does something: every operation is told its actor."""

from __future__ import annotations

from dataclasses import dataclass

from hotline.base.errors import NotAllowed
from hotline.people.roles import GRANTS, Permission, Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts.

    units: codes of the handling units whose orders the actor works on (their own unit and all below it);
    empty for everybody who does not belong to a handling unit. key_id: the API key they call with, if they do.
    """

    role: Role
    name: str
    user_id: int | None = None
    units: frozenset[str] = frozenset()
    key_id: int | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the role grants a permission."""
        return permission in GRANTS[self.role]

    def require(self, permission: Permission) -> None:
        """Raise NotAllowed unless the role grants the permission."""
        if not self.may(permission):
            raise NotAllowed("Your role does not allow this.")

    def handles(self, unit_code: str | None) -> bool:
        """Whether a unit's work is this actor's."""
        return unit_code is not None and unit_code in self.units


SYSTEM = Actor(Role.SYSTEM, "system")
CITIZEN = Actor(Role.CITIZEN, "citizen")
