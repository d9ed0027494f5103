"""An agent at work: signed in through the API, with a plain telephone in place of the browser's."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.support.endpoints import push_phone
from tests.support.phone import Phone, Ringing
from tests.support.product import Api, Product
from tests.support.waiting import until


class Desk:
    """One agent of the demo hospital."""

    def __init__(self, product: Product, api: Api, phone: Phone) -> None:
        self.product, self.api, self.phone = product, api, phone
        self.id: int = api.user["id"]

    @classmethod
    async def open(cls, product: Product, username: str, phone: Phone) -> Desk:
        """Signed in and available, with members in the queues."""
        await phone.open()
        desk = cls(product, await product.api(username), phone)
        await desk.api.get("/api/softphone")
        await push_phone(product.settings, product.secrets, desk.id)
        await phone.register(f"agent-{desk.id}", product.settings.port("sip"))
        await desk.available()
        return desk

    async def available(self) -> None:
        async def is_available() -> bool:
            await self.api.post("/api/agent/state", {"state": "available"})
            return (await self.state()) == "available"

        await until(is_available, 10, "agent available", every_s=0.2)

    async def state(self) -> str:
        return (await self.api.get("/api/agent"))["state"]["state"]

    async def snapshot(self) -> dict[str, Any]:
        return await self.api.get("/api/agent")

    async def rings(self, timeout_s: float = 15) -> Ringing:
        def ringing() -> Ringing | None:
            return next((call for call in self.phone.calls if call.state in ("ringing", "talking")), None)

        return await until(ringing, timeout_s, "agent's phone rings")

    async def talks(self, timeout_s: float = 15) -> Ringing:
        return await until(lambda: self.phone.talking[0] if self.phone.talking else None, timeout_s, "agent talks")

    async def finish(self, linkedid: str, note: str = "") -> None:
        """Leave wrap-up with the first disposition there is."""
        await until(lambda: self._in_wrap_up(), 10, "wrap-up")
        code = _first_leaf((await self.api.get("/api/agent/choices"))["dispositions"])
        await self.api.post("/api/agent/disposition", {"linkedid": linkedid, "code": code, "note": note}, expect=204)

    async def _in_wrap_up(self) -> bool:
        return await self.state() == "wrap_up"

    async def close(self) -> None:
        """Sign out; the queue must forget the agent."""
        await self.api.post("/api/logout", {}, expect=204)
        self.phone.close()
        await asyncio.sleep(0)


def _first_leaf(tree: list[dict[str, Any]]) -> str:
    first = tree[0]
    return _first_leaf(first["children"]) if first.get("children") else first["code"]
