"""First tables: people, hospital, access, telephony; changes of what is cached are notified."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Tables that running processes hold in memory.
CACHED = ("queue", "queue_member", "user_account", "user_role", "role", "calendar", "calendar_hours", "calendar_day", "disposition", "pause_reason")
NOTIFY = """
CREATE FUNCTION crm_notify_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('crm_changed', TG_TABLE_NAME);
    RETURN NULL;
END $$
"""


def upgrade() -> None:  # noqa: PLR0915 - one statement a table
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "agent_state_log",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("previous", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("linkedid", sa.String(length=80), nullable=False),
        sa.Column("by", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("node", "n", name=op.f("pk_agent_state_log")),
    )
    op.create_index("ix_agent_state_log_agent_id_at", "agent_state_log", ["agent_id", "at"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_kind", sa.String(length=40), server_default="", nullable=False),
        sa.Column("object_id", sa.String(length=80), server_default="", nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("pii", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("pii_salt", sa.LargeBinary(), nullable=True),
        sa.Column("pii_digest", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_entry_hash")),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"], unique=False)
    op.create_index("ix_audit_entry_object", "audit_entry", ["object_kind", "object_id"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_audit_head_single")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "calendar",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=60), nullable=False),
        sa.Column("emergency", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_calendar")),
    )
    op.create_table(
        "call_event",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("linkedid", sa.String(length=80), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("pii", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("node", "n", name=op.f("pk_call_event")),
    )
    op.create_index("ix_call_event_linkedid", "call_event", ["linkedid", "n"], unique=False, postgresql_where=sa.text("linkedid IS NOT NULL"))
    op.create_table(
        "call_record",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("linkedid", sa.String(length=80), nullable=False),
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("caller_number", sa.String(length=80), server_default="", nullable=False),
        sa.Column("number", sa.String(length=80), server_default="", nullable=False),
        sa.Column("dialled_number", sa.String(length=80), server_default="", nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("candidate_ids", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("queue_result", sa.String(length=20), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("agent_ids", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("wait_s", sa.Double(), nullable=False),
        sa.Column("talk_s", sa.Double(), nullable=False),
        sa.Column("hold_s", sa.Double(), nullable=False),
        sa.Column("ivr_path", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("legs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.Column("disposition", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recording_file", sa.Text(), nullable=False),
        sa.Column("message_ids", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("fallback", sa.String(length=20), nullable=False),
        sa.Column("recovered", sa.Integer(), nullable=False),
        sa.Column("hangup_cause", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_record")),
        sa.UniqueConstraint("linkedid", name=op.f("uq_call_record_linkedid")),
    )
    op.create_index("ix_call_record_agent_ids", "call_record", ["agent_ids"], unique=False, postgresql_using="gin")
    op.create_index("ix_call_record_number_prefix", "call_record", ["number"], unique=False, postgresql_ops={"number": "text_pattern_ops"})
    op.create_index("ix_call_record_open", "call_record", ["status"], unique=False, postgresql_where=sa.text("status <> 'ended'"))
    op.create_index("ix_call_record_patient_id_started_at", "call_record", ["patient_id", "started_at"], unique=False)
    op.create_index("ix_call_record_queue_started_at", "call_record", ["queue", "started_at"], unique=False)
    op.create_index("ix_call_record_started", "call_record", [sa.literal_column("started_at DESC"), sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "caller_language",
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_caller_language_language")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_caller_language")),
    )
    op.create_table(
        "department",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("location_zh", sa.String(length=80), server_default="", nullable=False),
        sa.Column("location_en", sa.String(length=80), server_default="", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint("code", name=op.f("uq_department_code")),
        sa.UniqueConstraint("name_zh", name=op.f("uq_department_name_zh")),
    )
    op.create_table(
        "disposition",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("parent", sa.String(length=40), nullable=True),
        sa.Column("title_zh", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=60), nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["disposition.code"], name=op.f("fk_disposition_parent")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_disposition")),
    )
    op.create_table(
        "journal_mark",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_journal_mark")),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("initials", sa.String(length=40), server_default="", nullable=False),
        sa.Column("gender", sa.String(length=6), server_default="", nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("mrn", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=2), server_default="zh", nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("alerts", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("birth_date > DATE '1880-01-01'", name=op.f("ck_patient_birth_date")),
        sa.CheckConstraint("gender IN ('male', 'female', '')", name=op.f("ck_patient_gender")),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_patient_language")),
        sa.CheckConstraint("length(trim(name)) > 0", name=op.f("ck_patient_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("mrn", name=op.f("uq_patient_mrn")),
    )
    op.create_index("ix_patient_initials_prefix", "patient", ["initials"], unique=False, postgresql_ops={"initials": "text_pattern_ops"})
    op.create_index("ix_patient_mrn_prefix", "patient", ["mrn"], unique=False, postgresql_ops={"mrn": "text_pattern_ops"})
    op.create_index("ix_patient_name_prefix", "patient", ["name"], unique=False, postgresql_ops={"name": "text_pattern_ops"})
    op.create_index("ix_patient_name_trgm", "patient", ["name"], unique=False, postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"})
    op.create_table(
        "pause_reason",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=60), nullable=False),
        sa.Column("limit_min", sa.Integer(), nullable=True),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_pause_reason")),
    )
    op.create_table(
        "queue",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=60), nullable=False),
        sa.Column("strategy", sa.String(length=20), server_default="leastrecent", nullable=False),
        sa.Column("ring_s", sa.Integer(), server_default="20", nullable=False),
        sa.Column("max_wait_s", sa.Integer(), server_default="300", nullable=False),
        sa.Column("max_callers", sa.Integer(), server_default="50", nullable=False),
        sa.Column("wrap_up_s", sa.Integer(), server_default="60", nullable=False),
        sa.Column("service_level_s", sa.Integer(), server_default="20", nullable=False),
        sa.Column("weight", sa.Integer(), server_default="0", nullable=False),
        sa.Column("announce_position", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("name ~ '^[a-z][a-z0-9_]{0,39}$'", name=op.f("ck_queue_name")),
        sa.CheckConstraint("strategy IN ('leastrecent', 'rrmemory', 'fewestcalls', 'random', 'linear', 'ringall')", name=op.f("ck_queue_strategy")),
        sa.CheckConstraint("max_callers BETWEEN 1 AND 10000", name=op.f("ck_queue_max_callers")),
        sa.CheckConstraint("max_wait_s BETWEEN 10 AND 7200", name=op.f("ck_queue_max_wait_s")),
        sa.CheckConstraint("ring_s BETWEEN 5 AND 120", name=op.f("ck_queue_ring_s")),
        sa.CheckConstraint("service_level_s BETWEEN 1 AND 600", name=op.f("ck_queue_service_level_s")),
        sa.CheckConstraint("wrap_up_s BETWEEN 0 AND 3600", name=op.f("ck_queue_wrap_up_s")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_queue")),
    )
    op.create_table(
        "recording",
        sa.Column("linkedid", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), server_default="call", nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("peaks", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purge_reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("linkedid", name=op.f("pk_recording")),
    )
    op.create_index("ix_recording_created_at", "recording", ["created_at"], unique=False, postgresql_where=sa.text("purged_at IS NULL"))
    op.create_table(
        "role",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=60), nullable=False),
        sa.Column("rights", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_role")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("username", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=2), server_default="zh", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_user_account_language")),
        sa.CheckConstraint("username ~ '^[a-z0-9][a-z0-9._-]{1,39}$'", name=op.f("ck_user_account_username")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("username", name=op.f("uq_user_account_username")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("calendar", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("like_weekday", sa.Integer(), nullable=True),
        sa.Column("title_zh", sa.String(length=60), server_default="", nullable=False),
        sa.Column("title_en", sa.String(length=80), server_default="", nullable=False),
        sa.CheckConstraint("(kind = 'workday') = (like_weekday IS NOT NULL)", name=op.f("ck_calendar_day_workday_like")),
        sa.CheckConstraint("kind IN ('holiday', 'workday', 'closure')", name=op.f("ck_calendar_day_kind")),
        sa.CheckConstraint("like_weekday BETWEEN 1 AND 7", name=op.f("ck_calendar_day_like_weekday")),
        sa.ForeignKeyConstraint(["calendar"], ["calendar.name"], name=op.f("fk_calendar_day_calendar"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("calendar", "day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "calendar_hours",
        sa.Column("calendar", sa.String(length=40), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.Time(), nullable=False),
        sa.Column("closes_at", sa.Time(), nullable=False),
        sa.CheckConstraint("closes_at > opens_at OR closes_at = '00:00'", name=op.f("ck_calendar_hours_times")),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_calendar_hours_weekday")),
        sa.ForeignKeyConstraint(["calendar"], ["calendar.name"], name=op.f("fk_calendar_hours_calendar"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("calendar", "weekday", "opens_at", name=op.f("pk_calendar_hours")),
    )
    op.create_table(
        "contact_phone",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("raw", sa.String(length=40), server_default="", nullable=False),
        sa.Column("relation", sa.String(length=20), server_default="本人", nullable=False),
        sa.Column("owner_name", sa.String(length=80), server_default="", nullable=False),
        sa.Column("rating", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("number ~ '^[+]?[0-9]{3,15}$'", name=op.f("ck_contact_phone_number")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_contact_phone_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_phone")),
        sa.UniqueConstraint("patient_id", "number", name=op.f("uq_contact_phone_patient_id_number")),
    )
    op.create_index("ix_contact_phone_number", "contact_phone", ["number"], unique=False)
    op.create_table(
        "doctor",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("title_zh", sa.String(length=40), server_default="", nullable=False),
        sa.Column("title_en", sa.String(length=60), server_default="", nullable=False),
        sa.Column("gender", sa.String(length=6), server_default="", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_doctor_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doctor")),
        sa.UniqueConstraint("department_id", "name_zh", name=op.f("uq_doctor_department_id_name_zh")),
    )
    op.create_table(
        "follow_up_task",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.Column("linkedid", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_follow_up_task_closed")),
        sa.CheckConstraint("state IN ('open', 'done', 'cancelled')", name=op.f("ck_follow_up_task_state")),
        sa.ForeignKeyConstraint(["assigned_to"], ["user_account.id"], name=op.f("fk_follow_up_task_assigned_to")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_follow_up_task_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_task")),
        sa.UniqueConstraint("linkedid", name=op.f("uq_follow_up_task_linkedid")),
    )
    op.create_index("ix_follow_up_task_open", "follow_up_task", ["patient_id", "due_at"], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_table(
        "login_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), server_default="", nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_login_session_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login_session")),
    )
    op.create_index("ix_login_session_user_id", "login_session", ["user_id"], unique=False)
    op.create_table(
        "queue_member",
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("penalty", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("penalty BETWEEN 0 AND 100", name=op.f("ck_queue_member_penalty")),
        sa.ForeignKeyConstraint(["queue"], ["queue.name"], name=op.f("fk_queue_member_queue"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_queue_member_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("queue", "user_id", name=op.f("pk_queue_member")),
    )
    op.create_index("ix_queue_member_user_id", "queue_member", ["user_id"], unique=False)
    op.create_table(
        "relative",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("related_patient_id", sa.Integer(), nullable=True),
        sa.Column("may_be_told", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_relative_patient_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["related_patient_id"], ["patient.id"], name=op.f("fk_relative_related_patient_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relative")),
    )
    op.create_index("ix_relative_patient_id", "relative", ["patient_id"], unique=False)
    op.create_index("ix_relative_related_patient_id", "relative", ["related_patient_id"], unique=False)
    op.create_table(
        "user_role",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["role"], ["role.code"], name=op.f("fk_user_role_role")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_role_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "role", name=op.f("pk_user_role")),
    )
    op.create_table(
        "voice_message",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("linkedid", sa.String(length=80), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["handled_by"], ["user_account.id"], name=op.f("fk_voice_message_handled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_message")),
    )
    op.create_index("ix_voice_message_left_at", "voice_message", [sa.literal_column("left_at DESC")], unique=False)
    op.create_index("ix_voice_message_linkedid", "voice_message", ["linkedid"], unique=False)
    op.create_index(
        "ix_voice_message_open", "voice_message", [sa.literal_column("left_at DESC")], unique=False, postgresql_where=sa.text("handled_at IS NULL")
    )
    op.create_table(
        "clinic_roster",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_clinic_roster_times")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_clinic_roster_validity")),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_clinic_roster_weekday")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_clinic_roster_department_id")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_clinic_roster_doctor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic_roster")),
        sa.UniqueConstraint("doctor_id", "weekday", "starts_at", "valid_from", name=op.f("uq_clinic_roster_doctor_id_weekday_starts_at_valid_from")),
    )
    op.create_index("ix_clinic_roster_department_id_weekday", "clinic_roster", ["department_id", "weekday"], unique=False)
    op.create_table(
        "visit",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("visit_number", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("diagnosis", sa.String(length=200), server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('outpatient', 'inpatient')", name=op.f("ck_visit_kind")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_visit_order")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_visit_department_id")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_visit_doctor_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_visit_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("visit_number", name=op.f("uq_visit_visit_number")),
    )
    op.create_index("ix_visit_patient_id_started_at", "visit", ["patient_id", "started_at"], unique=False)
    op.create_table(
        "medical_order",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("content", sa.String(length=200), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('medication', 'examination', 'laboratory', 'treatment')", name=op.f("ck_medical_order_kind")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_medical_order_doctor_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_medical_order_patient_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_medical_order_visit_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medical_order")),
    )
    op.create_index("ix_medical_order_patient_id_ordered_at", "medical_order", ["patient_id", "ordered_at"], unique=False)
    op.create_index("ix_medical_order_visit_id", "medical_order", ["visit_id"], unique=False)
    op.execute(NOTIFY)
    for table in CACHED:
        when = "AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE"
        op.execute(f"CREATE TRIGGER {table}_notify {when} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION crm_notify_changed()")


def downgrade() -> None:  # noqa: PLR0915 - one statement a table
    op.drop_index("ix_medical_order_visit_id", table_name="medical_order")
    op.drop_index("ix_medical_order_patient_id_ordered_at", table_name="medical_order")
    op.drop_table("medical_order")
    op.drop_index("ix_visit_patient_id_started_at", table_name="visit")
    op.drop_table("visit")
    op.drop_index("ix_clinic_roster_department_id_weekday", table_name="clinic_roster")
    op.drop_table("clinic_roster")
    op.drop_index("ix_voice_message_open", table_name="voice_message", postgresql_where=sa.text("handled_at IS NULL"))
    op.drop_index("ix_voice_message_linkedid", table_name="voice_message")
    op.drop_index("ix_voice_message_left_at", table_name="voice_message")
    op.drop_table("voice_message")
    op.drop_table("user_role")
    op.drop_index("ix_relative_related_patient_id", table_name="relative")
    op.drop_index("ix_relative_patient_id", table_name="relative")
    op.drop_table("relative")
    op.drop_index("ix_queue_member_user_id", table_name="queue_member")
    op.drop_table("queue_member")
    op.drop_index("ix_login_session_user_id", table_name="login_session")
    op.drop_table("login_session")
    op.drop_index("ix_follow_up_task_open", table_name="follow_up_task", postgresql_where=sa.text("state = 'open'"))
    op.drop_table("follow_up_task")
    op.drop_table("doctor")
    op.drop_index("ix_contact_phone_number", table_name="contact_phone")
    op.drop_table("contact_phone")
    op.drop_table("calendar_hours")
    op.drop_table("calendar_day")
    op.drop_table("user_account")
    op.drop_table("role")
    op.drop_index("ix_recording_created_at", table_name="recording", postgresql_where=sa.text("purged_at IS NULL"))
    op.drop_table("recording")
    op.drop_table("queue")
    op.drop_table("pause_reason")
    op.drop_index("ix_patient_name_trgm", table_name="patient", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"})
    op.drop_index("ix_patient_name_prefix", table_name="patient", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_index("ix_patient_mrn_prefix", table_name="patient", postgresql_ops={"mrn": "text_pattern_ops"})
    op.drop_index("ix_patient_initials_prefix", table_name="patient", postgresql_ops={"initials": "text_pattern_ops"})
    op.drop_table("patient")
    op.drop_table("journal_mark")
    op.drop_table("disposition")
    op.drop_table("department")
    op.drop_table("caller_language")
    op.drop_index("ix_call_record_started", table_name="call_record")
    op.drop_index("ix_call_record_queue_started_at", table_name="call_record")
    op.drop_index("ix_call_record_patient_id_started_at", table_name="call_record")
    op.drop_index("ix_call_record_open", table_name="call_record", postgresql_where=sa.text("status <> 'ended'"))
    op.drop_index("ix_call_record_number_prefix", table_name="call_record", postgresql_ops={"number": "text_pattern_ops"})
    op.drop_index("ix_call_record_agent_ids", table_name="call_record", postgresql_using="gin")
    op.drop_table("call_record")
    op.drop_index("ix_call_event_linkedid", table_name="call_event", postgresql_where=sa.text("linkedid IS NOT NULL"))
    op.drop_table("call_event")
    op.drop_table("calendar")
    op.drop_table("audit_head")
    op.drop_index("ix_audit_entry_object", table_name="audit_entry")
    op.drop_index("ix_audit_entry_at", table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_index("ix_agent_state_log_agent_id_at", table_name="agent_state_log")
    op.drop_table("agent_state_log")
    op.execute("DROP FUNCTION crm_notify_changed()")
