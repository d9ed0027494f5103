"""The live websocket over real sockets: screen-pop, resync, slow pages, foreign pages."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from tests.component.desk.conftest import Served, Visitor, serving
from tests.fakes.waiting import until
from tests.unit.desk.world import CALL

pytestmark = pytest.mark.component


async def opened(page: Visitor, *topics: str) -> ClientWebSocketResponse:
    socket = await page.session.ws_connect("/api/live")
    await socket.send_json({"subscribe": list(topics)})
    return socket


async def heard(socket: ClientWebSocketResponse, kind: str = "") -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            message = await socket.receive_json()
            if not kind or message["type"] == kind:
                return message


async def test_the_pop_reaches_every_tab_of_the_agent_with_the_person_in_one_change(served: Served):
    office, page = served.office, served.page()
    tabs = [await opened(page, "agent"), await opened(page, "agent")]
    assert [(await heard(tab))["data"]["state"]["state"] for tab in tabs] == ["offline", "offline"]
    office.agents.request(1, "available")
    await office.happen(office.arrived(), office.joined())
    await until(lambda: office.pop.people(CALL))
    await office.happen(office.ringing())
    for tab in tabs:
        numbers, change = [], {}
        while "call" not in change:
            message = await heard(tab, "change")
            numbers.append(message["n"])
            change = message["data"]
        assert numbers == list(range(2, 2 + len(numbers)))
        assert (change["state"]["state"], change["call"]["phase"], change["call"]["people"][0]["name"]) == ("ringing", "ringing", "张伟")


async def test_the_pop_takes_milliseconds_with_a_hundred_pages_open(served: Served):
    office, page = served.office, served.page()
    crowd = [await opened(served.page(2), "agent") for _ in range(100)]
    mine = await opened(page, "agent")
    await heard(mine, "snapshot")
    office.agents.request(1, "available")
    await heard(mine, "change")
    await office.happen(office.arrived(), office.joined())
    await until(lambda: office.pop.people(CALL))
    begun = time.perf_counter()
    office.bus.publish(office.ringing())
    while "call" not in (await heard(mine, "change"))["data"]:
        pass
    assert time.perf_counter() - begun < 0.25
    for socket in crowd:
        await socket.close()


async def test_a_gap_is_mended_by_a_fresh_snapshot(served: Served):
    socket = await opened(served.page(), "agent")
    await heard(socket, "snapshot")
    served.office.agents.request(1, "available")
    number = (await heard(socket, "change"))["n"]
    await socket.send_json({"resync": ["agent"]})
    snapshot = await heard(socket, "snapshot")
    assert snapshot["n"] >= number and snapshot["data"]["state"]["state"] == "available"


async def test_the_board_topic_needs_its_right(served: Served):
    socket = await opened(served.page(1, "agent"), "board", "agent")
    assert (await heard(socket))["type"] == "refused"
    assert (await heard(socket))["topic"] == "agent"
    board = await opened(served.page(9, "supervisor"), "board")
    assert (await heard(board, "snapshot"))["data"]["queues"]["service_desk"]["waiting"] == 0
    await served.office.happen(served.office.arrived(), served.office.joined())
    change = await heard(board, "change")
    assert change["data"]["queues"]["service_desk"]["waiting"] == 1


async def test_foreign_pages_and_strangers_are_refused(served: Served):
    page = served.page()
    with pytest.raises(WSServerHandshakeError) as foreign:
        await page.session.ws_connect("/api/live", origin="http://evil.example")
    assert foreign.value.status == 403
    with pytest.raises(WSServerHandshakeError) as stranger:
        await served.stranger().session.ws_connect("/api/live")
    assert stranger.value.status == 401


@pytest.mark.parametrize("text", ["{", "[]", '{"subscribe": "agent"}', "{}", '"x"'])
async def test_what_is_no_request_closes_the_connection(served: Served, text: str):
    socket = await served.page().session.ws_connect("/api/live")
    await socket.send_str(text)
    async with asyncio.timeout(5):
        message = await socket.receive()
    assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
    assert socket.close_code == 1008


async def test_log_out_closes_the_sessions_pages(served: Served):
    page = served.page()
    socket = await opened(page, "agent")
    await heard(socket, "snapshot")
    await page.post("/api/logout")
    async with asyncio.timeout(5):
        assert (await socket.receive()).type in (WSMsgType.CLOSED, WSMsgType.ERROR, WSMsgType.CLOSE)


async def deaf_page(page: Visitor) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A page that subscribes and never reads again."""
    where = urlsplit(page.base)
    reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=4096)
    cookie = page.session.cookie_jar.filter_cookies(page.session._base_url)["callcenter_session"].value  # type: ignore[arg-type]
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /api/live HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\nCookie: callcenter_session={cookie}\r\n\r\n".encode()
    )
    text = json.dumps({"subscribe": ["agent"]}).encode()
    writer.write(bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text)
    await writer.drain()
    return reader, writer


@pytest.mark.parametrize(("queue_limit", "stall_s"), [(32, 30.0), (10_000, 0.3)], ids=["too-much-waits", "takes-nothing"])
async def test_a_page_that_stops_reading_is_cut_and_nobody_waits_for_it(tmp_path: Path, queue_limit: int, stall_s: float):
    async with serving(tmp_path, live_queue_limit=queue_limit, live_stall_s=stall_s) as served:
        office, page = served.office, served.page()
        _, writer = await deaf_page(page)
        good = await opened(served.page(), "agent")
        await heard(good, "snapshot")
        await until(lambda: len(office.hub._clients) == 2)
        big = "忙" * 20_000
        # Whoever waited for the deaf page would hear nothing for the 30 s that it is given, and `heard` would give up.
        for number in range(2000):
            office.agents.request(1, "paused", f"{number}{big}")
            await heard(good, "change")
            if len(office.hub._clients) == 1:
                break
        assert len(office.hub._clients) == 1
        writer.close()
        back = await opened(page, "agent")
        assert (await heard(back, "snapshot"))["data"]["state"]["state"] == "paused"


async def test_pings_come_while_nothing_happens(tmp_path: Path):
    async with serving(tmp_path, live_ping_s=0.05) as served:
        socket = await opened(served.page(), "agent")
        assert (await heard(socket, "ping")) == {"type": "ping"}
