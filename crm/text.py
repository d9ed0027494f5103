"""Chinese text for search.

In: names as written. Out: pinyin initials in lower case (张伟 -> zw). Must not be asked for pronunciation: heteronyms are taken as common.
Invariant: the same text gives the same initials in the importer, the form and the search box.
"""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin


@lru_cache(maxsize=8192)
def _initial(character: str) -> str:
    return lazy_pinyin(character, style=Style.FIRST_LETTER, errors="default")[0][:1]


def initials(name: str) -> str:
    """Initials of a Chinese name, or of the words of a Latin one; at most 40 characters."""
    if name.isascii():
        return "".join(word[0] for word in name.lower().split())[:40]
    return "".join(_initial(one) for one in name if not one.isspace()).lower()[:40]
