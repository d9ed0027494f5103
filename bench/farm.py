"""A private Asterisk and SIPp callers for measuring: the shipped configuration with another dialplan, in a folder that is thrown away.

In: the pbx tree, an offset of ports. Out: `call(exten, rate, calls)` -> what SIPp and the CDR file counted. Ends everything it started.
A run whose calls, SIPp's successes and CDR rows differ is no result: `Burst.clean` is False and nothing is computed from it.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from callcenter.box.asterisk_conf import render
from callcenter.box.asterisk_process import command, sipp_command
from callcenter.settings import Secrets, Settings, load, load_secrets

BENCH = Path(__file__).parent
START_S, SETTLE_S = 60.0, 5.0
PORTS = {"ours": 1, "panoramisk": 2, "pyst2": 3, "panoramisk on uvloop": 4, "bare": 5, "ours with the store away": 6}

DIALPLAN = """[general]
static = yes
[from-trunk]
exten => _X!,1,Hangup(1)
exten => 1001,1,AGI(agi://127.0.0.1:{ours}/verbs)
 same => n,Hangup()
exten => 1002,1,AGI(agi://127.0.0.1:{panoramisk}/verbs)
 same => n,Hangup()
exten => 1003,1,AGI(agi://127.0.0.1:{pyst2}/verbs)
 same => n,Hangup()
exten => 1005,1,AGI(agi://127.0.0.1:{panoramisk_on_uvloop}/verbs)
 same => n,Hangup()
exten => 1004,1,Answer()
 same => n,Set(BENCH_A=1)
 same => n,Set(BENCH_B=2)
 same => n,Set(BENCH_C=3)
 same => n,Set(SEEN=${{BENCH_A}})
 same => n,Set(SEEN=${{BENCH_B}})
 same => n,Set(SEEN=${{BENCH_C}})
 same => n,Playback(blip)
 same => n,Playback(blip)
 same => n,Wait(0.001)
 same => n,Wait(0.001)
 same => n,Set(CC_DONE=hangup)
 same => n,Hangup()
exten => 1011,1,Answer()
 same => n,AGI(agi://127.0.0.1:{ours}/menu)
 same => n,Hangup()
exten => 1012,1,Answer()
 same => n,AGI(agi://127.0.0.1:{ours}/menu-by-verbs)
 same => n,Hangup()
exten => 1006,1,AGI(agi://127.0.0.1:{bare}/verbs)
 same => n,Hangup()
exten => 1007,1,AGI(agi://127.0.0.1:{ours_with_the_store_away}/verbs)
 same => n,Hangup()
exten => 1014,1,Answer()
 same => n,Gosub(cc-menu,s,1(blip&blip&blip,1,0.05,0.05))
 same => n,Set(SEEN=${{GOSUB_RETVAL}})
 same => n,Set(CC_DONE=hangup)
 same => n,Hangup()
#include "{folder}/etc/extensions.d/agi-verbs.conf"
"""
MANAGER = """[general]
enabled = yes
bindaddr = 127.0.0.1
port = {port}
[callcenter]
secret = {secret}
read = all
write = reporting
writetimeout = 5000
"""


@dataclass(frozen=True, slots=True)
class Burst:
    """What one run of SIPp came to."""

    calls: int
    succeeded: int
    cdrs: int
    elapsed_s: float
    rate: float

    @property
    def whole(self) -> bool:
        """Every call succeeded and has its CDR."""
        return self.calls == self.succeeded == self.cdrs

    @property
    def clean(self) -> bool:
        """Whole, and no call had to wait for the machine."""
        return self.whole and self.elapsed_s <= self.calls / self.rate * 1.15 + 1.0


class Farm:
    """One running Asterisk. Use `farm(...)`."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self.settings, self.secrets = settings, secrets
        self._cdr = settings.asterisk_folder / "log" / "cdr-custom" / "hotline.csv"

    def port(self, server: str) -> int:
        """Where the AGI server of this name listens."""
        return self.settings.port("agi") + PORTS[server]

    async def call(self, exten: str, rate: float, calls: int) -> Burst:
        """Let SIPp place `calls` calls at `rate` a second."""
        before = self._rows()
        line = [*sipp_command(self.settings), "-sf", str(BENCH / "uac.xml"), "-s", exten, f"127.0.0.1:{self.settings.port('sip')}"]
        line += ["-i", "127.0.0.1", "-p", str(self.settings.port("sip") + 500), "-r", str(rate), "-m", str(calls), "-l", "2000"]
        line += ["-nostdin", "-timeout", str(int(calls / rate * 3 + 15)), "-timeout_error", "-recv_timeout", "8000"]
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(*line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = (await process.communicate())[0].decode(errors="replace")
        elapsed = time.perf_counter() - began
        found = re.findall(r"Successful call\s*\|\s*\d+\s*\|\s*(\d+)", said)
        await self._settle(before + calls)
        return Burst(calls, int(found[-1]) if found else 0, self._rows() - before, elapsed, rate)

    async def _settle(self, rows: int) -> None:
        deadline = time.monotonic() + SETTLE_S
        while self._rows() < rows and time.monotonic() < deadline:  # noqa: ASYNC110 - a file that Asterisk writes
            await asyncio.sleep(0.05)

    def _rows(self) -> int:
        return self._cdr.read_bytes().count(b"\n") if self._cdr.exists() else 0


@asynccontextmanager
async def farm(pbx: Path, offset: int) -> AsyncIterator[Farm]:
    """Start Asterisk, and end it and its folder afterwards."""
    home = Path(tempfile.mkdtemp(prefix="ccbench-"))
    settings = load({"home": home, "pbx": pbx, "offset": offset}, {})
    made = Farm(settings, load_secrets(home))
    conf = _configure(made)
    with (home / "asterisk.out").open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command(settings, conf), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        await listening(settings.port("ami"), process)
        yield made
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def agi_server(made: Farm, name: str, file: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    """One of the AGI servers of agi_servers.py, in a process of its own. `file`: where it writes round trips."""
    port = made.port(name)
    line = [sys.executable, "-m", "bench.agi_servers", name, str(port), *([file] if file else [])]
    process = await asyncio.create_subprocess_exec(*line, cwd=BENCH.parent, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        await listening(port, process)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _configure(made: Farm) -> Path:
    settings = made.settings
    conf = render(settings, made.secrets)
    folder = settings.asterisk_folder
    ports = {name.replace(" ", "_"): made.port(name) for name in PORTS}
    (folder / "etc" / "extensions.conf").write_text(DIALPLAN.format(folder=folder, **ports))
    (folder / "etc" / "manager.conf").write_text(MANAGER.format(port=settings.port("ami"), secret=made.secrets.ami))
    (folder / "data" / "sounds" / "blip.alaw").write_bytes(b"\xd5" * 160)
    return conf


async def listening(port: int, process: asyncio.subprocess.Process) -> None:
    """Returns when the port is open. It is not tried by connecting: one connection without a header freezes panoramisk's server for good."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.returncode is not None:
            raise RuntimeError("a program of the bench ended at its start")
        if any(one.laddr.port == port for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN):
            return
        await asyncio.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")
