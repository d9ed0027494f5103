"""Indexes of what departments and clerks see; changed rights and closed sessions are told at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0105"
down_revision = "0104"
branch_labels = None
depends_on = None

# A statement that touches these tables tells `rights_changed` once, when it is committed.
TELL = """
CREATE FUNCTION tell_rights_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('rights_changed', TG_TABLE_NAME);
    RETURN NULL;
END
$$
"""
ANY = "INSERT OR UPDATE OR DELETE"
TOLD = {"role": ANY, "user_role": ANY, "user_account": ANY, "login_session": "DELETE"}


def upgrade() -> None:
    op.create_index("ix_visit_department_id_patient_id", "visit", ["department_id", "patient_id"])
    op.create_index("ix_patient_created_by", "patient", ["created_by", "id"], postgresql_where=sa.text("created_by IS NOT NULL"))
    op.execute(TELL)
    for table, deeds in TOLD.items():
        op.execute(f"CREATE TRIGGER tell_rights_changed AFTER {deeds} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION tell_rights_changed()")
