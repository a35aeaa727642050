"""The words an order is described with: nature, urgency, channel. Facts of the trade, the same in every city."""

from __future__ import annotations

from enum import StrEnum

from hotline.base.i18n import mark, name_members


class Nature(StrEnum):
    """What kind of appeal it is (诉求性质)."""

    CONSULTATION = "consultation"
    HELP = "help"
    COMPLAINT = "complaint"
    REPORT = "report"
    SUGGESTION = "suggestion"
    PRAISE = "praise"
    OTHER = "other"


class Urgency(StrEnum):
    """How fast it must go."""

    NORMAL = "normal"
    URGENT = "urgent"


class Channel(StrEnum):
    """The door it came in by."""

    PHONE = "phone"
    WEB = "web"
    API = "api"
    IMPORT = "import"


class Result(StrEnum):
    """What the unit says came of it (办理结果)."""

    SOLVED = "solved"
    EXPLAINED = "explained"
    PROMISED = "promised"
    BEYOND = "beyond"


class TimeKind(StrEnum):
    """What a unit asks of the clock: more time, or a pause for one of the three reasons there are (PauseReason)."""

    EXTENSION = "extension"
    SUPPLEMENT = "supplement"
    PROCEDURE = "procedure"
    PROMISE = "promise"


name_members(
    {
        Nature.CONSULTATION: mark("Consultation"),
        Nature.HELP: mark("Request for help"),
        Nature.COMPLAINT: mark("Complaint"),
        Nature.REPORT: mark("Report of wrongdoing"),
        Nature.SUGGESTION: mark("Suggestion"),
        Nature.PRAISE: mark("Praise"),
        Nature.OTHER: mark("Other"),
        Urgency.NORMAL: mark("Normal"),
        Urgency.URGENT: mark("Urgent"),
        Channel.PHONE: mark("Phone"),
        Channel.WEB: mark("Website"),
        Channel.API: mark("Other system"),
        Channel.IMPORT: mark("Imported"),
        TimeKind.EXTENSION: mark("More time (extension)"),
        TimeKind.SUPPLEMENT: mark("Pause: the citizen has to supplement"),
        TimeKind.PROCEDURE: mark("Pause: a statutory procedure"),
        TimeKind.PROMISE: mark("Pause: a promise to the citizen"),
        Result.SOLVED: mark("Solved"),
        Result.EXPLAINED: mark("Explained"),
        Result.PROMISED: mark("Promised"),
        Result.BEYOND: mark("Beyond the unit's duty"),
    }
)
