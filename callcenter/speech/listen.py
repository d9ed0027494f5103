"""Listens to rendered prompts with a speech recogniser and says how far it is from the text.

In: A-law files and the words they should hold. Out: an error rate per file (Chinese by toneless syllables, English by letters).
A recogniser errs too, most of all on single syllables: the figure ranks prompts for a human ear, it is no proof by itself.
Needs the packages of requirements-sounds.lock; Whisper base through faster-whisper.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from callcenter.speech.models import listener_model
from callcenter.speech.normalise import normalise
from callcenter.speech.shape import Samples, from_alaw

RATE = 16_000
_HINT = {"zh": "以下是医院热线的普通话语音。", "en": "A hospital telephone line."}


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the recogniser understood. `errors` of `length` units."""

    key: str
    text: str
    heard: str
    errors: int
    length: int

    @property
    def rate(self) -> float:
        return self.errors / max(1, self.length)


def distance(left: Sequence[str], right: Sequence[str]) -> int:
    """Edits (insert, remove, replace) between two sequences."""
    row = list(range(len(right) + 1))
    for i, one in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (one != other))
    return row[-1]


def units(text: str, language: str) -> list[str]:
    """What is compared: toneless syllables, or letters, of the normalised text."""
    text = re.sub(r"\{[^}]*\}", "", normalise(text, language)).lower()
    if language == "en":
        return list(re.sub(r"[^a-z]", "", text))
    pypinyin = importlib.import_module("pypinyin")
    return [part for part in pypinyin.lazy_pinyin(re.sub(r"[^\u4e00-\u9fffa-z]", "", text)) if part]


@dataclass(slots=True)
class Listener:
    """One loaded recogniser."""

    threads: int = 2
    _model: Any = None

    def hear(self, alaw: bytes, language: str) -> str:
        """The words in an A-law file."""
        segments, _ = self._loaded().transcribe(
            upsampled(from_alaw(alaw)),
            language=language,
            beam_size=5,
            temperature=0.0,
            initial_prompt=_HINT[language],
            condition_on_previous_text=False,
        )
        return "".join(segment.text for segment in segments).strip()

    def check(self, key: str, text: str, alaw: bytes, language: str) -> Hearing:
        heard = self.hear(alaw, language)
        wanted = units(text, language)
        return Hearing(key, text, heard, distance(wanted, units(heard, language)), len(wanted))

    def _loaded(self) -> Any:
        if self._model is None:
            whisper = importlib.import_module("faster_whisper")
            self._model = whisper.WhisperModel(str(listener_model()), device="cpu", compute_type="int8", cpu_threads=self.threads)
        return self._model


def upsampled(samples: Samples) -> Samples:
    """8 kHz to 16 kHz, with half a second of quiet around: recognisers lose words at the very edge."""
    fine = np.interp(np.arange(2 * len(samples)) / 2, np.arange(len(samples)), samples)
    quiet = np.zeros(RATE // 2)
    return np.concatenate((quiet, fine, quiet)).astype(np.float32)
