"""How the values of AMI headers are read.

In: text as Asterisk sends it, which may be missing or anything. Out: agents, numbers, seconds. Pure; never raises.
Invariant: what is not exactly of the expected form is nobody, 0 or empty.
"""

from __future__ import annotations

import re
from datetime import datetime

_AGENT_CHANNEL = re.compile(r"PJSIP/agent-([0-9]{1,9})-[0-9a-f]+")
_AGENT_INTERFACE = re.compile(r"PJSIP/agent-([0-9]{1,9})")
_NUMBER = re.compile(r"[0-9]{1,18}")


def agent_of(channel: str) -> int | None:
    """The agent whose softphone this channel is; None for any other channel."""
    found = _AGENT_CHANNEL.fullmatch(channel)
    return int(found[1]) if found else None


def agent_named(interface: str) -> int | None:
    """The agent who is called so in queues and device states; None for anybody else."""
    found = _AGENT_INTERFACE.fullmatch(interface)
    return int(found[1]) if found else None


def number_of(caller: str) -> str:
    """Empty when withheld."""
    return "" if caller in ("<unknown>", "unknown", "anonymous") else caller


def number(text: str | None) -> int:
    """0 for what is no number."""
    return int(text) if text and _NUMBER.fullmatch(text) else 0


def first(value: str | list[str]) -> str:
    """A header that came twice, as in a UserEvent that repeats the channel's own, counts once."""
    return value[0] if isinstance(value, list) else value


def seconds(start: datetime | None, end: datetime) -> float:
    """From `start` to `end`; 0 when it never began."""
    return round(max(0.0, (end - start).total_seconds()), 3) if start else 0.0
