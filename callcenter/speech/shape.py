"""The shape of a prompt on a telephone line: 24 kHz samples in, 8 kHz A-law bytes out, and what a file measures.

In: float samples from -1 to 1. Out: trimmed, band-limited, equally loud A-law (G.711). Only numpy, no files.
Invariant: no sample above PEAK, so nothing clips; speech stands at SPEECH_RMS wherever the peaks allow it.
A-law is ITU-T G.711; levels are dBFS of the linear value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
RATE_IN = 24_000
RATE_OUT = 8_000
SPEECH_RMS_DB = -20.0
PEAK_DB = -6.0
LOW_HZ, HIGH_HZ = 180.0, 3_500.0
FRAME_S = 0.01
SILENCE_BELOW_SPEECH_DB = -32.0


def from_db(level: float) -> float:
    return 10 ** (level / 20)


def to_db(value: float) -> float:
    return 20 * float(np.log10(max(value, 1e-6)))


def band_limited(samples: Samples, rate: int = RATE_IN, taps: int = 481) -> Samples:
    """Only what a telephone carries: a linear-phase windowed-sinc band-pass."""
    n = np.arange(taps) - (taps - 1) / 2
    high, low = 2 * HIGH_HZ / rate, 2 * LOW_HZ / rate
    kernel = (high * np.sinc(high * n) - low * np.sinc(low * n)) * np.blackman(taps)
    return np.convolve(samples, kernel, mode="same").astype(np.float32)


def frame_rms(samples: Samples, rate: int) -> Samples:
    """RMS of each 10 ms."""
    size = int(rate * FRAME_S)
    whole = samples[: len(samples) // size * size].reshape(-1, size)
    return np.sqrt((whole**2).mean(axis=1)) if len(whole) else np.zeros(1, np.float32)


def speech_rms(samples: Samples, rate: int) -> float:
    """RMS over frames that carry speech: those within 25 dB of the loud ones."""
    frames = frame_rms(samples, rate)
    loud = np.percentile(frames, 95)
    speaking = frames[frames > loud * from_db(-25)]
    return float(np.sqrt((speaking**2).mean())) if len(speaking) else 0.0


def trimmed(samples: Samples, rate: int, before_s: float, after_s: float) -> Samples:
    """Without the silence around the words, but for these pads; faded so that a cut makes no click."""
    frames = frame_rms(samples, rate)
    heard = np.flatnonzero(frames > speech_rms(samples, rate) * from_db(SILENCE_BELOW_SPEECH_DB))
    if not len(heard):
        return samples[:0]
    size = int(rate * FRAME_S)
    start = max(0, heard[0] * size - int(before_s * rate))
    end = min(len(samples), (heard[-1] + 1) * size + int(after_s * rate))
    cut = samples[start:end].copy()
    fade = min(int(0.008 * rate), len(cut) // 2)
    if fade:
        ramp = np.linspace(0, 1, fade, dtype=np.float32)
        cut[:fade] *= ramp
        cut[-fade:] *= ramp[::-1]
    return cut


def levelled(samples: Samples, rate: int) -> Samples:
    """At SPEECH_RMS_DB, with peaks bent under PEAK_DB by a gain that follows them smoothly."""
    rms = speech_rms(samples, rate)
    if rms == 0.0:
        return samples
    louder = samples * (from_db(SPEECH_RMS_DB) / rms)
    return _limited(louder, rate, from_db(PEAK_DB))


def _limited(samples: Samples, rate: int, ceiling: float) -> Samples:
    window = int(0.005 * rate)
    padded = np.pad(np.abs(samples), window, mode="edge")
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * window + 1).max(axis=1)
    gain = np.minimum(1.0, ceiling / np.maximum(highest, 1e-9))
    smooth = np.convolve(np.pad(gain, window // 2, mode="edge"), np.ones(window) / window, mode="same")[window // 2 : window // 2 + len(gain)]
    return np.clip(samples * smooth, -ceiling, ceiling).astype(np.float32)


def for_telephone(samples: Samples, before_s: float, after_s: float) -> bytes:
    """24 kHz speech as a finished 8 kHz A-law prompt."""
    narrow = band_limited(samples)[:: RATE_IN // RATE_OUT]
    return to_alaw(levelled(trimmed(narrow, RATE_OUT, before_s, after_s), RATE_OUT))


# -- A-law ---------------------------------------------------------------------------------------------------------------


@cache
def _decode_table() -> NDArray[np.int16]:
    """The 256 linear values (16 bit) of A-law codes, as G.711 table 1a gives them."""
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    magnitude = np.where(exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 264) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


@cache
def _encode_table() -> NDArray[np.uint8]:
    """For each 16 bit value the nearest code."""
    levels = _decode_table().astype(np.int32)
    order = np.argsort(levels)
    edges = (levels[order][1:] + levels[order][:-1]) / 2
    return order[np.searchsorted(edges, np.arange(-32768, 32768))].astype(np.uint8)


def to_alaw(samples: Samples) -> bytes:
    linear = np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int32)
    return _encode_table()[linear + 32768].tobytes()


def from_alaw(data: bytes) -> Samples:
    return (_decode_table()[np.frombuffer(data, np.uint8)] / 32768).astype(np.float32)


# -- measures ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measures:
    """What a file sounds like in figures. `edge_s`: silence before the first and after the last word; `gap_s`: the longest one between."""

    duration_s: float
    rms_db: float
    peak_db: float
    edge_s: tuple[float, float]
    gap_s: float = 0.0


def measure(data: bytes) -> Measures:
    """Of an A-law file."""
    samples = from_alaw(data)
    if not len(samples):
        return Measures(0.0, -120.0, -120.0, (0.0, 0.0))
    frames = frame_rms(samples, RATE_OUT)
    rms = speech_rms(samples, RATE_OUT)
    heard = np.flatnonzero(frames > rms * from_db(SILENCE_BELOW_SPEECH_DB))
    if not len(heard):
        return Measures(round(len(samples) / RATE_OUT, 3), to_db(rms), to_db(float(np.abs(samples).max())), (0.0, 0.0))
    edge = (float(heard[0]) * FRAME_S, float(len(frames) - 1 - heard[-1]) * FRAME_S)
    gap_s = float(np.diff(heard, prepend=heard[0] - 1).max() - 1) * FRAME_S
    return Measures(round(len(samples) / RATE_OUT, 3), to_db(rms), to_db(float(np.abs(samples).max())), edge, gap_s)
