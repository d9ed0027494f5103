"""A-law and u-law, and the tones of keys, for the callers that we make ourselves. Pure.

In and out: numpy arrays of 16-bit samples at 8 kHz, and bytes on the wire. Payload types 8 and 0 of RFC 3551; key tones ITU-T Q.23.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

Codec = Literal["alaw", "ulaw"]
RATE = 8000
PAYLOAD_TYPE: dict[Codec, int] = {"alaw": 8, "ulaw": 0}
SILENCE: dict[Codec, bytes] = {"alaw": b"\xd5", "ulaw": b"\xff"}
_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_KEYS = "123A456B789C*0#D"


def _alaw_value(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    value = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return value if code & 0x80 else -value


def _ulaw_value(code: int) -> int:
    code = ~code & 0xFF
    value = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84
    return -value if code & 0x80 else value


_VALUES: dict[Codec, np.ndarray] = {
    "alaw": np.array([_alaw_value(code) for code in range(256)], dtype=np.int32),
    "ulaw": np.array([_ulaw_value(code) for code in range(256)], dtype=np.int32),
}


def decode(wire: bytes, codec: Codec) -> np.ndarray:
    """Samples of `wire`."""
    return _VALUES[codec][np.frombuffer(wire, dtype=np.uint8)].astype(np.int16)


def encode(samples: np.ndarray, codec: Codec) -> bytes:
    """The nearest code of each sample."""
    order = np.argsort(_VALUES[codec], kind="stable")
    values = _VALUES[codec][order]
    right = np.clip(np.searchsorted(values, samples.astype(np.int32)), 1, 255)
    left_is_nearer = samples - values[right - 1] < values[right] - samples
    return order[np.where(left_is_nearer, right - 1, right)].astype(np.uint8).tobytes()


def tone(frequencies: tuple[float, ...], seconds: float, level: float = 0.2) -> np.ndarray:
    """Sines of equal strength, `level` of full scale each."""
    moments = np.arange(int(seconds * RATE)) / RATE
    waves = np.sin(2 * np.pi * np.outer(frequencies, moments))
    return (waves.sum(axis=0) * level * 32767).astype(np.int16)


def key_tone(key: str, seconds: float = 0.12) -> np.ndarray:
    """What a telephone sends for `key`."""
    place = _KEYS.index(key)
    return tone((_ROWS[place // 4], _COLUMNS[place % 4]), seconds)


def level_at(samples: np.ndarray, frequency: float) -> float:
    """How strong `frequency` is in `samples`: amplitude as a part of full scale."""
    if not len(samples):
        return 0.0
    moments = np.arange(len(samples)) / RATE
    wave = np.exp(-2j * np.pi * frequency * moments)
    return float(2 * abs(np.dot(samples.astype(np.float64), wave)) / len(samples) / 32768)
