"""What sessions the rosters make: weekly clinics, less what is off, with what differs.

In: rosters, exceptions, absences, special days as plain values. Out: `PlannedSession`s with their slots. Pure: no clock, no I/O.
Invariant: the same input gives the same plan; a closed day has none; a make-up working day has the clinics of the weekday it stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

ALL_SOURCES = ("phone", "web", "window", "agent")


@dataclass(frozen=True, slots=True)
class Terms:
    """How a session is booked."""

    kind: str = "expert"
    slot_min: int = 30
    per_slot: int = 3
    window_only: int = 0
    sources: tuple[str, ...] = ALL_SOURCES
    price_fen: int = 0
    place_zh: str = ""
    place_en: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """One weekly clinic."""

    id: int
    doctor_id: int
    department_id: int
    weekday: int
    starts_at: time
    ends_at: time
    valid_from: date
    valid_to: date | None
    terms: Terms = field(default_factory=Terms)

    def holds_on(self, day: date, weekday: int) -> bool:
        return self.weekday == weekday and self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Differs:
    """On `day` this roster is off, or differs in what is given."""

    roster_id: int
    day: date
    off: bool
    starts_at: time | None = None
    ends_at: time | None = None
    per_slot: int | None = None
    place_zh: str = ""
    place_en: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """A doctor, or a whole department, is away; all day or from-to of each day."""

    doctor_id: int | None
    department_id: int | None
    first_day: date
    last_day: date
    starts_at: time | None = None
    ends_at: time | None = None
    substitute_id: int | None = None
    reason: str = ""

    def covers(self, doctor_id: int, department_id: int, day: date, starts: time, ends: time) -> bool:
        concerns = self.doctor_id == doctor_id if self.doctor_id is not None else self.department_id == department_id
        if not concerns or not self.first_day <= day <= self.last_day:
            return False
        return self.starts_at is None or self.ends_at is None or (self.starts_at < ends and starts < self.ends_at)


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """What should stand in the table. `stopped`: it is announced as not taking place, with the reason."""

    roster_id: int
    doctor_id: int
    department_id: int
    day: date
    starts_at: time
    ends_at: time
    terms: Terms
    stands_in_for_id: int | None = None
    stopped: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PlannedSlot:
    """Local times of one slot and the doors of each of its seats."""

    starts_at: time
    ends_at: time
    seats: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything a plan follows from. `special`: day -> the weekday whose rosters hold, None for closed."""

    rosters: Sequence[Roster]
    exceptions: Mapping[tuple[int, date], Differs] = field(default_factory=dict)
    absences: Sequence[Absence] = ()
    special: Mapping[date, int | None] = field(default_factory=dict)


def plan(rules: Rules, first: date, last: date) -> list[PlannedSession]:
    """Every session from `first` to `last`, by day."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [one for day in days for one in _day(rules, day)]


def _day(rules: Rules, day: date) -> Iterator[PlannedSession]:
    weekday = rules.special.get(day, day.isoweekday())
    if weekday is None:
        return
    for roster in rules.rosters:
        if roster.terms.per_slot and roster.holds_on(day, weekday):
            yield from _session(roster, day, rules.exceptions.get((roster.id, day)), rules.absences)


def _session(roster: Roster, day: date, exception: Differs | None, absences: Iterable[Absence]) -> Iterator[PlannedSession]:
    made = PlannedSession(roster.id, roster.doctor_id, roster.department_id, day, roster.starts_at, roster.ends_at, roster.terms)
    if exception is not None:
        made = _changed(made, exception)
    for absence in absences:
        if absence.covers(roster.doctor_id, roster.department_id, day, made.starts_at, made.ends_at):
            made = _absent(made, absence)
            break
    yield made


def _changed(made: PlannedSession, exception: Differs) -> PlannedSession:
    if exception.off:
        return replace(made, stopped=True, reason=exception.reason)
    terms = replace(
        made.terms, per_slot=exception.per_slot or made.terms.per_slot, place_zh=exception.place_zh or made.terms.place_zh,
        place_en=exception.place_en or made.terms.place_en,
        window_only=min(made.terms.window_only, exception.per_slot or made.terms.per_slot),
    )  # fmt: skip
    return replace(made, terms=terms, starts_at=exception.starts_at or made.starts_at, ends_at=exception.ends_at or made.ends_at)


def _absent(made: PlannedSession, absence: Absence) -> PlannedSession:
    if absence.substitute_id is None:
        return replace(made, stopped=True, reason=absence.reason)
    return replace(made, doctor_id=absence.substitute_id, stands_in_for_id=made.doctor_id)


def slots(starts_at: time, ends_at: time, terms: Terms) -> list[PlannedSlot]:
    """The session cut into slots; the last may be shorter."""
    seats = (terms.sources,) * (terms.per_slot - terms.window_only) + (("window",),) * terms.window_only
    at, end = datetime.combine(date.min, starts_at), datetime.combine(date.min, ends_at)
    made: list[PlannedSlot] = []
    while at < end:
        until = min(at + timedelta(minutes=terms.slot_min), end)
        made.append(PlannedSlot(at.time(), until.time(), seats))
        at = until
    return made
