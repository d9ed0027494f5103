"""Sealed conduct reports, path statistics, calendar switches.

Revision: 0204, after 0203.
"""

from __future__ import annotations

revision = "0204"
down_revision = "0203"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
