"""No table of parameters without a type: queues, calendars, booking and self-service have rules of their own.

Revision: 0205, after 0204.
"""

from __future__ import annotations

from alembic import op

revision = "0205"
down_revision = "0204"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("parameter")
