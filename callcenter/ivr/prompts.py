"""The catalogue of prompts, and what sound files say a thing in a language.

In: `sounds/prompts.toml` (texts), `sounds/manifest.json` (what is rendered), the hospital's own prompts over them (`Overlay`), names from the
cache of the speech process, `Spoken` values. Out: file ids relative to the sounds folder of the channel's language; `<language>/<id>` when a
prompt must be heard in another one. Never names a file that is missing: a list of sounds with a hole would stop there.
Invariant: `Voice.files` sees one whole overlay and waits for a name no longer than its source promises. Formats: docs/flows.md, "Prompts".
"""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from callcenter.commands import Prompt, SayDate, SayDigits, SayMoney, SayName, SayNumber, SayTime, SayWeekday, Spoken
from callcenter.errors import ConfigError
from callcenter.ivr import grammar_en, grammar_zh

LANGUAGES = ("zh", "en")
GRAMMARS: Mapping[str, ModuleType] = {"zh": grammar_zh, "en": grammar_en}
Speak = Callable[[Sequence[Spoken], str], Awaitable[tuple[str, ...]]]
_ID = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Prompts:
    """Texts by id and language, and the files that were rendered. An empty manifest means: take every id as rendered."""

    texts: Mapping[str, Mapping[str, str]]
    rendered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def ids(self) -> frozenset[str]:
        """Every prompt a flow may name."""
        return frozenset(self.texts)

    def text(self, prompt: str, language: str) -> str:
        """What `prompt` says. Raises KeyError."""
        return self.texts[prompt][language]

    def voice(self, spoken: Sequence[Spoken], language: str) -> tuple[str, ...]:
        """The files that say all of `spoken`, in order."""
        return tuple(file for one in spoken for file in self.speak(one, language))

    def speak(self, spoken: Spoken, language: str) -> tuple[str, ...]:
        """The files that say `spoken`; none when it cannot be said."""
        if isinstance(spoken, Prompt):
            return self._prompt(spoken.id, spoken.language or language, language)
        if isinstance(spoken, SayName):
            return self._name(spoken, language)
        try:
            atoms = composed(spoken, GRAMMARS[language])
        except ValueError:
            return ()
        return tuple(file for atom in atoms for file in self._prompt(atom, language, language))

    def name(self, text: str, language: str) -> str:
        """The rendered file of a name in `language`; empty when there is none."""
        return self.names.get(language, {}).get(text, "")

    def _prompt(self, prompt: str, language: str, heard_in: str) -> tuple[str, ...]:
        if language in self.rendered and prompt not in self.rendered[language]:
            return ()
        return (prompt,) if language == heard_in else (f"{language}/{prompt}",)

    def _name(self, name: SayName, language: str) -> tuple[str, ...]:
        for spoken_in in (language, *(one for one in LANGUAGES if one != language)):
            file = self.names.get(spoken_in, {}).get(name.text)
            if file:
                return (file,) if spoken_in == language else (f"{spoken_in}/{file}",)
        return self._prompt(name.fallback, language, language) if name.fallback else ()

    def missing(self) -> tuple[str, ...]:
        """`<language>/<id>` of prompts that have a text and no sound."""
        return tuple(f"{language}/{one}" for language in LANGUAGES for one in sorted(self.ids() - self.rendered.get(language, frozenset())))


@dataclass(frozen=True, slots=True)
class Overlay:
    """Prompts of the hospital: texts by id, files by language and id. A file stands for itself in every language of the channel.

    `hidden`: removed; they still sound where something names them, and nothing new may.
    """

    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    def complete(self) -> frozenset[str]:
        """Ids that can be heard in every language."""
        return frozenset.intersection(*(frozenset(self.files.get(language, {})) for language in LANGUAGES)) - self.hidden


class NameSounds(Protocol):
    """Sounds of names that were rendered at run time."""

    def kept(self, text: str, language: str) -> str:
        """The file of a name, without waiting; empty when it has to be rendered."""
        ...

    def told_how(self, text: str, language: str) -> bool:
        """Whether somebody administered how this name is read, so that a shipped sound of it does not count."""
        ...

    async def asked(self, text: str, language: str) -> str:
        """The file of a name after a short wait; empty: it will be there for the next caller. Never raises."""
        ...


class NoNames:
    """No speech process: only what was shipped can be said."""

    def kept(self, text: str, language: str) -> str:
        return ""

    def told_how(self, text: str, language: str) -> bool:
        return False

    async def asked(self, text: str, language: str) -> str:
        return ""


class Voice:
    """What callers hear: the shipped prompts, the hospital's own over them, and names. `overlay` is replaced whole when it changes."""

    def __init__(self, shipped: Prompts, names: NameSounds | None = None) -> None:
        self.shipped, self.overlay = shipped, Overlay()
        self._names: NameSounds = names or NoNames()

    def put_over(self, overlay: Overlay) -> None:
        """From the next file on."""
        self.overlay = overlay

    def ids(self) -> frozenset[str]:
        """Every prompt a flow may name: it can be heard in both languages."""
        return self.shipped.ids() | self.overlay.complete()

    def text(self, prompt: str, language: str) -> str:
        """What `prompt` says. Raises KeyError."""
        own = self.overlay.texts.get(prompt, {}).get(language)
        return own if own is not None else self.shipped.text(prompt, language)

    async def files(self, spoken: Sequence[Spoken], language: str) -> tuple[str, ...]:
        """The files that say all of `spoken`, in order. A page of names that nobody rendered yet waits as long as one of them."""
        overlay = self.overlay
        names = dict.fromkeys(one.text for one in spoken if isinstance(one, SayName))
        known = {text: self._rendered(text, language) for text in names}
        missing = [text for text, file in known.items() if not file]
        if missing:
            known |= dict(zip(missing, await asyncio.gather(*(self._names.asked(text, language) for text in missing)), strict=True))
        found: list[str] = []
        for one in spoken:
            found += self._name(one, known[one.text], language, overlay) if isinstance(one, SayName) else self._fixed(one, language, overlay)
        return tuple(found)

    def _rendered(self, text: str, language: str) -> str:
        """A name's file, without waiting."""
        shipped = "" if self._names.told_how(text, language) else self.shipped.name(text, language)
        return shipped or self._names.kept(text, language)

    def _fixed(self, spoken: Spoken, language: str, overlay: Overlay) -> tuple[str, ...]:
        if isinstance(spoken, Prompt):
            own = overlay.files.get(spoken.language or language, {}).get(spoken.id)
            return (own,) if own else self.shipped.speak(spoken, language)
        own = overlay.files.get(language, {})
        return tuple(own.get(file, file) for file in self.shipped.speak(spoken, language))

    def _name(self, name: SayName, file: str, language: str, overlay: Overlay) -> tuple[str, ...]:
        if file:
            return (file,)
        own = overlay.files.get(language, {}).get(name.fallback)
        return (own,) if own and not self._anywhere(name.text) else self.shipped.speak(name, language)

    def _anywhere(self, text: str) -> bool:
        return any(self.shipped.name(text, language) for language in LANGUAGES)


def composed(spoken: Spoken, grammar: ModuleType) -> tuple[str, ...]:
    """The prompts that say a value. Raises ValueError when it cannot be said."""
    match spoken:
        case SayNumber(value, unit):
            return grammar.number(value, unit)
        case SayDigits(value):
            return grammar.digits("".join(one for one in value if one in "0123456789"))
        case SayDate(value, with_year):
            return grammar.day(value, with_year=with_year)
        case SayTime(value):
            return grammar.clock(value)
        case SayWeekday(value):
            return grammar.weekday(value)
        case SayMoney(value):
            return grammar.money(value)
    raise ValueError("a prompt or a name is not composed")


# -- reading ---------------------------------------------------------------------------------------------------------------


def load(sounds: Path) -> Prompts:
    """The catalogue of a sounds folder. Raises ConfigError."""
    texts = parse(sounds / "prompts.toml")
    manifest = _manifest(sounds / "manifest.json")
    return Prompts(
        texts,
        {language: frozenset(part.get("prompts", {})) for language, part in manifest.items()},
        {language: {text: one["file"] for text, one in part.get("names", {}).items()} for language, part in manifest.items()},
    )


def parse(path: Path) -> dict[str, dict[str, str]]:
    """Prompt texts. Raises ConfigError for a prompt without both languages."""
    if not path.exists():
        raise ConfigError(str(path), "does not exist", "restore it from the release")
    text = path.read_text(encoding="utf-8")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise ConfigError(str(path), f"is not TOML: {wrong}", "correct the line that is named") from wrong
    for prompt, entry in table.items():
        rule = _entry_problem(prompt, entry)
        if rule:
            raise ConfigError(f"{path}:{_line(text, prompt)}", f"prompt {prompt} {rule}", 'write zh = "..." and en = "..." under [id]')
    return table


def _entry_problem(prompt: str, entry: Any) -> str:
    if not _ID.fullmatch(prompt):
        return "must have an id of small letters, digits and _"
    if not isinstance(entry, dict):
        return "must be a table"
    for language in LANGUAGES:
        if not isinstance(entry.get(language), str) or not entry[language].strip():
            return f"has no text in {language}"
    unknown = sorted(set(entry) - set(LANGUAGES))
    return f"has an unknown key {unknown[0]}" if unknown else ""


def _line(text: str, prompt: str) -> int:
    lines = (number for number, line in enumerate(text.split("\n"), 1) if line.startswith((f"[{prompt}]", f'["{prompt}"]', f"{prompt} ")))
    return next(lines, 1)


def _manifest(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        return {language: manifest[language] for language in LANGUAGES if language in manifest}
    except (ValueError, TypeError) as wrong:
        raise ConfigError(str(path), "is damaged", "render the sounds again with `callcenter sounds build`") from wrong
