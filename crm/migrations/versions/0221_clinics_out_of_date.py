"""What clinics are made from has changed: told on the channel booking_out_of_date, so that they are made anew at once and by nobody who waits.

Revision: 0221, after 0220.
"""

from __future__ import annotations

from alembic import op

revision = "0221"
down_revision = "0220"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE OR REPLACE FUNCTION booking_out_of_date() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE booking_policy SET generated_to = NULL WHERE generated_to IS NOT NULL;
    {told}RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(FUNCTION.format(told="IF FOUND THEN PERFORM pg_notify('booking_out_of_date', ''); END IF;\n    "))


def downgrade() -> None:
    op.execute(FUNCTION.format(told=""))
