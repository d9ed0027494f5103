"""Tables behind the automatic services, as revision 0202 makes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def upgrade() -> None:
    _self_service_policy()
    _ivr_act()
    _identity_attempt()
    _call_person()
    _carer_right()
    _department_guide()
    _health_tip()
    _health_reminder()
    _callback_request()
    _call_rating()
    _text_template()
    _text_message()


def _self_service_policy() -> None:
    op.create_table(
        "self_service_policy",
        sa.Column("one", sa.Integer(), server_default="1", autoincrement=False, nullable=False),
        sa.Column("failures_a_number", sa.Integer(), server_default="5", nullable=False),
        sa.Column("failures_a_card", sa.Integer(), server_default="5", nullable=False),
        sa.Column("failure_window_h", sa.Integer(), server_default="24", nullable=False),
        sa.Column("report_days", sa.Integer(), server_default="60", nullable=False),
        sa.Column("reminder_days", sa.Integer(), server_default="30", nullable=False),
        sa.Column("callback_hours", sa.Integer(), server_default="24", nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("callback_hours BETWEEN 1 AND 168", name=op.f("ck_self_service_policy_callback_hours")),
        sa.CheckConstraint("failure_window_h BETWEEN 1 AND 720", name=op.f("ck_self_service_policy_failure_window_h")),
        sa.CheckConstraint("failures_a_card BETWEEN 1 AND 50", name=op.f("ck_self_service_policy_failures_a_card")),
        sa.CheckConstraint("failures_a_number BETWEEN 1 AND 50", name=op.f("ck_self_service_policy_failures_a_number")),
        sa.CheckConstraint("one = 1", name=op.f("ck_self_service_policy_single")),
        sa.CheckConstraint("reminder_days BETWEEN 1 AND 365", name=op.f("ck_self_service_policy_reminder_days")),
        sa.CheckConstraint("report_days BETWEEN 1 AND 365", name=op.f("ck_self_service_policy_report_days")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_self_service_policy")),
    )


def _ivr_act() -> None:
    op.create_table(
        "ivr_act",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("answer", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ivr_act")),
    )
    op.create_index("ix_ivr_act_at", "ivr_act", ["at"], unique=False)


def _identity_attempt() -> None:
    op.create_table(
        "identity_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("linkedid", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("card", sa.String(length=64), server_default="", nullable=False),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("patient_ids", postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.CheckConstraint("result IN ('identified', 'refused', 'locked')", name=op.f("ck_identity_attempt_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_attempt")),
    )
    op.create_index("ix_identity_attempt_card_at", "identity_attempt", ["card", "at"], unique=False)
    op.create_index("ix_identity_attempt_linkedid", "identity_attempt", ["linkedid"], unique=False)
    op.create_index("ix_identity_attempt_number_at", "identity_attempt", ["number", "at"], unique=False)


def _call_person() -> None:
    op.create_table(
        "call_person",
        sa.Column("linkedid", sa.String(length=80), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("topics <@ ARRAY['appointments', 'booking', 'fees', 'results', 'reminders']::text[]", name=op.f("ck_call_person_topics")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_call_person_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("linkedid", "patient_id", name=op.f("pk_call_person")),
    )
    op.create_index("ix_call_person_at", "call_person", ["at"], unique=False)


def _carer_right() -> None:
    op.create_table(
        "carer_right",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("carer_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), server_default="", nullable=False),
        sa.Column("relation", sa.String(length=20), server_default="", nullable=False),
        sa.Column("number", sa.String(length=16), server_default="", nullable=False),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("proof", sa.String(length=14), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("carer_id IS NOT NULL OR number <> ''", name=op.f("ck_carer_right_carer_id")),
        sa.CheckConstraint("number ~ '^([+]?[0-9]{3,15})?$'", name=op.f("ck_carer_right_number")),
        sa.CheckConstraint("proof IN ('signed_form', 'recorded_call', 'guardian')", name=op.f("ck_carer_right_proof")),
        sa.CheckConstraint(
            "topics <@ ARRAY['appointments', 'booking', 'fees', 'results', 'reminders']::text[] AND cardinality(topics) > 0",
            name=op.f("ck_carer_right_topics"),
        ),
        sa.CheckConstraint("carer_id <> patient_id", name=op.f("ck_carer_right_not_himself")),
        sa.CheckConstraint("valid_to >= given_on", name=op.f("ck_carer_right_valid_to")),
        sa.ForeignKeyConstraint(["carer_id"], ["patient.id"], name=op.f("fk_carer_right_carer_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_carer_right_created_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_carer_right_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carer_right")),
    )
    op.create_index("ix_carer_right_carer_id", "carer_right", ["carer_id"], unique=False)
    op.create_index("ix_carer_right_patient_id", "carer_right", ["patient_id"], unique=False)


def _department_guide() -> None:
    op.create_table(
        "department_guide",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("building_zh", sa.String(length=30), server_default="", nullable=False),
        sa.Column("building_en", sa.String(length=40), server_default="", nullable=False),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("area", sa.String(length=1), server_default="", nullable=False),
        sa.Column("phone", sa.String(length=15), server_default="", nullable=False),
        sa.Column("days", sa.String(length=12), server_default="weekdays", nullable=False),
        sa.Column("opens_at", sa.Time(), nullable=False),
        sa.Column("closes_at", sa.Time(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("area ~ '^[A-Z]?$'", name=op.f("ck_department_guide_area")),
        sa.CheckConstraint("days IN ('every_day', 'weekdays', 'not_sunday')", name=op.f("ck_department_guide_days")),
        sa.CheckConstraint("phone ~ '^[0-9]{0,15}$'", name=op.f("ck_department_guide_phone")),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_department_guide_closes_at")),
        sa.CheckConstraint("floor BETWEEN -5 AND 99", name=op.f("ck_department_guide_floor")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_department_guide_department_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department_guide")),
        sa.UniqueConstraint("department_id", name=op.f("uq_department_guide_department_id")),
    )


def _health_tip() -> None:
    op.create_table(
        "health_tip",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("disease_id", sa.Integer(), nullable=True),
        sa.Column("title_zh", sa.String(length=40), nullable=False),
        sa.Column("title_en", sa.String(length=60), nullable=False),
        sa.Column("text_zh", sa.String(length=300), nullable=False),
        sa.Column("text_en", sa.String(length=500), nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(trim(text_en)) > 0", name=op.f("ck_health_tip_text_en")),
        sa.CheckConstraint("length(trim(text_zh)) > 0", name=op.f("ck_health_tip_text_zh")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_health_tip_created_by")),
        sa.ForeignKeyConstraint(["disease_id"], ["disease.id"], name=op.f("fk_health_tip_disease_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_tip")),
        sa.UniqueConstraint("title_zh", name=op.f("uq_health_tip_title_zh")),
    )
    op.create_index("ix_health_tip_disease_id", "health_tip", ["disease_id"], unique=False)


def _health_reminder() -> None:
    op.create_table(
        "health_reminder",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("state", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('recheck', 'medication', 'examination', 'vaccination', 'check_up', 'follow_up')", name=op.f("ck_health_reminder_kind")
        ),
        sa.CheckConstraint("state IN ('open', 'done', 'cancelled')", name=op.f("ck_health_reminder_state")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_health_reminder_created_by")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_health_reminder_department_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_health_reminder_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_reminder")),
    )
    op.create_index(
        "ix_health_reminder_patient_id", "health_reminder", ["patient_id", "due_on"], unique=False, postgresql_where=sa.text("state = 'open'")
    )


def _callback_request() -> None:
    op.create_table(
        "callback_request",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), server_default="zh", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="open", nullable=False),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.Column("wish", sa.String(length=200), server_default="", nullable=False),
        sa.Column("result", sa.String(length=400), server_default="", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("linkedid", sa.String(length=80), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state IN ('open', 'calling')) = (closed_at IS NULL)", name=op.f("ck_callback_request_closed_at")),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_callback_request_language")),
        sa.CheckConstraint("number ~ '^[+]?[0-9]{3,15}$'", name=op.f("ck_callback_request_number")),
        sa.CheckConstraint("state IN ('open', 'calling', 'done', 'unreachable', 'cancelled')", name=op.f("ck_callback_request_state")),
        sa.ForeignKeyConstraint(["assigned_to"], ["user_account.id"], name=op.f("fk_callback_request_assigned_to")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_callback_request_patient_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["queue"], ["queue.name"], name=op.f("fk_callback_request_queue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_request")),
    )
    op.create_index("ix_callback_request_due_at", "callback_request", ["due_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL"))
    op.create_index("ix_callback_request_patient_id", "callback_request", ["patient_id"], unique=False)
    op.create_index(
        "uq_callback_request_open", "callback_request", ["number", "queue"], unique=True, postgresql_where=sa.text("state IN ('open', 'calling')")
    )


def _call_rating() -> None:
    op.create_table(
        "call_rating",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("linkedid", sa.String(length=80), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), server_default="zh", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_call_rating_score")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_rating")),
        sa.UniqueConstraint("linkedid", name=op.f("uq_call_rating_linkedid")),
    )
    op.create_index("ix_call_rating_created_at", "call_rating", ["created_at"], unique=False)


def _text_template() -> None:
    op.create_table(
        "text_template",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=60), nullable=False),
        sa.Column("body_zh", sa.String(length=500), nullable=False),
        sa.Column("body_en", sa.String(length=500), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9_]{0,39}$'", name=op.f("ck_text_template_code")),
        sa.CheckConstraint("length(trim(body_en)) > 0", name=op.f("ck_text_template_body_en")),
        sa.CheckConstraint("length(trim(body_zh)) > 0", name=op.f("ck_text_template_body_zh")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_text_template")),
    )


def _text_message() -> None:
    op.create_table(
        "text_message",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("template", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=2), server_default="zh", nullable=False),
        sa.Column("body", sa.String(length=700), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="waiting", nullable=False),
        sa.Column("reason", sa.String(length=300), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("linkedid", sa.String(length=80), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_text_message_sent_at")),
        sa.CheckConstraint("number ~ '^[+]?[0-9]{3,15}$'", name=op.f("ck_text_message_number")),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed', 'no_gateway', 'cancelled')", name=op.f("ck_text_message_state")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_text_message_patient_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["template"], ["text_template.code"], name=op.f("fk_text_message_template")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_message")),
    )
    op.create_index("ix_text_message_patient_id", "text_message", ["patient_id"], unique=False)
    op.create_index("ix_text_message_waiting", "text_message", ["created_at"], unique=False, postgresql_where=sa.text("state = 'waiting'"))
