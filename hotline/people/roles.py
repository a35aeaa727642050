"""Roles, and what each may do besides moving orders (that is the lifecycle table's matter)."""

from __future__ import annotations

from enum import StrEnum

from hotline.base.i18n import mark, name_members


class Role(StrEnum):
    """Whose work somebody does. CITIZEN and SYSTEM never sign in; TELEPHONE is the telephone system, with a key."""

    AGENT = "agent"
    DISPATCHER = "dispatcher"
    HANDLER = "handler"
    UNIT_HEAD = "unit_head"
    CALLBACK = "callback"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    ADMIN = "admin"
    TELEPHONE = "telephone"
    CITIZEN = "citizen"
    SYSTEM = "system"


class Permission(StrEnum):
    """Something a role may do that is not a step of an order."""

    TAKE_CALLS = "take_calls"
    FEED_CALLS = "feed_calls"
    PLACE_ORDERS = "place_orders"
    DISPATCH_QUEUE = "dispatch_queue"
    UNIT_INBOX = "unit_inbox"
    CALLBACK_QUEUE = "callback_queue"
    DECIDE_TIME = "decide_time"
    RULE_DISPUTES = "rule_disputes"
    REVIEW_APPEALS = "review_appeals"
    AUDIT_CALLBACKS = "audit_callbacks"
    SEE_ALL_ORDERS = "see_all_orders"
    SEE_UNIT_ORDERS = "see_unit_orders"
    REVEAL_PHONE = "reveal_phone"
    SEE_REPORTS = "see_reports"
    MANAGE_ROUTING = "manage_routing"
    KEEP_KNOWLEDGE = "keep_knowledge"
    KEEP_LEDGERS = "keep_ledgers"
    ADMINISTER = "administer"
    SETTLE_ALARMS = "settle_alarms"
    SEE_CITY_REPORTS = "see_city_reports"
    SIGN_REPORTS = "sign_reports"
    KEEP_REPLY_TEMPLATES = "keep_reply_templates"
    AUDIT_READS = "audit_reads"


name_members(
    {
        Role.AGENT: mark("Agent"),
        Role.DISPATCHER: mark("Dispatcher"),
        Role.HANDLER: mark("Unit handler"),
        Role.UNIT_HEAD: mark("Unit head"),
        Role.CALLBACK: mark("Callback staff"),
        Role.SUPERVISOR: mark("Supervisor"),
        Role.MANAGER: mark("Manager"),
        Role.ADMIN: mark("Administrator"),
        Role.TELEPHONE: mark("Telephone system"),
        Role.CITIZEN: mark("Citizen"),
        Role.SYSTEM: mark("System"),
    }
)

name_members(
    {
        Permission.TAKE_CALLS: mark("take calls at the desk"),
        Permission.FEED_CALLS: mark("tell of calls, as the telephone system does"),
        Permission.PLACE_ORDERS: mark("place orders"),
        Permission.DISPATCH_QUEUE: mark("work on the dispatch queue"),
        Permission.UNIT_INBOX: mark("work on the unit's inbox"),
        Permission.CALLBACK_QUEUE: mark("call citizens back"),
        Permission.DECIDE_TIME: mark("decide on requests for time"),
        Permission.RULE_DISPUTES: mark("rule on disputes"),
        Permission.REVIEW_APPEALS: mark("review appeals"),
        Permission.AUDIT_CALLBACKS: mark("audit callbacks"),
        Permission.SEE_ALL_ORDERS: mark("see all orders"),
        Permission.SEE_UNIT_ORDERS: mark("see the unit's orders"),
        Permission.REVEAL_PHONE: mark("read full numbers, each read recorded"),
        Permission.SEE_REPORTS: mark("see the week's report"),
        Permission.MANAGE_ROUTING: mark("change the catalogue and the keywords"),
        Permission.KEEP_KNOWLEDGE: mark("keep the knowledge base"),
        Permission.KEEP_LEDGERS: mark("keep ledgers"),
        Permission.ADMINISTER: mark("administer users, units, categories, policy and calendar"),
        Permission.SETTLE_ALARMS: mark("settle alarms"),
        Permission.SEE_CITY_REPORTS: mark("see the city's reports"),
        Permission.SIGN_REPORTS: mark("sign reports"),
        Permission.KEEP_REPLY_TEMPLATES: mark("keep templates of replies"),
        Permission.AUDIT_READS: mark("see who read full numbers"),
    }
)

UNIT_ROLES = frozenset({Role.HANDLER, Role.UNIT_HEAD})
STAFF_ROLES = tuple(role for role in Role if role not in {Role.TELEPHONE, Role.CITIZEN, Role.SYSTEM})
USER_ROLES = (*STAFF_ROLES, Role.TELEPHONE)  # who has a login or a key

_P = Permission
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: frozenset({_P.TAKE_CALLS, _P.PLACE_ORDERS, _P.SEE_ALL_ORDERS, _P.REVEAL_PHONE}),
    Role.DISPATCHER: frozenset(
        {
            *(_P.DISPATCH_QUEUE, _P.DECIDE_TIME, _P.REVIEW_APPEALS, _P.PLACE_ORDERS, _P.SEE_ALL_ORDERS),
            *(_P.REVEAL_PHONE, _P.KEEP_LEDGERS),
        }
    ),
    Role.HANDLER: frozenset({_P.UNIT_INBOX, _P.SEE_UNIT_ORDERS, _P.REVEAL_PHONE}),
    Role.UNIT_HEAD: frozenset(
        {_P.UNIT_INBOX, _P.SEE_UNIT_ORDERS, _P.REVEAL_PHONE, _P.SEE_REPORTS, _P.KEEP_REPLY_TEMPLATES}
    ),
    Role.CALLBACK: frozenset({_P.CALLBACK_QUEUE, _P.SEE_ALL_ORDERS, _P.REVEAL_PHONE}),
    Role.SUPERVISOR: frozenset(
        {
            *(_P.DECIDE_TIME, _P.RULE_DISPUTES, _P.REVIEW_APPEALS, _P.AUDIT_CALLBACKS, _P.REVEAL_PHONE),
            *(_P.SEE_ALL_ORDERS, _P.SEE_REPORTS, _P.SEE_CITY_REPORTS, _P.SIGN_REPORTS),
            *(_P.MANAGE_ROUTING, _P.KEEP_KNOWLEDGE, _P.KEEP_LEDGERS, _P.SETTLE_ALARMS),
            *(_P.KEEP_REPLY_TEMPLATES, _P.AUDIT_READS),
        }
    ),
    Role.MANAGER: frozenset(
        {
            *(_P.REVIEW_APPEALS, _P.SEE_ALL_ORDERS, _P.SEE_REPORTS, _P.KEEP_LEDGERS, _P.SETTLE_ALARMS),
            *(_P.SEE_CITY_REPORTS, _P.SIGN_REPORTS),
        }
    ),
    # An administrator keeps the system, not the orders: no phone numbers. Who cannot read them sees who does, the
    # supervisors included.
    Role.ADMIN: frozenset(
        {
            *(_P.SEE_ALL_ORDERS, _P.SEE_REPORTS, _P.SEE_CITY_REPORTS),
            *(_P.ADMINISTER, _P.MANAGE_ROUTING, _P.KEEP_KNOWLEDGE, _P.KEEP_REPLY_TEMPLATES, _P.AUDIT_READS),
        }
    ),
    # Tells of calls, and reads nothing.
    Role.TELEPHONE: frozenset({_P.FEED_CALLS}),
    Role.CITIZEN: frozenset({_P.PLACE_ORDERS}),
    Role.SYSTEM: frozenset({_P.PLACE_ORDERS}),
}
