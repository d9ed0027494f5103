"""Real audio: tones by sox, as Asterisk would have written them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.recording.ports import RecordingWanted
from callcenter.settings import Recording, Settings
from tests.component.recording.memory_store import MemoryStore
from tests.fakes.clock import VirtualClock

LINKEDID = "node1-1795262400.12"
PATIENT_HZ, OURS_HZ = 400, 1000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "recordings" / "raw").mkdir(parents=True)
    return Settings(home=tmp_path, recording=Recording(settle_s=0.0))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def store(clock: VirtualClock) -> MemoryStore:
    return MemoryStore(clock.now())


def tone(path: Path, hz: int, seconds: float) -> Path:
    command = ["sox", "-R", "-n", "-r", "8000", "-c", "1", "-b", "16", str(path), "synth", str(seconds), "sine", str(hz), "vol", "0.5"]
    subprocess.run(command, check=True, timeout=30)
    return path


RawMaker = Callable[..., RecordingWanted]


@pytest.fixture
def raw(settings: Settings, store: MemoryStore, clock: VirtualClock) -> RawMaker:
    """Write raw files and let the store know of a closed call. A side of None seconds is not written."""

    def make(linkedid: str = LINKEDID, patient_s: float | None = 3.0, ours_s: float | None = 3.0, expected_s: float = 3.0) -> RecordingWanted:
        folder = settings.recordings_folder / "raw"
        for seconds, hz, side in ((patient_s, PATIENT_HZ, "rx"), (ours_s, OURS_HZ, "tx")):
            if seconds is not None:
                tone(folder / f"{linkedid}-{side}.wav", hz, seconds)
        wanted = RecordingWanted(linkedid, f"raw/{linkedid}", expected_s, clock.now() - timedelta(seconds=30))
        store.calls[linkedid] = wanted
        return wanted

    return make
