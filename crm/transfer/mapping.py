"""Which column of a file holds which value: proposed from headings, corrected by people, remembered.

In: headings as they stand in the file, what was chosen for them before. Out: column place -> item name. Pure. Must not look at values.
Invariant: an item is proposed for one column only, the first that fits best.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from crm.transfer.targets import Target

NOTHING = "-"
HEADING_ROWS = 20
_BRACKETS = re.compile(r"[(\[【<].*?[)\]】>]")
_OWNER = re.compile(r"^(患者|病人|病员|就诊人|客户|会员)(?=.{2})")
_FIRST = re.compile(r"(?<=\D)[1一]$")


def normal(heading: str) -> str:
    """姓名*, 姓名（必填） and ` 姓 名 ` are one heading."""
    folded = _BRACKETS.sub("", unicodedata.normalize("NFKC", heading).lower())
    return "".join(one for one in folded if one.isalnum())[:80]


def known_headings(target: Target) -> dict[str, dict[str, int]]:
    """Normal heading -> items that it may head, each with how well it says so: 0 best."""
    found: dict[str, dict[str, int]] = {}
    for item in target.items:
        for rank, word in enumerate((item.name, *item.title, *item.synonyms)):
            found.setdefault(normal(word), {}).setdefault(item.name, rank)
    return found


def propose(target: Target, headings: Sequence[str], remembered: Mapping[str, str]) -> dict[int, str]:
    """`remembered`: normal heading -> item name, or NOTHING for a column people left out. Of columns that head the same value the one that says it
    best has it; 病案号 before 就诊卡号, whatever stands first."""
    known, items = known_headings(target), target.by_name
    fits: list[tuple[int, int, str]] = []
    for place, heading in enumerate(headings):
        word = normal(heading)
        meant = {remembered[word]: -1} if word in remembered else _meant(known, word)
        fits += [(rank, place, name) for name, rank in meant.items() if name in items]
    chosen: dict[int, str] = {}
    for _, place, name in sorted(fits):
        if place not in chosen and name not in chosen.values():
            chosen[place] = name
    return dict(sorted(chosen.items()))


def _meant(known: Mapping[str, Mapping[str, int]], word: str) -> Mapping[str, int]:
    """患者电话 and 电话1 are 电话."""
    for form in (word, _OWNER.sub("", word), _FIRST.sub("", word), _FIRST.sub("", _OWNER.sub("", word))):
        if form in known:
            return known[form]
    return {}


def heading_row(target: Target, rows: Sequence[Sequence[str]]) -> int:
    """Which of these first rows holds the headings: the one with the most known words, else the first with two or more distinct texts."""
    known = known_headings(target)
    scores = [sum(bool(_meant(known, normal(cell))) for cell in row if cell) for row in rows[:HEADING_ROWS]]
    if scores and max(scores) > 0:
        return scores.index(max(scores))
    for place, row in enumerate(rows[:HEADING_ROWS]):
        filled = [cell.strip() for cell in row if cell.strip()]
        if len(filled) >= 2 and len(set(filled)) == len(filled) and not any(cell.replace(".", "").isdigit() for cell in filled):
            return place
    return 0
