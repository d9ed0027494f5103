"""Numbers, dates, times and money in Mandarin, as prompt ids in speaking order. Pure.

In: checked values. Out: ids of sounds/prompts.toml. 两 stands before a classifier, 千, 万 and 亿; 零 bridges empty places, once; digits say 幺.
A value outside the range raises ValueError; nothing is rounded but money, to the fen.
"""

from __future__ import annotations

from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal

HIGHEST = 999_999_999
CLASSIFIED = frozenset({"second", "minute", "hour", "day", "week", "month", "year", "person", "item", "time", "clinic", "yuan", "jiao", "fen"})


def number(value: int, unit: str = "") -> tuple[str, ...]:
    """一百零五; with a unit 两位, 一百零五位."""
    if abs(value) > HIGHEST:
        raise ValueError(f"{value} is beyond what can be spoken")
    if unit and unit not in CLASSIFIED:
        raise ValueError(f"unit {unit} is unknown")
    sign = ("num_minus",) if value < 0 else ()
    spoken = ("num_liang",) if unit and abs(value) == 2 else _cardinal(abs(value))
    return (*sign, *spoken, *((f"unit_{unit}",) if unit else ()))


def _cardinal(value: int) -> tuple[str, ...]:
    if value < 100:
        return (f"num_{value}",)
    hundred_millions, rest = divmod(value, 100_000_000)
    ten_thousands, units = divmod(rest, 10_000)
    spoken: tuple[str, ...] = ()
    passed_empty = False
    for group, scale in ((hundred_millions, "scale_yi"), (ten_thousands, "scale_wan"), (units, "")):
        if not group:
            passed_empty = bool(spoken)
        else:
            gap = ("num_0",) if spoken and (group < 1000 or passed_empty) else ()
            spoken = (*spoken, *gap, *_group(group, scale, leading=not spoken), *((scale,) if scale else ()))
    return spoken


def _group(value: int, scale: str, *, leading: bool) -> tuple[str, ...]:
    """1 to 9999. Ten in the middle of a number is 一十."""
    if value == 2 and scale:
        return ("num_liang",)
    thousands, below_thousand = divmod(value, 1000)
    hundreds, below_hundred = divmod(below_thousand, 100)
    spoken: tuple[str, ...] = (f"num_{thousands}000",) if thousands else ()
    if hundreds:
        spoken = (*spoken, f"num_{hundreds}00")
    if not below_hundred:
        return spoken
    gap = ("num_0",) if spoken and (not hundreds or below_hundred < 10) else ()
    one = ("num_1",) if 10 <= below_hundred < 20 and (spoken or not leading) else ()
    return (*spoken, *gap, *one, f"num_{below_hundred}")


def digits(value: str) -> tuple[str, ...]:
    """Digit by digit, one as 幺."""
    return tuple("num_yao" if one == "1" else f"num_{one}" for one in value)


def day(value: date, *, with_year: bool = False) -> tuple[str, ...]:
    """二零二六年十一月十五日."""
    year = (*(f"num_{one}" for one in str(value.year)), "date_year") if with_year else ()
    return (*year, f"month_{value.month}", f"day_{value.day}")


def weekday(value: int) -> tuple[str, ...]:
    """星期一 for 1."""
    if not 1 <= value <= 7:
        raise ValueError(f"{value} is no ISO weekday")
    return (f"weekday_{value}",)


def clock(value: time) -> tuple[str, ...]:
    """下午两点半."""
    hour = value.hour if value.hour <= 12 else value.hour - 12
    spoken = (f"period_{_period(value.hour)}", f"clock_{hour}")
    if value.minute == 0:
        return spoken
    if value.minute == 30:
        return (*spoken, "clock_half")
    return (*spoken, *(("num_0",) if value.minute < 10 else ()), f"num_{value.minute}", "clock_minute")


def _period(hour: int) -> str:
    for until, name in ((6, "dawn"), (12, "morning"), (13, "noon"), (18, "afternoon"), (24, "evening")):
        if hour < until:
            return name
    raise ValueError(f"{hour} is no hour")


def money(value: Decimal) -> tuple[str, ...]:
    """三百二十元五角; 三元零五分."""
    fens = int((abs(value) * 100).quantize(Decimal(1), ROUND_HALF_UP))
    yuan, below = divmod(fens, 100)
    jiao, fen = divmod(below, 10)
    spoken = number(yuan, "yuan") if yuan or not below else ()
    if jiao:
        spoken = (*spoken, *number(jiao, "jiao"))
    if fen:
        spoken = (*spoken, *(("num_0",) if yuan and not jiao else ()), *number(fen, "fen"))
    return (*(("num_minus",) if value < 0 and fens else ()), *spoken)
