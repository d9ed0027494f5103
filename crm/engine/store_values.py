"""Checks what is to be written: kinds, lengths, choices, what may be written at all.

In: a resource, values as JSON, a form or a spreadsheet gives them. Out: values as columns hold them. Must not do I/O.
Invariant: what comes out fits its column; every fault of a row is found at once and names field, rule and mend.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from crm.engine.resource import Field, Resource, Values
from crm.engine.rich_text import clean
from crm.errors import InvalidValue, InvalidValues
from crm.numbers import HOME, NumberPlan
from crm.written import Wrong, telephone

MAX_TEXT = 20_000
MAX_HTML = 500_000
MAX_ITEMS = 200
_INT4 = 2**31 - 1
# Marks of width and direction that nobody sees; joiners stay, as emoji and some scripts are written with them.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_EMPTY_ALLOWED = ("string", "text", "html", "phone", "email", "url", "color", "id_number")
_FORMATS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "email": (re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$"), "is an e-mail address"),
    "url": (re.compile(r"^https?://[^\s]+$"), "is an address that begins with http:// or https://"),
    "color": (re.compile(r"^#[0-9a-fA-F]{6}$"), "is a colour such as #0f766e"),
}


def refused(field: Field | str, rule: str, mend: str = "correct this value") -> InvalidValue:
    return InvalidValue(field if isinstance(field, str) else field.name, rule, mend)


def checked(
    resource: Resource, values: Values, *, adding: bool, allowed: frozenset[str] | None = None, whole: Values | None = None, plan: NumberPlan = HOME
) -> dict[str, Any]:
    """Stored values by field name. `allowed`: the only fields that may stand there (for moves); `whole`: the row before a change.
    Raises InvalidValues with every fault."""
    faults: list[InvalidValue] = []
    found: dict[str, Any] = {}
    for name, value in values.items():
        try:
            found[name] = _one(resource, name, value, adding, allowed, plan)
        except InvalidValue as fault:
            faults.append(InvalidValue(name, fault.rule, fault.mend))
    if adding:
        faults += [refused(one, "is needed", "fill it in") for one in resource.fields if one.required and one.name not in values]
    if not faults:
        faults += _row_faults(resource, {**(whole or {}), **found})
    if faults:
        raise InvalidValues(faults)
    return found


def _row_faults(resource: Resource, row: Values) -> list[InvalidValue]:
    found: list[InvalidValue] = []
    for check in resource.checks:
        try:
            check(row)
        except InvalidValue as fault:
            found.append(fault)
    return found


def _one(resource: Resource, name: str, value: Any, adding: bool, allowed: frozenset[str] | None, plan: NumberPlan) -> Any:
    field = resource.by_name.get(name)
    if field is None:
        raise refused(name, "is no field of this thing", "leave it out")
    if allowed is None:
        if field.readonly or name == resource.state:
            raise refused(field, "cannot be written", "leave it out")
        if (field.write_once or field.into) and not adding:
            raise refused(field, "is set once and stays", "leave it out")
    elif name not in allowed:
        raise refused(field, "does not belong to this move", "leave it out")
    return value_of(field, value, plan)


def value_of(field: Field, value: Any, plan: NumberPlan = HOME) -> Any:
    """`value` as the column holds it. Raises InvalidValue."""
    if value is None or (value == "" and field.kind not in _EMPTY_ALLOWED):
        return _nothing(field)
    kind = "integer" if field.kind == "choice" and field.whole else field.kind
    made = _phone(field, value, plan) if kind == "phone" else _READERS.get(kind, _string)(field, value)
    if made == "" and (field.required or (field.nullable and not field.clean)):
        return _nothing(field)
    _bounds(field, made)
    return made if field.clean is None or field.slow or made is None else field.clean(made)


def _nothing(field: Field) -> Any:
    if field.required or not field.nullable:
        if not field.required and (field.kind in _EMPTY_ALLOWED or _may_be_empty(field)):
            return ""
        if not field.required and field.kind in ("strings", "integers", "refs"):
            return []
        raise refused(field, "is needed", "fill it in")
    return None


def _may_be_empty(field: Field) -> bool:
    """A choice among whose words is none at all, or a word of a dictionary that the column can do without."""
    return field.kind == "choice" and not field.whole and (any(code == "" for code, _, _ in field.choices) or bool(field.dictionary))


def _bounds(field: Field, value: Any) -> None:
    if field.choices:
        known = {code for code, _, _ in field.choices}
        wrong = [one for one in (value if isinstance(value, list) else [value]) if one not in known and one != ""]
        if wrong or (value == "" and "" not in known and not field.nullable):
            raise refused(field, f"is one of {', '.join(sorted(str(one) for one in known))}", "choose one of them")
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        if field.min is not None and value < Decimal(str(field.min)):
            raise refused(field, f"is at least {field.min:g}", "enter a larger number")
        if field.max is not None and value > Decimal(str(field.max)):
            raise refused(field, f"is at most {field.max:g}", "enter a smaller number")
    if isinstance(value, str) and value and field.pattern and not re.fullmatch(field.pattern, value):
        raise refused(field, f"has the form {field.example or field.pattern}")


# -- one reader a kind ------------------------------------------------------------------------------------------------


def plain_text(field: Field, value: Any, longest: int, *, lines: bool) -> str:
    """Text in normal form without control characters and outer blanks; one line also without the marks of direction and width that copying brings
    along, which would hide a name from whoever looks for it."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise refused(field, "is text")
    seen = str(value) if lines else _UNSEEN.sub("", str(value))
    text = unicodedata.normalize("NFC", seen).replace("\r\n", "\n").strip()
    if any(unicodedata.category(one) in ("Cc", "Cs") and not (lines and one in "\n\t") for one in text):
        raise refused(field, "holds no control characters", "remove the invisible characters")
    if len(text) > longest:
        raise refused(field, f"has at most {longest} characters", f"it has {len(text)}; shorten it")
    return text


def _string(field: Field, value: Any) -> str:
    text = plain_text(field, value, field.max_length or 500, lines=False)
    wanted = _FORMATS.get(field.kind)
    if text and wanted and not wanted[0].match(text):
        raise refused(field, wanted[1])
    return text


def _phone(field: Field, value: Any, plan: NumberPlan) -> str:
    """E.164, or the digits of a short number."""
    text = plain_text(field, value, 40, lines=False)
    try:
        return telephone(text, plan) if text else ""
    except Wrong as wrong:
        raise refused(field, wrong.rule, wrong.mend) from wrong


def _text(field: Field, value: Any) -> str:
    return plain_text(field, value, field.max_length or MAX_TEXT, lines=True)


def _html(field: Field, value: Any) -> str:
    return clean(plain_text(field, value, field.max_length or MAX_HTML, lines=True))


def _integer(field: Field, value: Any) -> int:
    try:
        number = int(value) if not isinstance(value, (bool, float)) or value == int(value) else None
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or isinstance(value, bool) or not -_INT4 <= number <= _INT4:
        raise refused(field, "is a whole number", "enter digits only")
    return number


def _decimal(field: Field, value: Any) -> Decimal | int:
    if field.whole:
        return _integer(field, int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value)
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= 10**15:
        raise refused(field, "is a number", "enter digits and at most one point")
    exponent = number.as_tuple().exponent
    if field.kind in ("money", "decimal") and isinstance(exponent, int) and -exponent > (2 if field.kind == "money" else 6):
        raise refused(field, "has too many decimals", "round it")
    return number


def _number(field: Field, value: Any) -> float:
    return float(_decimal(field, value))


def _boolean(field: Field, value: Any) -> bool:
    known = {"true": True, "1": True, "是": True, "yes": True, "false": False, "0": False, "否": False, "no": False}
    if isinstance(value, bool):
        return value
    if str(value).strip().lower() in known:
        return known[str(value).strip().lower()]
    raise refused(field, "is true or false", "choose one of them")


def _date(field: Field, value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    match = re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T]00:00(?::00)?)?", str(value).strip())
    try:
        return date(*(int(one) for one in match.groups())) if match else date.fromisoformat(str(value))
    except ValueError as wrong:
        raise refused(field, "is a day of the calendar", "write it like 1963-05-08") from wrong


def _datetime(field: Field, value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError as wrong:
        raise refused(field, "is a moment", "write it like 2026-11-22T08:00:00Z") from wrong


def _time(field: Field, value: Any) -> time:
    try:
        return value if isinstance(value, time) else time.fromisoformat(str(value))
    except ValueError as wrong:
        raise refused(field, "is a time of the day", "write it like 08:30") from wrong


def _items(field: Field, value: Any) -> list[Any]:
    given = re.split(r"[,，;；、\s]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)):
        raise refused(field, "is a list")
    if len(given) > MAX_ITEMS:
        raise refused(field, f"has at most {MAX_ITEMS} entries", "remove some")
    return list(dict.fromkeys(one for one in given if one not in ("", None)))


def _strings(field: Field, value: Any) -> list[str]:
    return [plain_text(field, one, 120, lines=False) for one in _items(field, value)]


def _integers(field: Field, value: Any) -> list[int]:
    return [_integer(field, one) for one in _items(field, value)]


def _refs(field: Field, value: Any) -> list[Any]:
    column = field.through.model.__table__.columns[field.through.there] if field.through else None
    number = column is not None and column.type.python_type is int
    return _integers(field, value) if number else _strings(field, value)


def _ref(field: Field, value: Any) -> Any:
    """As it stands; the store knows the kind of the other key."""
    return value if isinstance(value, int) and not isinstance(value, bool) else plain_text(field, value, 120, lines=False)


def _json(field: Field, value: Any) -> Any:
    if len(json.dumps(value, ensure_ascii=False)) > MAX_TEXT or "\x00" in str(value) or "\\u0000" in json.dumps(value):
        raise refused(field, f"has at most {MAX_TEXT} characters", "shorten it")
    return value


_READERS: Mapping[str, Callable[[Field, Any], Any]] = {
    "text": _text, "html": _html, "integer": _integer, "number": _number, "decimal": _decimal, "money": _decimal, "boolean": _boolean, "date": _date,
    "datetime": _datetime, "time": _time, "strings": _strings, "integers": _integers, "refs": _refs, "ref": _ref, "json": _json,
}  # fmt: skip
