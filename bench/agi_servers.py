"""The FastAGI servers that are compared, each with the same twelve verbs: `python -m bench.agi_servers NAME PORT [FILE]`.

ours: the product's listener and channel with all checks, time-outs and hang-up handling; also `menu`, the shipped two-verb menu, and `menu-by-verbs`,
the same menu with a verb for each file and digit. ours with the store away: the same while each call asks a database that never answers. bare: the
least that speaks FastAGI at all, without any check. panoramisk: panoramisk.fast_agi. pyst2: asterisk.agi in a process forked for each call.
All run on uvloop, as the product does, but panoramisk, which runs on asyncio's own loop, as its documentation does, and once more on uvloop.
SIGUSR1 writes the round trips of verbs that Asterisk answers at once to FILE, in microseconds, and begins anew.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socketserver
import sys
import time
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callcenter.crm_gateway import CrmCallers
    from callcenter.cti.agi_channel import AgiChannel
    from callcenter.cti.agi_protocol import AgiSocket

VARIABLES = ("BENCH_A", "BENCH_B", "BENCH_C")
_round_trips: list[float] = []


async def _timed(verb: Awaitable[Any]) -> None:
    began = time.perf_counter()
    await verb
    _round_trips.append((time.perf_counter() - began) * 1e6)


def _report_to(file: str) -> None:
    """Tell the round trips when asked."""

    def write() -> None:
        Path(file).write_text(json.dumps(_round_trips))
        _round_trips.clear()

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, write)


async def ours(port: int, callers: CrmCallers | None = None) -> None:
    from callcenter.commands import Gather, Prompt
    from callcenter.cti.agi_channel import AgiChannel
    from callcenter.cti.agi_protocol import AgiRequest
    from callcenter.cti.agi_server import AgiServer
    from callcenter.settings import Network, Settings

    settings = Settings(home=Path("/nonexistent"), network=Network(agi_port=port))
    menu = Gather((Prompt("blip"),) * 3, max_digits=1, first_digit_s=0.05, inter_digit_s=0.05)

    async def voice(spoken: Sequence[Any], _language: str) -> tuple[str, ...]:
        return tuple(one.id for one in spoken)

    async def handler(request: AgiRequest, socket: AgiSocket) -> None:
        by_verbs = request.path == "menu-by-verbs"
        channel = AgiChannel(request, socket, settings, voice, one_verb_menus=not by_verbs)
        if request.path == "menu" or by_verbs:
            await channel.perform(menu)
            await channel.hand_over("hangup", {})
            return
        async with asyncio.TaskGroup() as beside:
            if callers is not None:
                beside.create_task(_asked(callers), name="bench:asks")
            await _twelve(channel, socket)

    await AgiServer(settings, handler).start()
    await asyncio.Event().wait()


async def _asked(callers: CrmCallers) -> None:
    """What a call asks of a database, whatever it answers."""
    from callcenter.errors import StoreUnavailable

    with suppress(StoreUnavailable):
        await callers.people_at("+8613900000001")


async def _twelve(channel: AgiChannel, socket: AgiSocket) -> None:
    """The verbs that every server is asked for."""
    await socket.command("ANSWER", 5.0)
    for number, name in enumerate(VARIABLES, 1):
        await _timed(channel.set_variable(name, str(number)))
    for name in VARIABLES:
        await _timed(channel.get_variable(name))
    for _ in range(2):
        await channel.stream_file("blip")
    for _ in range(2):
        await channel.wait_for_digit(0.001)
    await _timed(channel.hand_over("hangup", {}))


async def ours_with_the_store_away(port: int) -> None:
    """A database that takes connections and never says a word."""
    from callcenter.crm_gateway import CrmCallers, Store
    from callcenter.settings import Hospital, Timeouts
    from crm.database import Database
    from tests.fakes.clock import VirtualClock

    silent = await asyncio.start_server(lambda _reader, _writer: asyncio.Event().wait(), "127.0.0.1", 0)
    url = f"postgresql://nobody:nothing@127.0.0.1:{silent.sockets[0].getsockname()[1]}/away"
    await ours(port, CrmCallers(Store(Database(url, timeout_s=2.0), Timeouts()), Hospital(), VirtualClock()))


class Bare(asyncio.Protocol):
    """One connection: header, then one line asked and one line answered."""

    def __init__(self) -> None:
        self._buffer, self._in_header = b"", True
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._in_header:
            _, ended, self._buffer = self._buffer.rpartition(b"\n\n")
            if not ended:
                return
            self._in_header = False
            self._task = asyncio.get_running_loop().create_task(self._serve(), name="bench:bare")
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(line)

    async def _ask(self, line: str) -> bytes:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(line.encode() + b"\n")
        return await self._answer

    async def _serve(self) -> None:
        for line in verbs():
            await (_timed(self._ask(line)) if "VARIABLE" in line else self._ask(line))
        self._transport.close()


async def bare(port: int) -> None:
    await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port, backlog=1024)
    await asyncio.Event().wait()


def verbs() -> list[str]:
    """The twelve lines, for the two that take lines."""
    sets = [f'SET VARIABLE {name} "{number}"' for number, name in enumerate(VARIABLES, 1)]
    gets = [f"GET VARIABLE {name}" for name in VARIABLES]
    return ["ANSWER", *sets, *gets, *['STREAM FILE blip ""'] * 2, *["WAIT FOR DIGIT 1"] * 2, 'SET VARIABLE CC_DONE "hangup"']


async def panoramisk(port: int) -> None:
    from panoramisk import fast_agi

    lines = verbs()

    async def handler(request: Any) -> None:
        for line in lines:
            await request.send_command(line)

    application = fast_agi.Application(loop=asyncio.get_running_loop())
    application.add_route("verbs", handler)
    server = await asyncio.start_server(application.handler, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


def pyst2(port: int) -> None:
    from asterisk.agi import AGI

    lines = verbs()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            import io

            call = AGI(
                stdin=io.TextIOWrapper(self.rfile, "utf-8"),
                stdout=io.TextIOWrapper(self.wfile, "utf-8", write_through=True),
                stderr=sys.stderr,
            )
            for line in lines:
                call.execute(line)

    class Server(socketserver.ForkingTCPServer):
        allow_reuse_address = True
        request_queue_size = 1024
        max_children = 400

    with Server(("127.0.0.1", port), Handler) as server:
        server.serve_forever(poll_interval=0.05)


SERVERS = {"ours": ours, "ours with the store away": ours_with_the_store_away, "bare": bare}
SERVERS |= {"panoramisk": panoramisk, "panoramisk on uvloop": panoramisk}


async def _run(name: str, port: int, file: str) -> None:
    if file:
        _report_to(file)
    await SERVERS[name](port)


if __name__ == "__main__":
    name, number, *files = sys.argv[1:]
    if name == "pyst2":
        pyst2(int(number))
    elif name == "panoramisk":
        asyncio.run(_run(name, int(number), ""))
    else:
        import uvloop

        uvloop.run(_run(name, int(number), files[0] if files else ""))
