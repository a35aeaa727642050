"""Who in a unit does an order, saved views of lists, templates of replies

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ACTIONS = (
    *("register", "amend", "answer", "dispatch", "sign", "contact", "note", "request_return", "redispatch"),
    *("refuse_return", "reply", "attempt", "evaluate", "close", "redo", "request_time", "grant_time", "refuse_time"),
    *("resume", "supervise", "feed_back", "set_upstream", "merge", "follow", "link"),
    *("put_through", "withdraw", "propose_exit", "confirm_exit", "refuse_exit", "unmerge"),
    *("assign", "finish_part", "dispute", "rule", "rule_moves", "submit_reply", "approve_reply", "reject_reply"),
    *("report_progress", "reactivate", "urge", "escalate", "unlist"),
    *("appeal", "review_appeal", "decide_appeal"),
)
NEW_ACTIONS = ("entrust",)


def _known(values: tuple[str, ...]) -> None:
    name = op.f("ck_order_event_action_known")
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(name, "order_event")
    op.create_check_constraint(name, "order_event", f"action IN ({listed})")


def _key(table: str, column: str, other: str, its: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.{its}"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    _known(ACTIONS + NEW_ACTIONS)
    op.add_column("work_order", sa.Column("handler_id", sa.BigInteger()))
    op.create_foreign_key(op.f("fk_work_order_handler_id"), "work_order", "user_account", ["handler_id"], ["id"])
    op.create_table(
        "saved_view",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.String(40), nullable=False),
        sa.Column("name", sa.String(30), nullable=False),
        sa.Column("query", sa.String(1000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("user_id", "page", "name", name=op.f("uq_saved_view_user_id_page_name")),
        _key("saved_view", "user_id", "user_account"),
    )
    op.create_table(
        "reply_template",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(40)),
        sa.Column("category_code", sa.String(40)),
        sa.Column("title", sa.String(60), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("changed_by", sa.String(60), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_template")),
        sa.UniqueConstraint("code", "revision", name=op.f("uq_reply_template_code_revision")),
        _key("reply_template", "unit_code", "unit", "code"),
        _key("reply_template", "category_code", "category", "code"),
    )
    op.create_index("ix_reply_template_unit", "reply_template", ["unit_code"])


def downgrade() -> None:
    op.drop_table("reply_template")
    op.drop_table("saved_view")
    op.drop_column("work_order", "handler_id")
    _known(ACTIONS)
