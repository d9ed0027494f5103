"""The sound itself: reads what Asterisk wrote, even when it was cut off, and makes one stereo file of it.

In: the raw WAV files of the two directions (8 or 16 kHz, 16 bit, mono). Out: Ogg/Opus (WAV where ffmpeg is missing), patient left and our
side right; length and waveform. Samples are mapped, not loaded: an hour costs a few megabytes.
Invariant: the length of the result is the longer direction's; the shorter is filled with silence at its end.
WAV: RIFF as Asterisk's format_wav writes it; a file that was not closed has a length of 0 or too little in its header.
"""

from __future__ import annotations

import asyncio
import shutil
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callcenter.errors import RecordingFailed

Samples = NDArray[np.int16]
DEFAULT_RATE = 8_000
CHUNK_S = 10
MAX_PEAKS = 1_600
MAX_PEAKS_PER_S = 20
OPUS = ("-c:a", "libopus", "-b:a", "32k", "-application", "voip", "-frame_duration", "60", "-f", "ogg")


@dataclass(frozen=True, slots=True)
class Direction:
    """One side of the call as found. `problem`: what is wrong with the file, in words; empty when nothing is."""

    samples: Samples
    rate: int
    problem: str = ""

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate


_NOTHING: Samples = np.zeros(0, np.int16)


def read_direction(path: Path) -> Direction:
    """What can be heard in `path`; never raises for a damaged file."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError:
        return Direction(_NOTHING, DEFAULT_RATE, "is missing")
    if size == 0:
        return Direction(_NOTHING, DEFAULT_RATE, "is empty")
    found = _layout(head)
    if found is None:
        return Direction(_NOTHING, DEFAULT_RATE, "is no 16 bit mono WAV file")
    rate, start, promised = found
    count = max(0, size - start) // 2
    samples = np.memmap(path, dtype="<i2", mode="r", offset=start, shape=(count,)) if count else _NOTHING
    if count == 0:
        return Direction(_NOTHING, rate, "holds no sound")
    return Direction(samples, rate, "" if promised == count * 2 else "was not closed in order")


def _layout(head: bytes) -> tuple[int, int, int] | None:
    """(rate, where samples begin, how many bytes the header promises), or None."""
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    at, rate = 12, 0
    while at + 8 <= len(head):
        name, length = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        body = head[at + 8 : at + 8 + length]
        if name == b"fmt " and len(body) >= 16:
            form, channels, bits = int.from_bytes(body[:2], "little"), int.from_bytes(body[2:4], "little"), int.from_bytes(body[14:16], "little")
            if (form, channels, bits) != (1, 1, 16):
                return None
            rate = int.from_bytes(body[4:8], "little")
        if name == b"data":
            return (rate, at + 8, length) if rate else None
        at += 8 + length + length % 2
    return None


# -- both sides together ---------------------------------------------------------------------------------------------------


def stereo_chunks(patient: Direction, ours: Direction) -> Iterator[Samples]:
    """Ten seconds at a time, shape (n, 2): patient, our side. Both have one rate."""
    total = max(len(patient.samples), len(ours.samples))
    step = CHUNK_S * patient.rate
    for start in range(0, total, step):
        size = min(step, total - start)
        chunk = np.zeros((size, 2), np.int16)
        for side, direction in enumerate((patient, ours)):
            part = direction.samples[start : start + size]
            chunk[: len(part), side] = part
        yield chunk


def kept_kind() -> str:
    """`ogg` where ffmpeg is, else `wav`."""
    return "ogg" if shutil.which("ffmpeg") else "wav"


async def encode(patient: Direction, ours: Direction, target: Path, timeout_s: float) -> None:
    """Write one stereo file. Raises RecordingFailed; then there is no `target`."""
    try:
        async with asyncio.timeout(timeout_s):
            if target.suffix == ".ogg" or ".ogg." in target.name:
                await _encode_opus(patient, ours, target)
            else:
                await asyncio.to_thread(_write_wav, patient, ours, target)
    except (OSError, TimeoutError, RecordingFailed) as wrong:
        await asyncio.to_thread(target.unlink, missing_ok=True)
        raise RecordingFailed(f"{target.name} could not be written: {wrong or 'it took too long'}") from wrong


async def _encode_opus(patient: Direction, ours: Direction, target: Path) -> None:
    source = ("-f", "s16le", "-ar", str(patient.rate), "-ac", "2", "-i", "pipe:0")
    quiet = ("-nostdin", "-hide_banner", "-loglevel", "error", "-y")
    command = ("ffmpeg", *quiet, *source, *OPUS, "-fflags", "+bitexact", "-flags:a", "+bitexact", str(target))
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    try:
        await _feed(process, patient, ours)
        said = await process.stderr.read(2000) if process.stderr else b""
        if await process.wait() != 0:
            raise RecordingFailed(f"ffmpeg: {said.decode(errors='replace').strip()}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _feed(process: asyncio.subprocess.Process, patient: Direction, ours: Direction) -> None:
    """Closes ffmpeg's input at the end. A broken pipe is ffmpeg's own failure; its exit code tells it."""
    pipe = process.stdin
    if pipe is None:
        raise RecordingFailed("ffmpeg has no input")
    try:
        for chunk in stereo_chunks(patient, ours):
            pipe.write(chunk.tobytes())
            await pipe.drain()
        pipe.close()
        await pipe.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        pipe.close()


def _write_wav(patient: Direction, ours: Direction, target: Path) -> None:
    with target.open("wb") as file, wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(patient.rate)
        for chunk in stereo_chunks(patient, ours):
            out.writeframes(chunk.tobytes())


def decoded(path: Path) -> tuple[Direction, Direction]:
    """A kept or any other audio file, taken apart again; mono counts as both sides. Raises RecordingFailed."""
    from pydub import AudioSegment
    from pydub.exceptions import CouldntDecodeError

    try:
        with path.open("rb") as file:
            segment: Any = AudioSegment.from_file(file, format=path.suffix.lstrip("."))
    except (CouldntDecodeError, OSError) as wrong:
        raise RecordingFailed(f"{path.name} cannot be decoded") from wrong
    sides = segment.set_frame_rate(DEFAULT_RATE).set_sample_width(2).split_to_mono()
    left, right = (np.array(side.get_array_of_samples(), np.int16) for side in (sides[0], sides[-1]))
    return Direction(left, DEFAULT_RATE), Direction(right, DEFAULT_RATE)


# -- what it looks like ------------------------------------------------------------------------------------------------


def peaks_of(patient: Direction, ours: Direction) -> dict[str, Any]:
    """The waveform: `{"duration_s", "peaks_per_s", "left": [0..1], "right": [0..1]}`, of at most MAX_PEAKS points a side."""
    duration_s = max(patient.duration_s, ours.duration_s)
    per_s = min(float(MAX_PEAKS_PER_S), MAX_PEAKS / duration_s) if duration_s else float(MAX_PEAKS_PER_S)
    count = int(np.ceil(duration_s * per_s))
    sides = [_side_peaks(direction, per_s, count) for direction in (patient, ours)]
    return {"duration_s": round(duration_s, 3), "peaks_per_s": round(per_s, 4), "left": sides[0], "right": sides[1]}


def _side_peaks(direction: Direction, per_s: float, count: int) -> list[float]:
    edges = (np.arange(count + 1) * direction.rate / per_s).astype(np.int64)
    peaks: list[float] = []
    for start, end in pairwise(edges):
        part = direction.samples[start:end]
        loudest = max(int(part.max()), -int(part.min())) if len(part) else 0
        peaks.append(round(min(1.0, loudest / 32768), 3))
    return peaks
