"""Knowledge: articles in revisions, and what became of looking for one

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "knowledge_article",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("category_code", sa.String(40), sa.ForeignKey("category.code")),
        sa.Column("unit_code", sa.String(40), sa.ForeignKey("unit.code"), nullable=False),
        sa.Column("source", sa.String(300), server_default=sa.text("''"), nullable=False),
        sa.Column("source_number", sa.String(100), server_default=sa.text("''"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("origin", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(500), server_default=sa.text("''"), nullable=False),
        sa.Column("changed_by", sa.String(60), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search", postgresql.TSVECTOR(), nullable=False),
        sa.UniqueConstraint("code", "revision"),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_knowledge_article_valid_until_after")
        ),
        sa.CheckConstraint("origin IN ('file', 'page')", name=op.f("ck_knowledge_article_origin_known")),
    )
    op.create_index("ix_knowledge_article_search", "knowledge_article", ["search"], postgresql_using="gin")
    op.create_table(
        "knowledge_use",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("order_id", sa.BigInteger(), sa.ForeignKey("work_order.id")),
        sa.Column("words", sa.String(200), nullable=False),
        sa.Column("article_id", sa.BigInteger(), sa.ForeignKey("knowledge_article.id")),
        sa.Column("offered", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_knowledge_use_article", "knowledge_use", ["article_id", "at"])
    op.create_index("ix_knowledge_use_at", "knowledge_use", ["at"])


def downgrade() -> None:
    op.drop_table("knowledge_use")
    op.drop_table("knowledge_article")
