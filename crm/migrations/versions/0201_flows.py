"""Flows with versions and releases, regression cases.

Revision: 0201, after 0105.
"""

from __future__ import annotations

revision = "0201"
down_revision = "0105"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
