"""First tables: people, hospital, access, telephony; changes of what is cached are notified."""

from __future__ import annotations

from alembic import op

from crm.migrations.first import access, calls, hospital, people, queues

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


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for domain in (access, hospital, people, calls, queues):
        domain.upgrade()
    op.execute(NOTIFY)
    for table in CACHED:
        when = "AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE"
        op.execute(f"CREATE TRIGGER {table}_notify {when} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION crm_notify_changed()")
