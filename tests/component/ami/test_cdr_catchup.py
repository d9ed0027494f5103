"""Calls that only Asterisk saw: each told once, with real times, across restarts, half lines and a new file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter import events as ev
from callcenter.cti.cdr_catchup import CdrCatchup
from callcenter.errors import StoreUnavailable
from callcenter.settings import Settings

pytestmark = pytest.mark.component
START = 1_795_332_825


def row(call: str, other: str = "", start: int = START, answer: str = "", source: str = "13900000001") -> str:
    end = start + 30
    state = '"ANSWERED"' if answer else '"NO ANSWER"'
    return f'"{other or call}","{call}","{source}","95120",{start},{answer},{end},30,20,{state}\n'


class Ours:
    """A settings folder with a CDR file, and what was published."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home)
        self.file = self.settings.asterisk_folder / "log" / "cdr-custom" / "hotline.csv"
        self.file.parent.mkdir(parents=True)
        self.told: list[ev.Event] = []
        self.known: set[str] = set()
        self.away = False

    async def is_recorded(self, linkedid: str) -> bool:
        if self.away:
            raise StoreUnavailable("switched off by the test")
        return linkedid in self.known

    async def run(self) -> int:
        return await CdrCatchup(self.settings).run(self.is_recorded, self.told.append)

    def write(self, text: str) -> None:
        with self.file.open("a") as file:
            file.write(text)


@pytest.fixture
def ours(tmp_path: Path) -> Ours:
    return Ours(tmp_path)


@pytest.mark.parametrize("kept", ["", "[]", "5", '{"inode": "x"}', '{"inode": 1, "offset": -5}', "\udc80", '{"inode": null, "offset": 1}'])
async def test_a_damaged_place_is_the_begin(ours: Ours, kept: str) -> None:
    ours.write(row("a"))
    ours.settings.run_folder.mkdir(parents=True)
    (ours.settings.run_folder / "cdr.place").write_text(kept, errors="surrogateescape")
    assert await ours.run() == 1


async def test_a_disk_that_keeps_no_place_stops_nothing(ours: Ours) -> None:
    ours.write(row("a"))
    ours.settings.run_folder.write_text("a file where a folder should be")
    catchup = CdrCatchup(ours.settings)
    assert await catchup.run(ours.is_recorded, ours.told.append) == 1
    assert await catchup.run(ours.is_recorded, ours.told.append) == 0
    ours.write(row("b"))
    assert await catchup.run(ours.is_recorded, ours.told.append) == 1


async def test_a_call_nobody_recorded_is_told_with_its_times(ours: Ours) -> None:
    ours.write(row("a", answer=str(START + 2)) + row("b"))
    ours.known = {"b"}
    assert await ours.run() == 1
    assert [event.kind for event in ours.told] == ["call_arrived", "call_answered", "call_ended"]
    arrived = ours.told[0]
    assert isinstance(arrived, ev.CallArrived)
    assert (arrived.caller_number, arrived.dialled_number, arrived.adopted) == ("13900000001", "95120", True)
    assert [event.at.timestamp() - START for event in ours.told] == [0, 2, 30]


async def test_nothing_is_told_twice_and_reading_goes_on_where_it_stopped(ours: Ours) -> None:
    ours.write(row("a"))
    assert await ours.run() == 1
    assert await ours.run() == 0
    line = row("b")
    ours.write(line[:20])
    assert await ours.run() == 0
    ours.write(line[20:])
    assert await ours.run() == 1


async def test_a_new_file_is_read_from_its_begin(ours: Ours) -> None:
    ours.write(row("a") + row("b"))
    assert await ours.run() == 2
    ours.file.rename(ours.file.with_suffix(".old"))
    ours.write(row("c"))
    assert await ours.run() == 1


async def test_a_store_that_is_away_loses_no_call(ours: Ours) -> None:
    ours.write(row("a"))
    ours.away = True
    with pytest.raises(StoreUnavailable):
        await ours.run()
    ours.away = False
    assert await ours.run() == 1


async def test_a_call_with_several_rows_is_one_call_and_agents_rows_are_none(ours: Ours) -> None:
    ours.write(row("a") + row("a", start=START + 40, answer=str(START + 41)) + row("a", other="a.1"))
    assert await ours.run() == 1
    ended = ours.told[-1]
    assert ended.at == datetime.fromtimestamp(START + 70, UTC)


@pytest.mark.parametrize("text", ["\n", "a,b\n", '"a","a","x","y",,,,,,\n', '"a","a","x","y",later,,,,,\n', "\xff\n"])
async def test_rows_that_are_none_are_passed_over(ours: Ours, text: str) -> None:
    ours.write(text + row("b"))
    assert await ours.run() == 1


async def test_no_file_is_no_call(ours: Ours) -> None:
    assert await ours.run() == 0
