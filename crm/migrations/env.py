"""How alembic reaches the database: over the connection that crm.migrate opened.

In: `config.attributes["connection"]`. Out: migrations run in that connection's transaction. Must not read a file or the environment.
Invariant: tables of the job library are not ours to compare; no revision is taken back, a backup is restored (docs/operations.md).
Hooks: alembic manual, "Tutorial".
"""

from __future__ import annotations

from alembic import context

from crm.models import Base


def _ours(_thing: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    return not (kind == "table" and (name or "").startswith("pgqueuer"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=_ours,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
