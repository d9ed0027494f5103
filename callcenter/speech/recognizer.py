"""Words out of speech: the port, and its two adapters, Whisper and vosk.

In: an utterance (8 kHz A-law), a language, the answers that are expected. Out: `Hypotheses`, those of free listening apart from those that knew the
answers. Runs in worker threads of the speech process only. Must not log what was said. Invariant: one vendor's exception never leaves its adapter:
it becomes RecognitionFailed. Whisper's window: an utterance is padded to WINDOW_S instead of the 30 s the model was trained with, which costs a
tenth of the time and, measured on short answers, no accuracy.
"""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from callcenter.errors import CallCenterError, ConfigError
from callcenter.settings import Speech
from callcenter.speech.models import MEND, listener_model
from callcenter.speech.shape import Samples, from_alaw

RATE = 16_000
WINDOW_S = 8.0
MOST_TOKENS, HINT_TOKENS, BEAMS = 24, 160, 5
NO_SPEECH = 0.85
_LEAD_S = 0.2
_JOINT = {"zh": "、", "en": ", "}


class RecognitionFailed(CallCenterError):
    """The recogniser could not work on an utterance; the caller is asked for keys."""


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """Likeliest first. `hinted`: found with the answers in mind. Both empty: no speech in it."""

    free: tuple[str, ...] = ()
    hinted: tuple[str, ...] = ()


class Recognizer(Protocol):
    """One loaded recogniser; `hear` may be called from several threads."""

    def load(self) -> None:
        """Get ready. Raises ConfigError naming what is missing."""
        ...

    def hear(self, alaw: bytes, language: str, hints: Sequence[str]) -> Hypotheses:
        """Raises RecognitionFailed."""
        ...


def chosen(settings: Speech, threads: int) -> Recognizer:
    """The recogniser of the settings, not loaded."""
    if settings.recogniser == "vosk":
        return Vosk({"zh": settings.vosk_model_zh, "en": settings.vosk_model_en})
    return Whisper(threads, settings.recognitions)


def fine(alaw: bytes) -> Samples:
    """16 kHz samples with a little quiet around: recognisers lose words at the very edge."""
    samples = from_alaw(alaw)
    doubled = np.interp(np.arange(2 * len(samples)) / 2, np.arange(len(samples)), samples)
    quiet = np.zeros(int(_LEAD_S * RATE))
    return np.concatenate((quiet, doubled, quiet)).astype(np.float32)


class Whisper:
    """whisper-base in 8 bit on CTranslate2."""

    def __init__(self, threads: int, workers: int) -> None:
        self._threads, self._workers = threads, workers

    @cached_property
    def _model(self) -> Any:
        try:
            whisper = importlib.import_module("faster_whisper")
        except ImportError as missing:
            raise ConfigError("package faster-whisper", "is not installed here", MEND) from missing
        return whisper.WhisperModel(str(listener_model()), device="cpu", compute_type="int8", cpu_threads=self._threads, num_workers=self._workers)

    @cached_property
    def _tokenizers(self) -> Mapping[str, Any]:
        made = importlib.import_module("faster_whisper.tokenizer").Tokenizer
        return {language: made(self._model.hf_tokenizer, True, task="transcribe", language=language) for language in ("zh", "en")}

    def load(self) -> None:
        self.hear(b"\xd5" * 8000, next(iter(self._tokenizers)), ())

    def hear(self, alaw: bytes, language: str, hints: Sequence[str]) -> Hypotheses:
        try:
            encoded = self._model.encode(self._features(fine(alaw)))
            free, no_speech = self._decode(encoded, language, "")
            if no_speech > NO_SPEECH:
                return Hypotheses()
            hinted = self._decode(encoded, language, _JOINT[language].join(hints))[0] if hints else ()
            return Hypotheses(free, hinted)
        except (RuntimeError, ValueError) as wrong:
            raise RecognitionFailed("whisper") from wrong

    def _features(self, samples: Samples) -> Any:
        features = self._model.feature_extractor(samples)
        frames = max(int(WINDOW_S * 100), min(3000, int(len(samples) / RATE * 100) + 100))
        features = features[:, :frames]
        return np.pad(features, ((0, 0), (0, frames - features.shape[1]))).astype(np.float32)

    def _decode(self, encoded: Any, language: str, hint: str) -> tuple[tuple[str, ...], float]:
        tokenizer = self._tokenizers[language]
        before = tokenizer.encode(" " + hint)[:HINT_TOKENS] if hint else []
        prompt = self._model.get_prompt(tokenizer, before, without_timestamps=True)
        found = self._model.model.generate(
            encoded, [prompt], beam_size=BEAMS, num_hypotheses=BEAMS, max_length=len(prompt) + MOST_TOKENS,
            suppress_blank=True, return_scores=True, return_no_speech_prob=True,
        )[0]  # fmt: skip
        texts = (tokenizer.decode(one).strip() for one in found.sequences_ids)
        return tuple(dict.fromkeys(text for text in texts if text)), float(found.no_speech_prob)


class Vosk:
    """A Kaldi model folder a language; a language without a folder is not understood."""

    def __init__(self, folders: Mapping[str, Path | None]) -> None:
        self._folders = {language: folder for language, folder in folders.items() if folder}
        self._models: dict[str, Any] = {}
        self._loading = threading.Lock()

    def load(self) -> None:
        if not self._folders:
            raise ConfigError("speech.vosk_model_zh", "names no model, but speech.recogniser is vosk", "give the folder of a vosk model")
        for language in self._folders:
            self._model(language)

    def _model(self, language: str) -> Any:
        with self._loading:
            if language not in self._models:
                self._models[language] = self._loaded(language)
            return self._models[language]

    def _loaded(self, language: str) -> Any:
        folder = self._folders[language]
        if not (folder / "am").is_dir() and not (folder / "final.mdl").exists():
            raise ConfigError(f"speech.vosk_model_{language}", f"{folder} is no vosk model", "give the unpacked folder with am/ and conf/ in it")
        vosk = importlib.import_module("vosk")
        vosk.SetLogLevel(-1)
        try:
            return vosk.Model(str(folder))
        except Exception as wrong:  # vosk raises plain Exception
            raise ConfigError(f"speech.vosk_model_{language}", f"{folder} cannot be loaded", "unpack the model anew") from wrong

    def hear(self, alaw: bytes, language: str, hints: Sequence[str]) -> Hypotheses:
        if language not in self._folders:
            raise RecognitionFailed(f"no vosk model for {language}")
        sound = (np.clip(fine(alaw), -1, 1) * 32767).astype(np.int16).tobytes()
        free = self._pass(language, sound, None)
        hinted = self._pass(language, sound, [*(self._spaced(one, language) for one in hints), "[unk]"]) if hints and free else ""
        return Hypotheses((free,) if free else (), (hinted,) if hinted else ())

    def _pass(self, language: str, sound: bytes, grammar: list[str] | None) -> str:
        vosk = importlib.import_module("vosk")
        model = self._model(language)
        try:
            made = vosk.KaldiRecognizer(model, RATE, json.dumps(grammar, ensure_ascii=False)) if grammar else vosk.KaldiRecognizer(model, RATE)
            made.AcceptWaveform(sound)
            text = json.loads(made.FinalResult()).get("text", "")
        except Exception as wrong:  # vosk raises plain Exception
            raise RecognitionFailed("vosk") from wrong
        text = text.replace("[unk]", "").strip()
        return text.replace(" ", "") if language == "zh" else text

    @staticmethod
    def _spaced(words: str, language: str) -> str:
        """vosk's Chinese dictionaries hold words and single characters; characters are always known."""
        return " ".join(words) if language == "zh" else words.lower()
