"""The music of the queue: a soft loop of 32 s, made here, free of anybody's rights.

In: nothing. Out: 8 kHz A-law bytes whose end runs into their beginning. Only numpy; the same bytes each time.
Quieter than speech, without beats or sudden notes: people hear it for minutes, some of them in pain.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from callcenter.speech.shape import RATE_OUT, Samples, band_limited, from_db, speech_rms, to_alaw

LENGTH_S = 32.0
BAR_S = 4.0
LEVEL_DB = -27.0
# Eight bars, one chord each (MIDI numbers): C, Am7, F, G in two voicings.
CHORDS = (
    (60, 64, 67, 71),
    (57, 60, 64, 67),
    (53, 57, 60, 64),
    (55, 59, 62, 67),
    (60, 64, 67, 74),
    (57, 64, 67, 72),
    (53, 60, 65, 69),
    (55, 62, 65, 71),
)
# What a harp plays over them: (seconds into the bar, step of the chord, octaves above).
FIGURE = ((0.0, 0, 0), (0.5, 1, 0), (1.0, 2, 0), (1.5, 3, 0), (2.0, 1, 1), (2.75, 2, 0), (3.25, 1, 0))


def _hz(note: int) -> float:
    return 440.0 * 2 ** ((note - 69) / 12)


def _pluck(note: int, length_s: float = 3.2) -> Samples:
    """One soft string: overtones that die the faster the higher they are."""
    t = np.arange(int(length_s * RATE_OUT)) / RATE_OUT
    tone = np.zeros_like(t)
    for overtone, strength in ((1, 1.0), (2, 0.42), (3, 0.16), (4, 0.06)):
        hz = _hz(note) * overtone
        if hz < 3_300:
            tone += strength * np.sin(2 * np.pi * hz * t) * np.exp(-t * (1.1 + 0.8 * overtone))
    return (tone * np.minimum(1.0, t / 0.012)).astype(np.float32)


def _pad(chord: tuple[int, ...], length_s: float = BAR_S + 2.0) -> Samples:
    """The chord as a breath: two seconds in, two seconds out, over the next bar's edge."""
    t = np.arange(int(length_s * RATE_OUT)) / RATE_OUT
    envelope = np.minimum(1.0, np.minimum(t / 2.0, (length_s - t) / 2.0)) ** 1.5
    tone = sum(np.sin(2 * np.pi * _hz(note) * (1 + drift) * t) for note in chord for drift in (-0.0012, 0.0013))
    return (0.10 * envelope * tone).astype(np.float32)


def calm() -> bytes:
    """The whole loop."""
    total = int(LENGTH_S * RATE_OUT)
    loop = np.zeros(total, np.float32)

    def lay(start_s: float, sound: Samples) -> None:
        place = (int(start_s * RATE_OUT) + np.arange(len(sound))) % total
        np.add.at(loop, place, sound)

    for bar, chord in enumerate(CHORDS):
        lay(bar * BAR_S, _pad(chord))
        for offset_s, step, octaves in FIGURE:
            lay(bar * BAR_S + offset_s, 0.5 * _pluck(chord[step] + 12 * octaves))
    around = np.concatenate((loop[-RATE_OUT:], loop, loop[:RATE_OUT]))
    narrow = band_limited(around, RATE_OUT, taps=161)[RATE_OUT:-RATE_OUT]
    return to_alaw(narrow * (from_db(LEVEL_DB) / speech_rms(narrow, RATE_OUT)))


def write(sounds: Path) -> Path:
    """Into sounds/moh, the folder that Asterisk plays in its queues."""
    target = sounds / "moh" / "calm.alaw"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(calm())
    return target
