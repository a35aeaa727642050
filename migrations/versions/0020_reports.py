"""Periodic reports, each kept as it was made

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KINDS = ("day", "week", "month", "quarter", "year", "range")
STAGES = ("making", "made", "failed", "signed")
TABLE = "periodic_report"
CHECKS = {
    "kind_known": "kind IN ({})".format(", ".join(f"'{one}'" for one in KINDS)),
    "stage_known": "stage IN ({})".format(", ".join(f"'{one}'" for one in STAGES)),
    "days_in_order": "first <= last",
    "signed_has_instant": "(stage = 'signed') = (signed_at IS NOT NULL)",
    "signed_has_name": "(signed_at IS NULL) = (signed_by IS NULL)",
    "made_has_content": "(stage IN ('made', 'signed')) = (content IS NOT NULL)",
    "range_has_title": "(kind = 'range') = (title <> '')",
    "progress_in_percent": "progress BETWEEN 0 AND 100",
}


def _key(column: str, other: str, its: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.{its}"], name=op.f(f"fk_{TABLE}_{column}"))


def _words(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length), server_default=sa.text("''"), nullable=False)


def _instant(name: str, *, null: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


# What a report keeps from when it is made.
KEPT = (
    *("kind", "first", "last", "scope", "edition", "title", "unit_code", "category_code", "district_code"),
    *("cutoff", "policy_id", "content", "made_at"),
)


def _all_of(row: str) -> str:
    return ", ".join(f"{row}.{column}" for column in KEPT)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        _words("scope", 160),
        sa.Column("edition", sa.Integer(), server_default=sa.text("1"), nullable=False),
        _words("title", 120),
        sa.Column("unit_code", sa.String(40)),
        sa.Column("category_code", sa.String(40)),
        sa.Column("district_code", sa.String(40)),
        _instant("cutoff", null=False),
        sa.Column("policy_id", sa.BigInteger()),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("progress", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _words("step", 80),
        sa.Column("error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("content", postgresql.JSONB(none_as_null=True)),
        sa.Column("remarks", sa.Text(), server_default=sa.text("''"), nullable=False),
        _instant("asked_at", null=False),
        sa.Column("asked_by", sa.String(60), nullable=False),
        _instant("made_at"),
        _instant("signed_at"),
        sa.Column("signed_by", sa.String(60)),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint(
            *("kind", "first", "last", "scope", "edition"), name=op.f(f"uq_{TABLE}_kind_first_last_scope_edition")
        ),
        _key("unit_code", "unit", "code"),
        _key("category_code", "category", "code"),
        _key("district_code", "district", "code"),
        _key("policy_id", "policy_version", "id"),
        *(sa.CheckConstraint(said, name=op.f(f"ck_{TABLE}_{name}")) for name, said in CHECKS.items()),
    )
    op.create_index("ix_periodic_report_last", TABLE, ["last", "id"])
    # What was made stays what it was, and what was signed is not touched at all.
    op.execute(
        "CREATE FUNCTION refuse_report_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'TRUNCATE' THEN RAISE EXCEPTION 'a report that was made is kept'; END IF; "
        "IF OLD.content IS NOT NULL THEN "
        "IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a report that was made is kept'; END IF; "
        f"IF OLD.stage = 'signed' OR ({_all_of('OLD')}) IS DISTINCT FROM ({_all_of('NEW')}) THEN "
        "RAISE EXCEPTION 'a report that was made keeps its figures'; END IF; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION refuse_report_change()"
    )
    op.execute(
        f"CREATE TRIGGER kept_whole BEFORE TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_report_change()"
    )


def downgrade() -> None:
    op.drop_table(TABLE)
    op.execute("DROP FUNCTION refuse_report_change()")
