"""What a program did with its token is found in a long trail.

Revision: 0222, after 0221.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0222"
down_revision = "0221"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_entry_token", "audit_entry", [sa.text("(data #>> '{token,id}')")], postgresql_where=sa.text("data ? 'token'"))


def downgrade() -> None:
    op.drop_index("ix_audit_entry_token", "audit_entry")
