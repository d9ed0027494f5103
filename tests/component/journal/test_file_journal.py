"""The journal on a real disk: kills, torn ends, a full disk, rotation, and the copier beside it."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callcenter import journal as journal_module
from callcenter.errors import ConfigError
from callcenter.events import AgentStateChanged, CallArrived, CallEnded, DispositionRecorded
from callcenter.journal import FileJournal
from callcenter.journal_copier import Copier
from tests.fakes.stores import MemoryEventStore
from tests.fakes.waiting import until

pytestmark = pytest.mark.component
NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def arrived(call: str) -> CallArrived:
    return CallArrived(at=NOW, linkedid=call, uniqueid=call, channel=f"PJSIP/trunk-{call}", caller_number="13900000001")


def ended(call: str) -> CallEnded:
    return CallEnded(at=NOW, linkedid=call, cause=16)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[FileJournal]:
    opened = FileJournal(tmp_path, "node1", sync_s=0.005)
    yield opened
    opened.close()


@asynccontextmanager
async def copying(copier: Copier) -> AsyncIterator[None]:
    task = asyncio.create_task(copier.run(), name="journal:copier")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_was_appended_is_there_after_a_restart(tmp_path: Path) -> None:
    first = FileJournal(tmp_path, "node1")
    first.append_event(arrived("a"))
    first.append_checkpoint("a", {"node": "choices", "名": "值"})
    last = first.append_event(arrived("b"))
    await first.synced(last)
    first.close()
    second = FileJournal(tmp_path, "node1")
    assert second.last_number == 3
    assert second.checkpoint("a") == {"node": "choices", "名": "值"}
    assert second.live_events() == [arrived("a"), arrived("b")]
    assert second.append_event(ended("b")) == 4
    second.close()


async def test_the_end_of_a_call_ends_its_session(journal: FileJournal) -> None:
    journal.append_event(arrived("a"))
    journal.append_checkpoint("a", {"node": "x"})
    journal.append_event(ended("a"))
    assert journal.checkpoint("a") is None
    assert journal.live_events() == []
    assert journal.knows("a")


def test_a_torn_last_line_is_cut_off_and_its_number_given_anew(tmp_path: Path) -> None:
    first = FileJournal(tmp_path, "node1")
    for call in "abc":
        first.append_event(arrived(call))
    first.close()
    (path,) = (tmp_path / "node1").glob("*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    second = FileJournal(tmp_path, "node1")
    assert second.last_number == 2
    assert second.append_event(arrived("d")) == 3
    assert [record["linkedid"] for record in second.records(1)] == ["a", "b", "d"]
    second.close()


def test_a_line_damaged_in_the_middle_costs_that_line_only(tmp_path: Path) -> None:
    first = FileJournal(tmp_path, "node1")
    for call in "abc":
        first.append_event(arrived(call))
    first.close()
    (path,) = (tmp_path / "node1").glob("*.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b'"b"', b'"x"') + lines[2])
    second = FileJournal(tmp_path, "node1")
    assert [record["linkedid"] for record in second.records(1)] == ["a", "c"]
    assert second.append_event(arrived("d")) == 4
    second.close()


def test_a_second_writer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: FileJournal) -> None:
    monkeypatch.setattr("callcenter.journal_files._LOCK_WAIT_S", 0.05)
    with pytest.raises(ConfigError, match="another process writes this journal"):
        FileJournal(tmp_path, "node1")


KILLED_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from callcenter.events import CallEnded
from callcenter.journal import FileJournal
journal = FileJournal(Path(sys.argv[1]), "node1")
while True:
    number = journal.append_event(CallEnded(at=datetime.now(UTC), linkedid="a", cause=16))
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_kill_9_loses_no_number_that_append_returned(tmp_path: Path) -> None:
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", KILLED_WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        told = 0
        for line in writer.stdout:
            told = int(line)
            if told % 200 == 0:
                os.kill(writer.pid, signal.SIGKILL)
                break
        told = max([told, *(int(line) for line in writer.stdout.read().split("\n")[:-1] if line)])
        writer.wait()
        writer.stdout.close()
        after = FileJournal(tmp_path, "node1")
        numbers = [record["number"] for record in after.records(1)]
        after.close()
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= told


async def test_copied_segments_go_and_those_of_live_calls_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2000)
    journal, store = FileJournal(tmp_path, "node1", sync_s=0.002), MemoryEventStore()
    copier = Copier(journal, store)
    for call in range(30):
        journal.append_event(arrived(f"c{call}"))
        journal.append_event(ended(f"c{call}"))
    held = journal.append_event(arrived("live"))
    for call in range(30, 60):
        journal.append_event(arrived(f"c{call}"))
        last = journal.append_event(ended(f"c{call}"))
    files = sorted((tmp_path / "node1").glob("*.jsonl"))
    async with copying(copier):
        await until(lambda: copier.lag == 0)
    left = sorted((tmp_path / "node1").glob("*.jsonl"))
    assert len(files) > 6 > 0 < len(left) < len(files)
    assert int(left[0].stem) <= held
    assert sorted(number for _, number in store.rows) == list(range(1, last + 1))
    journal.append_event(ended("live"))
    journal.append_event(arrived("z"))
    async with copying(Copier(journal, store)):
        await until(lambda: len(list((tmp_path / "node1").glob("*.jsonl"))) <= 2)
    journal.close()
    again = FileJournal(tmp_path, "node1")
    assert again.append_event(ended("z")) == last + 3
    again.close()


async def test_a_store_that_is_away_gets_everything_once_when_it_is_back(journal: FileJournal) -> None:
    store = MemoryEventStore()
    store.away = True
    copier = Copier(journal, store, retry_s=0.01)
    async with copying(copier):
        for call in range(1200):
            journal.append_event(arrived(f"c{call}"))
        journal.append_checkpoint("c0", {"node": "n"})
        await until(lambda: journal.synced_number == 1201)
        assert copier.lag == 1201
        store.away = False
        await until(lambda: copier.lag == 0)
        assert max(store.batches) <= 500
        store.away = True
        journal.append_event(ended("c0"))
        await until(lambda: copier.lag == 1)
        store.away = False
        await until(lambda: copier.lag == 0)
    assert [row["kind"] for row in store.rows.values()] == ["call_arrived"] * 1200 + ["call_ended"]


async def test_a_record_the_store_cannot_take_is_set_aside_and_holds_nothing_up(journal: FileJournal) -> None:
    store = MemoryEventStore()
    store.refuses = {2}
    copier = Copier(journal, store, retry_s=0.01)
    for call in "abc":
        journal.append_event(arrived(call))
    async with copying(copier):
        await until(lambda: copier.lag == 0)
    assert sorted(number for _, number in store.rows) == [1, 3]
    assert b'"n":2' in (journal.folder / "refused.jsonl").read_bytes()


async def test_a_replaced_folder_writes_on_above_the_stores_mark(journal: FileJournal) -> None:
    store = MemoryEventStore()
    store.marks["node1"] = 500
    copier = Copier(journal, store)
    journal.append_event(arrived("a"))
    async with copying(copier):
        await until(lambda: store.marks["node1"] > 500)
        journal.append_event(ended("a"))
        await until(lambda: len(store.rows) == 2)
    assert [row["kind"] for row in store.rows.values()] == ["call_arrived", "call_ended"]


async def test_a_full_disk_loses_nothing_and_is_told(journal: FileJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    full = True
    real = os.write

    def write(handle: int, data: bytes) -> int:
        if not full or handle != journal._handle:
            return real(handle, data)
        if len(data) % 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, data[:5])

    monkeypatch.setattr(os, "write", write)
    numbers = [journal.append_event(arrived(call)) for call in ("a", "bb", "ccc", "dddd")]
    assert numbers == [1, 2, 3, 4]
    assert not journal.healthy
    full = False
    async with asyncio.timeout(5):
        await journal.synced(4)
    assert journal.healthy
    assert [record["linkedid"] for record in journal.records(1)] == ["a", "bb", "ccc", "dddd"]


ON_A_FULL_DISK = """
import asyncio, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from callcenter import log
from callcenter.events import CallEnded
from callcenter.journal import FileJournal

async def main():
    log.configure("INFO")
    journal = FileJournal(Path(sys.argv[1]), "node1", sync_s=0.005)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, resource.RLIM_INFINITY))
    for number in range(1, 11):
        assert journal.append_event(CallEnded(at=datetime.now(UTC), linkedid=f"c{number}", cause=16)) == number
    assert not journal.healthy
    try:
        async with asyncio.timeout(0.2):
            await journal.synced(10)
        raise AssertionError("on no disk")
    except TimeoutError:
        pass
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    async with asyncio.timeout(5):
        await journal.synced(10)
    assert [one["linkedid"] for one in journal.records(1)] == [f"c{number}" for number in range(1, 11)]
    journal.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("log_file", ["/dev/full", "log"])
def test_a_disk_that_is_full_for_journal_and_log_alike(tmp_path: Path, log_file: str) -> None:
    """The kernel refuses here, and the log too: whoever tells of the refusal must not fail, nor fill what is freed."""
    with (tmp_path / log_file).open("w") as errors:
        done = subprocess.run([sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path)], stderr=errors, timeout=60, check=False)
    assert done.returncode == 0, (tmp_path / log_file).read_text()
    if log_file == "log":
        assert len((tmp_path / log_file).read_text().splitlines()) == 2


def test_agents_who_are_signed_in_are_known_after_a_restart(tmp_path: Path) -> None:
    first = FileJournal(tmp_path, "node1")
    moves = ((7, "available"), (8, "paused"), (7, "offline"))
    states = [AgentStateChanged(at=NOW, agent_id=agent, state=state, previous="") for agent, state in moves]
    for event in states:
        first.append_event(event)
    first.close()
    second = FileJournal(tmp_path, "node1")
    assert second.last_agent_states() == [states[1]]
    second.close()


async def test_personal_values_stand_apart(journal: FileJournal) -> None:
    journal.append_event(DispositionRecorded(at=NOW, linkedid="a", agent_id=7, code="inquiry", note="张伟"))
    record: dict[str, Any] = next(iter(journal.records(1)))
    assert record["pii"] == {"note": "张伟"}
    assert "张伟" not in str(record["data"])
