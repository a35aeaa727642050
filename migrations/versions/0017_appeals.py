"""Appeals of units, reviewed by two people; closings that were taken up again; audited callbacks

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ACTIONS = (
    *("register", "amend", "answer", "dispatch", "sign", "contact", "note", "request_return", "redispatch"),
    *("refuse_return", "reply", "attempt", "evaluate", "close", "redo", "request_time", "grant_time", "refuse_time"),
    *("resume", "supervise", "feed_back", "set_upstream", "merge", "follow", "link"),
    *("put_through", "withdraw", "propose_exit", "confirm_exit", "refuse_exit", "unmerge"),
    *("assign", "finish_part", "dispute", "rule", "rule_moves", "submit_reply", "approve_reply", "reject_reply"),
    *("report_progress", "reactivate", "urge", "escalate", "unlist"),
)
NEW_ACTIONS = ("appeal", "review_appeal", "decide_appeal")
GROUNDS = (
    *("force_majeure", "system_fault", "procedure", "wrong_dispatch"),
    *("unreasonable", "uncooperative", "disputed_fact"),
)

AUDITED = {
    "audited_found_something": "(audited_at IS NULL) = (agrees IS NULL)",
    "differing_says_solved": "(agrees IS FALSE) = (solved IS NOT NULL)",
    "differing_says_satisfaction": "(agrees IS FALSE) = (satisfaction IS NOT NULL)",
}


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _known(values: tuple[str, ...]) -> None:
    name = op.f("ck_order_event_action_known")
    op.drop_constraint(name, "order_event")
    op.create_check_constraint(name, "order_event", f"action IN ({_listed(values)})")


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({_listed(values)})", name=op.f(f"ck_appeal_{column}_known"))


def _key(table: str, column: str, other: str, its: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.{its}"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    _known(ACTIONS + NEW_ACTIONS)
    for column in ("appeals_new", "appeals_reviewed"):
        op.add_column("work_order", sa.Column(column, sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "appeal",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.String(20), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(40), nullable=False),
        sa.Column("ground", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("made_id", sa.BigInteger(), nullable=False),
        sa.Column("review_id", sa.BigInteger()),
        sa.Column("decision_id", sa.BigInteger()),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        _one_of("scope", ("deadline", "evaluation")),
        _one_of("ground", GROUNDS),
        _one_of("state", ("new", "reviewed", "counted", "not_counted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("order_id", "scope", "round", name=op.f("uq_appeal_order_id_scope_round")),
        _key("appeal", "order_id", "work_order"),
        _key("appeal", "unit_code", "unit", "code"),
        *(_key("appeal", column, "order_event") for column in ("made_id", "review_id", "decision_id")),
        sa.CheckConstraint(
            "(state IN ('counted', 'not_counted')) = (settled_at IS NOT NULL)",
            name=op.f("ck_appeal_settled_has_instant"),
        ),
        sa.CheckConstraint("(state = 'new') = (review_id IS NULL)", name=op.f("ck_appeal_reviewed_has_review")),
        sa.CheckConstraint(
            "decision_id IS NOT NULL OR state <> 'not_counted'", name=op.f("ck_appeal_not_counted_needs_two")
        ),
        sa.CheckConstraint("review_id <> decision_id", name=op.f("ck_appeal_reviewed_twice")),
    )
    op.create_index("ix_appeal_state", "appeal", ["state", "id"])
    op.create_index(
        "ix_appeal_not_counted",
        "appeal",
        ["scope", "settled_at", "order_id"],
        postgresql_where=sa.text("state = 'not_counted'"),
    )
    op.create_table(
        "evaluation_audit",
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("audited_at", sa.DateTime(timezone=True)),
        sa.Column("audited_by", sa.String(60), server_default=sa.text("''"), nullable=False),
        sa.Column("agrees", sa.Boolean()),
        sa.Column("solved", sa.Boolean()),
        sa.Column("satisfaction", sa.String(40)),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("evaluation_id", name=op.f("pk_evaluation_audit")),
        _key("evaluation_audit", "evaluation_id", "evaluation"),
        *(sa.CheckConstraint(said, name=op.f(f"ck_evaluation_audit_{name}")) for name, said in AUDITED.items()),
    )
    op.create_index(
        "ix_evaluation_audit_waiting",
        "evaluation_audit",
        ["evaluation_id"],
        postgresql_where=sa.text("audited_at IS NULL"),
    )
    op.create_index("ix_evaluation_audit_audited_at", "evaluation_audit", ["audited_at"])
    op.create_index(
        "ix_order_event_closing",
        "order_event",
        ["action", "at", "order_id", "seq"],
        postgresql_where=sa.text("action IN ('close', 'reactivate')"),
    )


def downgrade() -> None:
    # Refused by the old constraint once there has been an appeal: the log of its order cannot forget it.
    op.drop_index("ix_order_event_closing", "order_event")
    op.drop_table("evaluation_audit")
    op.drop_table("appeal")
    op.drop_column("work_order", "appeals_reviewed")
    op.drop_column("work_order", "appeals_new")
    _known(ACTIONS)
