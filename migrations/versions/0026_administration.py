"""Administration: who changed what; sign-ins and one-time passwords; a unit's contact; when keys are used

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLE = "admin_change"
SUBJECTS = (
    *("unit", "user", "api_key", "category", "keyword", "catalogue", "article", "policy", "calendar"),
    *("channel", "delivery"),
)
ADDED = {
    "unit": (sa.Column("contact", sa.String(120), server_default=sa.text("''"), nullable=False),),
    "user_account": (
        sa.Column("must_change_password", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("session_number", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True)),
    ),
    "api_key": (sa.Column("used_at", sa.DateTime(timezone=True)),),
}


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("by", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(20), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("before", postgresql.JSONB(none_as_null=True)),
        sa.Column("after", postgresql.JSONB(none_as_null=True)),
        sa.Column("reason", sa.String(500), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_change")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_admin_change_user_id")),
        sa.CheckConstraint(
            "subject IN ({})".format(", ".join(f"'{one}'" for one in SUBJECTS)),
            name=op.f("ck_admin_change_subject_known"),
        ),
        sa.CheckConstraint("before IS NOT NULL OR after IS NOT NULL", name=op.f("ck_admin_change_says_something")),
    )
    op.create_index("ix_admin_change_item", TABLE, ["subject", "key", "id"])
    op.create_index("ix_admin_change_at", TABLE, ["at"])
    op.execute(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_read_record_at", "read_record", ["at"])


def downgrade() -> None:
    op.drop_index("ix_read_record_at", "read_record")
    for table, columns in ADDED.items():
        for column in columns:
            op.drop_column(table, column.name)
    op.drop_table(TABLE)
