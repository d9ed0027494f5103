"""What a caller costs while he listens: memory of a controller with hundreds of whole sessions, each held in its first menu.

In: nothing; Asterisk's side of each connection is played by this process. Out: KiB for a session. The controller's side is a process of its own with
the shipped flows, a journal on disk and everything a visit needs but the database. `python -m bench.agi_memory PORT` is that process.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from bench.farm import listening
from tests.fakes.agi_peer import AgiPeer
from tests.support.waiting import until

PROJECT = Path(__file__).resolve().parent.parent
WARM_UP, HELD = 100, 500


async def kib_per_session(port: int) -> float:
    """Between 100 and 600 held sessions, so that what the first ones load once does not count."""
    line = [sys.executable, "-m", "bench.agi_memory", str(port)]
    process = await asyncio.create_subprocess_exec(*line, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peers: list[AgiPeer] = []
    try:
        await listening(port, process)
        await _hold(peers, port, WARM_UP)
        before = psutil.Process(process.pid).memory_info().rss
        await _hold(peers, port, HELD)
        return (psutil.Process(process.pid).memory_info().rss - before) / HELD / 1024
    finally:
        process.kill()
        await process.wait()
        for peer in peers:
            await peer.close()


async def _hold(peers: list[AgiPeer], port: int, more: int) -> None:
    """So many callers more, each in his first menu: its verb is never answered."""
    fresh = [await AgiPeer.connect(port, f"node1-{len(peers) + number}.0") for number in range(more)]
    peers += fresh
    answering = [asyncio.create_task(peer.answer_all(_answer), name="bench:asterisk") for peer in fresh]
    await until(lambda: all(any(verb.startswith("GOSUB cc-menu") for verb in peer.verbs) for peer in fresh), 60, "all callers are in the menu")
    for task in answering:
        task.cancel()
    await asyncio.gather(*answering, return_exceptions=True)


def _answer(verb: str) -> str:
    return "100 result=0 Trying...\n" if verb.startswith("GOSUB cc-menu") else "200 result=1\n"


async def serve(port: int, home: Path) -> None:
    """A controller of sessions only."""
    from callcenter.app.clock import SystemClock
    from callcenter.bus import Bus
    from callcenter.cti.agi_channel import AgiChannel
    from callcenter.cti.agi_protocol import AgiRequest, AgiSocket
    from callcenter.cti.agi_server import AgiServer
    from callcenter.journal import FileJournal
    from callcenter.session import CallSession, Visit
    from callcenter.settings import Network, Settings, Timeouts
    from tests.unit.ivr.fakes import World

    settings = Settings(home=home, network=Network(agi_port=port))
    journal = FileJournal(home / "journal", "node1")
    made = World(journal=journal, events=Bus(journal.append_event), clock=SystemClock(), timeouts=Timeouts())

    async def voice(spoken: object, language: str) -> tuple[str, ...]:
        return ("choose_language",)

    async def handler(request: AgiRequest, socket: AgiSocket) -> None:
        visit = Visit(request.uniqueid, 1, "", "main_menu", "+8613900000001", "95120", request.uniqueid)
        await CallSession(visit, AgiChannel(request, socket, settings, voice), made.tools).run()

    await AgiServer(settings, handler).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    with tempfile.TemporaryDirectory(prefix="ccbench-memory-") as folder:
        uvloop.run(serve(int(sys.argv[1]), Path(folder)))
