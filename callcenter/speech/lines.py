"""A text that is rendered while the product runs, as the builder of the shipped sounds would have taken it.

In: text, language, kind (`prompt`, `name`, `person`), how it is read when somebody administered that. Out: a `Line` and its fingerprint, which
names its file. Pure. Invariant: the same text in the same voice has the same fingerprint here and in the speech process.
"""

from __future__ import annotations

import re

from callcenter.errors import ConfigError
from callcenter.speech.build import fingerprint
from callcenter.speech.catalogue import LANGUAGES, Line, syllables
from callcenter.speech.normalise import normalise, person_name

KINDS = ("prompt", "name", "person")
LONGEST = 1_500
_SYLLABLES = re.compile(r"[a-zü]+[1-5](?: [a-zü]+[1-5])*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")


def line_of(text: str, language: str, kind: str = "name", say: str = "") -> Line:
    """Raises ConfigError for what cannot be spoken. `say`: other words, or pinyin with tone digits such as `shan4 hong2`."""
    text = text.strip()
    if language not in LANGUAGES or kind not in KINDS:
        raise ConfigError("speech", f"knows no language {language!r} or kind {kind!r}", f"use {', '.join(LANGUAGES)}; {', '.join(KINDS)}")
    if not text or len(text) > LONGEST:
        raise ConfigError("text", f"has 1 to {LONGEST} characters", "write it shorter, or as several prompts")
    try:
        spoken = _spoken(text, language, kind, say.strip())
    except ValueError as wrong:
        raise ConfigError("pronunciation", str(wrong), "write one syllable for each character, such as shan4 hong2") from wrong
    return Line("prompts" if kind == "prompt" else "names", text, language, text, spoken, "")


def _spoken(text: str, language: str, kind: str, say: str) -> str:
    if say and _SYLLABLES.fullmatch(say):
        return person_name("".join(_HAN.findall(text)) or text, language, reading=say)
    if language == "en" and not say and _CHINESE.search(text):
        return _with_syllables(text)
    if kind == "person" and not say and (language == "en" or _HAN.search(text)):
        return person_name(text, language)
    return normalise(say or text, language)


def _with_syllables(text: str) -> str:
    """A Chinese name in an English sentence stands as its syllables: an English voice knows no characters."""
    parts = re.split(f"({_CHINESE.pattern})", text)
    return " ".join(f"{{{syllables(part)}}}" if _CHINESE.fullmatch(part) else normalise(part, "en") for part in parts if part.strip())


def key_of(line: Line) -> str:
    """A file's name without its ending."""
    return fingerprint(line)
