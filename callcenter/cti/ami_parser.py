"""Bytes of an AMI connection to messages, several times faster than panoramisk's own parser and equal to it.

In: chunks as TCP cuts them. Out: for each message its headers (a header that comes twice has a list of values).
Must give the same messages for every way the stream is cut; anything unusual (Response: Follows, Result:, repeated headers) is left
to panoramisk's Message. With `wanted`, events of other names are dropped before they are read.
Message form: docs.asterisk.org, "AMI Libraries and Protocol".
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import repeat
from typing import Any

from panoramisk.message import Message

END = b"\r\n\r\n"
MAX_MESSAGE_BYTES = 1_048_576
_EVENT = b"Event: "
_SEPARATOR = repeat(": ")
_partition = str.partition

AmiMessage = Mapping[str, Any]


class MessageTooLong(ValueError):
    """A message without an end; the connection is not Asterisk's or is torn."""


def parse_message(text: str) -> AmiMessage | None:
    """Headers of one message without its end; None for what is no message, such as the greeting."""
    lines = text.split("\r\n")
    headers = {name: value for name, separator, value in map(_partition, lines, _SEPARATOR) if separator}
    if len(headers) + (": " not in lines[-1]) != len(lines) or "esult" in text or lines[0].startswith(("Response: F", "response: F")):
        return Message.from_line(text)
    return headers if "Event" in headers or "Response" in headers else None


class AmiParser:
    """Holds the rest of a cut message. `wanted`: names of events to read, None for all; `everything` overrides it for a while."""

    def __init__(self, wanted: frozenset[bytes] | None = None) -> None:
        self._wanted = wanted
        self.everything = False
        self._rest = b""

    def feed(self, data: bytes) -> list[AmiMessage]:
        """The messages that are whole now. Raises MessageTooLong."""
        if self._rest:
            data = self._rest + data
        end = data.rfind(END)
        if end < 0:
            self._keep(data)
            return []
        self._keep(data[end + 4 :])
        if self._wanted is None or self.everything:
            found = map(parse_message, map(str.strip, data[:end].decode("utf-8", "ignore").split("\r\n\r\n")))
            return [message for message in found if message is not None]
        return self._selected(data[:end])

    def _selected(self, data: bytes) -> list[AmiMessage]:
        found: list[AmiMessage] = []
        wanted = self._wanted or frozenset()
        for piece in data.split(END):
            if piece[:7] != _EVENT:
                piece = piece.lstrip()  # an empty message may have been cut in two
            if piece[:7] == _EVENT and piece[7 : piece.find(b"\r", 7)] not in wanted:
                continue
            for text in piece.decode("utf-8", "ignore").split("\r\n\r\n"):
                message = parse_message(text.strip())
                if message is not None:
                    found.append(message)
        return found

    def _keep(self, rest: bytes) -> None:
        if len(rest) > MAX_MESSAGE_BYTES:
            raise MessageTooLong(f"{len(rest)} bytes without an end")
        self._rest = rest
