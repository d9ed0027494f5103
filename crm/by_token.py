"""Which token of a machine the work at hand is done with, so that the audit trail names it. Pure.

In: the token a request came with, or a job was asked for with. Out: `at_hand()`. Must not decide anything: what a token may do says its `Principal`.
Invariant: it is said for one request or one job and for whatever is begun in it, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Token:
    """A token as people know it, without itself."""

    id: int
    title: str


_at_hand: ContextVar[Token | None] = ContextVar("by_token", default=None)


@contextmanager
def acting(token: Token | None) -> Iterator[None]:
    """What is done inside is done with this token; None: by somebody who signed in."""
    before = _at_hand.set(token)
    try:
        yield
    finally:
        _at_hand.reset(before)


def at_hand() -> dict[str, Any] | None:
    """The token as plain values, for the trail or a job; None without one."""
    token = _at_hand.get()
    return asdict(token) if token is not None else None


def of_plain(values: Mapping[str, Any] | None) -> Token | None:
    """What `at_hand` gave."""
    return Token(values["id"], values["title"]) if values else None
