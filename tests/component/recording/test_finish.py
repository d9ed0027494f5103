"""Two raw files become one checked stereo file, whatever state they are in."""

from __future__ import annotations

import asyncio
import hashlib
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from callcenter.errors import RecordingFailed, StoreUnavailable
from callcenter.recording import audio, controller, work
from callcenter.recording.audio import Direction
from callcenter.recording.ports import RecordingWanted
from callcenter.settings import Recording, Settings
from tests.component.recording.conftest import LINKEDID, OURS_HZ, PATIENT_HZ, RawMaker, tone
from tests.component.recording.memory_store import MemoryStore
from tests.fakes.clock import VirtualClock
from tests.support.waiting import until

pytestmark = pytest.mark.component


def strongest_hz(side: Direction) -> float:
    spectrum = np.abs(np.fft.rfft(side.samples.astype(np.float64)))
    return float(np.argmax(spectrum) * side.rate / len(side.samples))


def raw_files(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.recordings_folder / "raw").iterdir())


async def finished(store: MemoryStore, settings: Settings, clock: VirtualClock, linkedid: str = LINKEDID) -> Path:
    assert await work.finish_one(linkedid, store, settings, clock)
    return settings.recordings_folder / store.rows[linkedid].file


async def test_the_patient_is_on_the_left_and_we_are_on_the_right(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    raw()
    path = await finished(store, settings, clock)
    facts = store.rows[LINKEDID]
    assert facts.file == f"2026/11/21/{LINKEDID}.ogg"
    assert (facts.problem, facts.duration_s) == ("", 3.0)
    assert facts.bytes == path.stat().st_size
    assert facts.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    left, right = audio.decoded(path)
    assert strongest_hz(left) == pytest.approx(PATIENT_HZ, abs=5)
    assert strongest_hz(right) == pytest.approx(OURS_HZ, abs=5)
    assert left.duration_s == pytest.approx(3.0, abs=0.1)
    assert len(facts.peaks["left"]) == 3 * facts.peaks["peaks_per_s"]
    assert max(facts.peaks["left"]) == pytest.approx(0.5, abs=0.02)
    assert raw_files(settings) == []


async def test_without_ffmpeg_it_is_a_wav_file(
    raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw()
    with monkeypatch.context() as changed:
        changed.setenv("PATH", "")
        path = await finished(store, settings, clock)
    assert path.suffix == ".wav"
    left, right = audio.decoded(path)
    assert (strongest_hz(left), strongest_hz(right)) == (pytest.approx(PATIENT_HZ, abs=1), pytest.approx(OURS_HZ, abs=1))


@pytest.mark.parametrize(
    ("patient_s", "ours_s", "expected_s", "problem"),
    [
        (3.0, 3.0, 8.0, "5.0 s of 8.0 s are missing."),
        (None, 3.0, 3.0, "The patient's side is missing."),
        (3.0, None, 3.0, "Our side is missing."),
        (3.0, 1.0, 3.0, "The two sides differ by 2.0 s."),
    ],
)
async def test_what_is_missing_is_said(
    raw: RawMaker,
    store: MemoryStore,
    settings: Settings,
    clock: VirtualClock,
    patient_s: float | None,
    ours_s: float | None,
    expected_s: float,
    problem: str,
) -> None:
    raw(patient_s=patient_s, ours_s=ours_s, expected_s=expected_s)
    path = await finished(store, settings, clock)
    assert store.rows[LINKEDID].problem == problem
    assert path.stat().st_size > 0


async def test_a_file_that_was_cut_off_keeps_what_it_has(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    raw(patient_s=6.0, ours_s=6.0, expected_s=6.0)
    for side in ("rx", "tx"):
        path = settings.recordings_folder / "raw" / f"{LINKEDID}-{side}.wav"
        os.truncate(path, 44 + 2 * 8000 * 2 + 1)  # two seconds and half a sample
    kept = await finished(store, settings, clock)
    assert store.rows[LINKEDID].problem == (
        "The patient's side was not closed in order. Our side was not closed in order. 4.0 s of 6.0 s are missing."
    )
    assert audio.decoded(kept)[0].duration_s == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "There is no audio: each side is empty."),
        (b"RIFF", "There is no audio: each side is no 16 bit mono WAV file."),
        (b"\xff" * 5000, "There is no audio: each side is no 16 bit mono WAV file."),
        (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\0\0\0\0", "There is no audio: each side holds no sound."),
        (b"RIFF\x24\0\0\0WAVEfmt \xff\xff\xff\xffdata", "There is no audio: each side is no 16 bit mono WAV file."),
    ],
    ids=["no-bytes", "four-bytes", "garbage", "header-alone", "lying-header"],
)
async def test_files_without_sound_are_a_fact_and_no_failure(
    raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock, content: bytes, problem: str
) -> None:
    raw(patient_s=None, ours_s=None)
    for side in ("rx", "tx"):
        (settings.recordings_folder / "raw" / f"{LINKEDID}-{side}.wav").write_bytes(content)
    assert await work.finish_one(LINKEDID, store, settings, clock)
    assert (store.rows[LINKEDID].file, store.rows[LINKEDID].problem) == ("", problem)


async def test_a_call_without_any_file_is_stored_as_such(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    raw(patient_s=None, ours_s=None)
    await work.finish_one(LINKEDID, store, settings, clock)
    assert store.rows[LINKEDID].problem == "There is no audio: each side is missing."


async def test_files_whose_start_nobody_noted_are_found_by_their_name(
    raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock
) -> None:
    wanted = raw()
    store.calls[LINKEDID] = replace(wanted, raw_file="")
    path = await finished(store, settings, clock)
    assert (path.suffix, store.rows[LINKEDID].problem) == (".ogg", "")
    assert raw_files(settings) == []


@pytest.mark.parametrize(("enabled", "said"), [(True, "No recording was started."), (False, "Recording is switched off.")])
async def test_a_call_that_was_not_recorded_says_why(store: MemoryStore, settings: Settings, clock: VirtualClock, enabled: bool, said: str) -> None:
    store.calls[LINKEDID] = RecordingWanted(LINKEDID, "", 3.0, clock.now())
    chosen = settings.model_copy(update={"recording": Recording(settle_s=0.0, enabled=enabled)})
    assert await work.finish_one(LINKEDID, store, chosen, clock)
    assert (store.rows[LINKEDID].file, store.rows[LINKEDID].problem) == ("", said)


async def test_a_hostile_name_reads_and_removes_nothing(store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    victim = settings.home / "victim-rx.wav"
    tone(victim, 400, 1.0)
    store.calls[LINKEDID] = RecordingWanted(LINKEDID, "raw/../../victim", 1.0, clock.now())
    await work.finish_one(LINKEDID, store, settings, clock)
    assert store.rows[LINKEDID].file == ""
    assert victim.exists()


async def test_done_twice_gives_the_same_bytes(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    wanted = raw()
    first = await controller.finish(wanted, settings, clock.now())
    second = await controller.finish(wanted, settings, clock.now())
    assert first == second


async def test_a_second_job_for_the_same_call_does_nothing(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    raw()
    await finished(store, settings, clock)
    assert not await work.finish_one(LINKEDID, store, settings, clock)
    assert store.saves == 1


async def test_killed_after_the_file_and_before_the_row(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    wanted = raw()
    before = await controller.finish(wanted, settings, clock.now())  # and here the process dies
    await finished(store, settings, clock)
    assert store.rows[LINKEDID] == before
    assert raw_files(settings) == []


async def test_a_slower_twin_finds_the_raw_files_gone(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    wanted = raw()
    await finished(store, settings, clock)
    late = await controller.finish(wanted, settings, clock.now())
    assert late.sha256 == store.rows[LINKEDID].sha256
    assert late.duration_s == pytest.approx(3.0, abs=0.1)
    assert late.problem == ""


async def test_killed_between_the_row_and_the_removal(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    wanted = raw()
    await store.save(await controller.finish(wanted, settings, clock.now()))
    assert len(raw_files(settings)) == 2
    assert await work.discard_finished(store, settings) == 1
    assert raw_files(settings) == []


async def test_raw_files_of_a_call_that_is_still_up_stay(raw: RawMaker, store: MemoryStore, settings: Settings) -> None:
    raw()
    store.calls.clear()
    assert await work.discard_finished(store, settings) == 0
    assert len(raw_files(settings)) == 2


async def test_the_database_being_away_loses_nothing(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    wanted = raw()
    facts = await controller.finish(wanted, settings, clock.now())
    store.away = True
    with pytest.raises(StoreUnavailable):
        await work.finish_one(LINKEDID, store, settings, clock)
    assert len(raw_files(settings)) == 2
    store.away = False
    await finished(store, settings, clock)
    assert store.rows[LINKEDID] == facts


async def test_a_full_disk_keeps_the_raw_files(
    raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw()
    monkeypatch.setattr(audio, "OPUS", (*audio.OPUS, "-fs", "not-a-number"))
    with pytest.raises(RecordingFailed):
        await work.finish_one(LINKEDID, store, settings, clock)
    assert len(raw_files(settings)) == 2
    assert store.rows == {}
    assert list(settings.recordings_folder.rglob("*.part")) == []


async def test_encoding_has_a_time_limit(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    raw(patient_s=60.0, ours_s=60.0, expected_s=60.0)
    hurried = settings.model_copy(update={"recording": Recording(settle_s=0.0, encode_timeout_s=0.001)})
    with pytest.raises(RecordingFailed):
        await work.finish_one(LINKEDID, store, hurried, clock)
    assert len(raw_files(settings)) == 2


async def test_it_waits_until_asterisk_closed_the_files(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    wanted = raw(patient_s=3.0, ours_s=None)
    patient = settings.recordings_folder / "raw" / f"{LINKEDID}-rx.wav"
    whole = patient.read_bytes()
    patient.write_bytes(whole[:40] + bytes(4) + whole[44:])
    waiting = settings.model_copy(update={"recording": Recording(settle_s=40.0)})
    job = asyncio.create_task(controller.finish(wanted, waiting, clock.now() - timedelta(seconds=20)), name="finish")
    done, _ = await asyncio.wait({job}, timeout=0.5)
    assert not done
    patient.write_bytes(whole)
    tone(settings.recordings_folder / "raw" / f"{LINKEDID}-tx.wav", OURS_HZ, 3.0)
    assert (await asyncio.wait_for(job, 20)).problem == ""


async def test_the_sweep_finishes_all_that_were_missed(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    for number in range(4):
        raw(f"node1-1795262400.{number}", patient_s=0.5, ours_s=0.5, expected_s=0.5)
    assert await work.sweep(store, settings, clock) == 4
    assert await store.pending() == ()
    assert raw_files(settings) == []


class _Jobs:
    """Jobs that a test hands out."""

    def __init__(self) -> None:
        self.handlers: dict[str, work.JobHandler] = {}

    def on(self, job: str, handler: work.JobHandler) -> None:
        self.handlers[job] = handler


async def test_the_task_sweeps_at_its_start_and_takes_jobs(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    raw("node1-1795262400.1", patient_s=0.5, ours_s=0.5, expected_s=0.5)
    jobs = _Jobs()
    task = asyncio.create_task(work.run(jobs, store, settings, clock), name="recordings")
    await until(lambda: "node1-1795262400.1" in store.rows, timeout_s=20)
    raw("node1-1795262400.2", patient_s=0.5, ours_s=0.5, expected_s=0.5)
    await jobs.handlers[work.JOB]("node1-1795262400.2")
    assert store.rows["node1-1795262400.2"].problem == ""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
