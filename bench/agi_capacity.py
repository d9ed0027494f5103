"""AGI beside its alternatives: the highest clean rate of calls, and the controller's CPU for a call.

In: a running farm. Out: medians over interleaved rounds, and their ratios. A rate counts only when every call succeeded, has its CDR and none
had to wait; a CPU figure only when its run was whole.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import psutil

from bench.farm import Burst, Farm, agi_server
from tests.support.waiting import until

EXTENS = {"ours": "1001", "panoramisk": "1002", "pyst2": "1003", "panoramisk on uvloop": "1005"}
EXTENS |= {"dialplan": "1004", "menu": "1011", "menu by verbs": "1012", "menu in dialplan": "1014"}
LATENCY = {"bare": "1006", "ours": "1001", "ours with the store away": "1007"}
SERVERS = ("ours", "panoramisk", "pyst2", "panoramisk on uvloop")
STEP, HALVINGS = 1.25, 2


async def highest_clean_rate(made: Farm, exten: str, start: float, seconds: float) -> float:
    """Climb by STEP until a rate fails twice, then halve the last step twice: known to about 6 %. 0 when the first rate fails."""
    best, rate = 0.0, start
    while await _is_clean(made, exten, rate, seconds):
        best, rate = rate, round(rate * STEP)
    failed = rate
    for _ in range(HALVINGS if best else 0):
        rate = round((best * failed) ** 0.5)
        if await _is_clean(made, exten, rate, seconds):
            best = rate
        else:
            failed = rate
    return best


async def _is_clean(made: Farm, exten: str, rate: float, seconds: float) -> bool:
    calls = int(rate * seconds)
    return (await made.call(exten, rate, calls)).clean or (await made.call(exten, rate, calls)).clean


async def capacity(made: Farm, *, rounds: int, seconds: float, start: float) -> dict[str, float]:
    """Highest clean rate of each way, the median of interleaved rounds."""
    found: dict[str, list[float]] = {name: [] for name in EXTENS}
    async with AsyncExitStack() as stack:
        for name in SERVERS:
            await stack.enter_async_context(agi_server(made, name))
        for _ in range(rounds):
            for name, exten in EXTENS.items():
                found[name].append(await highest_clean_rate(made, exten, start / 4 if name == "pyst2" else start, seconds))
    return {name: median(rates) for name, rates in found.items()}


async def cpu_per_call(made: Farm, *, rounds: int, rate: float, calls: int) -> dict[str, float]:
    """Milliseconds of the controller's CPU for a call at `rate`. Raises RuntimeError when no round was whole."""
    found: dict[str, list[float]] = {name: [] for name in SERVERS}
    async with AsyncExitStack() as stack:
        processes = {name: psutil.Process((await stack.enter_async_context(agi_server(made, name))).pid) for name in SERVERS}
        for name in SERVERS:
            await made.call(EXTENS[name], rate, int(rate))
        for _ in range(rounds):
            for name in SERVERS:
                before = used_s(processes[name])
                burst: Burst = await made.call(EXTENS[name], rate, calls)
                if burst.whole:
                    found[name].append((used_s(processes[name]) - before) / calls * 1000)
    for name, values in found.items():
        if not values:
            raise RuntimeError(f"no whole run of {name} at {rate} calls/s")
    return {name: median(values) for name, values in found.items()}


async def verb_p99(made: Farm, *, rounds: int, rates: Sequence[float], seconds: float) -> dict[str, float]:
    """Microseconds of the slowest hundredth of the verbs that Asterisk answers at once: medians of interleaved rounds, and the `rate` of calls.

    At the first of `rates` that the bare server takes without making a call wait: a larger crowd would measure the machine's queue and nothing else.
    """
    found: dict[str, list[float]] = {name: [] for name in LATENCY}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="ccbench-trips-")))
        files = {name: folder / f"{number}.json" for number, name in enumerate(LATENCY)}
        servers = {name: await stack.enter_async_context(agi_server(made, name, str(files[name]))) for name in LATENCY}
        rate = await _first_clean(made, rates)
        for name in LATENCY:
            await made.call(LATENCY[name], rate, int(rate))
            await _round_trips(servers[name], files[name])
        for _ in range(rounds):
            for name in LATENCY:
                burst = await made.call(LATENCY[name], rate, int(rate * seconds))
                trips = await _round_trips(servers[name], files[name])
                if burst.whole:
                    found[name].append(quantiles(trips, n=100)[98])
    for name, values in found.items():
        if not values:
            raise RuntimeError(f"no whole run of {name} at {rate} calls/s")
    return {name: median(values) for name, values in found.items()} | {"rate": rate}


async def _first_clean(made: Farm, rates: Sequence[float]) -> float:
    for rate in rates:
        if (await made.call(LATENCY["bare"], rate, int(rate * 3))).clean:
            return rate
    raise RuntimeError(f"calls had to wait at {rates[-1]:g} calls/s already")


async def _round_trips(server: asyncio.subprocess.Process, file: Path) -> list[float]:
    """What the server measured since the last time."""
    server.send_signal(signal.SIGUSR1)

    def whole() -> list[float]:
        try:
            trips = json.loads(file.read_text())
            file.unlink()
        except (FileNotFoundError, ValueError):
            return []
        return trips

    return await until(whole, 60, "round trips are told")


def used_s(process: psutil.Process) -> float:
    """CPU of a process and of its children, dead and alive."""
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        times = one.cpu_times()
        total += times.user + times.system + (times.children_user + times.children_system if one is process else 0.0)
    return total
