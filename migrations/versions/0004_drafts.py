"""Drafts of the agents' desk; indexes of the notices page

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_draft_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_draft")),
    )
    op.create_index("ix_notice_unit", "notice", ["unit_code", "id"])
    op.create_index("ix_notice_role", "notice", ["role", "id"])


def downgrade() -> None:
    op.drop_index("ix_notice_role", "notice")
    op.drop_index("ix_notice_unit", "notice")
    op.drop_table("draft")
