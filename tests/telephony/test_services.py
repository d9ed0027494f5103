"""Every automatic service of the shipped hotline, called by a patient on the whole product: what he hears, what is stored, and what goes wrong.

Each folder of sipp-scenarios/services/ is one situation with a patient of its own (`[patient]`), rows that stand in the database before (`given`),
steps, and what must be so afterwards (`expect`, `rows`). Words in braces are filled in: {patient}, {born}, {mrn}, {number}, {linkedid}.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from callcenter.box import g711
from callcenter.box.rtp import FRAME_S
from callcenter.commands import Prompt, SayDate, SayDigits, SayMoney, SayName, SayNumber, SayTime, SayWeekday, Spoken
from callcenter.ivr import prompts
from tests.support import scenario
from tests.support.instances import PROJECT, UNHURRIED, free_offset, open_home
from tests.support.product import Product, always_open, running_product
from tests.support.together import lived_through, wanted
from tests.support.waiting import until
from tests.telephony.conftest import is_left_alone

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="session")]

NAMES = sorted(path.parent.name for path in (scenario.FOLDER / "services").glob("*/scenario.toml"))
SCRIPTS = {name: scenario.load(f"services/{name}") for name in NAMES}
ALONE = [name for name in NAMES if scenario.disturbs(SCRIPTS[name]) or SCRIPTS[name].get("alone")]
TOGETHER = [name for name in NAMES if name not in ALONE]
SOUNDS = PROJECT / "sounds"
ALIKE = 0.9
LOUD = 300
LONGEST_COMPARED_S = 1.5
PIECE = int(0.4 * g711.RATE)
SMALLEST_PIECE = int(0.15 * g711.RATE)
TOLD_S = 40.0
AT_ONCE = 6
_numbers = itertools.count(1)


# -- what a caller hears ------------------------------------------------------------------------------------------------------------


@cache
def shipped() -> prompts.Prompts:
    return prompts.load(SOUNDS)


@cache
def sound_of(file: str, language: str) -> np.ndarray:
    samples = g711.decode((SOUNDS / language / f"{file}.alaw").read_bytes(), "alaw").astype(np.float64)
    loud = np.flatnonzero(np.abs(samples) > LOUD)
    return samples[loud[0] : min(loud[-1], loud[0] + int(LONGEST_COMPARED_S * g711.RATE))]


def place_of(file: str, language: str, heard: np.ndarray, after: int) -> int:
    """Where this sound ends in what was heard; -1 when it was not. Any piece of it will do: a lost packet makes no other sound.

    A short one, such as a digit, ends where it is over; of a longer one only the piece counts, as the caller may have cut off the rest.
    """
    wanted, given = sound_of(file, language), heard[after:].astype(np.float64)
    size = min(PIECE, max(len(wanted) // 3, SMALLEST_PIECE))
    for begin in range(0, max(len(wanted) - size // 2, 1), size):
        piece = wanted[begin : begin + size]
        found = _first_place(piece, given) if np.max(np.abs(piece)) > LOUD else -1
        if found >= 0:
            return after + found + (len(wanted) - begin if len(wanted) < 2 * PIECE else len(piece))
    return -1


def _first_place(piece: np.ndarray, given: np.ndarray) -> int:
    if len(given) < len(piece):
        return -1
    alike = np.flatnonzero(likeness(piece, given) > ALIKE)
    return int(alike[0]) if len(alike) else -1


def likeness(piece: np.ndarray, given: np.ndarray) -> np.ndarray:
    """At each place of `given`, which is no shorter: 1 for the same sound at whatever loudness."""
    size = 1 << (len(given) + len(piece)).bit_length()
    matched = np.fft.irfft(np.fft.rfft(given, size) * np.conj(np.fft.rfft(piece, size)), size)[: len(given) - len(piece) + 1]
    energy = np.concatenate(([0.0], np.cumsum(given**2)))
    window = energy[len(piece) :] - energy[: len(given) - len(piece) + 1]
    return matched / np.sqrt(np.maximum(window, 1.0) * max(float(np.sum(piece**2)), 1.0))


FORMS: dict[str, Callable[[str], Spoken]] = {
    "name": SayName,
    "money": lambda value: SayMoney(Decimal(value)),
    "digits": SayDigits,
    "date": lambda value: SayDate(date.fromisoformat(value)),
    "time": lambda value: SayTime(time.fromisoformat(value)),
    "weekday": lambda value: SayWeekday(int(value)),
    "number": lambda value: SayNumber(int(value)),
}


def spoken(word: str) -> Spoken:
    """`booked` is a prompt, `money=84.30` a value."""
    form, given, value = word.partition("=")
    return FORMS[form](value.replace("_", " ")) if given else Prompt(word)


# -- situations ----------------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class ServiceScene(scenario.Scene):
    """A situation with a patient of its own."""

    words: dict[str, str] = field(default_factory=dict)
    language: str = "zh"
    heard_up_to: int = 0
    locks: list[asyncio.Task[Any]] = field(default_factory=list)

    def filled(self, text: str) -> str:
        for name, value in self.words.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    async def is_told(self, *words: str) -> None:
        """All of this, in this order, after what he was told before."""
        for word in words:
            for file in shipped().speak(spoken(self.filled(word)), self.language):
                await self._hears_file(file, word)

    async def _hears_file(self, file: str, word: str) -> None:
        def told() -> bool:
            place = place_of(file, self.language, self.caller.sound.heard(), self.heard_up_to)
            self.heard_up_to = max(place, self.heard_up_to)
            return place >= 0

        try:
            await until(told, TOLD_S, every_s=0.3)
        except AssertionError as late:
            way = self.product.nodes(self.linkedid)
            raise AssertionError(f"{word} ({file}) was not heard; {self._what_came(file)}; the way was {way}") from late

    def _what_came(self, file: str) -> str:
        """Where the sound stands in all that came, how alike the most alike of its pieces are, and how much was lost on the way."""
        sound, heard = self.caller.sound, self.caller.sound.heard()
        wanted = sound_of(file, self.language)
        pieces = [wanted[begin : begin + PIECE] for begin in range(0, len(wanted), PIECE)]
        alike = [f"{likeness(one, heard.astype(np.float64)).max():.2f}" for one in pieces if len(one) <= len(heard)]
        lost = sound.heard_s - sound.packets * FRAME_S
        place = place_of(file, self.language, heard, 0)
        return f"of {sound.heard_s:.1f} s {lost:.2f} s lost, asked from {self.heard_up_to}, found at {place}, pieces alike {', '.join(alike)}"

    async def is_told_his_number(self) -> None:
        """Of the one appointment he has, digit by digit."""
        rows = await self.product.sql("SELECT number FROM appointment WHERE patient_id = $1 AND state = 'booked'", int(self.words["patient"]))
        assert len(rows) == 1, rows
        await self.is_told("booked_number", f"digits={rows[0]['number']}")

    async def types(self, keys: str) -> None:
        """Keys, with words filled in; then he hears them read back and keeps them."""
        await self.keys(self.filled(keys))
        await self.is_told("you_entered", "right_or_wrong")
        await self.keys("1")

    async def loses_the_seat(self) -> None:
        """An agent lets go of what the caller holds and books it out for others."""
        rows = await self.product.sql("SELECT id, slot_id FROM appointment WHERE patient_id = $1 AND state = 'held'", int(self.words["patient"]))
        agent = await self.product.api("agent03")
        await agent.post(f"/api/booking/holds/{rows[0]['id']}/release", {})

    async def store_stands_still(self, table: str, seconds: str) -> None:
        """Nobody gets an answer about this table for so long."""
        statement = f"DO $$ BEGIN LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; PERFORM pg_sleep({float(seconds)}); END $$"
        self.locks.append(asyncio.create_task(self.product.sql(statement), name=f"lock:{table}"))

        async def is_locked() -> bool:
            return bool(await self.product.sql("SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = $1::regclass", table))

        await until(is_locked, 5, f"{table} is locked")


for _name in ("is_told", "is_told_his_number", "types", "loses_the_seat", "store_stands_still"):
    scenario.STEPS[_name.replace("_", " ")] = getattr(ServiceScene, _name)


async def live(name: str, product: Product, folder: Path) -> None:
    """The whole situation, and what must be so afterwards."""
    script, number = SCRIPTS[name], f"+86139120{next(_numbers):05d}"
    scene = ServiceScene(name, product, folder, number, script, language=script.get("language", "zh"))
    scene.words = await _patient(product, script.get("patient", {}), number)
    try:
        for statement in script.get("given", ()):
            await product.sql(scene.filled(statement))
        await scenario.live_through(scene)
        await scenario.check(scene)
        scene.words["linkedid"] = scene.linkedid
        for query, wanted in script.get("rows", ()):
            await _rows_are(scene, scene.filled(query), wanted)
    finally:
        await asyncio.gather(*scene.locks, return_exceptions=True)
        for desk in scene.desks:
            await desk.close()


async def _rows_are(scene: ServiceScene, query: str, wanted: Any) -> None:
    async def there() -> bool:
        rows = await scene.product.sql(query)
        return [list(map(str, row.values())) for row in rows] == [[scene.filled(str(one)) for one in row] for row in wanted]

    await until(there, 20, f"{query} gives {wanted}", every_s=0.3)


async def _patient(product: Product, given: dict[str, Any], number: str) -> dict[str, str]:
    """A patient of this number, unless the situation wants none; and the words his steps may use."""
    born = date.fromisoformat(given.get("born", "1960-01-05"))
    mrn = f"88{number[-5:]}"
    row = await product.sql("INSERT INTO patient (name, birth_date, mrn) VALUES ($1, $2, $3) RETURNING id", f"来电{number[-5:]}", born, mrn)
    patient = row[0]["id"]
    if given.get("known", True):
        await product.sql(
            "INSERT INTO contact_phone (patient_id, number, relation) VALUES ($1, $2, $3)", patient, number, given.get("relation", "本人")
        )
    return {"patient": str(patient), "born": f"{born:%Y%m%d}", "mrn": mrn, "number": number}


# -- the tests ------------------------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hotline() -> AsyncIterator[Product]:
    """A product of its own: these situations change what is administered."""
    with free_offset() as offset, open_home("services") as home:
        async with running_product(home, offset, UNHURRIED) as product:
            await always_open(product)
            await scenario.queue_times(product)
            yield product


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def side_by_side(
    hotline: Product, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[dict[str, asyncio.Task[None]]]:
    """Every wanted situation that disturbs nobody, some at once; nothing of them is left at the end."""

    async def one(name: str) -> None:
        await live(name, hotline, tmp_path_factory.mktemp(name))

    async with lived_through(wanted(TOGETHER, request), one, AT_ONCE) as begun:
        yield begun


@pytest.mark.parametrize("name", TOGETHER)
async def test_side_by_side(side_by_side: dict[str, asyncio.Task[None]], name: str) -> None:
    await side_by_side[name]


async def test_of_those_side_by_side_nothing_is_left(side_by_side: dict[str, asyncio.Task[None]], hotline: Product) -> None:
    if side_by_side:
        await asyncio.wait(side_by_side.values())
    await is_left_alone(hotline)


@pytest.mark.parametrize("name", ALONE)
async def test_alone(hotline: Product, tmp_path: Path, name: str) -> None:
    await live(name, hotline, tmp_path)
    await is_left_alone(hotline)
