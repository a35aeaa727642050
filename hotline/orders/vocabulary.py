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


class Element(StrEnum):
    """The five elements of a complaint (五要素)."""

    WHO = "who"
    WHEN = "when"
    WHERE = "where"
    CAUSE = "cause"
    COURSE = "course"


class Ask(StrEnum):
    """What a citizen asks the hotline center for on their own page: to end an order, or to look at it again."""

    WITHDRAW = "withdraw"
    AGAIN = "again"


class Exit(StrEnum):
    """Why an appeal is not accepted (不予受理): another legal way is open, the law forbids it, or there is no appeal.

    国办发〔2020〕53号 and 国办函〔2025〕66号 name the ways and the first two of the others.
    """

    LITIGATION = "litigation"
    ARBITRATION = "arbitration"
    DISCIPLINE = "discipline"
    RECONSIDERATION = "reconsideration"
    DISCLOSURE = "disclosure"
    PETITION = "petition"
    SECRECY = "secrecy"
    MORALS = "morals"
    ELSEWHERE = "elsewhere"
    INVALID = "invalid"
    HARASSMENT = "harassment"


class Service(StrEnum):
    """A number that is called at once where life or order is in danger."""

    POLICE = "110"
    FIRE = "119"
    AMBULANCE = "120"
    TRAFFIC = "122"


class Result(StrEnum):
    """What the unit says came of it (办理结果)."""

    SOLVED = "solved"
    EXPLAINED = "explained"
    PROMISED = "promised"
    BEYOND = "beyond"


class Truth(StrEnum):
    """Whether what the citizen says is so, as the unit found it (是否属实)."""

    SO = "so"
    PARTLY = "partly"
    NOT_SO = "not_so"


class Part(StrEnum):
    """What a unit beside the lead has to do with an order: assist (协办), know of it (抄送), a part handed down (下派)."""

    ASSIST = "assist"
    COPY = "copy"
    SUB = "sub"


class Ruling(StrEnum):
    """How a dispute about whose an order is was settled: by agreement, by a joint meeting, by who assigns duties."""

    AGREED = "agreed"
    MEETING = "meeting"
    DECIDED = "decided"


class TimeKind(StrEnum):
    """What a unit asks of the clock: more time, or a pause for one of the three reasons there are (PauseReason)."""

    EXTENSION = "extension"
    SUPPLEMENT = "supplement"
    PROCEDURE = "procedure"
    PROMISE = "promise"


name_members(
    {
        Ask.WITHDRAW: mark("To withdraw it"),
        Ask.AGAIN: mark("To look at it again"),
        Element.WHO: mark("who"),
        Element.WHEN: mark("when"),
        Element.WHERE: mark("where"),
        Element.CAUSE: mark("what for"),
        Element.COURSE: mark("what happened"),
        Exit.LITIGATION: mark("Litigation"),
        Exit.ARBITRATION: mark("Arbitration"),
        Exit.DISCIPLINE: mark("Discipline inspection"),
        Exit.RECONSIDERATION: mark("Administrative reconsideration"),
        Exit.DISCLOSURE: mark("Disclosure of government information"),
        Exit.PETITION: mark("Petition under way"),
        Exit.SECRECY: mark("Secrets or privacy"),
        Exit.MORALS: mark("Against law or public order"),
        Exit.ELSEWHERE: mark("Outside this city"),
        Exit.INVALID: mark("No appeal in it"),
        Exit.HARASSMENT: mark("Harassment"),
        Service.POLICE: mark("110 police"),
        Service.FIRE: mark("119 fire"),
        Service.AMBULANCE: mark("120 ambulance"),
        Service.TRAFFIC: mark("122 traffic police"),
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
        Truth.SO: mark("It is so"),
        Truth.PARTLY: mark("It is partly so"),
        Truth.NOT_SO: mark("It is not so"),
        Part.ASSIST: mark("Assisting"),
        Part.COPY: mark("Copy to"),
        Part.SUB: mark("Handed down"),
        Ruling.AGREED: mark("The units agreed"),
        Ruling.MEETING: mark("A joint meeting"),
        Ruling.DECIDED: mark("Decided by who assigns duties"),
        Result.SOLVED: mark("Solved"),
        Result.EXPLAINED: mark("Explained"),
        Result.PROMISED: mark("Promised"),
        Result.BEYOND: mark("Beyond the unit's duty"),
    }
)
