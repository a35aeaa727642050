"""The catalogue's history: where a row came from, who made it, when and why; an end is a row too

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = sa.text("''")
    op.add_column("catalogue_row", sa.Column("origin", sa.String(20), nullable=False, server_default=sa.text("'file'")))
    op.add_column("catalogue_row", sa.Column("reason", sa.String(500), nullable=False, server_default=text))
    op.add_column("catalogue_row", sa.Column("changed_by", sa.String(60), nullable=False, server_default=text))
    op.add_column("catalogue_row", sa.Column("changed_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE catalogue_row SET changed_at = valid_from")
    op.alter_column("catalogue_row", "changed_at", nullable=False)
    for column in ("origin", "reason", "changed_by"):
        op.alter_column("catalogue_row", column, server_default=None)
    op.create_check_constraint(
        op.f("ck_catalogue_row_origin_known"), "catalogue_row", "origin IN ('file', 'page', 'ruling')"
    )
    op.create_check_constraint(
        op.f("ck_catalogue_row_people_say_why"),
        "catalogue_row",
        "origin = 'file' OR (reason <> '' AND changed_by <> '')",
    )
    op.create_index("ix_catalogue_row_valid_from", "catalogue_row", ["valid_from"])
    # What the file no longer lists has ended; now that is said by a row without a lead.
    op.execute(
        """
        INSERT INTO catalogue_row (category_code, district, lead, assist, copy, basis, power, valid_from, origin, reason,
          changed_by, changed_at)
        SELECT category_code, district, '', '{}', '{}', '', '', max(valid_to), 'file', '', '', max(valid_to)
        FROM catalogue_row GROUP BY category_code, district HAVING bool_and(valid_to IS NOT NULL)
        """
    )


def downgrade() -> None:
    # A planned row would be taken for one in force: it goes, and the row before it stays.
    op.execute(
        """
        WITH planned AS (DELETE FROM catalogue_row WHERE valid_from > now() RETURNING category_code, district, valid_from)
        UPDATE catalogue_row AS earlier SET valid_to = NULL FROM planned
        WHERE (earlier.category_code, earlier.district, earlier.valid_to)
          = (planned.category_code, planned.district, planned.valid_from) AND earlier.valid_from < earlier.valid_to
        """
    )
    op.execute("DELETE FROM catalogue_row WHERE lead = ''")
    op.drop_index("ix_catalogue_row_valid_from", "catalogue_row")
    op.drop_constraint(op.f("ck_catalogue_row_people_say_why"), "catalogue_row")
    op.drop_constraint(op.f("ck_catalogue_row_origin_known"), "catalogue_row")
    for column in ("changed_at", "changed_by", "reason", "origin"):
        op.drop_column("catalogue_row", column)
