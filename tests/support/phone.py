"""An agent's telephone: a small SIP user agent over UDP that is called, answers or refuses, and is hung up.

In: calls from Asterisk. Out: what it did and heard. Only what a called phone needs: REGISTER, INVITE, ACK, CANCEL, BYE, OPTIONS. RFC 3261.
"""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass, field
from typing import Any

from callcenter.box import g711
from callcenter.box.rtp import RtpEndpoint
from tests.support.waiting import until


@dataclass(slots=True)
class Ringing:
    """One call to this phone. `state`: ringing | talking | over."""

    invite: str
    peer: tuple[str, int]
    sound: RtpEndpoint
    tag: str = field(default_factory=lambda: f"{random.randrange(1 << 40):x}")
    state: str = "ringing"
    hung_up_by: str = ""
    sequence: int = 100


class Phone(asyncio.DatagramProtocol):
    """Listens on a port of its own. `answer_after_s` None: rings until told otherwise."""

    def __init__(self, *, answer_after_s: float | None = 0.0, refuse_with: int = 0, tone_hz: float = 0.0) -> None:
        self.answer_after_s, self.refuse_with, self.tone_hz = answer_after_s, refuse_with, tone_hz
        self.calls: list[Ringing] = []
        self.registered = False
        self._by_id: dict[str, Ringing] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> Phone:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for call in self.calls:
            call.sound.close()
        if self._transport is not None:
            self._transport.close()

    @property
    def contact(self) -> str:
        return f"sip:agent@{self._address}"

    @property
    def _address(self) -> str:
        assert self._transport is not None
        return f"127.0.0.1:{self._transport.get_extra_info('sockname')[1]}"

    @property
    def talking(self) -> list[Ringing]:
        return [call for call in self.calls if call.state == "talking"]

    async def register(self, name: str, sip_port: int, contact: str = "") -> None:
        """Tell Asterisk where `name` is to be reached, as a softphone does after its sign-in: here, or at `contact`."""
        self.registered = False
        self._send_register(name, sip_port, contact or self.contact, 3600)
        await until(lambda: self.registered, 5, f"{name} registered")

    def lose_page(self, name: str, sip_port: int) -> None:
        """As when the browser's page goes away: the contact is removed, no more sound, no goodbye."""
        self._send_register(name, sip_port, self.contact, 0)
        for call in self.talking:
            self.vanish(call)
            call.state = "over"

    def _send_register(self, name: str, sip_port: int, contact: str, expires_s: int) -> None:
        assert self._transport is not None
        request = (
            f"REGISTER sip:127.0.0.1:{sip_port} SIP/2.0\r\nVia: SIP/2.0/UDP {self._address};branch=z9hG4bK{random.randrange(1 << 40):x}\r\n"
            f"From: <sip:{name}@127.0.0.1>;tag=reg\r\nTo: <sip:{name}@127.0.0.1>\r\nCall-ID: {random.randrange(1 << 40):x}\r\n"
            f"CSeq: 1 REGISTER\r\nContact: <{contact}>\r\nExpires: {expires_s}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        self._transport.sendto(request.encode(), ("127.0.0.1", sip_port))

    # -- what arrives --------------------------------------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        text = data.decode(errors="replace")
        method = text.split(" ", 1)[0]
        call = self._by_id.get(_header(text, "Call-ID"))
        if method == "INVITE" and call is None:
            self._run(self._ring(text, addr))
        elif method == "CANCEL" and call is not None:
            self._reply(text, addr, "200 OK", call.tag)
            self._reply(call.invite, addr, "487 Request Terminated", call.tag)
            call.state, call.hung_up_by = "over", "caller"
        elif method == "BYE":
            self._reply(text, addr, "200 OK")
            if call is not None and call.state != "over":
                call.state, call.hung_up_by = "over", "hotline"
        elif method == "SIP/2.0" and _header(text, "CSeq").endswith("REGISTER"):
            self.registered = self.registered or text.startswith("SIP/2.0 200")
        elif method == "OPTIONS":
            self._reply(text, addr, "200 OK")

    async def _ring(self, invite: str, addr: tuple[str, int]) -> None:
        sound = await RtpEndpoint("alaw").open()
        call = Ringing(invite, addr, sound)
        self.calls.append(call)
        self._by_id[_header(invite, "Call-ID")] = call
        if self.refuse_with:
            self._reply(invite, addr, f"{self.refuse_with} Refused", call.tag)
            call.state = "over"
            return
        self._reply(invite, addr, "180 Ringing", call.tag)
        if self.answer_after_s is not None:
            await asyncio.sleep(self.answer_after_s)
            if call.state == "ringing":
                self.answer(call)

    # -- what the agent does -------------------------------------------------------------------------------------------

    def answer(self, call: Ringing) -> None:
        media = re.search(r"^m=audio (\d+)", call.invite, re.MULTILINE)
        assert media is not None
        call.sound.peer = ("127.0.0.1", int(media[1]))
        if self.tone_hz:
            call.sound.say(g711.tone((self.tone_hz,), 60.0))
        body = (
            "v=0\r\no=agent 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {call.sound.port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\n"
        )
        self._reply(call.invite, call.peer, "200 OK", call.tag, body)
        call.state = "talking"

    def hang_up(self, call: Ringing) -> None:
        assert self._transport is not None
        call.sequence += 1
        to, source = _header(call.invite, "From"), _header(call.invite, "To")
        target = re.search(r"<(sip:[^>]+)>", _header(call.invite, "Contact"))
        assert target is not None
        request = (
            f"BYE {target[1]} SIP/2.0\r\nVia: SIP/2.0/UDP {self.contact.split('@')[1]};branch=z9hG4bK{random.randrange(1 << 40):x}\r\n"
            f"From: {source};tag={call.tag}\r\nTo: {to}\r\nCall-ID: {_header(call.invite, 'Call-ID')}\r\n"
            f"CSeq: {call.sequence} BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        self._transport.sendto(request.encode(), call.peer)
        call.state, call.hung_up_by = "over", "agent"

    def vanish(self, call: Ringing) -> None:
        """As a killed browser does: no more sound, no goodbye."""
        call.sound.close()

    def _reply(self, request: str, addr: tuple[str, int], status: str, tag: str = "", body: str = "") -> None:
        assert self._transport is not None
        vias = "".join(f"{line}\r\n" for line in request.split("\r\n") if line.lower().startswith(("via:", "record-route:")))
        to = _header(request, "To")
        to = f"{to};tag={tag}" if tag and ";tag=" not in to else to
        kind = "Content-Type: application/sdp\r\n" if body else ""
        answer = (
            f"SIP/2.0 {status}\r\n{vias}From: {_header(request, 'From')}\r\nTo: {to}\r\nCall-ID: {_header(request, 'Call-ID')}\r\n"
            f"CSeq: {_header(request, 'CSeq')}\r\nContact: <{self.contact}>\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )
        self._transport.sendto(answer.encode(), addr)

    def _run(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work, name="phone")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _header(message: str, name: str) -> str:
    found = re.search(rf"^{name}: *(.*?)\r?$", message, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""
