"""Facts of calls, and the calls that follow from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from crm.migrations.columns import AT


def upgrade() -> None:
    _call_event()
    _journal_mark()
    _call_record()
    _agent_state_log()
    _recording()
    _voice_message()
    _caller_language()


def _call_event() -> None:
    op.create_table(
        "call_event",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("linkedid", sa.String(length=80), nullable=True),
        sa.Column("at", AT, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("pii", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("node", "n", name=op.f("pk_call_event")),
    )
    op.create_index("ix_call_event_linkedid", "call_event", ["linkedid", "n"], unique=False, postgresql_where=sa.text("linkedid IS NOT NULL"))


def _journal_mark() -> None:
    op.create_table(
        "journal_mark",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_journal_mark")),
    )


def _call_record() -> None:
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
        sa.Column("started_at", AT, nullable=False),
        sa.Column("answered_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
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


def _agent_state_log() -> None:
    op.create_table(
        "agent_state_log",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("previous", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("linkedid", sa.String(length=80), nullable=False),
        sa.Column("by", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("node", "n", name=op.f("pk_agent_state_log")),
    )
    op.create_index("ix_agent_state_log_agent_id_at", "agent_state_log", ["agent_id", "at"], unique=False)


def _recording() -> None:
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
        sa.Column("created_at", AT, nullable=False),
        sa.Column("purged_at", AT, nullable=True),
        sa.Column("purge_reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("linkedid", name=op.f("pk_recording")),
    )
    op.create_index("ix_recording_created_at", "recording", ["created_at"], unique=False, postgresql_where=sa.text("purged_at IS NULL"))


def _voice_message() -> None:
    op.create_table(
        "voice_message",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("linkedid", sa.String(length=80), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("left_at", AT, nullable=False),
        sa.Column("handled_at", AT, nullable=True),
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


def _caller_language() -> None:
    op.create_table(
        "caller_language",
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("chosen_at", AT, nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_caller_language_language")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_caller_language")),
    )
