"""Reads what people write into cells: names, dates, numbers, yes and no.

In: text of one cell, never empty. Out: the value as it is stored, or `Wrong` with code, rule and mend. Pure; must not guess where two readings are
possible. Invariant: a value that is accepted can be stored by PostgreSQL as it is.
Identity and telephone numbers: crm/written.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import phonenumbers

from crm.numbers import NumberPlan, normalise
from crm.written import EARLIEST_BIRTH, Wrong, telephone, visible

Parser = Callable[[str], Any]
LONGEST_TEXT = 20_000
_DATE = re.compile(
    r"(?P<y>\d{4})(?:(?P<s>[-/.年])(?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?|(?P<m2>\d{2})(?P<d2>\d{2}))(?:[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?"
)
_SEPARATORS = re.compile(r"[、，,;；|/\n]+")
_GENDERS = {
    **dict.fromkeys(("男", "男性", "male", "m", "1", "先生", "♂"), "male"),
    **dict.fromkeys(("女", "女性", "female", "f", "2", "女士", "♀"), "female"),
    **dict.fromkeys(("未知", "不详", "未说明", "unknown", "0", "9", "-", "/"), ""),
}
_BOOLEANS = {
    **dict.fromkeys(("是", "有", "对", "true", "yes", "y", "1", "√"), True),
    **dict.fromkeys(("否", "无", "错", "false", "no", "n", "0", "×"), False),
}
# What GBK files of old systems carry for a character that later got its own place in Unicode.
_OLD_PLACES = str.maketrans(
    {"\ue863": "䶮", "\ue815": "⺁", "\ue816": "𠂇", "\ue817": "𠂉", "\ue818": "𠃌", "\ue831": "𡗗", "\ue83b": "𢦏", "\ue855": "𤇾"}
)


# -- text -------------------------------------------------------------------------------------------------------------


def _storable(character: str) -> bool:
    """Unicode grows by ideographs in planes 2 and 3, which Python may not know yet."""
    category = unicodedata.category(character)
    return category not in ("Cc", "Cs", "Co", "Cn") or (category == "Cn" and 0x20000 <= ord(character) <= 0x3FFFD)


def text(written: str, longest: int) -> str:
    """Several lines are allowed; characters that are none are not."""
    value = unicodedata.normalize("NFC", written.translate(_OLD_PLACES)).strip()
    if len(value) > longest:
        raise Wrong("too_long", f"has at most {longest} characters, this has {len(value)}", "shorten it")
    if not value.isprintable():
        bad = next((one for one in value if one not in "\n\r\t" and not _storable(one)), None)
        if bad is not None:
            raise Wrong("strange_character", f"holds no control or private characters, this has U+{ord(bad):04X}", "type this character anew")
    return value


def line(written: str, longest: int) -> str:
    """One line; inner white space counts once."""
    return text(" ".join(written.split()) if not written.isprintable() or "  " in written else written, longest)


def name(written: str) -> str:
    value = line(written, 80)
    if value[0] in "=@\\" or not any(one.isalpha() for one in value):
        if value[0] == "=":
            raise Wrong("formula", "is a name, not a formula", "write the name itself into the cell")
        raise Wrong("no_name", "is a name with letters or ideographs", "check whether the right column was chosen")
    return value


@lru_cache(maxsize=1024)
def gender(written: str) -> str:
    known = _GENDERS.get(written.strip().lower())
    if known is None:
        raise Wrong("gender", "is 男, 女, male, female or unknown", "write one of them")
    return known


@lru_cache(maxsize=64)
def language(written: str) -> str:
    known = {
        "zh": "zh",
        "中文": "zh",
        "汉语": "zh",
        "普通话": "zh",
        "chinese": "zh",
        "zh-cn": "zh",
        "en": "en",
        "英文": "en",
        "英语": "en",
        "english": "en",
    }
    value = known.get(written.strip().lower())
    if value is None:
        raise Wrong("language", "is zh or en (中文, 英文)", "write one of them")
    return value


def words(written: str) -> list[str]:
    """A list written in one cell."""
    return [line(one, 60) for one in dict.fromkeys(part.strip() for part in _SEPARATORS.split(written)) if one]


# -- dates and numbers --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def day(written: str) -> date:
    """Year first; a time of day behind it is left out (Excel writes 1960-05-01 00:00:00)."""
    value = visible(written)
    found = _DATE.fullmatch(value)
    if found is None:
        raise _no_date(value)
    try:
        return date(int(found["y"]), int(found["m"] or found["m2"]), int(found["d"] or found["d2"]))
    except ValueError:
        raise Wrong("no_such_day", "is a day of the calendar", "correct day, month or year") from None


def _no_date(value: str) -> Wrong:
    if re.fullmatch(r"(18|19|20)\d\d(年|[-/.]\d{1,2}|年\d{1,2}月)?", value):
        return Wrong("date_part", "is a whole date; month or day is missing", "write year, month and day, for example 1960-05-01, or leave it empty")
    if re.fullmatch(r"\d{4,5}(\.\d+)?", value):
        return Wrong("date_serial", "is a date; this is Excel's day number", "format the column as a date in Excel, or write 1960-05-01")
    if re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", value):
        return Wrong("date_time_only", "is a date; this is only a time of day", "write year, month and day, for example 1960-05-01")
    return Wrong("date", "is a date with the year first", "write it like 1960-05-01, 1960/5/1 or 1960年5月1日")


def born(today: date) -> Parser:
    """A date of birth."""

    @lru_cache(maxsize=65536)
    def read(written: str) -> date:
        value = day(written)
        if not EARLIEST_BIRTH <= value <= today:
            raise Wrong("birth_date_range", "lies between 1880 and today", "correct the year")
        return value

    return read


def moment(written: str) -> datetime:
    try:
        value = datetime.fromisoformat(unicodedata.normalize("NFKC", written).strip().replace("/", "-"))
    except ValueError:
        value = datetime.combine(day(written), time())
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def clock(written: str) -> time:
    try:
        return time.fromisoformat(unicodedata.normalize("NFKC", written).strip())
    except ValueError:
        raise Wrong("time", "is a time of day", "write it like 08:30") from None


def integer(written: str) -> int:
    value = unicodedata.normalize("NFKC", written).strip().replace(",", "")
    if not re.fullmatch(r"[-+]?\d{1,9}(\.0+)?", value):
        raise Wrong("integer", "is a whole number", "write digits only")
    return int(float(value))


def decimal(written: str) -> Decimal:
    value = unicodedata.normalize("NFKC", written).strip().lstrip("¥$").replace(",", "")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise Wrong("number", "is a number", "write digits with a point") from None
    if not number.is_finite() or number.adjusted() > 11:
        raise Wrong("number", "is a number", "write digits with a point")
    return number


def boolean(written: str) -> bool:
    known = _BOOLEANS.get(written.strip().lower())
    if known is None:
        raise Wrong("boolean", "is yes or no (是, 否)", "write one of them")
    return known


def one_of(choices: Iterable[tuple[Any, str, str]]) -> Parser:
    """The stored value, its Chinese or its English title."""
    known: dict[str, Any] = {}
    for value, zh, en in choices:
        known |= {str(value).lower(): value, zh.lower(): value, en.lower(): value}
    shown = ", ".join(dict.fromkeys(str(value) for value in known.values()))

    def read(written: str) -> Any:
        value = known.get(written.strip().lower())
        if value is None:
            raise Wrong("choice", f"is one of {shown}", "write one of them")
        return value

    return read


def reference(known: Mapping[str, Any], what: str) -> Parser:
    """A row of another table by its label."""

    def read(written: str) -> Any:
        value = known.get(written.strip())
        if value is None:
            raise Wrong("reference", f"names a {what} that is there", "correct the name, or add it first")
        return value

    return read


# -- identity and telephone -----------------------------------------------------------------------------------------------


def birth_of(number: str) -> date:
    """The date of birth in an identity number that was accepted."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def gender_of(number: str) -> str:
    return "male" if int(number[16]) % 2 else "female"


def phones(plan: NumberPlan) -> Parser:
    """The numbers of one cell: [(E.164, as written)]."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(plan.region)
    pattern = metadata.mobile.national_number_pattern if metadata is not None and metadata.mobile is not None else None
    mobile = re.compile(pattern or r"(?!)", re.ASCII)
    prefix = f"+{plan.country_calling_code}"

    def read(written: str) -> list[tuple[str, str]]:
        if mobile.fullmatch(written):
            return [(prefix + written, written)]
        found: dict[str, str] = {}
        for part in _SEPARATORS.split(written):
            for one in _beside_each_other(part.strip(), plan):
                found.setdefault(telephone(one, plan, extended=True), one[:40])
        if not found:
            raise Wrong("phone", "is a telephone number of 3 to 15 digits", "write it with its area code")
        return list(found.items())

    return read


def _beside_each_other(part: str, plan: NumberPlan) -> list[str]:
    """Several whole numbers with nothing but blanks between them; else what was given."""
    words = part.split()
    if len(words) > 1 and all(normalise(one, plan).startswith("+") for one in words):
        return words
    return [part] if part else []
