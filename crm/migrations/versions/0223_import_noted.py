"""How far the audit trail has followed an import, and what a merged row held afterwards.

Revision: 0223, after 0222. Imports that were made before this have their entries.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0223"
down_revision = "0222"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_change", sa.Column("after", postgresql.JSONB(), nullable=True))
    op.create_table(
        "import_noted",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_import_noted_import_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_noted")),
    )
    op.execute("INSERT INTO import_noted SELECT import_id, max(row) FROM import_change GROUP BY import_id")


def downgrade() -> None:
    op.drop_table("import_noted")
    op.drop_column("import_change", "after")
