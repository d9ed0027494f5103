"""The sound of one call that we place ourselves: sends speech, keys or silence, keeps what it hears.

In: samples and keys to send. Out: everything heard, in its place in time. Speaks to whoever spoke first, as telephone networks do, or to
`peer` when told. One datagram socket; no thread. Never raises for what arrives: a foreign packet is dropped.
Formats: RFC 3550, RFC 3551; keys RFC 4733.
"""

from __future__ import annotations

import asyncio
import random
import struct
from collections import deque
from typing import Any

import numpy as np

from callcenter.box import g711

FRAME = 160
FRAME_S = 0.02
EVENT_TYPE = 101
_HEADER = struct.Struct("!BBHII")
_KEYS = "0123456789*#ABCD"
_EVENT_FRAMES = 8
_JUMP = 60 * g711.RATE


class RtpEndpoint(asyncio.DatagramProtocol):
    """One side of a conversation. `every`: of the silent frames only each n-th is sent, which keeps hundreds of idle calls cheap."""

    def __init__(self, codec: g711.Codec = "alaw", *, every: int = 1) -> None:
        self.codec: g711.Codec = codec
        self.peer: tuple[str, int] | None = None
        self.packets = 0
        self.largest_gap_s = 0.0
        self._every = every
        self._heard = bytearray()
        self._base: tuple[int, int, int] | None = None
        self._last_at = 0.0
        self._outbox: deque[tuple[int, bool, bytes, int]] = deque()
        self._sequence = random.randrange(30000)
        self._clock = random.randrange(1 << 31)
        self._source = random.randrange(1 << 32)
        self._transport: asyncio.DatagramTransport | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self, host: str = "127.0.0.1") -> RtpEndpoint:
        """Listen on a free port."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        self._task = loop.create_task(self._send_frames(), name=f"rtp:{self.port}")
        return self

    @property
    def port(self) -> int:
        assert self._transport is not None
        return self._transport.get_extra_info("sockname")[1]

    def close(self) -> None:
        """Stop sending and give the port back; what was heard stays."""
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.close()

    # -- to say --------------------------------------------------------------------------------------------------------

    def say(self, samples: np.ndarray) -> None:
        """After everything that is still to be said."""
        wire = g711.encode(samples, self.codec)
        wire += g711.SILENCE[self.codec] * (-len(wire) % FRAME)
        kind = g711.PAYLOAD_TYPE[self.codec]
        self._outbox.extend((kind, False, wire[start : start + FRAME], 0) for start in range(0, len(wire), FRAME))

    def pause(self, seconds: float) -> None:
        self.say(np.zeros(int(seconds * g711.RATE), dtype=np.int16))

    def press(self, key: str) -> None:
        """`key` as RFC 4733 events, and a pause after it."""
        event = _KEYS.index(key)
        for frame in range(_EVENT_FRAMES + 2):
            ended = frame >= _EVENT_FRAMES - 1
            body = struct.pack("!BBH", event, (0x80 if ended else 0) | 10, min(frame + 1, _EVENT_FRAMES) * FRAME)
            self._outbox.append((EVENT_TYPE, frame == 0, body, frame))
        self.pause(0.1)

    def press_in_band(self, key: str) -> None:
        """`key` as the tones a telephone makes, and a pause after it."""
        self.say(g711.key_tone(key))
        self.pause(0.1)

    @property
    def said_everything(self) -> bool:
        return not self._outbox

    async def _send_frames(self) -> None:
        loop = asyncio.get_running_loop()
        due, count = loop.time(), 0
        while True:
            due = max(due + FRAME_S, loop.time() - 0.5)
            await asyncio.sleep(max(0.0, due - loop.time()))
            count += 1
            if self.peer is not None and (self._outbox or count % self._every == 0):
                self._send_one()
            self._clock = (self._clock + FRAME) & 0xFFFFFFFF

    def _send_one(self) -> None:
        kind, marker, body, back = (g711.PAYLOAD_TYPE[self.codec], False, g711.SILENCE[self.codec] * FRAME, 0)
        if self._outbox:
            kind, marker, body, back = self._outbox.popleft()
        self._sequence = (self._sequence + 1) & 0xFFFF
        moment = (self._clock - back * FRAME) & 0xFFFFFFFF
        header = _HEADER.pack(0x80, kind | (0x80 if marker else 0), self._sequence, moment, self._source)
        assert self._transport is not None
        self._transport.sendto(header + body, self.peer)

    # -- heard ---------------------------------------------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        if len(data) <= _HEADER.size or data[0] >> 6 != 2 or data[1] & 0x7F != g711.PAYLOAD_TYPE[self.codec]:
            return
        _, _, _, moment, source = _HEADER.unpack_from(data)
        if self.peer is None:
            self.peer = (addr[0], addr[1])
        self._note_arrival()
        self._place(source, moment, data[_HEADER.size :])

    def error_received(self, exc: Exception) -> None:
        """The other side is gone; the call's signalling will say so."""

    def _note_arrival(self) -> None:
        now = asyncio.get_running_loop().time()
        if self.packets:
            self.largest_gap_s = max(self.largest_gap_s, now - self._last_at)
        self.packets += 1
        self._last_at = now

    def _place(self, source: int, moment: int, wire: bytes) -> None:
        if self._base is None or self._base[0] != source or not 0 <= self._offset(moment) <= len(self._heard) + _JUMP:
            self._base = (source, moment, len(self._heard))
        start = self._offset(moment)
        missing = start - len(self._heard)
        if missing > 0:
            self._heard += g711.SILENCE[self.codec] * missing
        self._heard[start : start + len(wire)] = wire

    def _offset(self, moment: int) -> int:
        assert self._base is not None
        ahead = (moment - self._base[1]) & 0xFFFFFFFF
        return self._base[2] + (ahead - (1 << 32) if ahead >> 31 else ahead)

    @property
    def heard_s(self) -> float:
        return len(self._heard) / g711.RATE

    def silent_for_s(self) -> float:
        """Since the last packet."""
        return asyncio.get_running_loop().time() - self._last_at if self.packets else 0.0

    def heard(self, last_s: float | None = None) -> np.ndarray:
        """Samples, all or of the last seconds."""
        wire = bytes(self._heard if last_s is None else self._heard[-int(last_s * g711.RATE) :])
        return g711.decode(wire, self.codec)

    def loud_s(self, threshold: int = 200) -> float:
        """Seconds in which something was to be heard."""
        samples = self.heard()
        frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
        return float(np.sum(np.abs(frames.astype(np.int32)).max(axis=1) > threshold) * FRAME_S) if len(frames) else 0.0
