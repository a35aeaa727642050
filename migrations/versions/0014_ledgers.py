"""Ledgers: matters taken on together, their log, their progress sheets

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KINDS = ("leader_session", "media", "campaign", "instruction", "meeting", "upstream")
CADENCES = ("none", "weekly", "half_monthly", "monthly", "quarterly")
DEEDS = ("open", "add", "give_order", "strike_off", "restore", "set_cadence", "end")
APPEND_ONLY = ("ledger_event", "ledger_sheet")


def upgrade() -> None:
    op.create_table(
        "ledger",
        _id(),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("host", sa.String(100), nullable=False),
        sa.Column("series", sa.String(60), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("announced", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("cadence", sa.String(20), nullable=False),
        _instant("cadence_since"),
        _instant("ended_at", nullable=True),
        sa.UniqueConstraint("code", name=op.f("uq_ledger_code")),
        sa.UniqueConstraint("series", "issue", name=op.f("uq_ledger_series_issue")),
        _known("ledger", "kind", KINDS),
        _known("ledger", "cadence", CADENCES),
        sa.CheckConstraint("(series = '') = (issue IS NULL)", name=op.f("ck_ledger_series_has_issue")),
    )
    op.create_index("ix_ledger_held_on", "ledger", ["held_on"])
    op.create_table(
        "ledger_item",
        _id(),
        _of("ledger"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("matter", sa.String(200), nullable=False),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("external_id", sa.String(100), nullable=False),
        _of("work_order", "order_id", nullable=True),
        sa.UniqueConstraint("ledger_id", "position", name=op.f("uq_ledger_item_ledger_id_position")),
        sa.UniqueConstraint("ledger_id", "order_id", name=op.f("uq_ledger_item_ledger_id_order_id")),
    )
    has_order = sa.text("order_id IS NOT NULL")
    op.create_index("ix_ledger_item_order", "ledger_item", ["order_id"], postgresql_where=has_order)
    op.create_table(
        "ledger_event",
        _id(),
        _of("ledger"),
        _of("ledger_item", "item_id", nullable=True),
        _of("work_order", "order_id", nullable=True),
        _instant("at"),
        sa.Column("deed", sa.String(20), nullable=False),
        _of("user_account", "actor_id", nullable=True),
        sa.Column("actor_name", sa.String(60), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        _known("ledger_event", "deed", DEEDS),
    )
    op.create_index("ix_ledger_event_ledger", "ledger_event", ["ledger_id"])
    op.create_index("ix_ledger_event_item", "ledger_event", ["item_id"])
    op.create_table(
        "ledger_sheet",
        _id(),
        _of("ledger"),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        _instant("produced_at"),
        sa.UniqueConstraint("ledger_id", "last", name=op.f("uq_ledger_sheet_ledger_id_last")),
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in ("ledger_sheet", "ledger_event", "ledger_item", "ledger"):
        op.drop_table(table)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _of(table: str, column: str = "ledger_id", *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(column, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _known(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}_known"))
