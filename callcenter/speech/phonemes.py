"""Text that is already normalised, to the phonemes of the voice model.

In: text with readings in braces (`单{shan4}`), Latin abbreviations, Chinese and English punctuation. Out: one string of model symbols.
Chinese by jieba + pypinyin + misaki's pinyin table, English by espeak-ng's phonemiser; both run only where prompts are rendered.
Invariant: every symbol that is returned is in the model's vocabulary.
"""

from __future__ import annotations

import importlib
import json
import logging
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from callcenter.speech.models import package_folder

_READING = re.compile(r"([\u4e00-\u9fff])\{([a-z]+[1-5])\}")
_RUN = re.compile(r"([\u4e00-\u9fff]+)|([A-Za-z]+)|([^\u4e00-\u9fffA-Za-z]+)")
_MARKS = str.maketrans({"，": ", ", "、": ", ", "。": ". ", "！": "! ", "？": "? ", "；": "; ", "：": ": ", "（": ", ", "）": ", ", "…": "… "})
# A Chinese voice says Latin letters by their English names, in the model's symbols.
_LETTERS = {
    "A": "ˈA", "B": "bˈi", "C": "sˈi", "D": "dˈi", "E": "ˈi", "F": "ˈɛf", "G": "ʤˈi", "H": "ˈAʧ",
    "I": "ˈI", "J": "ʤˈA", "K": "kˈA", "L": "ˈɛl", "M": "ˈɛm",
    "N": "ˈɛn", "O": "ˈO", "P": "pˈi", "Q": "kjˈu",
    "R": "ˈɑɹ", "S": "ˈɛs", "T": "tˈi", "U": "jˈu", "V": "vˈi", "W": "dˈʌbᵊlju", "X": "ˈɛks", "Y": "wˈI", "Z": "zˈi",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Text:
    """What misaki's espeak adapter reads of a token."""

    text: str


@cache
def vocabulary() -> dict[str, int]:
    """Symbol -> id, as the model was trained."""
    return json.loads((package_folder("kokoro_onnx") / "config.json").read_text(encoding="utf-8"))["vocab"]


@cache
def _tools() -> tuple[Any, Any, Any]:
    jieba = importlib.import_module("jieba")
    jieba.setLogLevel(logging.WARNING)
    return jieba, importlib.import_module("pypinyin"), importlib.import_module("misaki.zh").ZHG2P


@cache
def _espeak() -> Any:
    return importlib.import_module("misaki.espeak").EspeakFallback(british=False)


def _chinese_word(word: str) -> str:
    _, pypinyin, reader = _tools()
    syllables = pypinyin.lazy_pinyin(word, style=pypinyin.Style.TONE3, neutral_tone_with_five=True)
    return "".join(reader.py2ipa(one) for one in syllables)


def _chinese_plain(text: str) -> str:
    jieba = _tools()[0]
    out: list[str] = []
    for run, latin, rest in _RUN.findall(text):
        if run:
            out.append(" ".join(_chinese_word(word) for word in jieba.lcut(run)))
        elif latin:
            out.append(" " + " ".join(_LETTERS[letter] for letter in latin.upper()) + " ")
        else:
            out.append(rest)
    return "".join(out)


def chinese(text: str) -> str:
    """Phonemes of Chinese text. A character with a reading in braces ends a word."""
    reader = _tools()[2]
    out: list[str] = []
    done = 0
    text = text.translate(_MARKS)
    for match in _READING.finditer(text):
        out += (_chinese_plain(text[done : match.start()]), reader.py2ipa(match[2]))
        done = match.end()
    return _known("".join((*out, _chinese_plain(text[done:]))))


def english(text: str) -> str:
    """Phonemes of American English text; syllables in braces are pinyin."""
    return _known("".join(_english_part(part) for part in re.split(r"(\{[^}]*\}|\s*[,.!?;:]+\s*)", text) if part))


def _english_part(part: str) -> str:
    if part.startswith("{"):
        reader = _tools()[2]
        return "".join(reader.py2ipa(syllable) for syllable in part[1:-1].split())
    if not re.search(r"\w", part):
        return part
    before, after = (" " if part[0] == " " else ""), (" " if part[-1] == " " else "")
    spoken = _espeak()(_Text(part.strip()))[0] or ""
    return before + re.sub(r"nˈInti(?!ː)", "nˈIndi", spoken) + after


def _known(phonemes: str) -> str:
    known = "".join(symbol for symbol in phonemes if symbol in vocabulary())
    return re.sub(r"\s+", " ", known).strip()
