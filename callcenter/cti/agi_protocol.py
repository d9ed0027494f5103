"""FastAGI on the wire: one connection of Asterisk, its header, and one verb and its answer at a time.

In: bytes from Asterisk or from anybody who can reach the port. Out: an AgiRequest, then `AgiReply` for each verb sent with `command`.
Must not let an answer reach another verb: after HANGUP, a dead channel, a time-out or a cancelled verb no verb is sent any more.
Invariant: at most one verb is pending; memory per connection is bounded by MAX_HEADER_BYTES and MAX_REPLY_BYTES.
Answers: docs.asterisk.org, "Asterisk Gateway Interface"; HANGUP, 511, `520-` and `100 Trying` as Asterisk 22 sends them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from callcenter import log
from callcenter.errors import CallerHungUp, CommandTimedOut, UnsafeArgument

MAX_HEADER_BYTES = 16_384
MAX_HEADER_LINES = 128
MAX_LINE_BYTES = 2_048
MAX_REPLY_BYTES = 65_536
MAX_VERB_BYTES = 2_000  # Asterisk reads a verb into 2,048 bytes
HANGUP = "HANGUP"
_ARGUMENT = re.compile(r"agi_arg_([0-9]{1,3})")
_CODE = re.compile(r"[0-9]{3}")
_log = log.get("agi")


@dataclass(frozen=True, slots=True)
class AgiRequest:
    """What Asterisk says of the call when it connects. `path` is the first part of the script, `arguments` the rest of AGI()'s."""

    path: str
    arguments: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def uniqueid(self) -> str:
        return self.headers.get("agi_uniqueid", "")

    @property
    def channel(self) -> str:
        return self.headers.get("agi_channel", "")

    @property
    def caller_number(self) -> str:
        """Empty when withheld."""
        number = self.headers.get("agi_callerid", "")
        return "" if number in ("unknown", "anonymous") else number

    @property
    def dialled_number(self) -> str:
        dnid = self.headers.get("agi_dnid", "")
        return dnid if dnid not in ("", "unknown") else self.headers.get("agi_extension", "")

    @property
    def language(self) -> str:
        return self.headers.get("agi_language", "")


def parse_header(lines: list[bytes]) -> AgiRequest | None:
    """The request of these header lines; None when they are no FastAGI header."""
    headers: dict[str, str] = {}
    for line in lines:
        name, separator, value = line.decode("utf-8", "replace").partition(":")
        if not separator or not name.startswith("agi_"):
            return None
        headers[name] = value.strip()
    if not headers.get("agi_uniqueid") or not headers.get("agi_channel"):
        return None
    script, *inline = headers.get("agi_network_script", "").split(",")
    numbered = sorted((int(found[1]), value) for name, value in headers.items() if (found := _ARGUMENT.fullmatch(name)))
    return AgiRequest(script.strip("/"), tuple(inline) + tuple(value for _, value in numbered), headers)


@dataclass(frozen=True, slots=True)
class AgiReply:
    """`200 result=<result> (<data>) ...`; `text` is the whole line. Codes: 200 done, 510 unknown verb, 520 wrong usage."""

    code: int
    result: str
    data: str
    text: str


def parse_reply(line: str) -> AgiReply | None:
    """None when the line is no answer."""
    code, _, rest = line.partition(" ")
    if not _CODE.fullmatch(code):
        return None
    if not rest.startswith("result="):
        return AgiReply(int(code), "", "", line)
    result, _, more = rest[7:].partition(" ")
    begin, end = more.find("("), more.rfind(")")
    return AgiReply(int(code), result, more[begin + 1 : end] if 0 <= begin < end else "", line)


class AgiSocket(asyncio.Protocol):
    """One FastAGI connection. `on_request` is called once, when the header is whole; `on_over` once, when no header will come any more."""

    def __init__(self, on_request: Callable[[AgiRequest, AgiSocket], None], on_over: Callable[[AgiSocket], None], header_s: float) -> None:
        self._on_request, self._on_over, self._header_s = on_request, on_over, header_s
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._header_timer: asyncio.TimerHandle | None = None
        self._header: list[bytes] | None = []
        self._header_bytes = 0
        self._buffer = b""
        self._in_usage = False
        self._pending: asyncio.Future[AgiReply] | None = None
        self.hung_up = False

    # -- asyncio.Protocol ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports are no subclass of it
        self._header_timer = self._loop.call_later(self._header_s, self._refuse, "no whole header in time")

    def data_received(self, data: bytes) -> None:
        if self._header is not None:
            self._header_bytes += len(data)
        if self._buffer:
            data = self._buffer + data
        *lines, self._buffer = data.split(b"\n")
        for line in lines:
            if self._header is None:
                self._take_reply_line(line)
            else:
                self._take_header_line(line)
        self._check_bounds()

    def connection_lost(self, exc: Exception | None) -> None:
        self._header_over()
        self._hang_up()

    # -- verbs ---------------------------------------------------------------------------------------------------------

    async def command(self, verb: str, timeout_s: float) -> AgiReply:
        """Send one verb, wait for its answer. Raises CallerHungUp, CommandTimedOut (the connection is closed then), UnsafeArgument."""
        if self.hung_up:
            raise CallerHungUp("before a verb")
        if self._pending is not None:
            raise RuntimeError("a verb is pending already")
        line = verb.encode()
        if len(line) > MAX_VERB_BYTES or not verb.isprintable():
            raise UnsafeArgument(f"verb of {len(line)} bytes")
        assert self._transport is not None
        self._pending = self._loop.create_future()
        timer = self._loop.call_later(timeout_s, self._time_out, verb)
        self._transport.write(line + b"\n")
        try:
            reply = await self._pending
        except asyncio.CancelledError:
            self.abort()
            raise
        finally:
            timer.cancel()
            self._pending = None
        if self.hung_up:
            raise CallerHungUp("with the answer")
        return reply

    def close(self) -> None:
        """Give the call back to the dialplan."""
        self.hung_up = True
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._header_over()
        self._hang_up()
        if self._transport is not None:
            self._transport.abort()

    # -- inside --------------------------------------------------------------------------------------------------------

    def _take_header_line(self, line: bytes) -> None:
        assert self._header is not None
        if line.strip():
            self._header.append(line)
            if not line.startswith(b"agi_"):
                self._refuse("no FastAGI header")
            return
        request = parse_header(self._header)
        self._header_over()
        if request is None:
            self._refuse("no FastAGI header")
        elif not self.hung_up:
            self._on_request(request, self)

    def _check_bounds(self) -> None:
        if self._header is None:
            if len(self._buffer) > MAX_REPLY_BYTES:
                self._refuse("answer without an end")
        elif len(self._buffer) > MAX_LINE_BYTES or self._header_bytes > MAX_HEADER_BYTES or len(self._header) > MAX_HEADER_LINES:
            self._refuse("header too large")

    def _refuse(self, reason: str) -> None:
        if not self.hung_up:
            _log.warning("connection refused", reason=reason)
        self.abort()

    def _header_over(self) -> None:
        if self._header is None:
            return
        self._header = None
        if self._header_timer is not None:
            self._header_timer.cancel()
        self._on_over(self)

    def _take_reply_line(self, raw: bytes) -> None:
        line = raw.decode("utf-8", "replace").rstrip("\r")
        if line == HANGUP:
            self._hang_up()
        elif line.startswith("520-"):
            self._in_usage = True
        elif (self._in_usage and not line.startswith("520 ")) or not line or line.startswith("100 "):
            return
        else:
            self._in_usage = False
            self._answer(parse_reply(line))

    def _answer(self, reply: AgiReply | None) -> None:
        if self.hung_up:
            return
        if reply is None or self._pending is None or self._pending.done():
            self._refuse("an answer that no verb asked for")
        elif reply.code == 511:
            self._hang_up()
        else:
            self._pending.set_result(reply)

    def _hang_up(self) -> None:
        self.hung_up = True
        if self._pending is not None and not self._pending.done():
            self._pending.set_exception(CallerHungUp("during a verb"))

    def _time_out(self, verb: str) -> None:
        if self._pending is not None and not self._pending.done():
            self._pending.set_exception(CommandTimedOut(f"no answer to {verb.split(' ')[0]}"))
        self.abort()
