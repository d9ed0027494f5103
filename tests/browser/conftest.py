"""The whole product for the browser tests: one instance and one Chromium a run, windows of its own for each test, patients who ring.

In: nothing but this checkout. Out: fixtures `product`, `chromium`, `patient`. Must not leave a process: the instance is ended by its own way of
ending, and killed when it does not. Invariant: a machine without Chromium or Asterisk skips, and says so.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from callcenter.api.web_files import FOLDER as STATIC
from callcenter.box import sipp
from callcenter.settings import Settings
from tests.browser.pages import Patient
from tests.support.instances import PBX, PROJECT, UNHURRIED, configuration, free_offset, open_home, settings_for
from tests.support.waiting import until

CHROMIUM = Path(os.environ.get("CALLCENTER_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
]
RUNNING = os.environ.get("CALLCENTER_TEST_INSTANCE", "")  # <home>:<offset> of an instance in demo mode that is up already
START_S = 120.0
STOP_S = 30.0


@dataclass(frozen=True, slots=True)
class Product:
    """A running instance in demo mode."""

    settings: Settings
    passwords: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port('http')}"


def _missing() -> str:
    if not CHROMIUM.exists():
        return f"{CHROMIUM} is not installed"
    if not (PBX / "usr").is_dir():
        return f"no Asterisk in {PBX}: run `callcenter pbx fetch`"
    return "" if (STATIC / "index.html").is_file() else "the web application is not built: run `make web`"


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/health", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """`callcenter up --demo` at a free offset, ready for calls."""
    reason = _missing()
    if reason:
        pytest.skip(reason)
    if RUNNING:
        folder, _, place = RUNNING.rpartition(":")
        yield Product(settings_for(Path(folder), int(place)), json.loads((Path(folder) / "demo-credentials.json").read_text()))
        return
    with open_home("browser") as home, free_offset() as offset, (home.parent / "up.log").open("wb") as log:
        settings = settings_for(home, offset)
        environment = os.environ | configuration(home, UNHURRIED)
        command = [sys.executable, "-m", "callcenter", "up", "--demo", "--offset", str(offset)]
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            running = Product(settings, {})
            up = until(lambda: process.poll() is not None or _healthy(running.url), START_S, "the product is ready", every_s=0.3)
            asyncio.run(_wait(up))
            assert process.poll() is None, Path(log.name).read_text(errors="replace")[-3000:]
            running.passwords.update(json.loads((home / "demo-credentials.json").read_text()))
            yield running
        finally:
            _end(process)


async def _wait(condition: object) -> None:
    await condition  # type: ignore[misc]


def _written(place: Path) -> bool:
    return place.is_file() and "\n" in place.read_text()


@pytest.fixture(scope="session")
def chromium_address(product: Product) -> Iterator[str]:
    """One Chromium for the whole run; each test opens windows of its own in it."""
    with tempfile.TemporaryDirectory(prefix="cc-chromium-", ignore_cleanup_errors=True) as folder:
        command = [str(CHROMIUM), *FLAGS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        place = Path(folder) / "DevToolsActivePort"
        try:
            listens = until(lambda: process.poll() is not None or _written(place), START_S, "Chromium listens", every_s=0.1)
            asyncio.run(_wait(listens))
            assert process.poll() is None, "Chromium ended at once"
            yield f"http://127.0.0.1:{place.read_text().split()[0]}"
        finally:
            process.terminate()
            process.wait(STOP_S)


@pytest.fixture
async def chromium(chromium_address: str) -> AsyncIterator[Browser]:
    """A browser with a microphone that beeps; its windows are closed when the test ends."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium_address)
        yield browser
        for context in browser.contexts[1:]:
            await context.close()
        await browser.close()


@pytest.fixture
async def patient(product: Product, tmp_path: Path) -> AsyncIterator[Callable[[str], object]]:
    """`await patient("13900000001")`: somebody rings the hotline, is answered and has heard the announcement of the recording."""
    async with AsyncExitStack() as calls:

        async def ring(number: str) -> Patient:
            folder = tmp_path / f"patient-{number}"
            group = await calls.enter_async_context(sipp.Group(product.settings, [number], folder))
            caller = Patient(group)
            await caller.reach_menu()
            return caller

        yield ring
