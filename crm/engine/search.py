"""Quick search: what is typed into one box becomes conditions that an index answers.

In: a resource's `Search` and the words. Out: one SQL condition. Must not decide who may see what: `whole` is given. Invariant: no condition needs a
pass over the table: Chinese is found by pairs of characters (`crm_grams`, migration 0101), initials and codes by prefix, parts of numbers by
trigrams.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import ARRAY, Text, and_, func, literal, or_, select, union
from sqlalchemy.schema import Column

from crm.engine.resource import Resource, Search
from crm.numbers import HOME, NumberPlan, normalise

LONGEST = 80
SHOWN = 4  # last digits of a number that its mask leaves
_NUMBER = re.compile(r"^[+]?[\d\s()\-/.]+$")


def grams(words: str) -> list[str]:
    """What `crm_grams` of a text must hold for `words` to stand in it: its pairs of characters, or the one character."""
    plain = re.sub(r"\s+", "", words.lower())
    return sorted({plain[place : place + 2] for place in range(len(plain) - 1)}) or [plain]


def escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def holds(column: Column[Any], words: str) -> Any:
    """`words` stand in `column`, which has an index of its grams. One or two characters are a gram themselves; more are looked at once again."""
    found = func.crm_grams(column).op("@>")(literal(grams(words), ARRAY(Text())))
    if len(words) <= 2 and not words.isspace():
        return found
    pattern = "%" + "%".join(escaped(one) for one in words.split()) + "%"
    return and_(found, column.like(pattern) if words.lower() == words.upper() else column.ilike(pattern))


def condition(resource: Resource, words: str, plan: NumberPlan = HOME, *, whole: bool = True) -> Any:
    """What `words` mean for this thing. Each kind of place is its own query, so that each uses its index. `whole`: who asks sees whole numbers;
    for anybody else a part of one would give away the rest, so only a whole number and its last digits, which a mask shows, find it."""
    search, text = resource.search, unicodedata.normalize("NFC", words).strip()[:LONGEST]
    if search is None or not text:
        return literal(True)
    plain = unicodedata.normalize("NFKC", text).strip()
    tests = _own(resource, search, text, plain)
    others = _numbers(search, plain, plan, whole) if search.numbers and _NUMBER.match(plain) else []
    key = resource.keys[0]
    if not others:
        return or_(*tests) if tests else literal(False)
    return key.in_(union(*(select(key).where(test) for test in tests), *others))


def called(resource: Resource, words: str) -> Any | None:
    """Rows whose whole name is these words, which stand before those that only contain them; None when no name is looked for."""
    search, text = resource.search, unicodedata.normalize("NFC", words).strip()[:LONGEST]
    plain = unicodedata.normalize("NFKC", text).strip()
    if search is None or not search.names or len(text) < 2 or _elsewhere(search, plain):
        return None
    return or_(*(resource.table.columns[name].in_(sorted({text, plain})) for name in search.names))


def _own(resource: Resource, search: Search, text: str, plain: str) -> list[Any]:
    """`plain`: the same in half-width characters, as an input method should have typed numbers and letters."""
    columns, word = resource.table.columns, plain.isascii() and plain.isalpha()
    texts = () if _elsewhere(search, plain) else (*search.names, *search.texts)
    tests = [holds(columns[name], one) for name in texts for one in dict.fromkeys((text, plain))]
    tests += [_code(columns[name], plain) for name in search.codes if plain.isascii()]
    if search.initials and word:
        tests.append(columns[search.initials].like(escaped(plain.lower()) + "%"))
    return tests


def _elsewhere(search: Search, plain: str) -> bool:
    """A number, or letters so few that they are initials, is looked for in no name and no text."""
    word = plain.isascii() and plain.isalpha()
    return bool(_NUMBER.match(plain) and search.numbers) or bool(search.initials and word and len(plain) < 3)


def _code(column: Column[Any], text: str) -> Any:
    """Three characters and more are found anywhere, fewer at the beginning."""
    return column.ilike(f"%{escaped(text)}%") if len(text) >= 3 else column.like(escaped(text) + "%")


def _numbers(search: Search, text: str, plan: NumberPlan, whole: bool) -> list[Any]:
    digits = re.sub(r"\D", "", text)
    if len(digits) < 3:
        return []
    exact, part = normalise(text, plan), f"%{digits}%" if whole else f"%{digits}" if len(digits) == SHOWN else ""
    found: list[Any] = []
    for model, by, column in search.numbers:
        columns = model.__table__.columns
        tests = [columns[column].like(part)] if part else []
        tests += [columns[column] == exact] if exact.startswith("+") else []
        found += [select(columns[by]).where(or_(*tests))] if tests else []
    return found
