"""Appointment numbers: seven digits and a check digit, short enough for a telephone key pad.

In: a running number. Out: eight digits; whether eight digits can be a number at all. Pure. Invariant: one wrong digit or two neighbours swapped
never give another valid number. The digit: Damm's quasigroup of order ten, "Total anti-symmetrische Quasigruppen" (2004).
"""

from __future__ import annotations

_TABLE = ("0317598642", "7092154863", "4206871359", "1750983426", "6123045978", "3674209581", "5869720134", "8945362017", "9438617205", "2581436790")


def _damm(digits: str) -> int:
    state = 0
    for digit in digits:
        state = int(_TABLE[state][int(digit)])
    return state


def appointment_number(running: int) -> str:
    """Of the last seven digits of `running`."""
    digits = f"{running % 10_000_000:07d}"
    return f"{digits}{_damm(digits)}"


def could_be_number(typed: str) -> bool:
    """False for what was mistyped."""
    return len(typed) == 8 and typed.isascii() and typed.isdigit() and _damm(typed) == 0
