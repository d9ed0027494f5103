"""One supervised process: how it is started, when it counts as ready, how it is stopped.

In: a `Part` (what to run, as whom, how it shows that it lives). Out: `Child`, a running process with its log file and its heartbeat.
Every child is bound to us by the kernel: when we die, however we die, it gets the part's death signal.
Output goes to `<home>/log/<part>.log`, never to the terminal of `up`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callcenter.box.child import die_with_parent
from callcenter.box.heartbeat import Heartbeat

_LOG_LIMIT = 50 * 2**20


@dataclass(frozen=True, slots=True)
class Part:
    """One process that is to live. `probe`: true once it works, for parts without a heartbeat. `standby`: a warm second waits for "go".

    `niceness` as in nice(1); below 0 it needs root and is else left alone. `optional`: the product starts and runs without it, and it is tried
    again for ever. `silence_limit_s`: of its heartbeat; 0: as for the others.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    identity: Mapping[str, Any] = field(default_factory=dict)
    probe: Callable[[], Awaitable[bool]] | None = None
    heartbeat: bool = False
    standby: bool = False
    niceness: int = 0
    optional: bool = False
    silence_limit_s: float = 0.0
    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGKILL


@dataclass(slots=True)
class Child:
    """A running process of a part."""

    part: Part
    process: asyncio.subprocess.Process
    log: Path
    heart: Heartbeat | None
    gone: asyncio.Task[int]
    log_from: int = 0

    @property
    def alive(self) -> bool:
        return not self.gone.done()

    def send(self, number: int) -> None:
        """Signals the process; one that is gone already is no error."""
        if self.alive:
            try:
                self.process.send_signal(number)
            except ProcessLookupError:
                return

    async def go(self) -> None:
        """Tells a standby to take over."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")
        if self.heart:
            self.heart.restart()
        await self.process.stdin.drain()

    def forget(self) -> None:
        """Frees what we held for it."""
        if self.heart:
            self.heart.close()
        if self.process.stdin is not None:
            self.process.stdin.close()

    def last_words(self, lines: int = 12) -> str:
        """The end of its log; empty when somebody removed it."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(self.log_from, self.log.stat().st_size - 8192))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


async def launch(part: Part, log_folder: Path, run_folder: Path, serial: int, *, standby: bool = False) -> Child:
    """Starts a process of `part`. Raises OSError when its program cannot be run."""
    heart = Heartbeat(run_folder / f"{part.name}-{serial}.notify") if part.heartbeat else None
    environment = {**os.environ, **part.environment}
    environment.pop("NOTIFY_SOCKET", None)
    if heart:
        environment["NOTIFY_SOCKET"] = str(heart.path)
    log = log_folder / f"{part.name}.log"
    log_from = log.stat().st_size if log.exists() else 0
    try:
        process = await _started(part, log, environment, standby)
    except OSError:
        if heart:
            heart.close()
        raise
    with contextlib.suppress(PermissionError, ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process.pid, part.niceness)
    return Child(part, process, log, heart, asyncio.create_task(process.wait(), name=f"gone:{part.name}:{process.pid}"), log_from)


async def _started(part: Part, log: Path, environment: Mapping[str, str], standby: bool) -> asyncio.subprocess.Process:
    command = [*part.command, *(["--standby"] if standby else [])]
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE if standby else asyncio.subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            env=environment,
            start_new_session=True,
            umask=0o077,
            preexec_fn=die_with_parent(part.death_signal),
            **part.identity,
        )
    finally:
        os.close(handle)


def trim_log(log: Path, limit: int = _LOG_LIMIT) -> None:
    """Keeps one older file when the log has outgrown `limit`; none on a full disk. Writers append, so they go on in the emptied file."""
    if not log.exists() or log.stat().st_size <= limit:
        return
    older = log.with_suffix(".log.1")
    try:
        with log.open("rb") as source, older.open("wb") as target:
            os.sendfile(target.fileno(), source.fileno(), 0, log.stat().st_size)
    except OSError:
        older.unlink(missing_ok=True)
    os.truncate(log, 0)
