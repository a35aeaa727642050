"""Where an order can stand, and the steps it can take, by name. Pure; which step leads where is ``lifecycle``'s matter."""

from __future__ import annotations

from enum import StrEnum

from hotline.base.i18n import mark, name_members


class State(StrEnum):
    """Where an order stands."""

    RECEIVED = "received"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    RETURNING = "returning"
    CALLBACK = "callback"
    CLOSED = "closed"
    ANSWERED = "answered"
    MERGED = "merged"
    EXITING = "exiting"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EMERGENCY = "emergency"
    REVIEWING = "reviewing"


class Action(StrEnum):
    """A step an order takes."""

    REGISTER = "register"
    AMEND = "amend"
    ANSWER = "answer"
    DISPATCH = "dispatch"
    SIGN = "sign"
    CONTACT = "contact"
    NOTE = "note"
    REQUEST_RETURN = "request_return"
    REDISPATCH = "redispatch"
    REFUSE_RETURN = "refuse_return"
    REPLY = "reply"
    ATTEMPT = "attempt"
    EVALUATE = "evaluate"
    CLOSE = "close"
    REDO = "redo"
    REQUEST_TIME = "request_time"
    GRANT_TIME = "grant_time"
    REFUSE_TIME = "refuse_time"
    RESUME = "resume"
    SUPERVISE = "supervise"
    FEED_BACK = "feed_back"
    SET_UPSTREAM = "set_upstream"
    MERGE = "merge"
    FOLLOW = "follow"
    LINK = "link"
    PUT_THROUGH = "put_through"
    WITHDRAW = "withdraw"
    PROPOSE_EXIT = "propose_exit"
    CONFIRM_EXIT = "confirm_exit"
    REFUSE_EXIT = "refuse_exit"
    UNMERGE = "unmerge"
    ASSIGN = "assign"
    FINISH_PART = "finish_part"
    ENTRUST = "entrust"
    DISPUTE = "dispute"
    RULE = "rule"
    RULE_MOVES = "rule_moves"
    SUBMIT_REPLY = "submit_reply"
    APPROVE_REPLY = "approve_reply"
    REJECT_REPLY = "reject_reply"
    REPORT_PROGRESS = "report_progress"
    REACTIVATE = "reactivate"
    URGE = "urge"
    ESCALATE = "escalate"
    UNLIST = "unlist"
    APPEAL = "appeal"
    REVIEW_APPEAL = "review_appeal"
    DECIDE_APPEAL = "decide_appeal"
    ASK_CENTER = "ask_center"
    ANSWER_CITIZEN = "answer_citizen"


name_members(
    {
        State.RECEIVED: mark("To dispatch"),
        State.DISPATCHED: mark("To sign"),
        State.HANDLING: mark("Being handled"),
        State.RETURNING: mark("Return under review"),
        State.CALLBACK: mark("To call back"),
        State.CLOSED: mark("Closed"),
        State.ANSWERED: mark("Answered directly"),
        State.MERGED: mark("Merged into another"),
        State.EXITING: mark("Not to be accepted? Under review"),
        State.DECLINED: mark("Not accepted"),
        State.WITHDRAWN: mark("Withdrawn"),
        State.EMERGENCY: mark("Passed on at once"),
        State.REVIEWING: mark("Reply under review"),
        Action.REGISTER: mark("Register"),
        Action.AMEND: mark("Correct"),
        Action.ANSWER: mark("Answer directly"),
        Action.DISPATCH: mark("Dispatch"),
        Action.SIGN: mark("Sign"),
        Action.CONTACT: mark("Record contact"),
        Action.NOTE: mark("Add note"),
        Action.REQUEST_RETURN: mark("Return"),
        Action.REDISPATCH: mark("Agree and dispatch again"),
        Action.REFUSE_RETURN: mark("Refuse the return"),
        Action.REPLY: mark("Reply"),
        Action.ATTEMPT: mark("Not reached"),
        Action.EVALUATE: mark("Record evaluation"),
        Action.CLOSE: mark("Close"),
        Action.REDO: mark("Send back to redo"),
        Action.REQUEST_TIME: mark("Ask for time"),
        Action.GRANT_TIME: mark("Grant the time"),
        Action.REFUSE_TIME: mark("Refuse the time"),
        Action.RESUME: mark("Let the clock run on"),
        Action.SUPERVISE: mark("Supervise"),
        Action.FEED_BACK: mark("Report to the supervisor"),
        Action.SET_UPSTREAM: mark("Change the upstream deadline"),
        Action.MERGE: mark("Merge into another"),
        Action.FOLLOW: mark("Answered with the master order"),
        Action.LINK: mark("Link with another"),
        Action.PUT_THROUGH: mark("Pass on to 110, 119, 120 or 122"),
        Action.WITHDRAW: mark("Withdraw for the citizen"),
        Action.PROPOSE_EXIT: mark("Propose not to accept"),
        Action.CONFIRM_EXIT: mark("Confirm: not accepted"),
        Action.UNMERGE: mark("Take out of its master"),
        Action.REFUSE_EXIT: mark("Accept after all"),
        Action.ASSIGN: mark("Give a part to a unit"),
        Action.FINISH_PART: mark("Hand in our part"),
        Action.ENTRUST: mark("Give to a colleague"),
        Action.DISPUTE: mark("Dispute whose it is"),
        Action.RULE: mark("Rule: it stays"),
        Action.RULE_MOVES: mark("Rule: it goes to another unit"),
        Action.SUBMIT_REPLY: mark("Hand in the reply for review"),
        Action.APPROVE_REPLY: mark("Sign the reply"),
        Action.REJECT_REPLY: mark("Reject the reply"),
        Action.REPORT_PROGRESS: mark("Tell how far it is"),
        Action.REACTIVATE: mark("Take up again"),
        Action.URGE: mark("Urge"),
        Action.ESCALATE: mark("Step up supervision"),
        Action.UNLIST: mark("Take off the list"),
        Action.APPEAL: mark("Appeal against the assessment"),
        Action.REVIEW_APPEAL: mark("Review the appeal"),
        Action.DECIDE_APPEAL: mark("Decide on the appeal"),
        Action.ASK_CENTER: mark("The citizen asks the center"),
        Action.ANSWER_CITIZEN: mark("Answer what the citizen asks"),
    }
)
