"""Who books, through which door, and when.

In: values of the caller. Out: `By`, handed to every function of booking. Must not read a clock. Invariant: `now` is aware; days and clock
times are those of `zone`, the hospital's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

# Doors behind which nobody of ours stands: limits for the patient himself hold there.
SELF_SERVICE = frozenset({"phone", "web"})


@dataclass(frozen=True, slots=True)
class By:
    """One asking. `source`: phone | web | window | agent; `user_id` None: the patient himself, or the machine."""

    source: str
    now: datetime
    zone: tzinfo
    user_id: int | None = None
    linkedid: str = ""

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def alone(self) -> bool:
        """The patient serves himself."""
        return self.source in SELF_SERVICE


def moment(day: date, clock: time, zone: tzinfo) -> datetime:
    """The instant of a local clock time. A time that a clock change skips is the instant after it."""
    return datetime.combine(day, clock, zone)
