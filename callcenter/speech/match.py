"""What somebody said, compared with the closed list of what he could have meant. Pure.

In: the recogniser's text (Chinese or English, right or nearly right), the answers with the words people use for them. Out: `Match`: the answer
that fits best and how well, 0-100; no answer below THRESHOLD. Must not guess: the caller is asked to confirm what comes out.
Invariant: words that sound alike score alike, whatever characters a recogniser chose; a longer answer is never mistaken for a shorter one
inside it. Sounds: toneless Hanyu Pinyin by initial and final for Chinese, letters folded by sound for English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from pypinyin import lazy_pinyin

from callcenter.commands import Answer

T = TypeVar("T")
THRESHOLD = 58
_NUMBERS = {
    "0": ("零", "zero"), "1": ("一", "幺", "one", "won"), "2": ("二", "两", "two", "to", "too"), "3": ("三", "three"),
    "4": ("四", "four", "for"), "5": ("五", "five"), "6": ("六", "six"), "7": ("七", "seven"), "8": ("八", "eight", "ate"), "9": ("九", "nine"),
}  # fmt: skip
_ENGLISH = {digit: next(word for word in words if word.isascii()) for digit, words in _NUMBERS.items()}
_ORDINALS = dict(zip("123456789", ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"), strict=True))
_HAN = re.compile(r"[\u3400-\u9fff]")
_ALIKE_INITIALS = ("z zh j", "c ch q", "s sh x", "n l r", "h f", "b p", "d t", "g k")
_ALIKE_FINALS = (
    "an ang ian", "en eng ong", "in ing en", "ian iang", "uan uang", "un ong en", "o uo e", "ui ei", "iu ou", "ie ia", "u v", "ai ei", "ao ou",
)  # fmt: skip
_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")
_MISSING, _EXTRA_INSIDE = 0.9, 0.6
_TOLD, _LATER = 0.55, 2.0
# What turns an answer round when it stands beside it, in pinyin and in English.
_NEGATIONS, _NEGATED = frozenset(("bu", "mei", "bie")), 30.0
_NOT, _NEAR = frozenset(("no", "not", "nope", "never", "isn't", "wasn't", "don't", "doesn't", "didn't", "isnt", "dont", "incorrect")), 3
# English words of so few sounds stand inside many others (one in phone): they are heard as whole words only. What a strange sound in the word
# costs, and another word beside it.
_SHORT, _STRANGE, _BESIDE = 3, 1.5, 22.0
# What each unmatched syllable around the answer costs, by the answer's length: a single syllable stands in almost every sentence.
_AROUND = {1: 25.0, 2: 7.0}
_AROUND_LONG = 2.5


@dataclass(frozen=True, slots=True)
class Match:
    """The answer's value, empty when none fits; `score` 0-100 of the best; `word` that it was recognised by."""

    value: str
    score: int
    word: str = ""


def best(text: str, answers: Iterable[Answer]) -> Match:
    """Which of `answers` somebody meant who was understood as `text`."""
    found = Match("", 0)
    for answer in answers:
        for word in words_of(answer):
            score = likeness(text, word)
            if score > found.score or (score == found.score and len(word) > len(found.word)):
                found = Match(answer.value, score, word)
    return found if found.score >= THRESHOLD else Match("", found.score)


def weighed(free: Sequence[str], hinted: Sequence[str], answers: Sequence[Answer]) -> str:
    """Which hypothesis to believe. `hinted` ones were found by a recogniser that was told the answers, so it hears them also where they are
    not: such a one counts for less than it scores, unless what was heard without the hint sounds like it too."""
    if not free and not hinted:
        return ""
    best_text, best_worth = (free or hinted)[0], 0.0
    for answer in answers:
        plainly, text = _heard_best(free, answer)
        told, told_text = _heard_best(hinted, answer)
        for worth, said in ((plainly, text), (_TOLD * told + (1 - _TOLD) * plainly, told_text)):
            if worth > best_worth and worth >= THRESHOLD:
                best_text, best_worth = said, worth
    return best_text


def _heard_best(texts: Sequence[str], answer: Answer) -> tuple[float, str]:
    """The first hypothesis counts in full, each later one a little less."""
    scored = [(likeness(text, word) - _LATER * place, text) for place, text in enumerate(texts) for word in words_of(answer)]
    return max(scored, default=(0.0, ""), key=lambda pair: pair[0])


def words_of(answer: Answer) -> tuple[str, ...]:
    """The answer's words; one that is a digit is said as number, ordinal or choice, in both languages."""
    return tuple(spoken for word in answer.words for spoken in (_numbered(word) if word in _NUMBERS else (word,)))


def _numbered(digit: str) -> tuple[str, ...]:
    plain = _NUMBERS[digit]
    chosen = (f"按{plain[0]}", f"选{plain[0]}", f"{plain[0]}号")
    return (*plain, *chosen, f"第{plain[0]}个", _ORDINALS[digit]) if digit != "0" else (*plain, *chosen)


def hints(answers: Sequence[Answer], language: str) -> list[str]:
    """What a recogniser is told to expect: one word of `language` for each answer. More of them are heard also where they are not."""
    every = ((words_of(answer), answer.words) for answer in answers)
    own = (next((word for word in words if bool(_HAN.search(word)) == (language == "zh")), next(iter(plain), "")) for words, plain in every)
    return list(dict.fromkeys(word for word in own if word))


def likeness(text: str, word: str) -> int:
    """How well `word` is heard in `text`, 0-100."""
    if _HAN.search(word):
        said, wanted = syllables(text), syllables(word)
        return _turned(_score(said, wanted, _between_syllables, len(wanted)), said, wanted, _NEGATIONS)
    score = _in_english(text, sounds(word))
    return _turned(score, _words(text), _words(word), _NOT)


def _turned(score: int, said: Sequence[str], wanted: Sequence[str], negations: frozenset[str]) -> int:
    """Less where what was said denies what is wanted."""
    denied = negations & set(said) and not negations & set(wanted) and len(said) <= len(wanted) + _NEAR
    return max(0, round(score - _NEGATED)) if denied else score


def _in_english(text: str, wanted: tuple[str, ...]) -> int:
    if len(wanted) > _SHORT:
        return _score(sounds(text), wanted, _between_letters, max(1, round(len(wanted) / 2.5)), around=0.4)
    words = _words(text)
    beside = _BESIDE * (len(words) - 1)
    whole = max((_as_word(sounds(word), wanted) - beside for word in words), default=0.0)
    return max(0, round(max(whole, _as_word(sounds(text), wanted))))


def _as_word(word: Sequence[str], wanted: Sequence[str]) -> float:
    if not wanted:
        return 0.0
    spent, matched = _inside(word, wanted, _between_letters)
    return 100.0 * (1 - (spent + _STRANGE * (len(word) - matched)) / len(wanted))


def _score(said: Sequence[T], wanted: Sequence[T], cost: Callable[[T, T], float], size: int, around: float = 1.0) -> int:
    if not said or not wanted:
        return 0
    spent, matched = _inside(said, wanted, cost)
    unmatched = max(0, len(said) - matched)
    worth = 100.0 * (1 - spent / len(wanted)) - around * unmatched * _AROUND.get(size, _AROUND_LONG)
    return max(0, min(100, round(worth)))


def _inside(said: Sequence[T], wanted: Sequence[T], cost: Callable[[T, T], float]) -> tuple[float, int]:
    """The cheapest way to find all of `wanted` somewhere in `said`: its cost, and how much of `said` it covers."""
    row = [(0.0, 0)] * (len(said) + 1)
    for one in wanted:
        before, row = row, [(row[0][0] + _MISSING, 0)]
        for place, other in enumerate(said, 1):
            taken = (before[place - 1][0] + cost(one, other), before[place - 1][1] + 1)
            missed = (before[place][0] + _MISSING, before[place][1])
            extra = (row[place - 1][0] + _EXTRA_INSIDE, row[place - 1][1] + 1)
            row.append(min(taken, missed, extra, key=lambda way: (way[0], -way[1])))
    return min(row, key=lambda way: (way[0], -way[1]))


# -- Chinese ---------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def syllables(text: str) -> tuple[str, ...]:
    """Toneless pinyin of the Chinese in `text`, digits as numbers; Latin words stay words."""
    spelt = re.sub(r"[0-9]", lambda found: _NUMBERS[found[0]][0], text.lower()).replace("幺", "一").replace("两", "二")
    return tuple(part for part in lazy_pinyin(re.sub(r"[^\u3400-\u9fffa-z]", "", spelt)) if part)


@lru_cache(maxsize=4096)
def _parts(syllable: str) -> tuple[str, str]:
    initial = next((one for one in _INITIALS if syllable.startswith(one)), "")
    return initial, syllable[len(initial) :]


def _alike(groups: Iterable[str], one: str, other: str) -> bool:
    return any(one in group.split() and other in group.split() for group in groups)


@lru_cache(maxsize=16384)
def _between_syllables(one: str, other: str) -> float:
    if one == other:
        return 0.0
    (initial, final), (initial2, final2) = _parts(one), _parts(other)
    first = 0.0 if initial == initial2 else 0.35 if _alike(_ALIKE_INITIALS, initial, initial2) else 1.0
    rest = 0.0 if final == final2 else 0.35 if _alike(_ALIKE_FINALS, final, final2) else 1.0
    return min(1.0, 0.45 * first + 0.65 * rest)


# -- English ---------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    """Words of Latin letters, digits as words."""
    spelt = re.sub(r"[0-9]", lambda found: f" {_ENGLISH[found[0]]} ", text.lower().replace("\u2019", "'"))
    return tuple(re.findall(r"[a-z][a-z']*", spelt))


_FOLDS = (
    ("ph", "f"), ("ck", "k"), ("ght", "t"), ("kn", "n"), ("wr", "r"), ("tion", "shn"), ("ae", "e"), ("oe", "e"), ("y", "i"), ("q", "k"), ("x", "ks"),
)  # fmt: skip
_SOFT = re.compile(r"c(?=[ei])")
_ALIKE_LETTERS = ("b p", "d t", "g k", "s z", "f v", "m n", "l r", "a e i o u")


@lru_cache(maxsize=4096)
def sounds(text: str) -> tuple[str, ...]:
    """Letters of English words as they sound, without doubles."""
    spelt = re.sub(r"[0-9]", lambda found: f" {_ENGLISH[found[0]]} ", text.lower())
    letters = re.sub(r"[^a-z]", "", spelt)
    for written, heard in _FOLDS:
        letters = letters.replace(written, heard)
    letters = _SOFT.sub("s", letters).replace("c", "k")
    return tuple(re.sub(r"(.)\1+", r"\1", letters))


def _between_letters(one: str, other: str) -> float:
    return 0.0 if one == other else 0.4 if _alike(_ALIKE_LETTERS, one, other) else 1.0
