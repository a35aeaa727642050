"""With which API key a full number was read

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("read_record", sa.Column("key_id", sa.BigInteger()))
    op.create_foreign_key(op.f("fk_read_record_key_id"), "read_record", "api_key", ["key_id"], ["id"])


def downgrade() -> None:
    op.drop_column("read_record", "key_id")
