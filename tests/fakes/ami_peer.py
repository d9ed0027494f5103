"""An AMI server on real TCP whose answers a test writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

BOOTED = "Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n"
Answers = Callable[[dict[str, str]], str | None]


def accept(action: dict[str, str]) -> str | None:
    """Lets everybody in and says Success to everything."""
    booted = BOOTED if action["Action"] == "Login" else ""
    return f"Response: Success\r\nActionID: {action['ActionID']}\r\nMessage: yes\r\n\r\n{booted}"


class AmiPeer:
    """Listens; `actions` holds every action read, `raw` every byte. An answer of None is silence."""

    def __init__(self, answers: Answers = accept) -> None:
        self.answers = answers
        self.actions: list[dict[str, str]] = []
        self.raw = b""
        self.logins = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def stop(self) -> None:
        """No port, no connection."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Drop every connection at once."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def say(self, text: str | bytes) -> None:
        """To the newest connection."""
        self._writers[-1].write(text if isinstance(text, bytes) else text.encode())

    def named(self, action: str) -> list[dict[str, str]]:
        return [one for one in self.actions if one["Action"] == action]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while True:
                block = await reader.readuntil(b"\r\n\r\n")
                self.raw += block
                action = dict(line.split(": ", 1) for line in block.decode().strip().split("\r\n"))
                self.actions.append(action)
                self.logins += action["Action"] == "Login"
                answer = self.answers(action)
                if answer is not None and not writer.is_closing():
                    writer.write(answer.encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
