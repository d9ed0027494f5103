"""The three FastAGI servers that are compared, each with the same twelve verbs: `python -m bench.agi_servers NAME PORT`.

ours: the product's listener and channel with all checks, time-outs and hang-up handling; also `menu`, the shipped two-verb menu.
panoramisk: panoramisk.fast_agi. pyst2: asterisk.agi in a process forked for each call.
ours runs on uvloop, as the product does; panoramisk on asyncio's own loop, as its documentation does, and once more on uvloop.
"""

from __future__ import annotations

import asyncio
import socketserver
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

VARIABLES = ("BENCH_A", "BENCH_B", "BENCH_C")


async def ours(port: int) -> None:
    from callcenter.commands import Gather, Prompt
    from callcenter.cti.agi_channel import AgiChannel
    from callcenter.cti.agi_protocol import AgiRequest, AgiSocket
    from callcenter.cti.agi_server import AgiServer
    from callcenter.settings import Network, Settings

    settings = Settings(home=Path("/nonexistent"), network=Network(agi_port=port))
    menu = Gather((Prompt("blip"),) * 3, max_digits=1, first_digit_s=0.05, inter_digit_s=0.05)

    async def as_they_stand(spoken: Sequence[Any], language: str) -> tuple[str, ...]:
        return tuple(one.id for one in spoken if isinstance(one, Prompt))

    async def handler(request: AgiRequest, socket: AgiSocket) -> None:
        channel = AgiChannel(request, socket, settings, as_they_stand)
        if request.path == "menu":
            await channel.perform(menu)
            await channel.hand_over("hangup", {})
            return
        await socket.command("ANSWER", 5.0)
        for number, name in enumerate(VARIABLES, 1):
            await channel.set_variable(name, str(number))
        for name in VARIABLES:
            await channel.get_variable(name)
        for _ in range(2):
            await channel.stream_file("blip")
        for _ in range(2):
            await channel.wait_for_digit(0.001)
        await channel.hand_over("hangup", {})

    await AgiServer(settings, handler).start()
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


if __name__ == "__main__":
    name, number = sys.argv[1], int(sys.argv[2])
    if name == "pyst2":
        pyst2(number)
    elif name == "panoramisk":
        asyncio.run(panoramisk(number))
    else:
        import uvloop

        uvloop.run({"ours": ours, "panoramisk on uvloop": panoramisk}[name](number))
