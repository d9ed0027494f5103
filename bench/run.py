"""Measures the product beside its alternatives and prints ratios: `python bench/run.py [--quick] [--offset N] [--only PART]`.

In: the pbx tree of this checkout (CALLCENTER_PBX). Out: a table on standard output, the same as JSON with `--json FILE`.
Every figure is a median of interleaved rounds on a private Asterisk; a run in which a call failed or a CDR is missing is not reported, and
the exit code is 1. Absolute figures move with the machine and its load, ratios hold. What was measured when: docs/benchmarks.md.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import agi_capacity, agi_memory, ami_parse, popup
from bench.farm import Farm, farm

PROJECT = Path(__file__).resolve().parent.parent
VERB_RATES = (200.0, 100.0, 50.0, 25.0)
GOALS = {
    "capacity: 12 verbs / dialplan": (">=", 0.60),
    "capacity: shipped menu / same in dialplan": (">=", 0.85),
    "CPU per call: ours / panoramisk": ("<=", 0.80),
    "CPU per call: ours / pyst2 fork": ("<=", 0.30),
    "verb p99: ours / bare": ("<=", 1.3),
    "verb p99, database stalled: ours / bare": ("<=", 1.5),
    "KiB for a held session": ("<=", 40.0),
    "AMI parsing: ours / panoramisk": (">=", 3.0),
    "AMI parsing: ours, selected / panoramisk": (">=", 12.0),
    "screen-pop p50: websocket / raw AMI": ("<=", 5.0),
    "screen-pop p99, ms": ("<=", 20.0),
    "screen-pop before 180 Ringing": (">=", 0.99),
}


async def measure_cpu(made: Farm, quick: bool, found: dict[str, Any]) -> dict[str, float]:
    """CPU of the AGI servers for a call."""
    cpu = await agi_capacity.cpu_per_call(made, rounds=3 if quick else 5, rate=40, calls=160 if quick else 600)
    found["agi_cpu_ms_per_call"] = cpu
    return {
        "CPU per call: ours / panoramisk": cpu["ours"] / cpu["panoramisk"],
        "CPU per call: ours / panoramisk on uvloop": cpu["ours"] / cpu["panoramisk on uvloop"],
        "CPU per call: ours / pyst2 fork": cpu["ours"] / cpu["pyst2"],
    }


async def measure_capacity(made: Farm, quick: bool, found: dict[str, Any]) -> dict[str, float]:
    """Highest clean rates of the AGI servers and of the dialplan alone."""
    rate = await agi_capacity.capacity(made, rounds=1 if quick else 3, seconds=2.0 if quick else 4.0, start=160 if quick else 60)
    found["agi_clean_calls_per_s"] = rate
    if not all(rate.values()):
        raise RuntimeError(f"no clean run at the lowest rate: {', '.join(name for name, value in rate.items() if not value)}")
    return {
        "capacity: 12 verbs / dialplan": rate["ours"] / rate["dialplan"],
        "capacity: 12 verbs, panoramisk / dialplan": rate["panoramisk"] / rate["dialplan"],
        "capacity: 12 verbs, panoramisk on uvloop / dialplan": rate["panoramisk on uvloop"] / rate["dialplan"],
        "capacity: 12 verbs, pyst2 fork / dialplan": rate["pyst2"] / rate["dialplan"],
        "capacity: shipped menu / same in dialplan": rate["menu"] / rate["menu in dialplan"],
        "capacity: shipped menu, a verb for each file and digit / same in dialplan": rate["menu by verbs"] / rate["menu in dialplan"],
    }


async def measure_ami(made: Farm, quick: bool, found: dict[str, Any]) -> dict[str, float]:
    """Parsing of a recorded stream."""
    stream = await ami_parse.record(made, 60)
    if not ami_parse.same(stream, 20 if quick else 60):
        raise RuntimeError("the two parsers give different messages")
    repeated = stream * 10
    rate = ami_parse.rates(repeated, 3 if quick else 7)
    found["ami_messages_per_s"] = rate
    return {
        "AMI parsing: ours / panoramisk": rate["ours"] / rate["panoramisk"],
        "AMI parsing: ours, selected / panoramisk": rate["ours, selected"] / rate["panoramisk"],
    }


async def measure_latency(made: Farm, quick: bool, found: dict[str, Any]) -> dict[str, float]:
    """How long a verb takes in a crowd, beside the least that can be done for it."""
    p99 = await agi_capacity.verb_p99(made, rounds=3 if quick else 5, rates=VERB_RATES, seconds=3.0 if quick else 8.0)
    found["verb_p99_us"] = p99
    return {
        "verb p99: ours / bare": p99["ours"] / p99["bare"],
        "verb p99, database stalled: ours / bare": p99["ours with the store away"] / p99["bare"],
    }


async def measure_memory(made: Farm, quick: bool, found: dict[str, Any]) -> dict[str, float]:
    """What a caller in a menu costs."""
    return {"KiB for a held session": await agi_memory.kib_per_session(made.port("ours"))}


ON_FARM = {"ami": measure_ami, "cpu": measure_cpu, "capacity": measure_capacity, "latency": measure_latency, "memory": measure_memory}


async def measure(offset: int, quick: bool, only: str, found: dict[str, Any]) -> dict[str, float]:
    """Everything that was asked for."""
    pbx = Path(os.environ.get("CALLCENTER_PBX") or Path(os.environ.get("CALLCENTER_HOME", PROJECT / "var")) / "pbx")
    ratios: dict[str, float] = {}
    chosen = [measure for name, measure in ON_FARM.items() if only in ("", name)]
    if chosen:
        async with farm(pbx, offset) as made:
            for one in chosen:
                ratios |= await one(made, quick, found)
    if only in ("", "popup"):
        pops = found["popup_ms"] = await popup.latencies(offset, quick=quick)
        ratios["screen-pop p50: websocket / raw AMI"] = pops["websocket p50"] / pops["raw p50"]
        ratios["screen-pop p99, ms"] = pops["websocket p99"]
        ratios["screen-pop before 180 Ringing"] = pops["before 180"]
    return ratios


def table(ratios: dict[str, float]) -> Table:
    """As it is printed."""
    made = Table("ratio", "measured", "goal", "")
    for name, value in ratios.items():
        sign, goal = GOALS.get(name, ("", 0.0))
        reached = value >= goal if sign == ">=" else value <= goal
        made.add_row(name, f"{value:.2f}", f"{sign} {goal:g}" if sign else "", "" if not sign else "reached" if reached else "missed")
    return made


def main(
    quick: Annotated[bool, typer.Option(help="fewer and shorter rounds")] = False,
    offset: Annotated[int, typer.Option(help="ports of the private Asterisk")] = 9000,
    only: Annotated[str, typer.Option(help="ami, cpu, capacity, latency, memory or popup")] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="also write the figures here")] = None,
) -> None:
    """Measure it beside the alternatives."""
    found: dict[str, Any] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "cpus": os.cpu_count(), "python": platform.python_version()}
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the private Asterisk is ended, however this ends
    found["load_at_start"] = os.getloadavg()[0]
    try:
        ratios = asyncio.run(measure(offset, quick, only, found))
    except (RuntimeError, OSError) as failed:
        typer.echo(f"not reported: {failed}", err=True)
        raise typer.Exit(1) from failed
    found["ratios"] = ratios
    Console(width=120).print(table(ratios))
    typer.echo(json.dumps(found, indent=1))
    if json_file is not None:
        json_file.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    typer.run(main)
