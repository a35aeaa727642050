"""The pages of administration somebody has, as the row of links above each of them."""

from __future__ import annotations

from dataclasses import dataclass

from hotline.base.i18n import mark
from hotline.people.roles import Permission
from hotline.people.signin import current_actor


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of administration, who has it, and with what the endpoints of the pages under it begin."""

    endpoint: str
    title: str
    icon: str
    permission: Permission = Permission.ADMINISTER
    under: tuple[str, ...] = ()

    def holds(self, endpoint: str) -> bool:
        """Whether a page is this one or stands under it."""
        return endpoint == self.endpoint or endpoint.startswith(self.under)


TABS = (
    Tab(
        "admin.users.listed",
        mark("Users"),
        "people",
        under=tuple(f"admin.users.{name}" for name in ("new", "add", "shown", "change", "switch", "reset")),
    ),
    Tab("admin.users.keys", mark("API keys"), "key"),
    Tab("admin.roles", mark("Roles"), "person-badge"),
    Tab("admin.units.listed", mark("Units"), "building", under=("admin.units.",)),
    Tab("admin.categories.listed", mark("Categories"), "diagram-2", under=("admin.categories.",)),
    Tab("admin.keywords.listed", mark("Keywords"), "tags", Permission.MANAGE_ROUTING, ("admin.keywords.",)),
    Tab("admin.policies.listed", mark("Policies"), "journal-text", under=("admin.policies.",)),
    Tab("admin.calendar.shown", mark("Calendar"), "calendar3", under=("admin.calendar.",)),
    Tab("deliveries.listed", mark("Channels"), "send", under=("deliveries.",)),
    Tab("admin.changed", mark("Changes"), "clock-history", Permission.AUDIT_READS),
    Tab("admin.reads", mark("Reads"), "eye", Permission.AUDIT_READS),
)
OPENS = (Permission.ADMINISTER, Permission.AUDIT_READS)  # who has the desk


def admin_tabs() -> list[Tab]:
    """The pages whoever asks has."""
    actor = current_actor()
    return [tab for tab in TABS if actor.may(tab.permission)]
