"""Identification attempts, callback requests, text messages, ratings, own data behind automatic services.

Revision: 0202, after 0201.
"""

from __future__ import annotations

revision = "0202"
down_revision = "0201"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
