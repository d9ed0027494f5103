"""Numbers that people write, read by one rule wherever they come in: a form, the API, a cell of a file.

In: text as it was typed or copied. Out: the number as it is stored, or `Wrong` with code, rule and mend. Pure; must not guess where two readings are
possible. Invariant: what is accepted is read as itself again.
Identity numbers: GB 11643-1999. Telephone numbers: crm/numbers.py.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from operator import mul

from crm.numbers import NumberPlan, normalise

EARLIEST_BIRTH = date(1880, 1, 2)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_OFFSET = 48 * sum(_WEIGHTS)
_CHECK = "10X98765432"
_ID = re.compile(r"[0-9]{17}[0-9X]")
_OLD_ID = re.compile(r"[0-9]{15}")
_ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{2}")
# What Excel leaves of a number that was calculated with; a letter that was taken for a digit; what is dialled after the switchboard answered.
_DECIMAL = re.compile(r"(?<=\d)\.0+$")
_LETTER_AMONG = re.compile(r"\d[OoIlSBZ](?![A-Za-z])|(?<![A-Za-z])[OIlSBZ]\d")
_EXTENSION = re.compile(r"(.*\d)\s*(?:转|轉|分机|[Ee][Xx][Tt]\.?|[xX#-])\s*\d{1,6}")
LONGEST_SHORT = 8
_WORDS = 4  # letters that may stand beside a number in a file: 手机, tel, ext


class Wrong(Exception):
    """What was written breaks a rule. `code` is stable, for translations."""

    def __init__(self, code: str, rule: str, mend: str) -> None:
        super().__init__(f"{rule}; {mend}")
        self.code, self.rule, self.mend = code, rule, mend


def visible(written: str) -> str:
    """Without the marks of direction and width that copying from a page brings along: nobody can see, nor mend, them in a number."""
    plain = unicodedata.normalize("NFKC", written)
    return (plain if plain.isascii() else "".join(one for one in plain if unicodedata.category(one) != "Cf")).strip()


# -- identity ---------------------------------------------------------------------------------------------------------


def identity(written: str) -> str:
    """18 characters with the right check digit; the 15 digits of old cards are completed."""
    value = written.strip().upper()
    if not (value.isascii() and value.isalnum()):
        value = re.sub(r"[ '-]", "", visible(value))
    if _OLD_ID.fullmatch(value):
        value = f"{value[:6]}19{value[6:]}"
        value += check_digit(value)
    elif not _ID.fullmatch(value):
        if _ROUNDED.fullmatch(value):
            raise Wrong("id_rounded", "has all its 18 characters; Excel has rounded this one", "format the column as text and enter the number again")
        raise Wrong("id_form", "has 17 digits and a check digit (0-9 or X)", "compare it with the card")
    elif check_digit(value[:17]) != value[17]:
        mend = "compare it with the card; one digit is wrong or two are swapped"
        raise Wrong("id_check_digit", "ends with the check digit that follows from the others", mend)
    try:
        born_on = date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        raise Wrong("id_birth", "holds a date of birth in its digits 7 to 14", "compare it with the card") from None
    if born_on < EARLIEST_BIRTH:
        raise Wrong("id_birth", "holds a date of birth in its digits 7 to 14", "compare it with the card")
    return value


def check_digit(body: str) -> str:
    """The last character that belongs to the first seventeen digits."""
    return _CHECK[(sum(map(mul, _WEIGHTS, body.encode())) - _OFFSET) % 11]


# -- telephone --------------------------------------------------------------------------------------------------------


def telephone(written: str, plan: NumberPlan, *, extended: bool = False) -> str:
    """E.164 when it is a whole number, else a short number as it is dialled; raises Wrong. `extended`: an extension behind it and a word
    before it are left out, because what was written is kept too."""
    value = visible(written)
    if _ROUNDED.fullmatch(value):
        raise Wrong("phone_rounded", "has all its digits; Excel has rounded this one", "format the column as text and enter the number again")
    value = _DECIMAL.sub("", value)
    if _LETTER_AMONG.search(value):
        raise Wrong("phone_letter", "has digits only; here a letter stands among them", "write the digit that is meant, such as 0 for O")
    number = normalise(value, plan)
    if not number.startswith("+") and (found := _EXTENSION.fullmatch(value)):
        if not extended:
            raise Wrong("phone_extension", "is dialled without its extension", "write the extension into the note")
        number = normalise(found[1], plan)
    digits, letters = len(number.lstrip("+")), sum(one.isalpha() for one in value)
    if not 3 <= digits <= 15 or letters > (_WORDS if extended else 0):
        raise Wrong("phone", "is a telephone number of 3 to 15 digits", "write it with its area code")
    if digits > LONGEST_SHORT and not number.startswith("+"):
        raise Wrong("phone_digits", f"has as many digits as such a number has; this has {digits}", "count them; one is missing or too many")
    return number
