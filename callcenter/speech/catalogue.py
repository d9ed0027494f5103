"""What there is to speak: every prompt and every name, in both languages, with its file.

In: sounds/prompts.toml (`[id] zh, en`) and sounds/names.toml (`[[name]] zh, en, kind`); `say_zh`, `say_en` beside a text override how it is
read. Out: `Line`s in a stable order, and the manifest that says what is rendered. Must not load a voice.
Invariant: two lines never share a file, and a file id is safe for Asterisk (a-z, 0-9, `-`, `_`).
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pypinyin import Style, lazy_pinyin

from callcenter.errors import ConfigError
from callcenter.speech.normalise import normalise, person_name

SOUNDS = Path(__file__).resolve().parents[2] / "sounds"
LANGUAGES = ("zh", "en")
Kind = Literal["prompts", "names"]
Manifest = dict[str, dict[str, dict[str, dict[str, Any]]]]
# Asterisk plays no sound whose name is much longer.
LONGEST_SLUG = 48
_SAFE = re.compile(r"[a-z0-9_][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to render. `key`: prompt id, or the name itself. `spoken`: what the voice is given. `file`: below sounds/<language>/."""

    kind: Kind
    key: str
    language: str
    text: str
    spoken: str
    file: str

    @property
    def is_atom(self) -> bool:
        """A piece of a composed sentence: it stands close to its neighbours."""
        return self.kind == "names" or not re.search(r"[.。!！?？]$", self.text.strip())

    def path(self, sounds: Path) -> Path:
        return sounds / self.language / f"{self.file}.alaw"


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise ConfigError(str(path), "does not exist", "restore it from the repository") from missing
    except tomllib.TOMLDecodeError as wrong:
        raise ConfigError(str(path), f"is not TOML: {wrong}", "correct the line that is named") from wrong


def _text(path: Path, key: str, entry: Mapping[str, Any], language: str) -> str:
    text = entry.get(language)
    if not isinstance(text, str) or not text.strip():
        raise ConfigError(f"{path} [{key}]", f"has no text `{language}`", "write it; every prompt is spoken in both languages")
    return text


def prompt_lines(path: Path) -> list[Line]:
    """Lines of prompts.toml. Raises ConfigError for a missing language or an id that is no file name."""
    lines: list[Line] = []
    for key, entry in _read(path).items():
        if not _SAFE.fullmatch(key):
            raise ConfigError(f"{path} [{key}]", "is no prompt id", "use a-z, 0-9 and _ only")
        for language in LANGUAGES:
            text = _text(path, key, entry, language)
            lines.append(Line("prompts", key, language, text, normalise(entry.get(f"say_{language}", text), language), key))
    return lines


def name_lines(path: Path) -> list[Line]:
    """Lines of names.toml: the same name twice is one line."""
    lines: dict[tuple[str, str], Line] = {}
    for entry in _read(path).get("name", []):
        for language in LANGUAGES:
            text = _text(path, str(entry.get("zh")), entry, language)
            lines.setdefault(
                (language, text), Line("names", text, language, text, _name_spoken(entry, text, language), f"names/{slug(text, language)}")
            )
    return list(lines.values())


def _name_spoken(entry: Mapping[str, Any], text: str, language: str) -> str:
    if said := entry.get(f"say_{language}"):
        return normalise(said, language)
    if entry.get("kind") == "doctor":
        return person_name(text, language, reading="" if language == "zh" else syllables(entry["zh"]))
    return normalise(text, language)


def syllables(name: str) -> str:
    """`wang2 fang1` of a Chinese person's name: English letters alone mislead an English voice."""
    found: list[str] = []
    for character, reading in re.findall(r"([\u4e00-\u9fff])(?:\{([a-z]+[1-5])\})?", person_name(name, "zh")):
        found += [reading] if reading else lazy_pinyin(character, style=Style.TONE3, neutral_tone_with_five=True)
    return " ".join(found)


def slug(text: str, language: str) -> str:
    """A file name of a-z, 0-9 and -: pinyin for Chinese; a few digits of its hash tell homophones apart."""
    words = lazy_pinyin(text) if language == "zh" else [unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()]
    plain = re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")
    if language == "en" and len(plain) <= LONGEST_SLUG:
        return plain
    return f"{plain[:LONGEST_SLUG].rstrip('-')}-{hashlib.sha256(text.encode()).hexdigest()[:4]}"


def all_lines(sounds: Path = SOUNDS) -> list[Line]:
    """Prompts, then names. Raises ConfigError when two lines want one file."""
    lines = prompt_lines(sounds / "prompts.toml") + name_lines(sounds / "names.toml")
    seen: dict[Path, Line] = {}
    for line in lines:
        other = seen.setdefault(line.path(sounds), line)
        if other is not line:
            raise ConfigError(f"sounds: {line.key!r} and {other.key!r}", f"would share the file {line.file}", "rename one of them")
    return lines


# -- manifest ------------------------------------------------------------------------------------------------------------


def load_manifest(sounds: Path = SOUNDS) -> Manifest:
    """What is rendered; empty when nothing is."""
    path = sounds / "manifest.json"
    found: Manifest = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {language: {kind: found.get(language, {}).get(kind, {}) for kind in ("prompts", "names")} for language in LANGUAGES}


def save_manifest(manifest: Manifest, sounds: Path = SOUNDS) -> None:
    """Replaced in one step, keys sorted, so that a change of one prompt is a change of one line."""
    rows: list[str] = []
    for language in LANGUAGES:
        kinds = []
        for kind in ("prompts", "names"):
            entries = [f"   {json.dumps(key, ensure_ascii=False)}: {json.dumps(value)}" for key, value in sorted(manifest[language][kind].items())]
            kinds.append(f'  "{kind}": {{\n' + ",\n".join(entries) + "\n  }")
        rows.append(f' "{language}": {{\n' + ",\n".join(kinds) + "\n }")
    unfinished = sounds / "manifest.json.part"
    unfinished.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    unfinished.replace(sounds / "manifest.json")
