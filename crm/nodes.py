"""Who writes as which node on this database: one controller a name.

In: a database, the name of a node, a word for who asks. Out: who has the name; a hold on it. Must not decide what happens without it.
Invariant: the name goes with the connection that holds it, so nothing is left after a kill; a machine that lost its power is noticed by the server
within 25 s. Rule: PostgreSQL manual, "Advisory Locks".
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from zlib import crc32

import asyncpg

from crm.database import Database
from crm.errors import DatabaseUnavailable

AGAIN_S = 0.2
_NODES = 815_121
_NOTICE_A_DEAD_MACHINE = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
_HOLDER = """
    SELECT coalesce(nullif(application_name, ''), host(client_addr), 'another user of this database')
      FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND classid = $1 AND objid = $2 AND objsubid = 2
       AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


async def holder(database: Database, node: str) -> str:
    """The word of who writes as `node` now; empty when nobody does. Raises DatabaseUnavailable."""
    async with database.lasting_connection() as connection:
        return await _holder(connection, node)


async def _holder(connection: asyncpg.Connection, node: str) -> str:
    return await connection.fetchval(_HOLDER, _NODES, crc32(node.encode())) or ""


class NodeHold:
    """Asks for the name until it has it, and again when the database was away. `other`: who has it instead, as last seen."""

    def __init__(self, database: Database, node: str, who: str) -> None:
        self.node, self.other = node, ""
        self._database, self._who = database, who
        self._held = asyncio.Event()

    @property
    def is_held(self) -> bool:
        return self._held.is_set()

    async def held(self, within_s: float) -> bool:
        """Whether the name is ours, or is in so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                return await self._held.wait()
        return False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with suppress(DatabaseUnavailable):
                await self._hold()
            await asyncio.sleep(AGAIN_S)

    async def _hold(self) -> None:
        async with self._database.lasting_connection(self._who) as connection:
            await connection.execute(_NOTICE_A_DEAD_MACHINE, timeout=self._database.timeout_s)
            while not await self._taken(connection):
                self.other = await _holder(connection, self.node)
                await asyncio.sleep(AGAIN_S)
            self.other = ""
            self._held.set()
            try:
                await self._database.until_lost(connection)
            finally:
                self._held.clear()

    async def _taken(self, connection: asyncpg.Connection) -> bool:
        key = crc32(self.node.encode())
        signed = key - 2**32 if key >= 2**31 else key
        return bool(await connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", _NODES, signed, timeout=self._database.timeout_s))
