"""Asterisk alone, as we configure it, with a scripted controller: proves the dialplan without the product's own controller."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from callcenter.box import asterisk_conf, asterisk_process, g711
from callcenter.settings import Secrets, Settings, load_secrets
from tests.support.instances import settings_for
from tests.support.waiting import until
from tests.support.witness import Witness

PROMPTS = {
    "recording_notice": 400,
    "one_moment": 450,
    "fallback_sorry": 500,
    "fallback_menu": 550,
    "fallback_thanks": 600,
    "message_prompt": 650,
    "goodbye": 700,
    "menu": 750,
}
"""Each prompt is a tone, in Chinese this frequency and in English 25 Hz more, so a test hears which one was played."""
PROMPT_S = 0.6


class BarePbx:
    """One running Asterisk."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self.settings, self.secrets = settings, secrets
        self.witness = Witness(settings, secrets)

    async def console(self, line: str) -> str:
        conf = self.settings.asterisk_folder / "etc/asterisk.conf"
        command = asterisk_process.console_command(self.settings, conf, line)
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        return (await process.communicate())[0].decode()

    def log(self) -> str:
        return (self.settings.asterisk_folder / "log/messages.log").read_text(errors="replace")


@asynccontextmanager
async def bare_pbx(home: Path, offset: int, **changes: object) -> AsyncIterator[BarePbx]:
    """Running and booted, with tones for prompts; gone afterwards. `changes`: of the settings."""
    settings = settings_for(home, offset).model_copy(update=changes)
    secrets = load_secrets(home)
    conf = asterisk_conf.render(settings, secrets)
    _tones_for_prompts(settings)
    process = await asyncio.create_subprocess_exec(
        *asterisk_process.command(settings, conf), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    pbx = BarePbx(settings, secrets)
    try:
        await until(lambda: _listens(settings.port("ami")), 20, "AMI of the bare Asterisk")
        await asyncio.to_thread(pbx.witness.open)
        await until(lambda: "Ready" in pbx.log() or pbx.witness.since(0, "FullyBooted"), 20, "FullyBooted")
        yield pbx
        await asyncio.to_thread(pbx.witness.close)
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()
        shutil.rmtree(home, ignore_errors=True)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _tones_for_prompts(settings: Settings) -> None:
    for language, shift in (("zh", 0), ("en", 25)):
        folder = settings.home / "tones" / language
        folder.mkdir(parents=True)
        for name, frequency in PROMPTS.items():
            (folder / f"{name}.alaw").write_bytes(g711.encode(g711.tone((frequency + shift,), PROMPT_S), "alaw"))
        link = settings.asterisk_folder / "data/sounds" / language
        os.unlink(link)
        os.symlink(folder, link)


def hears(samples: np.ndarray, prompt: str, language: str = "zh") -> bool:
    """Whether this prompt was played in any fifth of a second of `samples`."""
    frequency = PROMPTS[prompt] + (25 if language == "en" else 0)
    window = g711.RATE // 5
    parts = (samples[start : start + window] for start in range(0, len(samples) - window, window // 2))
    return any(g711.level_at(part, frequency) > 0.1 for part in parts)


Handler = Callable[["AgiCall"], Awaitable[None]]


class AgiCall:
    """One FastAGI connection of the scripted controller."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, variables: dict[str, str]) -> None:
        self._reader, self._writer, self.variables = reader, writer, variables

    @property
    def arguments(self) -> list[str]:
        """session, try, result, flow"""
        return [self.variables.get(f"agi_arg_{number}", "") for number in range(1, 5)]

    async def verb(self, text: str) -> str:
        """The answer line of one verb."""
        self._writer.write(f"{text}\n".encode())
        await self._writer.drain()
        return (await self._reader.readline()).decode().strip()

    async def set(self, **variables: str) -> None:
        for name, value in variables.items():
            await self.verb(f'SET VARIABLE {name} "{value}"')

    def cut(self) -> None:
        """As the kernel does for a killed controller."""
        self._writer.transport.abort()


@asynccontextmanager
async def scripted_controller(settings: Settings, handler: Handler) -> AsyncIterator[list[list[str]]]:
    """Answers AGI with `handler`; yields the list of arguments of each connection so far."""
    seen: list[list[str]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\n\n")).decode()
        variables = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
        call = AgiCall(reader, writer, variables)
        seen.append(call.arguments)
        await handler(call)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", settings.port("agi"))
    try:
        yield seen
    finally:
        server.close()
