"""The lifecycle table: every step an order can take, who may take it, what must be given, what the clocks do. Pure.

The API, the buttons on the pages, the permission matrix and the state diagram are all read from this table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hotline.orders.states import Action, State
from hotline.people.actors import Actor
from hotline.people.roles import UNIT_ROLES, Role
from hotline.policy.limits import Clock

__all__ = ["ENDED_STATES", "OPEN_STATES", "STEPS", "TABLE", "Action", "State", "Step", "choices", "find", "permits"]


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table.

    sources: states it may be taken in (None: there is no order yet).
    target: the state after it; None leaves the state as it is.
    roles: who may take it. A unit role may only for orders its own unit leads.
    of_part: it is for units that have a part in the order, not for the one that leads it.
    needs: what must be given with it, by name in the event's payload; "reason" is the event's own reason.
    starts, meets, drops: clocks that start, that end because what they waited for happened, and that end
    because nobody waits for it any more. resumes: clocks of this round that had ended and go on, as if they never had.
    """

    action: Action
    sources: frozenset[State | None]
    target: State | None
    roles: frozenset[Role]
    needs: tuple[str, ...] = ()
    starts: tuple[Clock, ...] = ()
    meets: tuple[Clock, ...] = ()
    drops: tuple[Clock, ...] = ()
    resumes: tuple[Clock, ...] = ()
    of_part: bool = False


def _step(
    action: Action,
    sources: State | tuple[State, ...] | None,
    target: State | None,
    roles: Iterable[Role],
    **more: tuple[str, ...] | tuple[Clock, ...] | bool,
) -> Step:
    states = sources if isinstance(sources, tuple) else (sources,)
    return Step(action, frozenset(states), target, frozenset(roles), **more)  # type: ignore[arg-type]  # of several kinds, checked by the tests of the table


_S, _C, _R = State, Clock, Role
_ACTIVE = (_S.RECEIVED, _S.EXITING, _S.DISPATCHED, _S.HANDLING, _S.RETURNING, _S.REVIEWING, _S.CALLBACK)
_WITH_UNIT = (_S.DISPATCHED, _S.HANDLING, _S.RETURNING, _S.REVIEWING)
_WORKED_ON = (*_WITH_UNIT, _S.REVIEWING, _S.CALLBACK, _S.CLOSED)
_CENTER = (_R.DISPATCHER, _R.SUPERVISOR)
_ANSWERS = (_C.CONTACT, _C.ASSIST, _C.READ, _C.PROGRESS)  # what nobody waits for once the citizen has an answer
_INTAKE = (_R.AGENT, _R.DISPATCHER, _R.CITIZEN, _R.SYSTEM)

STEPS: tuple[Step, ...] = (
    # 接 receive
    _step(Action.REGISTER, None, _S.RECEIVED, _INTAKE, starts=(_C.DISPATCH,)),
    _step(Action.AMEND, _S.RECEIVED, None, (_R.AGENT, _R.DISPATCHER), needs=("reason",)),
    _step(
        Action.ANSWER,
        _S.RECEIVED,
        _S.ANSWERED,
        (_R.AGENT, _R.DISPATCHER),
        needs=("public_reply",),
        meets=(_C.DISPATCH,),
    ),
    # 并单: the child follows its master, which is handled once; its own citizen is asked all the same.
    _step(
        Action.MERGE,
        _S.RECEIVED,
        _S.MERGED,
        (_R.AGENT, _R.DISPATCHER),
        needs=("master", "reason"),
        drops=(_C.DISPATCH,),
    ),
    _step(
        Action.UNMERGE,
        _S.MERGED,
        _S.RECEIVED,
        (_R.DISPATCHER,),
        needs=("reason",),
        starts=(_C.DISPATCH,),
    ),
    _step(Action.FOLLOW, _S.MERGED, _S.CALLBACK, (_R.SYSTEM,), needs=("unit", "public_reply"), starts=(_C.CALLBACK,)),
    _step(Action.SET_UPSTREAM, (*_ACTIVE[:-2], _S.MERGED), None, (_R.DISPATCHER, _R.SYSTEM), needs=("due", "reason")),
    # 即时转 110/119/120/122: the other desk has it from here on; who took it there is kept.
    _step(
        Action.PUT_THROUGH,
        _S.RECEIVED,
        _S.EMERGENCY,
        (_R.AGENT, _R.DISPATCHER),
        needs=("service", "note"),
        meets=(_C.DISPATCH,),
    ),
    _step(
        Action.WITHDRAW,
        _S.RECEIVED,
        _S.WITHDRAWN,
        (_R.AGENT, _R.DISPATCHER, _R.CITIZEN),
        needs=("reason",),
        drops=(_C.DISPATCH,),
    ),
    # 诉求人申请: what a unit works on, or has ended, is not moved by whoever knows its number; the center looks and answers.
    # What was answered at once or declined no step takes up again: who is not content with that tells it anew.
    _step(Action.ASK_CENTER, (*_WITH_UNIT, _S.CLOSED), None, (_R.CITIZEN,), needs=("ask", "reason")),
    _step(
        Action.ANSWER_CITIZEN,
        tuple(State),
        None,
        (_R.DISPATCHER, _R.SUPERVISOR, _R.CALLBACK),
        needs=("public_reply",),
    ),
    # 不予受理、无效、骚扰: it harms the citizen, so a second person confirms it; until then the clock runs on.
    _step(
        Action.PROPOSE_EXIT,
        _S.RECEIVED,
        _S.EXITING,
        (_R.AGENT, _R.DISPATCHER),
        needs=("exit", "reason", "public_reply"),
    ),
    _step(Action.CONFIRM_EXIT, _S.EXITING, _S.DECLINED, _CENTER, meets=(_C.DISPATCH,)),
    _step(Action.REFUSE_EXIT, _S.EXITING, _S.RECEIVED, _CENTER, needs=("reason",)),
    # 关联: said in both logs; neither order moves.
    _step(Action.LINK, tuple(State), None, (_R.AGENT, _R.DISPATCHER), needs=("other",)),
    # 转 transfer
    _step(
        Action.DISPATCH,
        _S.RECEIVED,
        _S.DISPATCHED,
        (_R.DISPATCHER, _R.SYSTEM),
        needs=("unit",),
        meets=(_C.DISPATCH,),
        starts=(_C.SIGN, _C.CONTACT, _C.HANDLE),
    ),
    _step(
        Action.REQUEST_RETURN,
        (_S.DISPATCHED, _S.HANDLING),
        _S.RETURNING,
        UNIT_ROLES,
        needs=("reason",),
        starts=(_C.RETURN_REVIEW,),
    ),
    # The total clock goes on: a return does not reset it.
    _step(
        Action.REDISPATCH,
        _S.RETURNING,
        _S.DISPATCHED,
        (_R.DISPATCHER,),
        needs=("unit", "reason"),
        meets=(_C.RETURN_REVIEW,),
        drops=(_C.SIGN, _C.PROGRESS),
        starts=(_C.SIGN,),
    ),
    # A refusal settles whose order it is, so it stands for the signature too.
    _step(
        Action.REFUSE_RETURN,
        _S.RETURNING,
        _S.HANDLING,
        (_R.DISPATCHER,),
        needs=("reason",),
        meets=(_C.RETURN_REVIEW, _C.SIGN),
    ),
    # 下派、加派: a part of the work with a clock of its own. A copied unit has read it, an assisting one has done it.
    _step(
        Action.ASSIGN,
        (_S.DISPATCHED, _S.HANDLING),
        None,
        (*UNIT_ROLES, _R.DISPATCHER),
        needs=("part", "part_unit", "task", "due"),
    ),
    _step(Action.FINISH_PART, _WITH_UNIT, None, UNIT_ROLES, needs=("part_unit", "note"), of_part=True),
    # 交办: who in the unit does it; the order stays where it is.
    _step(Action.ENTRUST, (_S.DISPATCHED, _S.HANDLING), None, UNIT_ROLES, needs=("person", "person_name")),
    # 先办后议: whose it is may be argued about once, while the work and its clock go on; a ruling ends it for good.
    _step(
        Action.DISPUTE,
        (_S.DISPATCHED, _S.HANDLING),
        None,
        (*UNIT_ROLES, _R.DISPATCHER),
        needs=("reason", "basis"),
        starts=(_C.RULING,),
    ),
    _step(
        Action.RULE,
        (_S.DISPATCHED, _S.HANDLING, _S.REVIEWING, _S.CALLBACK, _S.CLOSED),
        None,
        (_R.SUPERVISOR,),
        needs=("how", "responsible", "reason"),
        meets=(_C.RULING,),
    ),
    _step(
        Action.RULE_MOVES,
        (_S.DISPATCHED, _S.HANDLING),
        _S.DISPATCHED,
        (_R.SUPERVISOR,),
        needs=("how", "unit", "reason"),
        meets=(_C.RULING,),
        drops=(_C.SIGN, _C.PROGRESS),
        starts=(_C.SIGN,),
    ),
    # 办 handle
    _step(Action.SIGN, _S.DISPATCHED, _S.HANDLING, UNIT_ROLES, meets=(_C.SIGN,)),
    # After the reply it is logged all the same, so that whoever asks the citizen knows of it (求满意).
    _step(
        Action.CONTACT,
        (_S.HANDLING, _S.REVIEWING, _S.CALLBACK),
        None,
        UNIT_ROLES,
        needs=("note",),
        meets=(_C.CONTACT,),
    ),
    # 追加: a citizen's note is what they add, to a merged order too.
    _step(
        Action.NOTE,
        (*_ACTIVE, _S.MERGED),
        None,
        (*UNIT_ROLES, _R.AGENT, _R.DISPATCHER, _R.CALLBACK, _R.CITIZEN),
        needs=("note",),
    ),
    _step(
        Action.REPLY,
        _S.HANDLING,
        _S.CALLBACK,
        UNIT_ROLES,
        needs=("result", "public_reply"),
        meets=(_C.HANDLE, _C.REDO, _C.SUPERVISE),
        drops=_ANSWERS,
        starts=(_C.CALLBACK,),
    ),
    # 审核、审签: work ends with the handing in, if the head signs it; a rejected reply leaves no trace on the clock. The
    # center gives one back whose head is away.
    _step(
        Action.SUBMIT_REPLY,
        _S.HANDLING,
        _S.REVIEWING,
        (_R.HANDLER,),
        needs=("result", "public_reply"),
        meets=(_C.HANDLE, _C.REDO),
        starts=(_C.REVIEW,),
    ),
    _step(
        Action.APPROVE_REPLY,
        _S.REVIEWING,
        _S.CALLBACK,
        (_R.UNIT_HEAD,),
        needs=("result", "public_reply"),
        meets=(_C.REVIEW, _C.SUPERVISE),
        drops=_ANSWERS,
        starts=(_C.CALLBACK,),
    ),
    _step(
        Action.REJECT_REPLY,
        _S.REVIEWING,
        _S.HANDLING,
        (_R.UNIT_HEAD, *_CENTER),
        needs=("reason",),
        meets=(_C.REVIEW,),
        resumes=(_C.HANDLE, _C.REDO),
    ),
    # 延期、暂停、承诺: more time, or time that does not count, for a reason and until a day.
    _step(Action.REQUEST_TIME, _S.HANDLING, None, UNIT_ROLES, needs=("kind", "time", "reason", "next_step")),
    _step(
        Action.GRANT_TIME,
        _S.HANDLING,
        None,
        (*_CENTER, _R.SYSTEM),
        needs=("kind", "time"),
        starts=(_C.PROGRESS,),
    ),
    _step(Action.REFUSE_TIME, _S.HANDLING, None, _CENTER, needs=("reason",)),
    _step(Action.RESUME, _S.HANDLING, None, (*UNIT_ROLES, *_CENTER), needs=("reason",), drops=(_C.PROGRESS,)),
    # 阶段性反馈: who waits for a promise hears of it again and again.
    _step(
        Action.REPORT_PROGRESS,
        (_S.HANDLING, _S.REVIEWING),
        None,
        UNIT_ROLES,
        needs=("public_reply",),
        meets=(_C.PROGRESS,),
        starts=(_C.PROGRESS,),
    ),
    # 督办: beside the work, on a clock of its own.
    _step(Action.SUPERVISE, _WITH_UNIT, None, (_R.SUPERVISOR, _R.SYSTEM), needs=("reason",), starts=(_C.SUPERVISE,)),
    _step(Action.FEED_BACK, _WITH_UNIT, None, UNIT_ROLES, needs=("note",), meets=(_C.SUPERVISE,)),
    # 升级: the next rung, on a clock that starts anew. 摘牌: a listed order stays listed until somebody says why not.
    _step(
        Action.ESCALATE,
        _WITH_UNIT,
        None,
        (_R.SUPERVISOR, _R.SYSTEM),
        needs=("supervision", "reason"),
        drops=(_C.SUPERVISE,),
        starts=(_C.SUPERVISE,),
    ),
    _step(
        Action.UNLIST,
        (*_WITH_UNIT, _S.CALLBACK, _S.CLOSED),
        None,
        (_R.SUPERVISOR,),
        needs=("reason",),
        drops=(_C.SUPERVISE,),
    ),
    # 催办: somebody presses for it; nothing moves.
    _step(
        Action.URGE,
        _WITH_UNIT,
        None,
        (_R.AGENT, _R.DISPATCHER, _R.SUPERVISOR, _R.CITIZEN, _R.SYSTEM),
        needs=("note",),
    ),
    _step(Action.ATTEMPT, _S.CALLBACK, None, (_R.CALLBACK,), needs=("note",)),
    _step(
        Action.EVALUATE,
        _S.CALLBACK,
        None,
        (_R.CALLBACK, _R.CITIZEN),
        needs=("solved", "satisfaction"),
        meets=(_C.CALLBACK,),
    ),
    _step(Action.CLOSE, _S.CALLBACK, _S.CLOSED, (_R.CALLBACK, _R.SYSTEM), drops=(_C.CALLBACK,)),
    _step(
        Action.REDO,
        _S.CALLBACK,
        _S.HANDLING,
        (_R.CALLBACK,),
        needs=("reason",),
        drops=(_C.CALLBACK,),
        starts=(_C.REDO,),
    ),
    # The same citizen with the same matter soon after: it was not settled, and counts as closed falsely.
    _step(
        Action.REACTIVATE,
        _S.CLOSED,
        _S.HANDLING,
        (_R.AGENT, _R.DISPATCHER, _R.CALLBACK),
        needs=("reason",),
        starts=(_C.REDO,),
    ),
    # 考核申诉: two people have to agree before something does not count; the order itself goes its way meanwhile.
    _step(
        Action.APPEAL,
        (_S.CALLBACK, _S.CLOSED),
        None,
        UNIT_ROLES,
        needs=("scope", "ground", "reason", "attachments"),
    ),
    _step(Action.REVIEW_APPEAL, _WORKED_ON, None, _CENTER, needs=("appeal", "agrees", "reason")),
    _step(Action.DECIDE_APPEAL, _WORKED_ON, None, (_R.SUPERVISOR, _R.MANAGER), needs=("appeal", "agrees", "reason")),
)

OPEN_STATES = frozenset(_ACTIVE)
ENDED_STATES = frozenset({_S.CLOSED, _S.ANSWERED, _S.DECLINED, _S.WITHDRAWN, _S.EMERGENCY})

TABLE: dict[tuple[State | None, Action], Step] = {
    (state, step.action): step for step in STEPS for state in step.sources
}


def find(state: State | None, action: Action) -> Step | None:
    """The row for taking ``action`` in ``state``, or None where the table has none."""
    return TABLE.get((state, action))


def permits(step: Step, actor: Actor, lead_unit: str | None, parts: Iterable[str] = ()) -> bool:
    """Whether the actor may take the step with an order that ``lead_unit`` leads and ``parts`` still work on."""
    if actor.role not in step.roles:
        return False
    units = parts if step.of_part else (lead_unit,)
    return actor.role not in UNIT_ROLES or any(actor.handles(unit) for unit in units)


def choices(state: State, actor: Actor, lead_unit: str | None, parts: Iterable[str] = ()) -> list[Step]:
    """The steps the actor may take now, in the table's order."""
    return [step for step in STEPS if state in step.sources and permits(step, actor, lead_unit, parts)]
