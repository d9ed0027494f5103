"""Where in a stream of telephone sound somebody speaks. Pure.

In: A-law bytes as they come, in any pieces. Out: `BEGAN` once somebody speaks, then the whole utterance once he has been silent for the end time
or spoke for the longest time. Must not judge words. Invariant: after an utterance the same object waits for the next one; nothing is kept longer
than the longest answer and its lead.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from callcenter.speech.shape import from_alaw, to_db

RATE = 8_000
FRAME: Final = 160
FRAME_S = FRAME / RATE
SILENCE = b"\xd5"
LEAD_FRAMES = 20
RECENT, BEGIN_AFTER = 15, 9
_QUIETEST_DB, _ABOVE_FLOOR_DB = -44.0, 11.0
_FLOOR_UP, _FLOOR_DOWN = 0.02, 0.4


@dataclass(frozen=True, slots=True)
class Began:
    """Somebody speaks."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was spoken, with a little before it. A-law."""

    sound: bytes
    speech_s: float


Event = Began | Utterance


class Endpointer:
    """One caller's stream."""

    def __init__(self, end_s: float = 0.7, longest_s: float = 8.0) -> None:
        self._end_frames, self._longest_frames = round(end_s / FRAME_S), round(longest_s / FRAME_S)
        self._rest = b""
        self._floor_db = -60.0
        self._reset()

    def _reset(self) -> None:
        self._recent: deque[bool] = deque(maxlen=RECENT)
        self._lead: deque[bytes] = deque(maxlen=LEAD_FRAMES + RECENT)
        self._spoken: list[bytes] = []
        self._voiced = self._silent = 0
        self.speaking = False

    def feed(self, sound: bytes) -> list[Event]:
        """What becomes clear with these bytes."""
        whole = self._rest + sound
        end = len(whole) // FRAME * FRAME
        self._rest = whole[end:]
        found = (self._frame(whole[start : start + FRAME]) for start in range(0, end, FRAME))
        return [event for event in found if event is not None]

    def nothing(self, seconds: float) -> list[Event]:
        """No sound came for so long, as from telephones that send none while nobody speaks."""
        return self.feed(SILENCE * (round(seconds / FRAME_S) * FRAME))

    def _frame(self, frame: bytes) -> Event | None:
        voiced = self._is_voice(frame)
        self._recent.append(voiced)
        if self.speaking:
            return self._goes_on(frame, voiced)
        self._lead.append(frame)
        if sum(self._recent) < BEGIN_AFTER:
            return None
        self.speaking, self._spoken = True, list(self._lead)
        self._voiced, self._silent = sum(self._recent), 0
        return Began()

    def _goes_on(self, frame: bytes, voiced: bool) -> Event | None:
        self._spoken.append(frame)
        self._voiced += voiced
        self._silent = 0 if voiced and sum(self._recent) >= 3 else self._silent + 1
        if self._silent < self._end_frames and len(self._spoken) < self._longest_frames:
            return None
        utterance = Utterance(b"".join(self._spoken), round(self._voiced * FRAME_S, 3))
        self._reset()
        return utterance

    def _is_voice(self, frame: bytes) -> bool:
        """Louder than the line's own noise, which is followed slowly upwards and quickly downwards."""
        samples = from_alaw(frame)
        level = to_db(float(np.sqrt((samples**2).mean())))
        follow = _FLOOR_DOWN if level < self._floor_db else _FLOOR_UP
        if not self.speaking:
            self._floor_db += follow * (level - self._floor_db)
        return level > max(_QUIETEST_DB, self._floor_db + _ABOVE_FLOOR_DB)
