"""`callcenter up`: everything on this machine, from nothing to the ready line, until Ctrl-C.

In: settings. Out: a supervised PostgreSQL, Asterisk, controller (with a warm second), worker, speech and, for a LAN, nginx; an exit code.
The order: lock, checks, Asterisk tree, database, migration, demo data, configuration and its audit, Asterisk, worker, controller, speech (which
nothing waits for), nginx.
Invariant: whatever happens here, at the end no process, port, socket or lock of this instance is left. The operator's view: docs/operations.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

from callcenter import log
from callcenter.box import audit, checks, demo, lan, machine, node_name, pbx, places, postgres
from callcenter.box.findings import Level, NotFit, allowed, refuse_bad
from callcenter.box.parts import Part
from callcenter.box.supervisor import Supervisor
from callcenter.errors import CallCenterError, ConfigError
from callcenter.settings import Secrets, Settings, load_secrets

T = TypeVar("T")
_log = log.get("up")
FAILED = 1
REFUSED = 2


class Stopped(CallCenterError):
    """The operator asked us to end while we were starting."""


def run(settings: Settings, console: Console) -> int:
    """Blocks until stopped. 0: stopped in order; 1: a part failed; 2: the machine or the configuration was refused."""
    os.umask(0o077)
    try:
        places.make_home(settings.home)
        with instance_lock(places.private_folder(settings.run_folder)):
            return asyncio.run(Box(settings, console).run())
    except ConfigError as wrong:
        console.print(f"[red]cannot start[/] {escape(str(wrong))}", highlight=False, soft_wrap=True)
        return REFUSED


@contextlib.contextmanager
def instance_lock(folder: Path) -> Iterator[None]:
    """One `up` a home; the kernel frees it when we die. Raises ConfigError."""
    path = folder / places.LOCK
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 32).decode(errors="replace").strip()
            mend = "stop it first, or give this one its own CALLCENTER_HOME and --offset"
            raise ConfigError(str(folder), f"is in use by another `callcenter up` (pid {holder})", mend) from None
        os.truncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
        path.unlink(missing_ok=True)
    finally:
        os.close(handle)


class Box:
    """One machine's instance while it runs."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self._settings, self._console = settings, console
        self._stop = asyncio.Event()
        sockets = places.private_folder(places.runtime_folder(settings.home) / "notify")
        self._supervisor = Supervisor(settings.timeouts, places.private_folder(settings.home / "log"), sockets, settings.run_folder)

    async def run(self) -> int:
        """From the first check to the last process."""
        self._listen_to_signals()
        try:
            return await self._until_stopped()
        except Stopped:
            return 0
        except CallCenterError as wrong:
            self._say(f"[red]cannot start[/] {escape(str(wrong))}")
            return REFUSED if isinstance(wrong, ConfigError | NotFit) else FAILED
        finally:
            await self._supervisor.stop()
            places.remove_runtime(self._settings.home)
            self._say("stopped: nothing of this instance is left running")

    async def _until_stopped(self) -> int:
        start = asyncio.create_task(self._start(), name="start")
        stop = asyncio.create_task(self._stop.wait(), name="stop")
        try:
            await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not start.done():
                return 0
            self._say(start.result())
            await stop
            self._say("stopping")
            return 0
        finally:
            for task in (start, stop):
                task.cancel()
            await asyncio.wait({start, stop})

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop)

    def _asked_to_stop(self) -> None:
        if self._stop.is_set():
            _log.warning("asked to stop again, ending everything at once")
            self._supervisor.kill()
        self._stop.set()

    # -- starting, step by step ------------------------------------------------------------------------------------------

    async def _start(self) -> str:
        """Everything in order; the ready line. Raises CallCenterError."""
        began = time.monotonic()
        await self._step("machine", self._check_machine)
        tree = await self._step("Asterisk", self._find_asterisk)
        settings = self._settings = machine.with_tree(self._settings, tree.root)
        secrets = load_secrets(settings.home)
        await self._start_database(settings, secrets)
        url = postgres.database_url(settings, secrets)
        await self._step("tables", lambda: machine.migrate(url))
        logins = await self._step("demo hospital", lambda: demo.load(settings, url)) if settings.demo else {}
        conf = await self._step("configuration", lambda: self._configure(secrets))
        await self._supervise("asterisk running", machine.asterisk_part(settings, conf))
        await self._supervise("worker", machine.work_part(settings))
        await self._supervise("controller", machine.serve_part(settings))
        if settings.speech.enabled:
            await self._supervisor.start(machine.speech_part(settings))
        if settings.lan:
            await self._supervise("nginx", await asyncio.to_thread(lan.part, settings))
        await self._step("open ports", lambda: refuse_bad(audit.listening(settings)))
        return machine.ready_line(settings, logins, time.monotonic() - began)

    def _check_machine(self) -> None:
        findings = checks.before_start(self._settings)
        for one in allowed(findings):
            if one.level is Level.NOTE:
                self._say(f"[yellow]![/] {escape(one.says)}")
        refuse_bad(findings)

    def _find_asterisk(self) -> pbx.Tree:
        return pbx.find(self._settings) or pbx.fetch(self._settings, self._progress)

    def _configure(self, secrets: Secrets) -> Path:
        conf = machine.render(self._settings, secrets)
        cluster = None if self._settings.database_url else postgres.plan(self._settings)
        machine.audit_configuration(self._settings, conf, cluster)
        return conf

    async def _start_database(self, settings: Settings, secrets: Secrets) -> None:
        if settings.database_url:
            await self._step("database", lambda: node_name.refuse_taken(settings))
            return
        cluster = postgres.plan(settings)
        await self._step("PostgreSQL", lambda: postgres.prepare(cluster))
        await self._supervise("PostgreSQL running", machine.postgres_part(cluster))
        await self._step("database", lambda: postgres.ensure_database(cluster, secrets.database))

    # -- showing it --------------------------------------------------------------------------------------------------------

    async def _step(self, title: str, work: Callable[[], T]) -> T:
        """One blocking step, in a thread so that what runs already stays supervised."""
        began = time.monotonic()
        with self._console.status(title) as status:
            self._progress = lambda words: self._tell(status.update, title, words)
            result = await asyncio.to_thread(work)
        self._tick(title, began)
        return result

    def _tell(self, update: Callable[[str], None], title: str, words: str) -> None:
        """Progress of a step that runs in a thread; ends the step when the operator wants to stop."""
        if self._stop.is_set():
            raise Stopped(f"stopped while preparing {title}")
        update(f"{title}: {escape(words)}")

    async def _supervise(self, title: str, part: Part) -> None:
        began = time.monotonic()
        with self._console.status(title):
            await self._supervisor.start(part)
        self._tick(title, began)

    def _tick(self, title: str, began: float) -> None:
        self._say(f"[green]✓[/] {title} ({time.monotonic() - began:.1f} s)")

    def _say(self, words: str) -> None:
        self._console.print(words, highlight=False, soft_wrap=True)
