"""Prompts of the hospital and their history.

Revision: 0203, after 0202.
"""

from __future__ import annotations

revision = "0203"
down_revision = "0202"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
