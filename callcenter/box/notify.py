"""Tells the supervisor (systemd, or `callcenter up`) how this process is: ready, alive, stopping.

In: `NOTIFY_SOCKET` of the environment. Out: one datagram a word. Never blocks and never raises: without a socket, or with a full one, the word
is dropped. Whoever sends `alive()` must do it from the event loop that serves calls, else a frozen loop looks healthy.
Protocol: sd_notify(3).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

Notify = Callable[[str], None]
READY = "READY=1"
ALIVE = "WATCHDOG=1"
STOPPING = "STOPPING=1"


class Notifier:
    """One process's line to its supervisor. Callable with any sd_notify assignment."""

    def __init__(self, address: str | None = None) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "") if address is None else address
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) if address else None
        if self._socket is not None:
            self._socket.setblocking(False)

    def __call__(self, word: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(word.encode(), self._address)
        except OSError:
            return

    def ready(self) -> None:
        """Work can be given to us."""
        self(READY)

    def alive(self) -> None:
        """Our event loop turns."""
        self(ALIVE)

    def stopping(self) -> None:
        """We end in order."""
        self(STOPPING)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
