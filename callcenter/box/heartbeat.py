"""Hears what a supervised process says of itself.

In: datagrams of sd_notify at a socket of its own, one socket a process. Out: whether it is ready, and since when it is silent.
The socket lies in the instance's private runtime folder: nobody else can vouch for a frozen process.
Protocol: sd_notify(3).
"""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

from callcenter.box.notify import READY

_LARGEST_WORD = 4096


class Heartbeat:
    """One process's line to us. `silent_s` counts from the last word, or from the start."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ready = asyncio.Event()
        self._last = time.monotonic()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        path.unlink(missing_ok=True)
        self._socket.bind(str(path))
        path.chmod(0o600)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._hear)

    @property
    def silent_s(self) -> float:
        self._hear()
        return time.monotonic() - self._last

    def restart(self) -> None:
        """Count the silence from here, as for a process that begins its work."""
        self._last = time.monotonic()

    def close(self) -> None:
        """Idempotent."""
        if self._socket.fileno() < 0:
            return
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self.path.unlink(missing_ok=True)

    def _hear(self) -> None:
        while (word := self._received()) is not None:
            self._last = time.monotonic()
            if READY in word.split("\n"):
                self.ready.set()

    def _received(self) -> str | None:
        try:
            return self._socket.recv(_LARGEST_WORD).decode(errors="replace")
        except BlockingIOError:
            return None
