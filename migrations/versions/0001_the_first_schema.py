"""The first schema

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Events and records of reads are only ever added.
APPEND_ONLY = ("order_event", "read_record")


def upgrade() -> None:
    op.create_table(
        "calendar_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("published_until", sa.Date(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_version")),
    )
    op.create_table(
        "category",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("default_unit", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_category")),
    )
    op.create_table(
        "district",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_district")),
        sa.UniqueConstraint("name", name=op.f("uq_district_name")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_outbox_delivery_id")),
    )
    op.create_index(
        "ix_outbox_waiting", "outbox", ["due_at", "id"], unique=False, postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_table(
        "policy_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
    )
    op.create_index("ix_policy_version_effective_from", "policy_version", ["effective_from"], unique=False)
    op.create_table(
        "catalogue_row",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("category_code", sa.String(length=40), nullable=False),
        sa.Column("district", sa.String(length=40), nullable=False),
        sa.Column("lead", sa.String(length=40), nullable=False),
        sa.Column("assist", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("copy", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("basis", sa.String(length=200), nullable=False),
        sa.Column("power", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["category_code"], ["category.code"], name=op.f("fk_catalogue_row_category_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_row")),
    )
    op.create_index(
        "uq_catalogue_row_current",
        "catalogue_row",
        ["category_code", "district"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "keyword",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("keyword", sa.String(length=40), nullable=False),
        sa.Column("category_code", sa.String(length=40), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("origin IN ('hand', 'learned')", name=op.f("ck_keyword_origin_known")),
        sa.ForeignKeyConstraint(["category_code"], ["category.code"], name=op.f("fk_keyword_category_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keyword")),
    )
    op.create_index(
        "uq_keyword_current",
        "keyword",
        ["keyword", "category_code"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "unit",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("parent_code", sa.String(length=40), nullable=True),
        sa.Column("district_code", sa.String(length=40), nullable=True),
        sa.Column("powers", sa.String(length=120), server_default=sa.text("''"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('center', 'government', 'bureau', 'utility', 'district', 'street')",
            name=op.f("ck_unit_kind_known"),
        ),
        sa.ForeignKeyConstraint(["district_code"], ["district.code"], name=op.f("fk_unit_district_code")),
        sa.ForeignKeyConstraint(["parent_code"], ["unit.code"], name=op.f("fk_unit_parent_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_unit")),
        sa.UniqueConstraint("name", name=op.f("uq_unit_name")),
    )
    op.create_index("ix_unit_parent", "unit", ["parent_code"], unique=False)
    op.create_table(
        "place_name",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("district_code", sa.String(length=40), nullable=False),
        sa.Column("street_code", sa.String(length=40), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["district_code"], ["district.code"], name=op.f("fk_place_name_district_code")),
        sa.ForeignKeyConstraint(["street_code"], ["unit.code"], name=op.f("fk_place_name_street_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_name")),
    )
    op.create_index("ix_place_name_name", "place_name", ["name"], unique=False)
    op.create_table(
        "user_account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("unit_code", sa.String(length=40), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('agent', 'dispatcher', 'handler', 'unit_head', 'callback', 'supervisor', 'manager', 'admin', 'citizen', 'system')",
            name=op.f("ck_user_account_role_known"),
        ),
        sa.CheckConstraint(
            "role NOT IN ('handler', 'unit_head') OR unit_code IS NOT NULL",
            name=op.f("ck_user_account_unit_role_has_unit"),
        ),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"], name=op.f("fk_user_account_unit_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("login", name=op.f("uq_user_account_login")),
    )
    op.create_table(
        "work_order",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("nature", sa.String(length=20), nullable=False),
        sa.Column("urgency", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=40), server_default=sa.text("''"), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=200), server_default=sa.text("''"), nullable=False),
        sa.Column("district_code", sa.String(length=40), nullable=True),
        sa.Column("category_code", sa.String(length=40), nullable=True),
        sa.Column("lead_unit", sa.String(length=40), nullable=True),
        sa.Column("requester_name", sa.String(length=60), server_default=sa.text("''"), nullable=False),
        sa.Column("requester_phone", sa.String(length=30), server_default=sa.text("''"), nullable=False),
        sa.Column("secret", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("round", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("returns", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("suggestion", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("rating_token", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("search", postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_work_order_closed_has_instant")
        ),
        sa.CheckConstraint("channel IN ('phone', 'web', 'api', 'import')", name=op.f("ck_work_order_channel_known")),
        sa.CheckConstraint(
            "nature IN ('consultation', 'help', 'complaint', 'report', 'suggestion', 'praise', 'other')",
            name=op.f("ck_work_order_nature_known"),
        ),
        sa.CheckConstraint(
            "state IN ('received', 'dispatched', 'handling', 'returning', 'callback', 'closed', 'answered')",
            name=op.f("ck_work_order_state_known"),
        ),
        sa.CheckConstraint("urgency IN ('normal', 'urgent')", name=op.f("ck_work_order_urgency_known")),
        sa.CheckConstraint(
            "(dispatched_at IS NULL) OR (lead_unit IS NOT NULL)", name=op.f("ck_work_order_dispatched_has_unit")
        ),
        sa.ForeignKeyConstraint(["category_code"], ["category.code"], name=op.f("fk_work_order_category_code")),
        sa.ForeignKeyConstraint(["district_code"], ["district.code"], name=op.f("fk_work_order_district_code")),
        sa.ForeignKeyConstraint(["lead_unit"], ["unit.code"], name=op.f("fk_work_order_lead_unit")),
        sa.ForeignKeyConstraint(["parent_id"], ["work_order.id"], name=op.f("fk_work_order_parent_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy_version.id"], name=op.f("fk_work_order_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order")),
        sa.UniqueConstraint("number", name=op.f("uq_work_order_number")),
        sa.UniqueConstraint("rating_token", name=op.f("uq_work_order_rating_token")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_work_order_source_external_id")),
    )
    op.create_index("ix_work_order_lead_unit", "work_order", ["lead_unit", "state"], unique=False)
    op.create_index("ix_work_order_received_at", "work_order", ["received_at"], unique=False)
    op.create_index("ix_work_order_requester_phone", "work_order", ["requester_phone", "received_at"], unique=False)
    op.create_index("ix_work_order_search", "work_order", ["search"], unique=False, postgresql_using="gin")
    op.create_index("ix_work_order_state", "work_order", ["state", "received_at"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_api_key_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_attachment_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_order_id"), "attachment", ["order_id"], unique=False)
    op.create_table(
        "call",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("call_id", sa.String(length=100), nullable=False),
        sa.Column("queue", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=30), server_default=sa.text("''"), nullable=False),
        sa.Column("agent", sa.String(length=60), server_default=sa.text("''"), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wait", sa.Float(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(outcome IN ('answered', 'talking')) = (answered_at IS NOT NULL)",
            name=op.f("ck_call_answered_has_instant"),
        ),
        sa.CheckConstraint(
            "outcome IN ('queued', 'talking', 'answered', 'abandoned', 'timeout')", name=op.f("ck_call_outcome_known")
        ),
        sa.CheckConstraint("wait >= 0", name=op.f("ck_call_wait_not_negative")),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_call_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
        sa.UniqueConstraint("source", "call_id", name=op.f("uq_call_source_call_id")),
    )
    op.create_index("ix_call_phone", "call", ["phone", "queued_at"], unique=False)
    op.create_index("ix_call_queued_at", "call", ["queued_at"], unique=False)
    op.create_table(
        "deadline",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.String(length=20), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("basis", sa.String(length=200), nullable=False),
        sa.Column("calendar_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("original_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("paused", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.CheckConstraint(
            "clock IN ('dispatch', 'sign', 'contact', 'handle', 'return_review', 'callback', 'redo', 'supervise')",
            name=op.f("ck_deadline_clock_known"),
        ),
        sa.CheckConstraint("outcome IN ('met', 'dropped')", name=op.f("ck_deadline_outcome_known")),
        sa.CheckConstraint(
            "unit IN ('working_days', 'working_hours', 'natural_days', 'natural_hours')",
            name=op.f("ck_deadline_unit_known"),
        ),
        sa.CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name=op.f("ck_deadline_ended_has_outcome")),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar_version.id"], name=op.f("fk_deadline_calendar_id")),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_deadline_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
    )
    op.create_index("ix_deadline_clock_due_at", "deadline", ["clock", "due_at"], unique=False)
    op.create_index(
        "ix_deadline_open_due_at",
        "deadline",
        ["clock", "due_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_deadline_order_id"), "deadline", ["order_id"], unique=False)
    op.create_index(
        "uq_deadline_running",
        "deadline",
        ["order_id", "clock"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(length=40), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reached", sa.Boolean(), nullable=True),
        sa.Column("solved", sa.Boolean(), nullable=True),
        sa.Column("satisfaction", sa.String(length=40), nullable=True),
        sa.Column("by", sa.String(length=20), nullable=True),
        sa.CheckConstraint("by IN ('callback', 'citizen')", name=op.f("ck_evaluation_by_known")),
        sa.CheckConstraint("(reached IS NULL) = (ended_at IS NULL)", name=op.f("ck_evaluation_ended_says_reached")),
        sa.CheckConstraint(
            "reached IS NOT TRUE OR (solved IS NOT NULL AND satisfaction IS NOT NULL)",
            name=op.f("ck_evaluation_reached_answered"),
        ),
        sa.CheckConstraint(
            "reached IS TRUE OR (solved IS NULL AND satisfaction IS NULL)",
            name=op.f("ck_evaluation_unreached_is_unknown"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_evaluation_order_id")),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"], name=op.f("fk_evaluation_unit_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint("order_id", "round", name=op.f("uq_evaluation_order_id_round")),
    )
    op.create_index(
        "ix_evaluation_counts_on", "evaluation", [sa.literal_column("coalesce(ended_at, asked_at)")], unique=False
    )
    op.create_table(
        "order_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("actor_role", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "action IN ('register', 'amend', 'answer', 'dispatch', 'sign', 'contact', 'note', 'request_return', 'redispatch', 'refuse_return', 'reply', 'attempt', 'evaluate', 'close', 'redo')",
            name=op.f("ck_order_event_action_known"),
        ),
        sa.CheckConstraint(
            "actor_role IN ('agent', 'dispatcher', 'handler', 'unit_head', 'callback', 'supervisor', 'manager', 'admin', 'citizen', 'system')",
            name=op.f("ck_order_event_actor_role_known"),
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_order_event_actor_id")),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_order_event_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_event")),
        sa.UniqueConstraint("order_id", "seq", name=op.f("uq_order_event_order_id_seq")),
    )
    op.create_index("ix_order_event_at", "order_event", ["at"], unique=False)
    op.create_table(
        "order_unit",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_code", sa.String(length=40), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.CheckConstraint("part IN ('assist', 'copy')", name=op.f("ck_order_unit_part_known")),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_order_unit_order_id")),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"], name=op.f("fk_order_unit_unit_code")),
        sa.PrimaryKeyConstraint("order_id", "unit_code", name=op.f("pk_order_unit")),
    )
    op.create_table(
        "read_record",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_read_record_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_read_record")),
    )
    op.create_index(op.f("ix_read_record_subject"), "read_record", ["subject"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("unit_code", sa.String(length=40), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["order_event.id"], name=op.f("fk_notice_event_id")),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"], name=op.f("fk_notice_unit_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_notice_delivery_id")),
    )
    op.create_index(
        "ix_notice_unread_role", "notice", ["role", "id"], unique=False, postgresql_where=sa.text("read_at IS NULL")
    )
    op.create_index(
        "ix_notice_unread_unit",
        "notice",
        ["unit_code", "id"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.execute("CREATE SEQUENCE order_number")
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER append_only ON {table}")
        op.execute(f"DROP TRIGGER append_only_whole ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
    op.execute("DROP SEQUENCE order_number")
    op.drop_index("ix_notice_unread_unit", table_name="notice", postgresql_where=sa.text("read_at IS NULL"))
    op.drop_index("ix_notice_unread_role", table_name="notice", postgresql_where=sa.text("read_at IS NULL"))
    op.drop_table("notice")
    op.drop_index(op.f("ix_read_record_subject"), table_name="read_record")
    op.drop_table("read_record")
    op.drop_table("order_unit")
    op.drop_index("ix_order_event_at", table_name="order_event")
    op.drop_table("order_event")
    op.drop_index("ix_evaluation_counts_on", table_name="evaluation")
    op.drop_table("evaluation")
    op.drop_index("uq_deadline_running", table_name="deadline", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index(op.f("ix_deadline_order_id"), table_name="deadline")
    op.drop_index("ix_deadline_open_due_at", table_name="deadline", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index("ix_deadline_clock_due_at", table_name="deadline")
    op.drop_table("deadline")
    op.drop_index("ix_call_queued_at", table_name="call")
    op.drop_index("ix_call_phone", table_name="call")
    op.drop_table("call")
    op.drop_index(op.f("ix_attachment_order_id"), table_name="attachment")
    op.drop_table("attachment")
    op.drop_table("api_key")
    op.drop_index("ix_work_order_state", table_name="work_order")
    op.drop_index("ix_work_order_search", table_name="work_order", postgresql_using="gin")
    op.drop_index("ix_work_order_requester_phone", table_name="work_order")
    op.drop_index("ix_work_order_received_at", table_name="work_order")
    op.drop_index("ix_work_order_lead_unit", table_name="work_order")
    op.drop_table("work_order")
    op.drop_table("user_account")
    op.drop_index("ix_place_name_name", table_name="place_name")
    op.drop_table("place_name")
    op.drop_index("ix_unit_parent", table_name="unit")
    op.drop_table("unit")
    op.drop_index("uq_keyword_current", table_name="keyword", postgresql_where=sa.text("valid_to IS NULL"))
    op.drop_table("keyword")
    op.drop_index("uq_catalogue_row_current", table_name="catalogue_row", postgresql_where=sa.text("valid_to IS NULL"))
    op.drop_table("catalogue_row")
    op.drop_index("ix_policy_version_effective_from", table_name="policy_version")
    op.drop_table("policy_version")
    op.drop_index("ix_outbox_waiting", table_name="outbox", postgresql_where=sa.text("done_at IS NULL"))
    op.drop_table("outbox")
    op.drop_table("idempotency_key")
    op.drop_table("district")
    op.drop_table("category")
    op.drop_table("calendar_version")
