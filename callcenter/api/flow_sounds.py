"""Sounds of the hotline as wav for browsers.

In: a language and a file id as `ivr.prompts` names them. Out: a wav in memory, or None. Must not reach a file outside the two sound folders.
Invariant: 8 kHz, mono, 16 bits, what every browser plays. A-law: ITU-T G.711.
"""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy

OWN = "own/"
"""Ids of sounds that were made on this machine."""


async def wav_of(shipped: Path, own: Path, language: str, file: str) -> bytes | None:
    """`file` as a caller in `language` hears it."""
    return await asyncio.to_thread(_wav, shipped, own, language, file)


def _wav(shipped: Path, own: Path, language: str, file: str) -> bytes | None:
    if file.startswith(OWN):
        places: Sequence[tuple[Path, str]] = ((own, file.removeprefix(OWN)),)
    else:
        places = ((shipped / language, file), (shipped, file))
    for folder, name in places:
        path = (folder / f"{name}.alaw").resolve()
        if path.is_relative_to(folder.resolve()) and path.is_file():
            return _as_wav(path.read_bytes())
    return None


def _as_wav(alaw: bytes) -> bytes:
    table = numpy.array(_table(), dtype="<i2")
    samples = table[numpy.frombuffer(alaw, dtype=numpy.uint8)]
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
    return made.getvalue()


@cache
def _table() -> tuple[int, ...]:
    return tuple(map(_linear, range(256)))


def _linear(code: int) -> int:
    """One A-law code as a 16-bit sample."""
    code ^= 0x55
    segment, mantissa = (code & 0x70) >> 4, (code & 0x0F) << 4
    sample = mantissa + 8 if segment == 0 else (mantissa + 0x108) << (segment - 1)
    return sample if code & 0x80 else -sample
