"""What waits for somebody is told the moment it changes, on the channel bell_changed: whose it is, or `all`.

Revision: 0220, after 0210. A row that changes hands is told to both.
"""

from __future__ import annotations

from alembic import op

revision = "0220"
down_revision = "0210"
branch_labels = None
depends_on = None

OWNED = {
    "to_do": "assigned_to", "follow_up_task": "assigned_to", "complaint": "assigned_to", "inquiry": "assigned_to", "reminder": "user_id",
    "corporate_reminder": "assigned_to", "handed_over": "user_id",
}  # fmt: skip
EVERYBODYS = ("announcement", "voice_message", "callback_request", "booking_notice")
TOLD = "CREATE TRIGGER {0}_bell AFTER INSERT OR UPDATE OR DELETE ON {0}"
ONES = """
CREATE FUNCTION crm_notify_bell() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    former text;
    present text;
BEGIN
    IF TG_OP <> 'INSERT' THEN former := to_jsonb(OLD) ->> TG_ARGV[0]; END IF;
    IF TG_OP <> 'DELETE' THEN present := to_jsonb(NEW) ->> TG_ARGV[0]; END IF;
    IF present IS NOT NULL THEN PERFORM pg_notify('bell_changed', present); END IF;
    IF former IS NOT NULL AND former IS DISTINCT FROM present THEN PERFORM pg_notify('bell_changed', former); END IF;
    RETURN NULL;
END $$
"""
ALL = """
CREATE FUNCTION crm_notify_bells() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('bell_changed', 'all');
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(ONES)
    op.execute(ALL)
    for table, owner in OWNED.items():
        op.execute(f"{TOLD.format(table)} FOR EACH ROW EXECUTE FUNCTION crm_notify_bell('{owner}')")
    for table in EVERYBODYS:
        op.execute(f"{TOLD.format(table)} FOR EACH STATEMENT EXECUTE FUNCTION crm_notify_bells()")
    op.execute("CREATE INDEX ix_reminder_remind_at ON reminder (remind_at) WHERE state = 'waiting'")
    op.execute("CREATE INDEX ix_to_do_due_at ON to_do (due_at) WHERE closed_at IS NULL")
