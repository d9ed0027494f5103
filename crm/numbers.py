"""The one place where telephone numbers are read: any way people and exchanges write them becomes E.164.

In: digits as dialled, typed or signalled. Out: E.164 text (`+8613900000001`), or the bare digits of a short or impossible number.
Must not guess a country: a number without one belongs to the home country. Invariant: normalise(normalise(x)) == normalise(x).
Rules of each country: phonenumberslite's metadata.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

MAX_KEPT = 32
_SIP = re.compile(r"^(?:sips?|tel):([^@;>]+)", re.IGNORECASE)
_ANONYMOUS = frozenset({"", "anonymous", "unknown", "private", "restricted", "unavailable"})


@dataclass(frozen=True, slots=True)
class NumberPlan:
    """Where the hospital stands in the telephone network."""

    country_calling_code: str = "86"
    area_code: str = "010"

    @property
    def region(self) -> str:
        return phonenumbers.region_code_for_country_code(int(self.country_calling_code))


HOME = NumberPlan()


def normalise(written: str, plan: NumberPlan = HOME) -> str:
    """E.164 when it is a possible number, else its bare digits (95120, an extension); empty for a hidden caller."""
    return _normalise(written, plan)


@lru_cache(maxsize=4096)
def _normalise(written: str, plan: NumberPlan) -> str:
    text = unicodedata.normalize("NFKC", written).strip()
    sip = _SIP.match(text)
    text = sip.group(1) if sip else text
    if text.lower() in _ANONYMOUS:
        return ""
    plus = "+" if text.lstrip().startswith("+") else ""
    digits = re.sub(r"\D", "", text)[:MAX_KEPT]
    if not digits:
        return ""
    return _international(plus + digits, plan) or plus + digits


def _international(text: str, plan: NumberPlan) -> str:
    """Tried in this order: as written, without the trunk zero some exchanges put before a mobile number, as a local number."""
    bare = text.lstrip("+")
    tries = [text]
    if bare.startswith("0"):
        tries.append(bare.lstrip("0"))
    if bare.startswith(plan.country_calling_code):
        tries.append("+" + bare)
    if not text.startswith("+") and not bare.startswith("0") and 7 <= len(bare) <= 8:
        tries.append(plan.area_code + bare)
    for one in tries:
        try:
            parsed = phonenumbers.parse(one, plan.region)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return ""
