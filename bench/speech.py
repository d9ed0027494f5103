"""How well and how quickly callers are understood: `python bench/speech.py [--prompts N]`. Real calls by SIPp, real Asterisk, real recogniser.

In: the pbx tree, the packages of speech. Out: a table: answers that were matched rightly by voice, time from the end of the speech to the result;
with `--prompts N` also the error rate of every N-th shipped prompt, heard by the same recogniser. Exit code 1 below the goal.
Each voice is one call that is asked one question after the other; it answers when the question's tone is over. Figures: docs/speech.md.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.speech_voices import ANSWERS, VOICES  # noqa: E402
from callcenter.box import g711, sipp  # noqa: E402
from callcenter.commands import Answer, Gather, Prompt, Said, SetLanguage  # noqa: E402
from callcenter.cti.agi_channel import AgiChannel  # noqa: E402
from callcenter.cti.agi_protocol import AgiRequest, AgiSocket  # noqa: E402
from callcenter.cti.agi_server import AgiServer  # noqa: E402
from callcenter.speech import match  # noqa: E402
from callcenter.speech.client import SpeechClient  # noqa: E402
from callcenter.speech.models import cache_folder, own_python  # noqa: E402
from tests.support.bare_pbx import BarePbx, bare_pbx  # noqa: E402
from tests.support.instances import free_offset, open_home  # noqa: E402
from tests.support.speech import speech_process  # noqa: E402
from tests.support.waiting import until  # noqa: E402

GOAL = 0.85
TONE_S = 0.6
Heard = tuple[str, str, str, float]


@dataclass
class Asking:
    """One voice's call: what was asked, what came back."""

    language: str
    asked: asyncio.Queue[int] = field(default_factory=asyncio.Queue)
    answered: asyncio.Queue[tuple[str, str, float]] = field(default_factory=asyncio.Queue)


async def tone(spoken: Sequence[Any], language: str) -> tuple[str, ...]:
    return ("menu",)


async def ask_everything(asking: Asking, channel: AgiChannel) -> None:
    """The controller's side of a call."""
    await channel.perform(SetLanguage(asking.language))
    for number, (_, closed) in enumerate(ANSWERS[asking.language]):
        answers = tuple(Answer(str(place), (word,)) for place, word in enumerate(closed))
        asking.asked.put_nowait(number)
        heard = await channel.perform(Gather((Prompt("menu"),), first_digit_s=4.0, answers=answers))
        at, text = time.monotonic(), heard.text if isinstance(heard, Said) else ""
        found = match.best(text, answers)
        asking.answered.put_nowait((text, closed[int(found.value)] if found.value else "", at))
    await channel.hand_over("hangup", {})


async def call_with(pbx: BarePbx, client: SpeechClient, voice: str, language: str, sounds: Path, folder: Path) -> list[Heard]:
    """(wanted, understood, matched, seconds from the end of the speech) for each answer."""
    asking, results = Asking(language), list[Heard]()

    async def visit(request: AgiRequest, socket: AgiSocket) -> None:
        await ask_everything(asking, AgiChannel(request, socket, pbx.settings, tone, client.listen))

    server = AgiServer(pbx.settings, visit)
    await server.start()
    try:
        async with sipp.Group(pbx.settings, ["13900000001"], folder) as group:
            mouth = group.callers[0].sound
            for number, (wanted, _) in enumerate(ANSWERS[language]):
                async with asyncio.timeout(40):
                    await asking.asked.get()
                await asyncio.sleep(TONE_S + 0.5)
                mouth.say(g711.decode((sounds / f"{voice}-{number}.alaw").read_bytes(), "alaw"))
                await until(lambda: mouth.said_everything, 10, "spoken", every_s=0.005)
                spoken_at = time.monotonic()
                async with asyncio.timeout(40):
                    text, matched, at = await asking.answered.get()
                results.append((wanted, text, matched, at - spoken_at))
    finally:
        await server.stop(0.5)
    return results


def answers_spoken() -> Path:
    """The answers as sounds, rendered once."""
    sounds = cache_folder() / "bench-answers"
    subprocess.run([str(own_python()), "-m", "bench.speech_voices", str(sounds)], cwd=PROJECT, check=True, timeout=1200)
    return sounds


async def measure(folder: Path, sounds: Path) -> dict[str, list[Heard]]:
    found: dict[str, list[Heard]] = {}
    with free_offset() as offset, open_home("speech") as home:
        async with bare_pbx(home, offset) as pbx, speech_process(pbx.settings, pbx.secrets) as speech:
            for language, voices in VOICES.items():
                for voice in voices:
                    found[voice] = await call_with(pbx, speech.client, voice, language, sounds, folder / voice)
    return found


def show(console: Console, found: dict[str, list[Heard]]) -> float:
    """The table, what was wrong; the share of Chinese answers that were right."""
    table = Table("voice", "answers", "matched rightly", "exact text", "p50 s after the speech", "longest s")
    for voice, heard in found.items():
        right, exact = sum(one[0] == one[2] for one in heard), sum(one[0] == one[1] for one in heard)
        times = [one[3] for one in heard]
        table.add_row(voice, str(len(heard)), str(right), str(exact), f"{statistics.median(times):.2f}", f"{max(times):.2f}")
    console.print(table)
    for voice, heard in found.items():
        for wanted, text, matched, _ in heard:
            if wanted != matched:
                console.print(f"{voice}: {wanted} heard as {text!r}, matched {matched or 'nothing'}", highlight=False)
    chinese = [one for voice in VOICES["zh"] for one in found[voice]]
    return sum(one[0] == one[2] for one in chinese) / len(chinese)


def main(prompts: Annotated[int, typer.Option(help="Hear every N-th shipped prompt too; 0: none.")] = 0) -> None:
    """Answers by voice; then the prompts."""
    console = Console(width=110)
    with open_home("bench-speech") as folder:
        share = show(console, asyncio.run(measure(folder, answers_spoken())))
    console.print(f"answers matched rightly: {share:.0%}, goal {GOAL:.0%}")
    if prompts:
        subprocess.run([str(own_python()), "-m", "callcenter.speech.build", "listen", "--every", str(prompts)], cwd=PROJECT, check=True, timeout=3600)
    raise typer.Exit(0 if share >= GOAL else 1)


if __name__ == "__main__":
    typer.run(main)
