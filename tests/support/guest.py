"""Somebody who rings the running product and is led by a test, key by key.

In: the product, his number. Out: the call, its linkedid, the nodes he reached, its closed record. Waits by polling, with a deadline.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from callcenter.box import g711, sipp
from tests.support.product import Product
from tests.support.waiting import until


class Guest:
    """Somebody who calls from `number`."""

    def __init__(self, product: Product, group: sipp.Group, linkedid: str) -> None:
        self.product, self.group, self.linkedid = product, group, linkedid

    @property
    def caller(self) -> sipp.Caller:
        return self.group.callers[0]

    async def reach(self, node: str, times: int = 1) -> None:
        def entered() -> bool:
            return self.product.nodes(self.linkedid).count(node) >= times

        try:
            await until(entered, 60, every_s=0.1)
        except AssertionError as late:
            raise AssertionError(f"{node} not reached; the way was {self.product.nodes(self.linkedid)}") from late

    async def press(self, keys: str, then: str, times: int = 1) -> None:
        self.group.press(self.caller, keys)
        await self.reach(then, times)

    async def speak(self, seconds: float) -> None:
        self.caller.sound.say(g711.tone((440.0,), seconds))
        await until(lambda: self.caller.sound.said_everything, seconds + 5)

    async def hang_up(self) -> None:
        self.group.hang_up(self.caller)

        def over() -> bool:
            self.group.refresh()
            return self.caller.over

        await until(over, 20, "call is over", every_s=0.1)

    async def record(self) -> dict[str, object]:
        """The closed record of the call."""

        async def closed() -> list[object]:
            return await self.product.sql("SELECT * FROM call_record WHERE linkedid = $1 AND status = 'ended'", self.linkedid)

        return dict((await until(closed, 30, "closed call record", every_s=0.3))[0])


@asynccontextmanager
async def calling(product: Product, number: str, folder: Path, *, menu: bool = True) -> AsyncIterator[Guest]:
    """Rings; with `menu` he has reached the main menu in Chinese."""
    mark = product.witness.mark()
    async with sipp.Group(product.settings, [number], folder) as group:
        arrived = await product.witness.first(mark, "Newchannel", 15, CallerIDNum=number)
        guest = Guest(product, group, arrived["Uniqueid"])
        if menu:
            await guest.reach("language")
            await guest.press("1", "choices")
        yield guest
