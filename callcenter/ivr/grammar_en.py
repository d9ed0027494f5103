"""Numbers, dates, times and money in English, as prompt ids in speaking order. Pure.

In: checked values. Out: ids of sounds/prompts.toml. "One hundred and five", "November fifteenth", "two thirty p.m.", "three yuan and five fen".
A value outside the range raises ValueError; nothing is rounded but money, to the fen.
"""

from __future__ import annotations

from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal

HIGHEST = 999_999_999
UNITS = frozenset({"second", "minute", "hour", "day", "week", "month", "year", "person", "item", "time", "clinic"})
UNCHANGED = frozenset({"yuan", "jiao", "fen"})


def number(value: int, unit: str = "") -> tuple[str, ...]:
    """One hundred and five; with a unit: one minute, two minutes."""
    if abs(value) > HIGHEST:
        raise ValueError(f"{value} is beyond what can be spoken")
    sign = ("num_minus",) if value < 0 else ()
    return (*sign, *_cardinal(abs(value)), *_unit(abs(value), unit))


def _unit(value: int, unit: str) -> tuple[str, ...]:
    if not unit:
        return ()
    if unit in UNCHANGED:
        return (f"unit_{unit}",)
    if unit not in UNITS:
        raise ValueError(f"unit {unit} is unknown")
    return (f"unit_{unit}_one",) if value == 1 else (f"unit_{unit}",)


def _cardinal(value: int) -> tuple[str, ...]:
    if value < 100:
        return (f"num_{value}",)
    millions, rest = divmod(value, 1_000_000)
    thousands, units = divmod(rest, 1000)
    spoken = (*_below_thousand(millions), "scale_million") if millions else ()
    if 0 < thousands < 10:
        spoken = (*spoken, f"num_{thousands}000")
    elif thousands:
        spoken = (*spoken, *_below_thousand(thousands), "scale_thousand")
    if not units:
        return spoken
    return (*spoken, *(("num_and",) if spoken and units < 100 else ()), *_below_thousand(units))


def _below_thousand(value: int) -> tuple[str, ...]:
    hundreds, rest = divmod(value, 100)
    if not hundreds:
        return (f"num_{rest}",)
    return (f"num_{hundreds}00", *(("num_and", f"num_{rest}") if rest else ()))


def digits(value: str) -> tuple[str, ...]:
    """Digit by digit."""
    return tuple(f"num_{one}" for one in value)


def day(value: date, *, with_year: bool = False) -> tuple[str, ...]:
    """November fifteenth, twenty twenty-six."""
    return (f"month_{value.month}", f"day_{value.day}", *(_year(value.year) if with_year else ()))


def _year(value: int) -> tuple[str, ...]:
    century, rest = divmod(value, 100)
    if rest == 0 or (century % 10 == 0 and rest < 10):
        return _cardinal(value)
    return (f"num_{century}", *(("clock_oh",) if rest < 10 else ()), f"num_{rest}")


def weekday(value: int) -> tuple[str, ...]:
    """Monday for 1."""
    if not 1 <= value <= 7:
        raise ValueError(f"{value} is no ISO weekday")
    return (f"weekday_{value}",)


def clock(value: time) -> tuple[str, ...]:
    """Two thirty p.m., nine oh five a.m., twelve noon."""
    if value.minute == 0 and value.hour in (0, 12):
        return ("num_12", "period_noon" if value.hour else "period_midnight")
    hour = (f"num_{value.hour % 12 or 12}",)
    minute = () if value.minute == 0 else (*(("clock_oh",) if value.minute < 10 else ()), f"num_{value.minute}")
    return (*hour, *minute, "period_morning" if value.hour < 12 else "period_afternoon")


def money(value: Decimal) -> tuple[str, ...]:
    """Three hundred and twenty yuan and fifty fen."""
    fens = int((abs(value) * 100).quantize(Decimal(1), ROUND_HALF_UP))
    yuan, fen = divmod(fens, 100)
    spoken = number(yuan, "yuan") if yuan or not fen else ()
    if fen:
        spoken = (*spoken, *(("num_and",) if spoken else ()), *number(fen, "fen"))
    return (*(("num_minus",) if value < 0 and fens else ()), *spoken)
