"""The live websocket: one per page, pushing the agent's desk and the board.

In: `{"subscribe": [...]}`, `{"resync": [...]}` from a page whose session and origin the gate has checked. Out: snapshots, changes, pings.
Must not let a page that stopped reading hold anything up: its queue is bounded, and it is cut. Invariant: a page gets a topic only with
the right for it, and loses the connection with its login session. Wire form: docs/api.md, "Live".
"""

from __future__ import annotations

import asyncio
import json

from aiohttp import WSMsgType, web

from callcenter import log
from callcenter.api.desk_keys import desk_of, hub_of
from callcenter.api.live_bell import TOPIC as BELL
from callcenter.api.live_hub import BOARD, HOURS, LiveHub
from callcenter.api.live_transfer import TOPIC as TRANSFER
from callcenter.api.routing import SIGNED_IN, route
from callcenter.api.security import login_of, session_id_of
from callcenter.settings import Desk
from crm.access.accounts import Login

RIGHTS = {"agent": "desk.use", BOARD: "board.read"}
LONGEST_MESSAGE = 4096
_log = log.get("live")


class Page:
    """One connection. Its queue holds what the page has not read yet."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, login: Login, desk: Desk) -> None:
        self._socket, self._request, self._stall_s = socket, request, desk.live_stall_s
        self._waiting: asyncio.Queue[str] = asyncio.Queue(desk.live_queue_limit)
        self.agent_id, self.session, self.rights = login.principal.id, session_id_of(request), login.principal.rights

    def offer(self, text: str) -> bool:
        try:
            self._waiting.put_nowait(text)
        except asyncio.QueueFull:
            return False
        return True

    def cut(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    async def write(self) -> None:
        """Send what waits; a page that takes nothing for `live_stall_s` is cut."""
        while True:
            text = await self._waiting.get()
            try:
                async with asyncio.timeout(self._stall_s):
                    await self._socket.send_str(text)
            except TimeoutError:
                _log.warning("page stopped reading", agent=self.agent_id)
                self.cut()
                return
            except ConnectionError:
                return

    async def read(self, hub: LiveHub) -> None:
        """What the page asks for, until it closes."""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT or not self._obey(message.data, hub):
                await self._socket.close(code=1008, message=b"subscribe or resync with a list of topics")
                return

    def _obey(self, text: str, hub: LiveHub) -> bool:
        try:
            asked = json.loads(text)
        except ValueError:
            return False
        topics = (asked.get("subscribe") or asked.get("resync")) if isinstance(asked, dict) else None
        if not isinstance(topics, list):
            return False
        for topic in topics:
            if isinstance(topic, str) and self._may(topic):
                hub.subscribe(self, topic)
            else:
                self.offer(json.dumps({"type": "refused", "topic": str(topic)[:40]}))
        return True

    def _may(self, topic: str) -> bool:
        """Everybody has a bell; whoever may import or export anything follows his own; the hours concern all who see a desk or the board."""
        if topic == BELL:
            return True
        if topic == TRANSFER:
            return any(right.endswith((".import", ".export")) for right in self.rights)
        if topic == HOURS:
            return not self.rights.isdisjoint(RIGHTS.values())
        return RIGHTS.get(topic) in self.rights


@route("GET", "/api/live", right=SIGNED_IN, status=101, also=(400,))
async def live(request: web.Request) -> web.StreamResponse:
    """Snapshots and numbered changes of the topics a page subscribes to."""
    login, hub, desk = login_of(request), hub_of(request), desk_of(request).settings.desk
    socket = web.WebSocketResponse(max_msg_size=LONGEST_MESSAGE, compress=False)
    await socket.prepare(request)
    page = Page(socket, request, login, desk)
    hub.join(page)
    try:
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(page.write(), name=f"live:page-of-{page.agent_id}")
            await page.read(hub)
            writer.cancel()
    finally:
        hub.leave(page)
    return socket
