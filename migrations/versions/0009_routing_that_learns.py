"""routing that learns: models, proposals, danger signals, aliases of places

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WORDS = postgresql.ARRAY(sa.String(length=60))


def upgrade() -> None:
    op.create_index("ix_work_order_matter", "work_order", ["category_code", "received_at"])
    op.add_column("place_name", sa.Column("aliases", WORDS, server_default=sa.text("'{}'"), nullable=False))
    op.create_table(
        "danger_signal",
        _id(),
        sa.Column("call", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.Column("unless", WORDS, nullable=False),
        _instant("valid_from"),
        _instant("valid_to", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_danger_signal")),
    )
    op.create_table(
        "routing_model",
        _id(),
        sa.Column("subject", sa.String(length=10), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        _instant("adopted_at"),
        sa.Column("adopted_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("subject IN ('category', 'nature')", name=op.f("ck_routing_model_subject_known")),
        sa.CheckConstraint("origin IN ('file', 'adopted')", name=op.f("ck_routing_model_origin_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_model")),
    )
    op.create_index("ix_routing_model_subject", "routing_model", ["subject", "id"])
    op.create_table(
        "proposal",
        _id(),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("orders", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        _instant("made_at"),
        sa.Column("decision", sa.String(length=10), nullable=True),
        _instant("decided_at", nullable=True),
        sa.Column("decided_by", sa.String(length=60), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", sa.String(length=500), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("kind IN ('keyword', 'catalogue')", name=op.f("ck_proposal_kind_known")),
        sa.CheckConstraint("decision IN ('accepted', 'refused')", name=op.f("ck_proposal_decision_known")),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name=op.f("ck_proposal_decided_has_instant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(
        "uq_proposal_open", "proposal", ["key"], unique=True, postgresql_where=sa.text("decided_at IS NULL")
    )
    op.create_index("ix_proposal_key", "proposal", ["key"])


def downgrade() -> None:
    op.drop_index("ix_work_order_matter", "work_order")
    op.drop_table("proposal")
    op.drop_table("routing_model")
    op.drop_table("danger_signal")
    op.drop_column("place_name", "aliases")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
