"""What the voice is given at run time, and the key of its file."""

from __future__ import annotations

import pytest

from callcenter.errors import ConfigError
from callcenter.speech.lines import key_of, line_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "language", "kind", "say", "spoken"),
    [
        ("单小红", "zh", "person", "", "单{shan4}小红"),
        ("单小红", "zh", "person", "dan1 xiao3 hong2", "单{dan1}小{xiao3}红{hong2}"),
        ("单小红", "zh", "name", "", "单小红"),
        ("CT室", "zh", "name", "西踢室", "西踢室"),
        ("2号楼", "zh", "name", "", "二号楼"),
        ("Dr. Wang", "en", "name", "", "Doctor Wang"),
        ("李明", "en", "name", "", "{li3 ming2}"),
        ("单小红", "en", "person", "", "{shan4 xiao3 hong2}"),
        ("Ward 3 of 李明", "en", "name", "", "Ward three of {li3 ming2}"),
        ("Wang Fang", "en", "person", "wang2 fang1", "{wang2 fang1}"),
    ],
)
def test_how_a_name_is_read(text: str, language: str, kind: str, say: str, spoken: str) -> None:
    assert line_of(text, language, kind, say).spoken == spoken


def test_the_key_changes_with_the_reading_and_only_then() -> None:
    assert key_of(line_of("单小红", "zh", "person")) == key_of(line_of(" 单小红 ", "zh", "person"))
    assert key_of(line_of("单小红", "zh", "person")) != key_of(line_of("单小红", "zh", "person", "dan1 xiao3 hong2"))
    assert key_of(line_of("Wang", "zh")) != key_of(line_of("Wang", "en"))


@pytest.mark.parametrize(
    ("text", "language", "kind", "say"),
    [("", "zh", "name", ""), ("字" * 1501, "zh", "prompt", ""), ("单小红", "zh", "person", "dan1"), ("hola", "es", "name", "")],
)
def test_what_cannot_be_spoken_is_refused_with_a_way_out(text: str, language: str, kind: str, say: str) -> None:
    with pytest.raises(ConfigError) as refused:
        line_of(text, language, kind, say)
    assert refused.value.mend
