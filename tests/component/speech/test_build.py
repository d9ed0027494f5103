"""What is rendered, what is left alone, what is wrong with a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from callcenter.errors import ConfigError
from callcenter.speech import build, catalogue, shape
from callcenter.speech.catalogue import Line, all_lines, load_manifest, save_manifest, slug
from callcenter.speech.listen import distance
from callcenter.speech.tts import MAX_SYMBOLS, pieces_of

pytestmark = pytest.mark.component

PROMPTS = '[hello]\nzh = "您好。"\nen = "Hello."\n[num_2]\nzh = "二"\nen = "two"\n'
NAMES = '[[name]]\nzh = "单晓华"\nen = "Shan Xiaohua"\nkind = "doctor"\n[[name]]\nzh = "骨科"\nen = "Orthopaedics"\nkind = "department"\n'


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    (tmp_path / "prompts.toml").write_text(PROMPTS, encoding="utf-8")
    (tmp_path / "names.toml").write_text(NAMES, encoding="utf-8")
    return tmp_path


def speech(line: Line, seconds: float | None = None) -> bytes:
    """Something with the level and the length of a prompt."""
    shortest, longest = build.expected_s(line)
    t = np.arange(int((seconds or (shortest + longest) / 2) * shape.RATE_IN)) / shape.RATE_IN
    return shape.for_telephone((0.3 * np.sin(2 * np.pi * 600 * t)).astype(np.float32), *build.pads(line))


def render_all(sounds: Path) -> None:
    manifest = load_manifest(sounds)
    for line in all_lines(sounds):
        path = line.path(sounds)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(speech(line))
        manifest[line.language][line.kind][line.key] = {"file": line.file, "sha": build.fingerprint(line), "duration_s": 1.0}
    save_manifest(manifest, sounds)


def pending(sounds: Path) -> set[str]:
    return {f"{line.language}:{line.key}" for line in build.to_render(all_lines(sounds), load_manifest(sounds), sounds)}


def test_every_text_and_name_is_spoken_in_both_languages(sounds: Path) -> None:
    assert pending(sounds) == {"zh:hello", "en:hello", "zh:num_2", "en:num_2", "zh:单晓华", "en:Shan Xiaohua", "zh:骨科", "en:Orthopaedics"}


def test_a_chinese_name_in_english_is_spoken_by_its_syllables(sounds: Path) -> None:
    spoken = {line.key: line.spoken for line in all_lines(sounds)}
    assert spoken["单晓华"] == "单{shan4}晓华"
    assert spoken["Shan Xiaohua"] == "{shan4 xiao3 hua2}"


def test_what_is_rendered_is_not_rendered_again(sounds: Path) -> None:
    render_all(sounds)
    assert pending(sounds) == set()
    assert build.check(sounds) == 0


def test_a_changed_text_or_a_lost_file_is_rendered_again(sounds: Path) -> None:
    render_all(sounds)
    (sounds / "prompts.toml").write_text(PROMPTS.replace("您好。", "您好呀。"), encoding="utf-8")
    (sounds / "en" / "num_2.alaw").unlink()
    assert pending(sounds) == {"zh:hello", "en:num_2"}
    assert build.check(sounds) == 1


def test_another_voice_is_another_sound(sounds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    render_all(sounds)
    monkeypatch.setitem(build.VOICES, "zh", replace(build.VOICES["zh"], name="zf_xiaobei"))
    assert pending(sounds) == {"zh:hello", "zh:num_2", "zh:单晓华", "zh:骨科"}


def test_a_short_chinese_atom_is_spoken_slowly_and_by_itself(sounds: Path) -> None:
    said = {(line.language, line.key): build.delivery(line) for line in all_lines(sounds)}
    assert said["zh", "num_2"] == ("二。", replace(build.VOICES["zh"], speed=build.SHORT_ATOM_SPEED))
    assert said["en", "num_2"] == ("two", build.VOICES["en"])
    assert said["zh", "hello"] == ("您好。", build.VOICES["zh"])


def test_a_removed_prompt_takes_its_file_along(sounds: Path) -> None:
    render_all(sounds)
    (sounds / "prompts.toml").write_text('[hello]\nzh = "您好。"\nen = "Hello."\n', encoding="utf-8")
    manifest = load_manifest(sounds)
    build._forget_removed(all_lines(sounds), manifest, sounds)
    assert "num_2" not in manifest["zh"]["prompts"]
    assert not (sounds / "zh" / "num_2.alaw").exists()
    assert (sounds / "zh" / "hello.alaw").exists()


@pytest.mark.parametrize(
    ("audio", "fault"),
    [
        (lambda line: speech(line, 30.0), "lasts"),
        (lambda line: speech(line, 0.05), "lasts"),
        (lambda line: b"", "lasts"),
        (lambda line: shape.to_alaw(shape.from_alaw(speech(line)) * 0.2), "speaks at"),
        (lambda line: shape.to_alaw(np.clip(shape.from_alaw(speech(line)) * 12, -1, 1)), "peaks at"),
        (lambda line: shape.to_alaw(np.zeros(3200, np.float32)) + speech(line), "silence"),
        (lambda line: speech(line, 0.3) + shape.to_alaw(np.zeros(2400, np.float32)) + speech(line, 0.3), "gap"),
    ],
    ids=["too-long", "too-short", "empty", "too-quiet", "clipped", "late", "in-two-parts"],
)
def test_a_bad_file_is_found(sounds: Path, audio: object, fault: str) -> None:
    line = next(line for line in all_lines(sounds) if line.key == "骨科" and line.language == "zh")
    assert build.audio_faults(line, speech(line)) == []
    assert any(fault in one for one in build.audio_faults(line, audio(line)))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("prompts", "said"),
    [
        ('[hello]\nzh = "您好。"\n', "no text `en`"),
        ('[hello]\nzh = " "\nen = "Hello."\n', "no text `zh`"),
        ('["../x"]\nzh = "您好。"\nen = "Hello."\n', "no prompt id"),
        ("[hello\n", "no TOML"),
    ],
)
def test_a_wrong_catalogue_is_refused(sounds: Path, prompts: str, said: str) -> None:
    (sounds / "prompts.toml").write_text(prompts, encoding="utf-8")
    with pytest.raises(ConfigError, match=said.replace("no TOML", "is not TOML")):
        all_lines(sounds)


def test_names_that_sound_alike_have_files_of_their_own() -> None:
    assert slug("李丽", "zh") != slug("李莉", "zh")
    assert slug("Lü Jingyi", "en") == "lu-jingyi"


def test_the_shipped_catalogue_can_be_rendered() -> None:
    lines = all_lines()
    assert len({line.path(catalogue.SOUNDS) for line in lines}) == len(lines)


def test_no_shipped_prompt_is_silent_clipped_or_cut() -> None:
    faults = {
        f"{line.language} {line.key}": build.audio_faults(line, line.path(catalogue.SOUNDS).read_bytes())
        if line.path(catalogue.SOUNDS).exists()
        else ["is not rendered: run `callcenter sounds build`"]
        for line in all_lines()
    }
    assert {key: said for key, said in faults.items() if said} == {}


def test_a_killed_build_leaves_a_manifest_that_reads(sounds: Path) -> None:
    render_all(sounds)
    before = load_manifest(sounds)
    (sounds / "manifest.json.part").write_text('{"zh": {')
    assert load_manifest(sounds) == before


def test_long_text_is_spoken_in_sentences_and_none_is_lost() -> None:
    spoken = " ".join(f"sentence number {number}, with a comma." for number in range(30))
    pieces = pieces_of(spoken)
    assert " ".join(pieces) == spoken
    assert all(len(piece) <= MAX_SYMBOLS for piece in pieces)


def test_one_endless_sentence_is_cut_at_its_commas() -> None:
    spoken = ", ".join(["word " * 8] * 20)
    pieces = pieces_of(spoken)
    assert len(pieces) > 1
    assert "".join(pieces).replace(" ", "") == spoken.replace(" ", "")


@pytest.mark.parametrize(("left", "right", "edits"), [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("kitten", "sitting", 3)])
def test_distance(left: str, right: str, edits: int) -> None:
    assert distance(left, right) == edits
