"""What clinics are made from has changed: counted, so that a change in the midst of making them is not lost, and told on booking_out_of_date.

Revision: 0221, after 0220.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0221"
down_revision = "0220"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE OR REPLACE FUNCTION booking_out_of_date() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {deed};
    RETURN NULL;
END $$
"""
COUNTED = "UPDATE booking_policy SET generated_to = NULL, changes = changes + 1; PERFORM pg_notify('booking_out_of_date', '')"
MARKED = "UPDATE booking_policy SET generated_to = NULL WHERE generated_to IS NOT NULL"


def upgrade() -> None:
    op.add_column("booking_policy", sa.Column("changes", sa.Integer(), server_default="0", nullable=False))
    op.execute(FUNCTION.format(deed=COUNTED))


def downgrade() -> None:
    op.execute(FUNCTION.format(deed=MARKED))
    op.drop_column("booking_policy", "changes")
