"""The FastAGI listener: lets Asterisk in, keeps everything else out, runs one named task a call.

In: TCP connections on the AGI port. Out: `handler(request, socket)` for each whole header; the socket is closed when it returns.
Must not let a half-open or garbage connection cost a caller anything: headers are bounded in size, time and number.
FastAGI has no authentication, so it listens on `network.bind` only, a loopback or private address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from prometheus_client import Counter, Gauge

from callcenter import log
from callcenter.cti.agi_protocol import AgiRequest, AgiSocket
from callcenter.errors import CallCenterError, CallerHungUp
from callcenter.settings import Settings

MAX_WAITING_HEADERS = 200
BACKLOG = 1024
AgiHandler = Callable[[AgiRequest, AgiSocket], Awaitable[None]]

_calls = Gauge("callcenter_agi_calls", "Callers in AGI")
_pushed_out = Counter("callcenter_agi_headers_pushed_out", "Connections closed because newer ones waited")
_failures = Counter("callcenter_agi_failures", "Sessions that raised")
_log = log.get("agi")


class AgiServer:
    """Owns the listening socket and every session task."""

    def __init__(self, settings: Settings, handler: AgiHandler) -> None:
        self._settings, self._handler = settings, handler
        self._server: asyncio.Server | None = None
        self._waiting: dict[AgiSocket, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def sessions(self) -> int:
        """How many callers are in AGI."""
        return len(self._tasks)

    @property
    def waiting_headers(self) -> int:
        """How many connections have not sent a whole header."""
        return len(self._waiting)

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._socket, self._settings.network.bind, self._settings.port("agi"), backlog=BACKLOG)
        _log.info("AGI listens", port=self._settings.port("agi"))

    async def stop(self, grace_s: float | None = None) -> None:
        """Let no new call in, wait for the others, then cancel them: their dialplan takes them over."""
        if self._server is not None:
            self._server.close()
        for socket in list(self._waiting):
            socket.abort()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._settings.timeouts.shutdown_grace_s if grace_s is None else grace_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _socket(self) -> AgiSocket:
        if len(self._waiting) >= MAX_WAITING_HEADERS:
            _pushed_out.inc()
            next(iter(self._waiting)).abort()
        socket = AgiSocket(self._begin, self._header_over, self._settings.timeouts.agi_header_s)
        self._waiting[socket] = None
        return socket

    def _header_over(self, socket: AgiSocket) -> None:
        self._waiting.pop(socket, None)

    def _begin(self, request: AgiRequest, socket: AgiSocket) -> None:
        task = asyncio.create_task(self._serve(request, socket), name=f"agi:{request.uniqueid}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, request: AgiRequest, socket: AgiSocket) -> None:
        _calls.inc()
        try:
            await self._handler(request, socket)
        except CallerHungUp:
            pass
        except CallCenterError as wrong:
            _failures.inc()
            _log.error("session failed", uniqueid=request.uniqueid, error=type(wrong).__name__, reason=str(wrong))
        except Exception:  # noqa: BLE001 - the task's outermost frame
            _failures.inc()
            _log.exception("session failed", uniqueid=request.uniqueid)
        finally:
            _calls.dec()
            socket.close()
