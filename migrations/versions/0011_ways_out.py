"""The ways out: put through at once, withdrawn, not accepted

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATES = ("received", "dispatched", "handling", "returning", "callback", "closed", "answered", "merged")
NEW_STATES = ("exiting", "declined", "withdrawn", "emergency")
ACTIONS = (
    *("register", "amend", "answer", "dispatch", "sign", "contact", "note", "request_return", "redispatch"),
    *("refuse_return", "reply", "attempt", "evaluate", "close", "redo", "request_time", "grant_time", "refuse_time"),
    *("resume", "supervise", "feed_back", "set_upstream", "merge", "follow", "link"),
)
NEW_ACTIONS = ("put_through", "withdraw", "propose_exit", "confirm_exit", "refuse_exit", "unmerge")


def _known(table: str, column: str, values: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")


def upgrade() -> None:
    _known("work_order", "state", STATES + NEW_STATES)
    _known("order_event", "action", ACTIONS + NEW_ACTIONS)


def downgrade() -> None:
    # Refused by the old constraints once an order has gone such a way: its log cannot forget it.
    _known("order_event", "action", ACTIONS)
    _known("work_order", "state", STATES)
