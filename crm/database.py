"""Owns the connections to PostgreSQL; every unit of work is one transaction with one deadline.

In: `run(work)` with an async function of an AsyncSession. Out: its result after commit; DatabaseUnavailable within the deadline when the
server refuses, hangs or restarts. Must not retry: the caller knows whether a repeat is safe. Invariant: `run` returns by its deadline
even when the connection cannot be closed; the clean-up goes on in a task this object owns.
Error classes of the server: PostgreSQL manual, appendix A.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, NoReturn, TypeVar

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from crm.errors import DatabaseUnavailable, StatementRefused

T = TypeVar("T")
# A server whose machine is gone never says so to who only listens.
PROBE_S = 15.0
Session = AsyncSession
Work = Callable[[AsyncSession], Awaitable[T]]

# Connection exceptions, insufficient resources, operator intervention (shutdown, cannot connect now), system error.
_AWAY = ("08", "53", "57", "58")
# A commit that was cut off has an unknown end, so a serialisation loser is told the same as an outage: try again.
_AGAIN = ("40001", "40P01")


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on a loop of its own, also when the caller stands inside a running one."""
    with ThreadPoolExecutor(1, thread_name_prefix="crm") as pool:
        return pool.submit(asyncio.run, work).result()


def async_url(url: str) -> URL:
    """`url` for the asyncpg dialect, whatever driver it names."""
    return make_url(url).set(drivername="postgresql+asyncpg")


def is_outage(wrong: BaseException) -> bool:
    """True when the server or the way to it is at fault, not the statement."""
    if isinstance(wrong, (OSError, TimeoutError, PoolTimeout, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)):
        return True
    if not isinstance(wrong, DBAPIError):
        return False
    state = getattr(wrong.orig, "sqlstate", None) or getattr(wrong.orig, "pgcode", None) or ""
    return wrong.connection_invalidated or state[:2] in _AWAY or state in _AGAIN or _came_from_outage(wrong)


def _came_from_outage(wrong: DBAPIError) -> bool:
    cause = wrong.orig.__cause__ if wrong.orig is not None else None
    return isinstance(cause, (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError))


def _server_word(wrong: BaseException) -> str:
    """The server's name for what it refused; never the statement or its values."""
    given = wrong.orig if isinstance(wrong, DBAPIError) and wrong.orig is not None else wrong
    return type(given.__cause__ or given).__name__


class Database:
    """A pool of connections. `timeout_s` bounds each unit of work from asking for a connection to its commit."""

    def __init__(self, url: str, *, timeout_s: float = 2.0, pool_size: int = 8) -> None:
        self.url = async_url(url)
        self.timeout_s = timeout_s
        self.engine: AsyncEngine = create_async_engine(
            self.url, pool_size=pool_size, max_overflow=4, pool_timeout=timeout_s, connect_args={"timeout": timeout_s}
        )
        self._session = async_sessionmaker(self.engine, expire_on_commit=False)
        self._running: set[asyncio.Task[object]] = set()

    async def run(self, work: Work[T], *, timeout_s: float | None = None) -> T:
        """Do `work` in one transaction. Raises DatabaseUnavailable, StatementRefused, or what `work` raised after a rollback."""
        task: asyncio.Task[T] = asyncio.create_task(self._transaction(work), name="database:work")
        self._running.add(task)
        task.add_done_callback(self._forget)
        try:
            done, _ = await asyncio.wait({task}, timeout=timeout_s or self.timeout_s)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            task.cancel()
            raise DatabaseUnavailable("no answer in time")
        return task.result()

    async def _transaction(self, work: Work[T]) -> T:
        try:
            async with self._session.begin() as session:
                return await work(session)
        except (OSError, TimeoutError, PoolTimeout, asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError) as wrong:
            if is_outage(wrong):
                raise DatabaseUnavailable(type(wrong).__name__) from wrong
            raise StatementRefused(_server_word(wrong)) from wrong

    def _forget(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()

    async def close(self) -> None:
        """Wait for what runs (bounded), then close the pool."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=self.timeout_s)
        try:
            async with asyncio.timeout(self.timeout_s):
                await self.engine.dispose()
        except TimeoutError:
            await self.engine.dispose(close=False)

    async def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        """Call `heard(payload)` for each NOTIFY on `channel` until cancelled; raises DatabaseUnavailable when the link is lost."""
        async with self.lasting_connection() as connection:
            async with asyncio.timeout(self.timeout_s):
                await connection.add_listener(channel, lambda _c, _pid, _channel, payload: heard(str(payload)))
            heard("")
            await self.until_lost(connection)

    @asynccontextmanager
    async def lasting_connection(self, name: str = "") -> AsyncIterator[asyncpg.Connection]:
        """One outside the pool, shown as `name` by the server; whatever goes wrong with it in the block is DatabaseUnavailable."""
        arguments: dict[str, Any] = connect_arguments(self.url)
        if name:
            arguments["server_settings"] = {"application_name": name}
        try:
            async with asyncio.timeout(self.timeout_s):
                connection = await asyncpg.connect(**arguments)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as wrong:
            raise DatabaseUnavailable("cannot connect") from wrong
        try:
            yield connection
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as wrong:
            raise DatabaseUnavailable("a lasting connection broke") from wrong
        finally:
            connection.terminate()

    async def until_lost(self, connection: asyncpg.Connection) -> NoReturn:
        """Raises DatabaseUnavailable when the link is lost; asks now and then, as a machine that is gone never says so."""
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        while not connection.is_closed() and not await _set_within(lost, PROBE_S):
            await connection.execute("SELECT 1", timeout=self.timeout_s)
        raise DatabaseUnavailable("a lasting connection was closed")


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


async def copy_rows(session: AsyncSession, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Bring many rows in by COPY, within the session's transaction. JSON is given as text."""
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    if not isinstance(raw, asyncpg.Connection):
        raise TypeError("COPY needs an asyncpg connection")
    await raw.copy_records_to_table(table, records=rows, columns=list(columns))


async def copy_dicts(session: AsyncSession, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """The same of rows that all have the keys of the first."""
    if rows:
        await copy_rows(session, table, list(rows[0]), [tuple(row.values()) for row in rows])


def connect_arguments(url: URL) -> dict[str, Any]:
    """What asyncpg.connect needs; the host may stand in the query as a socket folder."""
    port = url.port or url.query.get("port")
    given: dict[str, Any] = {
        "host": url.host or url.query.get("host"), "port": int(str(port)) if port else None, "user": url.username, "database": url.database,
        "password": str(url.password) if url.password is not None else None,
    }  # fmt: skip
    return {key: value for key, value in given.items() if value}
