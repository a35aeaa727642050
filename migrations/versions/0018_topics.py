"""Hot topics: which orders are about the same matter at the same place

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def _key(table: str, column: str, other: str, its: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.{its}"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "topic",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("place", sa.String(60), nullable=False),
        sa.Column("words", postgresql.JSONB(), nullable=False),
        sa.Column("district_code", sa.String(40)),
        sa.Column("category_code", sa.String(40)),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
        _key("topic", "district_code", "district", "code"),
        _key("topic", "category_code", "category", "code"),
    )
    op.create_index("ix_topic_last_at", "topic", ["last_at"])
    op.create_table(
        "topic_order",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("topic_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_topic_order")),
        _key("topic_order", "order_id", "work_order"),
        _key("topic_order", "topic_id", "topic"),
    )
    op.create_index(
        "ix_topic_order_topic", "topic_order", ["topic_id"], postgresql_where=sa.text("topic_id IS NOT NULL")
    )
    op.create_table(
        "topic_key",
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "order_id", name=op.f("pk_topic_key")),
        _key("topic_key", "order_id", "work_order"),
    )
    op.create_table(
        "topic_ledger",
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic_id", "ledger_id", name=op.f("pk_topic_ledger")),
        sa.UniqueConstraint("ledger_id", name=op.f("uq_topic_ledger_ledger_id")),
        _key("topic_ledger", "topic_id", "topic"),
        _key("topic_ledger", "ledger_id", "ledger"),
    )


def downgrade() -> None:
    for table in ("topic_ledger", "topic_key", "topic_order", "topic"):
        op.drop_table(table)
