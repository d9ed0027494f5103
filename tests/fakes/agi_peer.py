"""Asterisk's side of FastAGI, scripted, on real TCP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

HEADER = (
    "agi_network: yes\nagi_network_script: call\nagi_request: agi://127.0.0.1/call\nagi_channel: PJSIP/trunk-00000001\nagi_language: zh\n"
    "agi_uniqueid: {uniqueid}\nagi_callerid: 13900000001\nagi_dnid: 95120\nagi_extension: s\nagi_arg_1: {uniqueid}\nagi_arg_2: 1\nagi_arg_3: \n"
    "agi_arg_4: main_menu\n\n"
)
Answer = Callable[[str], str | Awaitable[str] | None]


class AgiPeer:
    """One connection to our listener. `verbs` holds what it was asked."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.verbs: list[str] = []

    @classmethod
    async def connect(cls, port: int, uniqueid: str = "node1-1.1") -> AgiPeer:
        """Connect and send a whole header."""
        peer = await cls.bare(port)
        peer.send(HEADER.format(uniqueid=uniqueid))
        return peer

    @classmethod
    async def bare(cls, port: int) -> AgiPeer:
        """Connect and say nothing."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, text: str | bytes) -> None:
        self.writer.write(text if isinstance(text, bytes) else text.encode())

    async def verb(self, timeout_s: float = 5.0) -> str:
        """The next verb; empty when we closed the connection."""
        async with asyncio.timeout(timeout_s):
            line = (await self.reader.readline()).decode().rstrip("\n")
        if line:
            self.verbs.append(line)
        return line

    async def answer_all(self, answer: Callable[[str], str | None]) -> None:
        """Answer every verb until we close; an answer of None hangs up without a word."""
        while verb := await self.verb():
            reply = answer(verb)
            if reply is None:
                break
            self.send(reply)
        await self.close()

    async def closed(self, timeout_s: float = 5.0) -> bool:
        """Whether the other side closes within the time."""
        try:
            async with asyncio.timeout(timeout_s):
                while await self.reader.read(4096):
                    pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        self.writer.close()
        await asyncio.gather(self.writer.wait_closed(), return_exceptions=True)
