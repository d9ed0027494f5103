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
_OWNER = re.compile(r"^(患者|病人|客户|会员)(?=.{2})")


def normal(heading: str) -> str:
    """姓名*, 姓名（必填） and ` 姓 名 ` are one heading."""
    folded = _BRACKETS.sub("", unicodedata.normalize("NFKC", heading).lower())
    return "".join(one for one in folded if one.isalnum())[:80]


def known_headings(target: Target) -> dict[str, str]:
    """Normal heading -> item name."""
    found: dict[str, str] = {}
    for item in target.items:
        for word in (item.name, *item.title, *item.synonyms):
            found.setdefault(normal(word), item.name)
    return found


def propose(target: Target, headings: Sequence[str], remembered: Mapping[str, str]) -> dict[int, str]:
    """`remembered`: normal heading -> item name, or NOTHING for a column people left out."""
    known = known_headings(target)
    items = target.by_name
    chosen: dict[int, str] = {}
    for place, heading in enumerate(headings):
        word = normal(heading)
        name = remembered.get(word) or known.get(word) or known.get(_OWNER.sub("", word), "")
        if name in items and name not in chosen.values():
            chosen[place] = name
    return chosen


def heading_row(target: Target, rows: Sequence[Sequence[str]]) -> int:
    """Which of these first rows holds the headings: the one with the most known words, else the first with two or more distinct texts."""
    known = known_headings(target)
    scores = [sum(normal(cell) in known for cell in row if cell) for row in rows[:HEADING_ROWS]]
    if scores and max(scores) > 0:
        return scores.index(max(scores))
    for place, row in enumerate(rows[:HEADING_ROWS]):
        filled = [cell.strip() for cell in row if cell.strip()]
        if len(filled) >= 2 and len(set(filled)) == len(filled) and not any(cell.replace(".", "").isdigit() for cell in filled):
            return place
    return 0
