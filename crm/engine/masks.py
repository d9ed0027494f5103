"""How a value looks to somebody who may know that it is there, but not what it is.

In: a mask's name and a stored value. Out: text. Must not be reversible. Invariant: a masked value is never equal to a value that a form accepts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

STAR = "*"


def _ends(text: str, first: int, last: int) -> str:
    """The ends stay when at least as much is hidden as shown, else a character."""
    hidden = len(text) - first - last
    if hidden < 3:
        return STAR * 3 + text[-2:] if len(text) > 4 else STAR * 3
    return text[:first] + STAR * hidden + text[len(text) - last :]


def _phone(text: str) -> str:
    return _ends(text.removeprefix("+86"), 3, 4)


_MASKS: Mapping[str, Callable[[str], str]] = {
    "phone": _phone,
    "id_number": lambda text: _ends(text, 4, 4),
    "name": lambda text: text[:1] + STAR * min(max(len(text) - 1, 1), 3),
    "address": lambda text: text[:6] + STAR * 4 if len(text) > 10 else STAR * 4,
    "text": lambda _: STAR * 4,
}


def masked(mask: str, value: Any, keys: tuple[str, ...] = ()) -> Any:
    """`value` behind `mask`; nothing stays nothing, each item of a list is masked; of an object only the entries `keys`."""
    if value is None or value == "":
        return value
    if isinstance(value, (list, tuple)):
        return [masked(mask, one, keys) for one in value]
    if isinstance(value, Mapping):
        return {name: masked(mask, one) if name in keys else one for name, one in value.items()}
    return _MASKS[mask](str(value))
