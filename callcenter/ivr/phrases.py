"""What a flow's phrases say for one caller: words and remembered values -> things that can be spoken. Pure.

In: a `Phrase` of the flow, the caller's step, for lists the item. Out: `Spoken` values in order. A value that is not there, or is not of
the form the flow names, is left out: a caller is never dropped for a gap in the data.
Forms: docs/flows.md, "Verbs".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

from callcenter.commands import Prompt, SayDate, SayDigits, SayMoney, SayName, SayNumber, SayTime, SayWeekday, Spoken
from callcenter.ivr.flow import Phrase, Value, Word
from callcenter.ivr.step import Step

FORMS = frozenset({"name", "number", "digits", "date", "time", "weekday", "money"})
LONGEST_NAME = 200
LONGEST_DIGITS = 64
MOST_MONEY = 1_000_000_000
_SHORTENED = re.compile(r"([\u3400-\u9fff])[\u3400-\u9fff]{0,3}([内外])科")
_BRACED = re.compile(r"\{([A-Za-z_][\w.]*)(#?)(?::([a-z]+)(?:\.([a-z_]+))?)?\}")


def parse_word(text: str) -> Word | Value:
    """One element of a phrase as it is written in a flow. Raises ValueError with the rule."""
    if text.startswith("{"):
        return _parse_value(text)
    language, colon, prompt = text.partition(":")
    if not colon:
        return Word(text)
    if language not in ("zh", "en", "other"):
        raise ValueError(f"{text}: the language before the colon must be zh, en or other")
    return Word(prompt, language)


def _parse_value(text: str) -> Value:
    found = _BRACED.fullmatch(text)
    if found is None or found[3] not in FORMS:
        raise ValueError(f"{text}: a value is written {{name:form}} with a form of {', '.join(sorted(FORMS))}")
    return Value(found[1], found[3], found[4] or "", bool(found[2]))


def spoken(phrase: Phrase, step: Step, item: Mapping[str, Any] | None = None) -> tuple[Spoken, ...]:
    """What `phrase` says to the caller at `step`."""
    return tuple(one for word in phrase for one in _one(word, step, item or {}))


def _one(word: Word | Value, step: Step, item: Mapping[str, Any]) -> tuple[Spoken, ...]:
    if isinstance(word, Word):
        return (Prompt(word.prompt, _language(word.language, step.language)),)
    value = _value(word, step, item)
    try:
        return () if value is None else (_say(word, value),)
    except (TypeError, ValueError, OverflowError, InvalidOperation):
        return ()


def _language(wanted: str, chosen: str) -> str:
    if wanted == "other":
        return "en" if chosen == "zh" else "zh"
    return wanted


def _value(word: Value, step: Step, item: Mapping[str, Any]) -> Any:
    if word.count:
        return len(items(step, word.name))
    name = f"{word.name}_{step.language}"
    if word.form == "name" and (found := _find(name, item, step.memory)) is not None:
        return found
    return _find(word.name, item, step.memory)


def _find(name: str, item: Mapping[str, Any], memory: Mapping[str, Any]) -> Any:
    if name in item:
        return item[name]
    return remembered(name, memory)


def remembered(dotted: str, memory: Mapping[str, Any]) -> Any:
    """`department.id` -> memory["department"]["id"]; None when it is not there."""
    value: Any = memory
    for part in dotted.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def items(step: Step, name: str) -> tuple[Mapping[str, Any], ...]:
    """The list remembered under `name`; empty when there is none."""
    values = step.memory.get(name)
    found = values.get("items") if isinstance(values, Mapping) else None
    return tuple(one for one in found if isinstance(one, Mapping)) if isinstance(found, list | tuple) else ()


def _say(word: Value, value: Any) -> Spoken:
    if word.form == "number":
        return SayNumber(int(value), word.unit)
    return _SAID[word.form](value)


def _short(value: Any, most: int) -> str:
    text = str(value)
    if len(text) > most:
        raise ValueError("too long to be listened to")
    return text


def _amount(value: Any) -> Decimal:
    amount = Decimal(str(value))
    if not amount.is_finite() or abs(amount) >= MOST_MONEY:
        raise ValueError("no amount of money")
    return amount


_SAID: Mapping[str, Callable[[Any], Spoken]] = {
    "name": lambda value: SayName(_short(value, LONGEST_NAME)),
    "digits": lambda value: SayDigits(_short(value, LONGEST_DIGITS)),
    "date": lambda value: SayDate(date.fromisoformat(value)),
    "time": lambda value: SayTime(time.fromisoformat(value)),
    "weekday": lambda value: SayWeekday(int(value)),
    "money": lambda value: SayMoney(_amount(value)),
}


# -- remembered values as arguments, and as words that may be said ------------------------------------------------------------------


def filled(arguments: Mapping[str, str], memory: Mapping[str, Any]) -> dict[str, str]:
    """Arguments with `{remembered.value}` replaced."""
    return {name: as_text(meant(text, memory)) for name, text in arguments.items()}


def meant(text: str, memory: Mapping[str, Any]) -> Any:
    """`{remembered.value}` -> what is remembered; any other text is itself."""
    return remembered(text[1:-1], memory) if text.startswith("{") and text.endswith("}") else text


def as_text(value: Any) -> str:
    """A remembered value as a branch and an argument see it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def names_of(item: Mapping[str, Any]) -> tuple[str, ...]:
    """What people call an item: its names in both languages, what stands in `words`, and a department's short name (普通外科: 普外)."""
    words = item.get("words")
    every = (item.get("name_zh"), item.get("name_en"), item.get("name"), *(words if isinstance(words, list | tuple) else ()))
    names = [one for one in every if isinstance(one, str) and one.strip()]
    return tuple(dict.fromkeys((*names, *(found[1] + found[2] for one in names if (found := _SHORTENED.fullmatch(one))))))


def in_language(words: Sequence[str], language: str) -> str:
    """The first of `words` that is of `language`; the first at all when none is."""
    wanted = next((one for one in words if one.isascii() == (language == "en")), "")
    return wanted or next(iter(words), "")
