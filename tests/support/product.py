"""The whole product, as `callcenter up --demo` starts it, on ports of its own.

In: a home and an offset. Out: a running instance, its people, its API and the facts it has written down. Nothing of it is left afterwards.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import psutil

from callcenter.box import g711, postgres
from callcenter.crm_gateway import snapshot_file
from callcenter.settings import Secrets, Settings, load_secrets
from crm.telephony.administered import Administered
from tests.support.instances import PROJECT, configuration, settings_for
from tests.support.journal_view import JournalView
from tests.support.waiting import until
from tests.support.witness import Witness

READY_S = 180.0
PATIENCE_S = 20.0
BRIEF = ("recording_notice", "connecting", "goodbye")


class Api:
    """One signed-in user. Answers with a problem are AssertionErrors unless `expect` names their status."""

    def __init__(self, base: str) -> None:
        self._client = aiohttp.ClientSession(base, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._csrf = ""
        self.user: dict[str, Any] = {}

    async def sign_in(self, username: str, password: str) -> Api:
        """As somebody who is told to try again in a moment does: on a machine that many tests share a database may answer late."""

        async def let_in() -> Any:
            async with self._client.post("/api/login", json={"username": username, "password": password}) as answer:
                return None if answer.status == 503 else await self._body(answer, 0)

        body = await until(let_in, PATIENCE_S, "the database answers who signs in", every_s=0.5)
        self._csrf, self.user = body["csrf"], body["user"]
        return self

    async def get(self, path: str, expect: int = 200, **query: str) -> Any:
        async with self._client.get(path, params=query) as answer:
            return await self._body(answer, expect)

    async def post(self, path: str, body: Any, expect: int = 0) -> Any:
        async with self._client.post(path, json=body, headers={"X-CSRF-Token": self._csrf}) as answer:
            return await self._body(answer, expect)

    async def put(self, path: str, body: Any) -> Any:
        async with self._client.put(path, json=body, headers={"X-CSRF-Token": self._csrf}) as answer:
            return await self._body(answer, 0)

    async def content(self, path: str) -> bytes:
        async with self._client.get(path) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.read()

    async def content_of_post(self, path: str, body: Any) -> bytes:
        async with self._client.post(path, json=body, headers={"X-CSRF-Token": self._csrf}) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.read()

    async def _body(self, answer: aiohttp.ClientResponse, expect: int) -> Any:
        text = await answer.text()
        assert answer.status == expect if expect else answer.status < 300, f"{answer.method} {answer.url.path}: {answer.status} {text[:500]}"
        return json.loads(text) if text else None

    async def close(self) -> None:
        await self._client.close()


class Product:
    """A running instance."""

    def __init__(self, settings: Settings, secrets: Secrets, log: Path) -> None:
        self.settings, self.secrets, self.log = settings, secrets, log
        self.witness = Witness(settings, secrets)
        self.base = f"http://127.0.0.1:{settings.port('http')}"
        self.passwords: dict[str, str] = json.loads((settings.home / "demo-credentials.json").read_text())
        self._open: list[Api] = []
        self._journal = JournalView(settings.journal_folder / settings.node)

    async def api(self, username: str) -> Api:
        """A session of its own for this demo user."""
        session = Api(self.base)
        self._open.append(session)
        return await session.sign_in(username, self.passwords[username])

    async def close(self) -> None:
        for session in self._open:
            await session.close()
        await asyncio.to_thread(self.witness.close)

    @property
    def _database_url(self) -> str:
        return postgres.database_url(self.settings, self.secrets).replace("postgresql+asyncpg", "postgresql")

    # -- what it wrote down ----------------------------------------------------------------------------------------------

    def facts(self, linkedid: str, kind: str = "") -> list[dict[str, Any]]:
        """What the journal says of a call so far."""
        return self._journal.of(linkedid, kind)

    def nodes(self, linkedid: str) -> list[str]:
        return [one["data"]["node"] for one in self.facts(linkedid, "node_entered")]

    async def sql(self, text: str, *values: Any) -> list[Any]:
        """One statement on the instance's database."""
        link = await asyncpg.connect(self._database_url)
        try:
            return await link.fetch(text, *values)
        finally:
            await link.close()

    async def administer(self, statements: str, taken: Callable[[Administered], bool]) -> None:
        """Change what people administer, in one transaction; returns when the controller works with it."""
        link = await asyncpg.connect(self._database_url)
        try:
            await link.execute(statements)
        finally:
            await link.close()

        def known() -> bool:
            found = snapshot_file.read(self.settings.run_folder / "directory.json")
            return found is not None and taken(found)

        await until(known, 15, "the controller knows what was administered", every_s=0.1)

    # -- its processes -----------------------------------------------------------------------------------------------------

    def pid(self, part: str) -> int:
        return int((self.settings.run_folder / f"{part}.pid").read_text())

    def kill(self, part: str, number: int = signal.SIGKILL) -> int:
        """Signal a part of this instance; its pid."""
        pid = self.pid(part)
        os.kill(pid, number)
        return pid

    async def answers(self) -> None:
        """Returns when the controller serves pages, also just after it was killed."""

        async def healthy() -> bool:
            try:
                async with aiohttp.ClientSession() as client, client.get(f"{self.base}/api/health") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await until(healthy, 30, "the controller answers", every_s=0.1)

    async def can_be_replaced(self) -> None:
        """Returns when the second controller has everything imported and waits for its word: then it reads from its pipe."""

        def waits() -> bool:
            words = [(one.pid, one.info["cmdline"] or []) for one in psutil.process_iter(["cmdline"])]
            mine = [pid for pid, line in words if "--standby" in line and self._is_mine(pid)]
            return any("pipe_read" in Path(f"/proc/{pid}/wchan").read_text() for pid in mine)

        await until(waits, 60, "a second controller stands by", every_s=0.5)

    def _is_mine(self, pid: int) -> bool:
        try:
            return psutil.Process(pid).environ().get("CALLCENTER_HOME") == str(self.settings.home)
        except psutil.Error:
            return False

    def agi_connections(self) -> int:
        """Established connections at the AGI port, as the kernel counts them."""
        port = f":{self.settings.port('agi'):04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[1].endswith(port) and row[3] == "01" for row in rows)


@asynccontextmanager
async def running_product(home: Path, offset: int, more: str = "") -> AsyncIterator[Product]:
    """`callcenter up --demo` until the block ends. `more`: TOML of its configuration."""
    settings = settings_for(home, offset)
    log = home.parent / "up.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CALLCENTER_", "DATABASE_URL"))}
    environment = kept | configuration(home, more)
    process = await _launched(offset, environment, log)
    product: Product | None = None
    try:
        product = Product(settings, load_secrets(home), log)
        _shorten_prompts(settings)
        await asyncio.to_thread(product.witness.open)
        yield product
    finally:
        if product is not None:
            await product.close()
        await _stop(process, log)


async def _launched(offset: int, environment: dict[str, str], log: Path) -> asyncio.subprocess.Process:
    """Ready for calls."""
    command = [sys.executable, "-m", "callcenter", "up", "--demo", "--offset", str(offset)]
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command, cwd=PROJECT, env=environment, stdout=output, stderr=output)
    try:
        await until(lambda: _ready(log, process), READY_S, "ready line of callcenter up", every_s=0.2)
    except BaseException:
        await _stop(process, log)
        raise
    return process


def _shorten_prompts(settings: Settings) -> None:
    """What every caller hears and no test listens to takes no time: ten seconds of each call. All other prompts are the real ones."""
    for language in ("zh", "en"):
        link = settings.asterisk_folder / "data" / "sounds" / language
        shipped, brief = link.resolve(), settings.home / "brief-prompts" / language
        brief.mkdir(parents=True)
        for file in shipped.iterdir():
            if file.stem not in BRIEF:
                (brief / file.name).symlink_to(file)
        for name in BRIEF:
            (brief / f"{name}.alaw").write_bytes(g711.encode(g711.tone((300.0,), 0.2), "alaw"))
        link.unlink()
        link.symlink_to(brief)


def _ready(log: Path, process: asyncio.subprocess.Process) -> bool:
    text = log.read_text(errors="replace")
    assert process.returncode is None, f"callcenter up ended with {process.returncode}:\n{text[-3000:]}"
    return "ready in " in text


async def _stop(process: asyncio.subprocess.Process, log: Path) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 30)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise AssertionError(f"callcenter up did not stop within 30 s: {log}") from None


async def always_open(product: Product) -> None:
    """The hotline's calendar without closing time, so that a test does not depend on the day it runs."""
    await product.administer(
        "DELETE FROM calendar_day WHERE calendar = 'hotline'; DELETE FROM calendar_hours WHERE calendar = 'hotline';"
        "INSERT INTO calendar_hours (calendar, weekday, opens_at, closes_at) "
        "SELECT 'hotline', day, TIME '00:00', TIME '00:00' FROM generate_series(1, 7) day;"
        "UPDATE calendar SET emergency = false WHERE emergency",
        lambda known: len(known.calendars["hotline"].weekly) == 7 and not known.calendars["hotline"].special and not _emergency(known),
    )


async def always_closed(product: Product) -> None:
    """Nobody on duty at any time."""
    await product.administer("DELETE FROM calendar_hours WHERE calendar = 'hotline'", lambda known: not known.calendars["hotline"].weekly)


def _emergency(known: Administered) -> bool:
    return any(hours.emergency for hours in known.calendars.values())


def seconds_since(moment: float) -> float:
    return time.monotonic() - moment
