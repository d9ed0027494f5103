"""Keeps the parts of one machine alive: starts them in order, replaces what dies or freezes, stops them in order.

In: `Part`s. Out: running processes and a log line for every change. A part with a heartbeat that is silent for `heartbeat_limit_s` is killed with
SIGKILL; a part with a standby is replaced by a process that has everything imported and waits for one word.
Must not know what the parts do. Invariant: after `stop()` no process that was started here is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from callcenter import log
from callcenter.box.parts import Child, Part, launch, trim_log
from callcenter.errors import CallCenterError
from callcenter.settings import Timeouts

_log = log.get("supervisor")
_PROBE_EVERY_S = 0.05
_LIVED_LONG_S = 10.0
_PAUSES_S = (0.0, 0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
_LOG_CHECK_S = 60.0


class PartFailed(CallCenterError):
    """A part did not start; the end of its log stands in the message."""


class Keeper:
    """One part and whatever process plays it at the moment. One task (`keep`) starts, watches and replaces."""

    def __init__(self, part: Part, timeouts: Timeouts, launcher: Callable[[Part, bool], Awaitable[Child]], pid_file: Path) -> None:
        self.part, self._timeouts, self._launcher, self._pid_file = part, timeouts, launcher, pid_file
        self.child: Child | None = None
        self.standby: Child | None = None
        self.restarts = 0
        self._stopping = False
        self._first_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when the part works; at once for one that is optional. Raises PartFailed when its first process does not get there."""
        self._task = asyncio.create_task(self._keep(), name=f"keep:{self.part.name}")
        if not self.part.optional:
            await self._first_ready

    async def stop(self) -> None:
        """Ends the part: its stop signal, a grace, then SIGKILL."""
        self._stopping = True
        for child in (self.standby, self.child):
            if child is not None:
                await self._end(child)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        for child in (self.standby, self.child):
            if child is not None:
                await self._end(child)
        self._pid_file.unlink(missing_ok=True)

    # -- the life of the part ------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        failures = 0
        while not self._stopping:
            began = time.monotonic()
            try:
                reason = await self._one_life()
            except Exception:  # noqa: BLE001 - outermost frame of the task that keeps a part
                _log.exception("supervision failed", name=self.part.name)
                reason = self._failed_to_start("supervision failed; the log line above says why")
            if self._stopping:
                return
            failures = 0 if time.monotonic() - began > _LIVED_LONG_S else failures + 1
            pause_s = _PAUSES_S[min(failures, len(_PAUSES_S) - 1)]
            _log.warning("part ended, starting it again", name=self.part.name, reason=reason, pause_s=pause_s, restarts=self.restarts)
            self.restarts += 1
            await asyncio.sleep(pause_s)

    async def _one_life(self) -> str:
        """From the start of a process to its end; why it ended."""
        try:
            child = self.child = await self._take()
        except OSError as wrong:
            return self._failed_to_start(f"cannot be run: {wrong}")
        try:
            reason = await self._watch(child)
        finally:
            if not self._stopping:
                child.send(signal.SIGKILL)
                await child.gone
                child.forget()
                self.child = None
        return reason if self._first_ready.done() else self._failed_to_start(f"{reason}\n{child.last_words()}")

    def _failed_to_start(self, reason: str) -> str:
        if not self._first_ready.done() and not self.part.optional:
            self._stopping = True
            self._first_ready.set_exception(PartFailed(f"{self.part.name}: {reason}\n  mend: read its log in the log folder, then start again"))
        return reason

    async def _take(self) -> Child:
        warm, self.standby = self.standby, None
        if warm is None or not warm.alive:
            if warm is not None:
                warm.forget()
            return await self._launcher(self.part, False)
        with contextlib.suppress(ConnectionError):
            await warm.go()
        return warm

    async def _watch(self, child: Child) -> str:
        ready = asyncio.create_task(self._becomes_ready(child), name=f"ready:{self.part.name}")
        try:
            await asyncio.wait({ready, child.gone}, timeout=self._timeouts.part_start_s, return_when=asyncio.FIRST_COMPLETED)
            if not child.alive:
                return self._exit_words(child)
            if not ready.done():
                return f"was not ready after {self._timeouts.part_start_s:g} s"
            ready.result()
        finally:
            ready.cancel()
        self._note_pid(child)
        tell = _log.info if self._first_ready.done() else _log.debug
        tell("part is ready", name=self.part.name, pid=child.process.pid)
        if not self._first_ready.done():
            self._first_ready.set_result(None)
        await self._prepare_standby()
        return await self._until_it_ends(child)

    def _note_pid(self, child: Child) -> None:
        """For people; a full disk must not end what works."""
        try:
            self._pid_file.write_text(f"{child.process.pid}\n")
        except OSError as refused:
            _log.warning("pid file not written", name=self.part.name, error=refused.strerror)

    async def _becomes_ready(self, child: Child) -> None:
        if child.heart is not None:
            await child.heart.ready.wait()
        elif self.part.probe is not None:
            while True:
                if await self.part.probe():
                    return
                await asyncio.sleep(_PROBE_EVERY_S)

    async def _until_it_ends(self, child: Child) -> str:
        limit_s = self.part.silence_limit_s or self._timeouts.heartbeat_limit_s
        while child.alive:
            silent_s = child.heart.silent_s if child.heart else 0.0
            if silent_s >= limit_s and not self._stopping:
                return f"was silent for {silent_s:.1f} s"
            await asyncio.wait({child.gone}, timeout=max(0.02, limit_s - silent_s) if child.heart else _LOG_CHECK_S)
            await self._replace_dead_standby()
            trim_log(child.log)
        return self._exit_words(child)

    def _exit_words(self, child: Child) -> str:
        code = child.gone.result()
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    # -- the one that waits --------------------------------------------------------------------------------------------

    async def _prepare_standby(self) -> None:
        if self.part.standby and self.standby is None and not self._stopping:
            try:
                self.standby = await self._launcher(self.part, True)
            except OSError as wrong:
                _log.warning("no standby", name=self.part.name, reason=str(wrong))

    async def _replace_dead_standby(self) -> None:
        if self.standby is not None and not self.standby.alive and not self._stopping:
            _log.warning("standby ended", name=self.part.name, reason=self._exit_words(self.standby))
            self.standby.forget()
            self.standby = None
            await self._prepare_standby()

    async def _end(self, child: Child) -> None:
        grace_s = self._timeouts.shutdown_grace_s
        for number, wait_s in ((signal.SIGTERM if child is self.standby else self.part.stop_signal, 2 * grace_s), (signal.SIGKILL, grace_s)):
            child.send(number)
            await asyncio.wait({child.gone}, timeout=wait_s)
            if not child.alive:
                break
            _log.warning("part does not stop in time", name=self.part.name, pid=child.process.pid)
        child.forget()
        if child is self.standby:
            self.standby = None
        else:
            self.child = None


class Supervisor:
    """All parts of one machine, in the order they were started."""

    def __init__(self, timeouts: Timeouts, log_folder: Path, socket_folder: Path, pid_folder: Path) -> None:
        self._timeouts, self._log_folder, self._socket_folder, self._pid_folder = timeouts, log_folder, socket_folder, pid_folder
        self._serial = itertools.count(1)
        self.keepers: dict[str, Keeper] = {}

    async def start(self, part: Part) -> None:
        """Returns when `part` works; from then on it is kept alive. Raises PartFailed."""
        keeper = self.keepers[part.name] = Keeper(part, self._timeouts, self._launch, self._pid_folder / f"{part.name}.pid")
        await keeper.start()

    async def stop(self) -> None:
        """Ends everything, last started first. May be called at any time, also while a part is starting."""
        for keeper in reversed(list(self.keepers.values())):
            await keeper.stop()
            _log.info("part stopped", name=keeper.part.name)
        self.keepers.clear()

    def kill(self) -> None:
        """No more patience: SIGKILL for every process."""
        for keeper in self.keepers.values():
            for child in (keeper.child, keeper.standby):
                if child is not None:
                    child.send(signal.SIGKILL)

    async def _launch(self, part: Part, standby: bool) -> Child:
        return await launch(part, self._log_folder, self._socket_folder, next(self._serial), standby=standby)
