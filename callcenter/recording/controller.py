"""Finishes one recording: two raw files become one checked stereo file and the facts about it.

In: a closed call with its raw files and the length it should have. Out: RecordingFacts; what is wrong stands in them in words.
Must not remove a raw file before the facts are stored: `discard_raw` is a step of its own, called after `RecordingStore.save`.
Invariant: done twice, or killed at any point and done again, the same facts come out and the same file is kept.
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from callcenter import log
from callcenter.errors import RecordingFailed
from callcenter.recording import audio, files
from callcenter.recording.audio import Direction
from callcenter.recording.ports import RecordingFacts, RecordingWanted
from callcenter.settings import Settings

SETTLE_STEP_S = 0.2
_log = log.get("recording")


async def finish(wanted: RecordingWanted, settings: Settings, now: datetime) -> RecordingFacts:
    """Make the file and say what it is. Raises RecordingFailed when it could not be written now, UnsafeArgument for a hostile name."""
    folder = settings.recordings_folder
    kept = _existing(folder, wanted.linkedid)
    pair = _pair(wanted, folder)
    if not wanted.raw_file and not kept and not (pair.patient.exists() or pair.ours.exists()):
        return _without_audio(wanted, "No recording was started." if settings.recording.enabled else "Recording is switched off.")
    since_end_s = (now - wanted.ended_at).total_seconds()
    await _settled((pair.patient, pair.ours), settings.recording.settle_s - since_end_s)
    patient, ours = (audio.read_direction(path) for path in (pair.patient, pair.ours))
    if not len(patient.samples) and not len(ours.samples):
        return await _of_kept(wanted, kept, settings) if kept else _without_audio(wanted, _nothing_heard(patient, ours))
    patient, ours = _one_rate(patient, ours)
    name = files.kept_file(wanted.linkedid, audio.kept_kind())
    target = files.inside(folder, name)
    await _write(patient, ours, target, settings.recording.encode_timeout_s)
    return await asyncio.to_thread(_facts, wanted, name, target, patient, ours, settings.recording.length_tolerance_s)


def discard_raw(wanted: RecordingWanted, settings: Settings) -> None:
    """The raw files are no longer needed: the result is on disk and its facts are stored."""
    _remove_pair(_pair(wanted, settings.recordings_folder))


def discard_raw_of(linkedid: str, settings: Settings) -> None:
    """The same, for a call of which only the id is known."""
    _remove_pair(files.raw_pair(settings.recordings_folder, f"raw/{linkedid}"))


def raw_of_kept(folder: Path) -> list[str]:
    """Calls that have raw files beside a finished recording."""
    bases = {path.stem.rsplit("-", 1)[0] for path in (folder / "raw").glob("*-[rt]x.wav")}
    return sorted(base for base in bases if _existing(folder, base))


def _pair(wanted: RecordingWanted, folder: Path) -> files.RawPair:
    """When the event of its start was lost with a controller, the files have their usual name all the same."""
    return files.raw_pair(folder, wanted.raw_file or f"raw/{wanted.linkedid}")


def _remove_pair(pair: files.RawPair) -> None:
    for path in (pair.patient, pair.ours):
        files.remove(path)


async def _settled(paths: tuple[Path, ...], limit_s: float) -> None:
    """Asterisk closes the files a moment after the call: wait until they say their own length, at most `limit_s`."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if all(not audio.read_direction(path).problem for path in paths):
            return
        await asyncio.sleep(SETTLE_STEP_S)


async def _write(patient: Direction, ours: Direction, target: Path, timeout_s: float) -> None:
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        await audio.encode(patient, ours, unfinished, timeout_s)
        await asyncio.to_thread(files.publish, unfinished, target)
    except OSError as wrong:
        raise RecordingFailed(f"{target.name} could not be brought to disk") from wrong


def _one_rate(patient: Direction, ours: Direction) -> tuple[Direction, Direction]:
    """An absent side takes the other's rate."""
    if not len(patient.samples):
        return Direction(patient.samples, ours.rate, patient.problem), ours
    if not len(ours.samples):
        return patient, Direction(ours.samples, patient.rate, ours.problem)
    if patient.rate != ours.rate:
        raise RecordingFailed(f"the two directions have different rates ({patient.rate}, {ours.rate})")
    return patient, ours


# -- facts -----------------------------------------------------------------------------------------------------------------


def _facts(wanted: RecordingWanted, name: str, path: Path, patient: Direction, ours: Direction, tolerance_s: float) -> RecordingFacts:
    duration_s = round(max(patient.duration_s, ours.duration_s), 3)
    problem = problem_of(patient, ours, wanted.expected_s, tolerance_s)
    if problem:
        _log.warning("recording has a problem", linkedid=wanted.linkedid, problem=problem)
    peaks: dict[str, Any] = audio.peaks_of(patient, ours)
    return RecordingFacts(wanted.linkedid, name, duration_s, path.stat().st_size, files.sha256_of(path), problem, peaks)


def problem_of(patient: Direction, ours: Direction, expected_s: float, tolerance_s: float) -> str:
    """Everything that is wrong, in sentences; empty when nothing is."""
    said = [f"{whose} {side.problem}." for whose, side in (("The patient's side", patient), ("Our side", ours)) if side.problem]
    duration_s = max(patient.duration_s, ours.duration_s)
    if duration_s < expected_s - tolerance_s:
        said.append(f"{expected_s - duration_s:.1f} s of {expected_s:.1f} s are missing.")
    elif duration_s > expected_s + tolerance_s:
        said.append(f"It is {duration_s - expected_s:.1f} s longer than the call.")
    both = len(patient.samples) and len(ours.samples)
    if both and abs(patient.duration_s - ours.duration_s) > tolerance_s:
        said.append(f"The two sides differ by {abs(patient.duration_s - ours.duration_s):.1f} s.")
    return " ".join(said)


def _nothing_heard(patient: Direction, ours: Direction) -> str:
    if patient.problem == ours.problem:
        return f"There is no audio: each side {patient.problem}."
    return f"There is no audio: the patient's side {patient.problem}, our side {ours.problem}."


def _without_audio(wanted: RecordingWanted, problem: str) -> RecordingFacts:
    _log.warning("recording has no audio", linkedid=wanted.linkedid, problem=problem)
    return RecordingFacts(wanted.linkedid, "", 0.0, 0, "", problem)


async def _of_kept(wanted: RecordingWanted, name: str, settings: Settings) -> RecordingFacts:
    """The raw files are gone and the result is there: another run was faster, or ended between its last two steps."""
    path = files.inside(settings.recordings_folder, name)
    patient, ours = await asyncio.to_thread(audio.decoded, path)
    return await asyncio.to_thread(_facts, wanted, name, path, patient, ours, settings.recording.length_tolerance_s)


def _existing(folder: Path, linkedid: str) -> str:
    names = (files.kept_file(linkedid, kind) for kind in ("ogg", "wav"))
    return next((name for name in names if files.inside(folder, name).exists()), "")
