"""Changes of reply templates are recorded

Revision ID: 0027
Revises: 0026
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

BEFORE = (
    *("unit", "user", "api_key", "category", "keyword", "catalogue", "article", "policy", "calendar"),
    *("channel", "delivery"),
)


def _known(subjects: tuple[str, ...]) -> None:
    name = op.f("ck_admin_change_subject_known")
    listed = ", ".join(f"'{one}'" for one in subjects)
    op.drop_constraint(name, "admin_change")
    op.create_check_constraint(name, "admin_change", f"subject IN ({listed})")


def upgrade() -> None:
    _known((*BEFORE, "template"))


def downgrade() -> None:
    _known(BEFORE)
