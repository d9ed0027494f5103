"""`python -m callcenter.speech`: the speech process, run by the Python that has its packages.

In: settings and secrets of the instance, `NOTIFY_SOCKET`. Out: exit code 0 when asked to stop. Tells its supervisor that its loop turns.
Must not start when another process holds the port: that ends it, and the supervisor tries again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket

from callcenter import log
from callcenter.settings import Settings, load, load_secrets
from callcenter.speech.recognizer import chosen
from callcenter.speech.service import KokoroVoice, SpeechService


class _Line:
    """One process's line to its supervisor: sd_notify(3)."""

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)

    def say(self, word: str) -> None:
        if self._address:
            with contextlib.suppress(OSError):
                self._socket.sendto(word.encode(), self._address)


async def run(settings: Settings) -> None:
    """Until SIGTERM."""
    line, task = _Line(), asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    threads = max(1, (os.cpu_count() or 2) // (1 if settings.speech.recognitions <= 2 else 2))
    service = SpeechService(settings, load_secrets(settings.home), chosen(settings.speech, threads), KokoroVoice(threads))
    listening = asyncio.Event()
    with contextlib.suppress(asyncio.CancelledError):
        async with asyncio.TaskGroup() as group:
            group.create_task(service.run(listening), name="speech:service")
            await listening.wait()
            line.say("READY=1")
            group.create_task(_alive(line, settings.timeouts.heartbeat_s), name="speech:heartbeat")


async def _alive(line: _Line, every_s: float) -> None:
    while True:
        line.say("WATCHDOG=1")
        await asyncio.sleep(every_s)


def main() -> None:
    os.umask(0o077)
    settings = load()
    log.configure(settings.log_level)
    asyncio.run(run(settings))
    os._exit(0)


if __name__ == "__main__":
    main()
