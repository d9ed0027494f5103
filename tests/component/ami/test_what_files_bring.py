"""Files beside Asterisk: queues written for it, messages its own script left; on disks that refuse, and on two disks."""

from __future__ import annotations

import json
import tempfile
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from callcenter import events as ev
from callcenter.cti.fallback_messages import FallbackMessages
from callcenter.cti.queues import Queues
from callcenter.ports import QueueSettings
from callcenter.settings import Settings
from tests.unit.desk.world import MemoryAsterisk, MemoryDirectory

pytestmark = pytest.mark.component
CALL = "node1-1795355793.0"
OTHER_DISK = Path("/dev/shm")


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """The recordings lie on another disk than the rest."""
    if not OTHER_DISK.is_dir() or OTHER_DISK.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has one disk only")
    with tempfile.TemporaryDirectory(dir=OTHER_DISK) as folder:
        home = Settings(home=tmp_path)
        home.recordings_folder.symlink_to(folder)
        home.fallback_folder.mkdir()
        yield home


def leave(settings: Settings, **values: object) -> None:
    with wave.open(str(settings.fallback_folder / f"{CALL}.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(32_000))
    known = {"uniqueid": CALL, "at": "2026-11-22T10:00:00+00:00", "choice": "message", "wav": f"{CALL}.wav"}
    (settings.fallback_folder / f"{CALL}.json").write_text(json.dumps(known | values))


async def test_a_message_comes_over_to_the_disk_of_the_recordings(settings: Settings) -> None:
    leave(settings)
    told: list[ev.Event] = []

    async def synced() -> None:
        assert (settings.fallback_folder / f"{CALL}.json").exists(), "removed before its event was on disk"

    messages = FallbackMessages(settings, told.append, synced)
    assert await messages.take_in() == 1
    (message,) = [one for one in told if isinstance(one, ev.MessageRecorded)]
    assert (settings.recordings_folder / message.file).stat().st_size == 32_044
    assert message.duration_s == 2.0
    assert list(settings.fallback_folder.iterdir()) == []
    assert await messages.take_in() == 0


async def test_what_cannot_be_read_is_set_aside(settings: Settings) -> None:
    leave(settings, wav="../../etc/passwd")
    told: list[ev.Event] = []

    async def synced() -> None:
        raise AssertionError("nothing was told")

    await FallbackMessages(settings, told.append, synced).take_in()
    assert told == [] and (settings.fallback_folder / f"{CALL}.damaged").exists()


async def test_a_disk_that_refuses_the_queues_leaves_asterisk_the_old_ones(tmp_path: Path) -> None:
    asterisk, place = MemoryAsterisk(), tmp_path / "etc"
    place.write_text("a file where a folder should be")

    def render(queues: Iterable[QueueSettings]) -> None:
        (place / "queues.conf").write_text(" ".join(one.name for one in queues))

    queues = Queues(MemoryDirectory(), asterisk, render)
    assert not await queues.apply()
    place.unlink()
    place.mkdir()
    assert await queues.apply()
    assert (place / "queues.conf").read_text()
