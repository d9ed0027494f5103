"""Situations that are lived through side by side, while each is still a test of its own.

In: their names, how one is lived through, and how many at once. Out: a task for each that the run asks for, begun at once. Invariant: none of
them goes on after the block.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

import pytest


def wanted(names: Iterable[str], request: pytest.FixtureRequest) -> list[str]:
    """Those of `names` that are asked for by tests of the same file, parametrized with `name`."""
    items = [item for item in request.session.items if item.path == request.path and hasattr(item, "callspec")]
    asked = {item.callspec.params.get("name") for item in items}  # type: ignore[attr-defined]
    return [name for name in names if name in asked]


@asynccontextmanager
async def lived_through(names: Iterable[str], live: Callable[[str], Awaitable[None]], at_once: int) -> AsyncIterator[dict[str, asyncio.Task[None]]]:
    lines = asyncio.Semaphore(at_once)

    async def one_of_few(name: str) -> None:
        async with lines:
            await live(name)

    begun = {name: asyncio.create_task(one_of_few(name), name=f"situation:{name}") for name in names}
    try:
        yield begun
    finally:
        for task in begun.values():
            task.cancel()
        await asyncio.gather(*begun.values(), return_exceptions=True)
