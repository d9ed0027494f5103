"""The voice: normalised text to samples, by Kokoro-82M (int8) on onnxruntime.

In: a `Line` (text, voice, speed). Out: 24 kHz float samples. Needs the packages of requirements-sounds.lock; loads them when first asked.
Must not run in the processes that serve calls: a sentence costs about a second of both cores.
Invariant: a text longer than the model's context is spoken sentence by sentence with a pause between, never cut.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from callcenter.errors import ConfigError
from callcenter.speech import phonemes
from callcenter.speech.models import MEND, synthesis_model, voice_file
from callcenter.speech.shape import RATE_IN, Samples

MAX_SYMBOLS = 180
SENTENCE_PAUSE_S = 0.28
STYLE_ROWS = 510


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks, how fast."""

    name: str
    language: str
    speed: float = 1.0


@dataclass(slots=True)
class Synthesiser:
    """One loaded model. Not for several threads."""

    threads: int = 2
    _session: Any = None
    _styles: dict[str, Samples] = field(default_factory=dict)

    def speak(self, text: str, voice: Voice) -> Samples:
        """Samples at 24 kHz of `text`, which is normalised already. Raises ConfigError when nothing in it can be spoken."""
        spoken = (phonemes.chinese if voice.language == "zh" else phonemes.english)(text)
        pieces = [piece for piece in pieces_of(spoken) if re.search(r"\w", piece)]
        if not pieces:
            raise ConfigError(f"text {text!r}", "holds nothing that can be spoken", "write words")
        pause = np.zeros(int(SENTENCE_PAUSE_S * RATE_IN), np.float32)
        out = [self._infer(pieces[0], voice)]
        for piece in pieces[1:]:
            out += [pause, self._infer(piece, voice)]
        return np.concatenate(out)

    def _infer(self, piece: str, voice: Voice) -> Samples:
        known = phonemes.vocabulary()
        ids = [known[symbol] for symbol in piece][: STYLE_ROWS - 1]
        inputs = {
            "tokens": np.array([[0, *ids, 0]], np.int64),
            "style": self._style(voice.name)[len(ids)].reshape(1, 256),
            "speed": np.array([voice.speed], np.float32),
        }
        return np.asarray(self._model().run(None, inputs)[0], np.float32).ravel()

    def _style(self, name: str) -> Samples:
        if name not in self._styles:
            self._styles[name] = np.fromfile(voice_file(name), np.float32).reshape(STYLE_ROWS, 256)
        return self._styles[name]

    def _model(self) -> Any:
        if self._session is None:
            try:
                runtime = importlib.import_module("onnxruntime")
            except ImportError as missing:
                raise ConfigError("package onnxruntime", "is not installed here", MEND) from missing
            options = runtime.SessionOptions()
            options.intra_op_num_threads = self.threads
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            self._session = runtime.InferenceSession(str(synthesis_model()), options, providers=["CPUExecutionProvider"])
        return self._session


def pieces_of(spoken: str) -> list[str]:
    """Whole sentences, joined while they stay under MAX_SYMBOLS. One sentence may be longer; it is then cut at a comma."""
    pieces: list[str] = []
    for sentence in re.findall(r"[^.!?]+[.!?]*\s*", spoken):
        parts = [sentence] if len(sentence) < 2 * MAX_SYMBOLS else re.findall(r"[^,;]+[,;]*\s*", sentence)
        for part in parts:
            if pieces and len(pieces[-1]) + len(part) <= MAX_SYMBOLS:
                pieces[-1] += part
            else:
                pieces.append(part)
    return [piece.strip() for piece in pieces]
