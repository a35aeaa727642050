"""Figures by day, and what has changed since they were counted

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COUNTS = ("numerator", "denominator", "not_due", "excluded")
# Which changes of which table are remembered: (table, when, the order, the instants the row had).
TOUCHES = (
    ("order_event", "INSERT", "NEW.order_id", "NULL"),
    (
        *("deadline", "INSERT OR UPDATE OR DELETE", "coalesce(NEW.order_id, OLD.order_id)"),
        "ARRAY[OLD.started_at, OLD.due_at, OLD.original_due_at, OLD.ended_at]",
    ),
    (
        *("evaluation", "INSERT OR UPDATE OR DELETE", "coalesce(NEW.order_id, OLD.order_id)"),
        "ARRAY[OLD.asked_at, OLD.ended_at]",
    ),
    ("call", "INSERT OR UPDATE OR DELETE", "NULL", "ARRAY[NEW.queued_at, OLD.queued_at]"),
    ("work_order", "INSERT OR DELETE", "coalesce(NEW.id, OLD.id)", "ARRAY[OLD.received_at, OLD.dispatched_at]"),
)
WATCHED = (
    *("category_code", "district_code", "channel", "nature", "urgency"),
    *("received_at", "dispatched_at", "requester_phone"),
)


def _instant(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def upgrade() -> None:
    op.create_table(
        "daily_figure",
        sa.Column("measure", sa.String(60), nullable=False),
        sa.Column("by", sa.String(20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("weighted", sa.Numeric(), nullable=False),
        sa.Column("weighted_excluded", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("measure", "by", "day", "key", name=op.f("pk_daily_figure")),
    )
    op.create_table(
        "rolled_day",
        sa.Column("measure", sa.String(60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reads", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("measure", "day", name=op.f("pk_rolled_day")),
    )
    op.create_table(
        "rolled_measure",
        sa.Column("measure", sa.String(60), nullable=False),
        _instant("cutoff"),
        sa.PrimaryKeyConstraint("measure", name=op.f("pk_rolled_measure")),
    )
    op.create_table(
        "rollup_touch",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("subject", sa.String(20), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("was", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("order_id IS NOT NULL OR was IS NOT NULL", name=op.f("ck_rollup_touch_says_what")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollup_touch")),
    )
    op.create_index("ix_rollup_touch_at", "rollup_touch", ["at"])
    op.create_index("ix_deadline_clock_started_at", "deadline", ["clock", "started_at"])
    for table, when, order_id, was in TOUCHES:
        remember = f"INSERT INTO rollup_touch (subject, order_id, was) VALUES ('{table}', {order_id}, {was})"  # noqa: S608 # names of above
        op.execute(
            f"CREATE FUNCTION touch_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {remember}; RETURN NULL; END $$"
        )
        op.execute(f"CREATE TRIGGER touch AFTER {when} ON {table} FOR EACH ROW EXECUTE FUNCTION touch_{table}()")
    op.execute(
        f"CREATE TRIGGER touch_again AFTER UPDATE OF {', '.join(WATCHED)} ON work_order FOR EACH ROW "
        f"WHEN (({_row('OLD')}) IS DISTINCT FROM ({_row('NEW')})) EXECUTE FUNCTION touch_work_order()"
    )


def _row(version: str) -> str:
    return ", ".join(f"{version}.{name}" for name in WATCHED)


def downgrade() -> None:
    op.execute("DROP TRIGGER touch_again ON work_order")
    for table, *_ in TOUCHES:
        op.execute(f"DROP TRIGGER touch ON {table}")
        op.execute(f"DROP FUNCTION touch_{table}()")
    op.drop_index("ix_deadline_clock_started_at", table_name="deadline")
    for table in ("rollup_touch", "rolled_measure", "rolled_day", "daily_figure"):
        op.drop_table(table)
