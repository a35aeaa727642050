"""The words of ledgers: what one is opened for, and what is done with it."""

from __future__ import annotations

from enum import StrEnum

from hotline.base.i18n import mark, name_members


class Kind(StrEnum):
    """What a ledger (台账) is opened for."""

    LEADER_SESSION = "leader_session"
    MEDIA = "media"
    CAMPAIGN = "campaign"
    INSTRUCTION = "instruction"
    MEETING = "meeting"
    UPSTREAM = "upstream"


class Deed(StrEnum):
    """What is done with a ledger or one of its items. Each leaves an entry in its log."""

    OPEN = "open"
    ADD = "add"
    GIVE_ORDER = "give_order"
    STRIKE_OFF = "strike_off"
    RESTORE = "restore"
    SET_CADENCE = "set_cadence"
    END = "end"


name_members(
    {
        Kind.LEADER_SESSION: mark("Leader at the phone"),
        Kind.MEDIA: mark("Media programme"),
        Kind.CAMPAIGN: mark("Campaign"),
        Kind.INSTRUCTION: mark("Leader's instruction"),
        Kind.MEETING: mark("Meeting"),
        Kind.UPSTREAM: mark("Platform upstream"),
        Deed.OPEN: mark("Ledger opened"),
        Deed.ADD: mark("Item written down"),
        Deed.GIVE_ORDER: mark("Order given to the item"),
        Deed.STRIKE_OFF: mark("Item struck off"),
        Deed.RESTORE: mark("Item restored"),
        Deed.SET_CADENCE: mark("Cadence set"),
        Deed.END: mark("Ledger ended"),
    }
)
