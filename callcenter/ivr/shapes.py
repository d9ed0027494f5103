"""What a value of a lookup or an action may be: one small check each. Pure.

In: a value as it came from outside. Out: whether it is what was declared. Must not repair. Invariant: what passes can be spoken, kept as JSON
and compared by a flow. Shapes in words: docs/flows.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

Check = Callable[[Any], bool]


def text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def any_text(value: Any) -> bool:
    """A text that may be empty."""
    return isinstance(value, str)


def digits(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit()


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def weekday(value: Any) -> bool:
    return whole(value) and 1 <= value <= 7


def clock(value: Any) -> bool:
    """HH:MM, local."""
    try:
        return isinstance(value, str) and time.fromisoformat(value).tzinfo is None
    except ValueError:
        return False


def day(value: Any) -> bool:
    """YYYY-MM-DD."""
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def money(value: Any) -> bool:
    """Yuan as text or whole number."""
    try:
        return (isinstance(value, str) or whole(value)) and Decimal(value).is_finite()
    except InvalidOperation:
        return False


def listed(**item: Check) -> Check:
    """A list, perhaps empty, whose items carry these."""
    return lambda value: isinstance(value, list | tuple) and not any(wrong_in(item, one) for one in value)


def wrong_in(declared: Mapping[str, Check], given: Any) -> str:
    """The first name that is missing in `given`, or is not what was declared; empty when all fits."""
    if not isinstance(given, Mapping):
        return next(iter(declared), "")
    return next((name for name, check in declared.items() if not check(given.get(name))), "")
