"""Waiting for a condition with a deadline, instead of sleeping."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(condition: Callable[[], T | Awaitable[T]], timeout_s: float = 5.0, what: str = "", every_s: float = 0.03) -> T:
    """The first true value of `condition()`, which may be a coroutine function; AssertionError naming `what` after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value  # type: ignore[return-value]
        if time.monotonic() >= deadline:
            raise AssertionError(f"did not happen within {timeout_s} s: {what or inspect.getsource(condition).strip()}")
        await asyncio.sleep(every_s)
