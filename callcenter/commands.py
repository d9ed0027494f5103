"""What the flow engine asks a driver to do, and what it hears back. Pure.

A driver (the phone's `agi_channel` through the session, the simulator, a test) performs `Step.commands` in order and answers with
exactly one `Heard`. Hang-up is not a `Heard`: the driver raises `CallerHungUp`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any

# -- things that can be spoken ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prompt:
    """A fixed prompt by its id in sounds/prompts.toml. `language`: spoken in that one whatever the caller chose; empty: in the caller's.

    `if_listening`: an invitation to answer by voice, left out where nobody listens.
    """

    id: str
    language: str = ""
    if_listening: bool = False


@dataclass(frozen=True, slots=True)
class SayNumber:
    """A cardinal number: 105 -> 一百零五 / one hundred and five. `unit`: a classifier key of the grammar ("", "minute", "person"...)."""

    value: int
    unit: str = ""


@dataclass(frozen=True, slots=True)
class SayDigits:
    """Digit by digit, one as 幺 in Chinese."""

    value: str


@dataclass(frozen=True, slots=True)
class SayDate:
    value: date
    with_year: bool = False


@dataclass(frozen=True, slots=True)
class SayTime:
    value: time


@dataclass(frozen=True, slots=True)
class SayWeekday:
    """ISO weekday, 1 = Monday."""

    value: int


@dataclass(frozen=True, slots=True)
class SayMoney:
    """Yuan."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class SayName:
    """A name of a person, department or place. Spoken from a rendered file for that text; `fallback` prompt id when there is none."""

    text: str
    fallback: str = ""


Spoken = Prompt | SayNumber | SayDigits | SayDate | SayTime | SayWeekday | SayMoney | SayName


# -- commands -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    """Play everything; keys are ignored. Heard: `Done`."""

    spoken: tuple[Spoken, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One spoken answer of a closed list. `words`: what people say for it, in any language."""

    value: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gather:
    """Play with barge-in and read keys. Heard: `Keys`, or `Said` when `answers` opened the recogniser too.

    `#` ends input early when max_digits > 1, else it is a key like any other. `needs_voice`: keys alone are no answer, so without a
    recogniser nothing is played and `Found("unavailable")` is heard at once.
    """

    spoken: tuple[Spoken, ...]
    max_digits: int = 1
    first_digit_s: float = 6.0
    inter_digit_s: float = 3.0
    answers: tuple[Answer, ...] = ()
    needs_voice: bool = False


@dataclass(frozen=True, slots=True)
class RecordMessage:
    """Beep, record until `#`, silence or max_s. Heard: `Recorded`."""

    purpose: str
    max_s: int = 120
    silence_s: int = 5


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """From here `zh` or `en`. Silent; never alone in a step."""

    language: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """Ask a named lookup for data. Heard: `Found`."""

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """Do a named action once, whatever happens to us meanwhile. Heard: `Found`."""

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WhoCalls:
    """Whose number is it? Heard: `Found` with exit known | several | unknown."""


@dataclass(frozen=True, slots=True)
class CheckHours:
    """Is calendar `calendar` open now? Heard: `Found` with exit open | closed | emergency."""

    calendar: str = "hotline"


@dataclass(frozen=True, slots=True)
class JoinQueue:
    """Leave AGI and wait in a queue. Heard: `QueueResult`, usually from a later AGI entry."""

    queue: str
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Dial:
    """Leave AGI and ring an extension of the hospital by its name in the settings. Heard: `QueueResult` answered | busy | no_answer | failed."""

    extension: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call in order. Nothing is heard after it."""


Command = Say | Gather | RecordMessage | SetLanguage | Lookup | Act | WhoCalls | CheckHours | JoinQueue | Dial | Hangup


# -- what is heard back -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """Played to the end."""


@dataclass(frozen=True, slots=True)
class Keys:
    """`digits` may be empty. `timed_out`: the caller stopped before max_digits."""

    digits: str
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What the recogniser understood. `value`: the answer of the closed list that fits it best, empty when none does; `score` 0-100."""

    text: str
    value: str = ""
    score: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stored message. Too short to be one: duration_s == 0 and no id."""

    message_id: str
    file: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class Found:
    """A lookup's exit (found | not_found | unavailable | open | closed | ...), values to remember, and ready speech by name."""

    exit: str
    values: Mapping[str, Any] = field(default_factory=dict)
    spoken: Mapping[str, tuple[Spoken, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QueueResult:
    """After a queue answered | timeout | full | no_agent | agent_lost | failed; after an extension answered | busy | no_answer | failed."""

    result: str


Heard = Done | Keys | Said | Recorded | Found | QueueResult

