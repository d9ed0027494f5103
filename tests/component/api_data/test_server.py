"""What is no request that can be read is refused in the same words as everything else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from callcenter.api.server import Runner

pytestmark = pytest.mark.component


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async def there(_request: web.Request) -> web.Response:
        return web.json_response({})

    app = web.Application()
    app.router.add_get("/there", there)
    runner = Runner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def said(port: int, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(), 10.0)
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), dict(line.lower().split(": ", 1) for line in lines), body


@pytest.mark.parametrize(
    ("sent", "title"),
    [
        (b"GET /there?q=" + b"%E5%BC%A0" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", "request too long"),
        (b"GET /there HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 20_000 + b"\r\n\r\n", "request too long"),
        (b"GET /there HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", "unreadable request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", "unreadable request"),
    ],
)
async def test_what_cannot_be_read_is_refused_with_a_way_out(port: int, sent: bytes, title: str, caplog: pytest.LogCaptureFixture) -> None:
    status, headers, body = await said(port, sent)
    problem = json.loads(body)
    assert (status, headers["content-type"].partition(";")[0], problem["title"]) == (400, "application/problem+json", title)
    assert problem["errors"][0]["rule"] and problem["errors"][0]["mend"] and problem["status"] == 400
    assert headers["cache-control"] == "no-store"
    assert "%E5%BC%A0" not in caplog.text


async def test_what_can_be_read_is_answered(port: int) -> None:
    assert (await said(port, b"GET /there HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))[0] == 200
