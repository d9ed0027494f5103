"""The speech process for tests: the real one, with its models, run by the Python that has them.

In: settings and secrets of an instance. Out: a running process and a client of it. Ends it whatever happens.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from callcenter.settings import Secrets, Settings
from callcenter.speech.client import SpeechClient
from callcenter.speech.models import installed, own_python
from tests.support.instances import PROJECT
from tests.support.waiting import until

READY_S = 90.0


@dataclass(slots=True)
class SpeechProcess:
    """One running process, and how to reach it."""

    process: asyncio.subprocess.Process
    client: SpeechClient
    log: Path

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    async def gone(self) -> None:
        await asyncio.wait_for(self.process.wait(), 10)


def needs_models() -> None:
    """Reported as skipped where the voices are not installed; a failure where they were to be (`make test`)."""
    if not installed():
        say = pytest.fail if os.environ.get("CALLCENTER_TEST_SPEECH") == "needed" else pytest.skip
        say("the speech packages are not installed: tools/bootstrap.sh speech")


@asynccontextmanager
async def speech_process(settings: Settings, secrets: Secrets, more: Mapping[str, str] | None = None) -> AsyncIterator[SpeechProcess]:
    """Able to hear; the voice is loaded after that."""
    needs_models()
    log = settings.home.parent / f"speech-{settings.offset}.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CALLCENTER_", "DATABASE_URL"))}
    environment = kept | {"CALLCENTER_HOME": str(settings.home), "CALLCENTER_OFFSET": str(settings.offset)} | dict(more or {})
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            str(own_python()), "-m", "callcenter.speech", cwd=PROJECT, env=environment, stdout=output, stderr=output
        )
    client = SpeechClient(settings, secrets)
    try:
        await until(lambda: _hears(client, process, log), READY_S, "the speech process can hear", every_s=0.3)
        yield SpeechProcess(process, client, log)
    finally:
        await client.close()
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.kill()
        await process.wait()


async def _hears(client: SpeechClient, process: asyncio.subprocess.Process, log: Path) -> bool:
    assert process.returncode is None, f"the speech process ended with {process.returncode}: {log}"
    state = await client.state()
    return state == "ok" or state.startswith("speaking")
