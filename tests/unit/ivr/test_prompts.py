"""The catalogue is complete and well written, and what is not rendered is left out of a list of sounds."""

from __future__ import annotations

import json
from datetime import time
from pathlib import Path

import pytest

from callcenter.commands import Prompt, SayName, SayNumber, SayTime
from callcenter.errors import ConfigError
from callcenter.ivr import prompts
from callcenter.ivr.prompts import Prompts
from tests.unit.ivr.fakes import SOUNDS, catalogue

pytestmark = pytest.mark.unit
TEXTS = {"hello": {"zh": "您好", "en": "Hello"}, "num_5": {"zh": "五", "en": "five"}}


def parsed(tmp_path: Path, text: str) -> dict[str, dict[str, str]]:
    path = tmp_path / "prompts.toml"
    path.write_text(text, encoding="utf-8")
    return prompts.parse(path)


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ('[a]\nzh = "一"\nen = "one"\n\n[b]\nzh = "二"\n', "no text in en", 5),
        ('[a]\nzh = " "\nen = "one"\n', "no text in zh", 1),
        ('[a]\nzh = "一"\nen = "one"\nfr = "un"\n', "unknown key fr", 1),
        ('["../a"]\nzh = "一"\nen = "one"\n', "small letters", 1),
        ("a = 3\n", "must be a table", 1),
    ],
)
def test_a_wrong_prompt_is_refused_at_its_line(tmp_path: Path, text: str, rule: str, line: int) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(tmp_path, text)
    assert rule in caught.value.rule
    assert caught.value.where.endswith(f"prompts.toml:{line}")


def test_a_damaged_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "prompts.toml").write_text('[a]\nzh = "一"\nen = "one"\n', encoding="utf-8")
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="damaged"):
        prompts.load(tmp_path)


def test_a_catalogue_is_read_with_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "prompts.toml").write_text('[a]\nzh = "一"\nen = "one"\n', encoding="utf-8")
    manifest = {"zh": {"prompts": {"a": {"file": "a"}}, "names": {"心内科": {"file": "names/x1"}}}, "en": {"prompts": {}, "names": {}}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = prompts.load(tmp_path)
    assert found.voice((Prompt("a"), SayName("心内科")), "zh") == ("a", "names/x1")
    assert found.voice((Prompt("a"), SayName("心内科")), "en") == ("zh/names/x1",)
    assert found.missing() == ("en/a",)


def test_a_prompt_of_the_other_language_is_named_with_its_folder() -> None:
    every = Prompts(TEXTS)
    assert every.voice((Prompt("hello"), Prompt("hello", "en"), Prompt("hello", "zh")), "zh") == ("hello", "en/hello", "hello")


def test_a_name_without_sound_falls_back_or_is_left_out() -> None:
    some = Prompts(TEXTS, names={"zh": {"心内科": "names/x1"}})
    assert some.speak(SayName("无名科", "hello"), "zh") == ("hello",)
    assert some.speak(SayName("无名科"), "zh") == ()


def test_numbers_beyond_speech_are_left_out() -> None:
    assert catalogue().speak(SayNumber(10**12), "zh") == ()
    assert catalogue().speak(SayNumber(2, "minute"), "zh") == ("num_liang", "unit_minute")


def test_a_sound_that_is_not_rendered_is_left_out_of_a_list() -> None:
    some = Prompts(TEXTS, {"zh": frozenset({"num_5"}), "en": frozenset()})
    assert some.voice((Prompt("hello"), SayNumber(5)), "zh") == ("num_5",)


def test_the_shipped_texts_hold_what_others_play_by_name() -> None:
    needed = {"recording_notice", "fallback_sorry", "fallback_menu", "fallback_thanks", "one_moment", "goodbye", "please_wait", "queue_thanks"}
    assert needed <= prompts.load(SOUNDS).ids()


def test_the_shipped_texts_are_written_as_spoken() -> None:
    for one, texts in catalogue().texts.items():
        assert not any(sign.isascii() and sign.isalnum() for sign in texts["zh"]), f"{one} has letters or figures in Chinese"
        assert not any(sign.isdigit() for sign in texts["en"]), f"{one} has figures in English"
        assert texts["en"].isascii(), one


def test_time_is_spoken_from_the_catalogue() -> None:
    assert catalogue().speak(SayTime(time(14, 30)), "zh") == ("period_afternoon", "clock_2", "clock_half")
