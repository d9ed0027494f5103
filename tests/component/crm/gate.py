"""A gate before PostgreSQL's socket that can hang, cut and refuse, as a server does that freezes, dies or restarts."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import make_url


class Gate:
    """Passes bytes while `open()`; `hang()` keeps connections and says nothing more; `close()` cuts all and refuses new ones."""

    def __init__(self, url: str, folder: Path) -> None:
        parts = make_url(url)
        self._behind = f"{parts.query['host']}/.s.PGSQL.{parts.query['port']}"
        self._socket = folder / f".s.PGSQL.{parts.query['port']}"
        self.url = parts.update_query_dict({"host": str(folder)}).render_as_string(hide_password=False)
        self._passing = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._passing.set()
        if self._server is None:
            self._server = await asyncio.start_unix_server(self._accept, path=str(self._socket))

    def hang(self) -> None:
        self._passing.clear()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._socket.unlink(missing_ok=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            behind_reader, behind_writer = await asyncio.open_unix_connection(self._behind)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pump(reader, behind_writer), name="gate:in")
                    group.create_task(self._pump(behind_reader, writer), name="gate:out")
            finally:
                behind_writer.close()
        except* (OSError, EOFError):
            pass
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._passing.wait()
            writer.write(data)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        raise EOFError


@contextlib.asynccontextmanager
async def gate_before(url: str) -> AsyncIterator[Gate]:
    """An open gate in a folder of its own; all is let through and closed at the end."""
    with tempfile.TemporaryDirectory(prefix="cc-gate-") as folder:
        gate = Gate(url, Path(folder))
        await gate.open()
        yield gate
        await gate.open()
        await gate.close()
