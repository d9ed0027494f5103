"""What each lookup of a flow asks of crm.

In: a session, the lookup's arguments as text. Out: the values a flow remembers. Must not answer for a person whom this call did not identify, or
who did not allow it: NotAllowed. Invariant: PUBLIC may be told to everybody and kept, LIVE to everybody and never kept, OWN to whom it belongs.
Shapes: callcenter/ivr/lookups.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.errors import CallCenterError
from crm.database import Session
from crm.ivr import clinics as booking
from crm.ivr import identification, own, public
from crm.ivr.acts import Caller
from crm.ivr.policy import policy
from crm.things import clinics

Values = Mapping[str, Any]
Question = Callable[[Session, "Asked"], Awaitable[Values]]
LONGEST_ID = 9


class NotAllowed(CallCenterError):
    """This call did not identify the person, or he did not allow the caller to hear this."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of one call."""

    arguments: Mapping[str, str]
    now: datetime
    zone: ZoneInfo
    session: str

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def caller(self) -> Caller:
        return Caller(self.session, "", "", self.now, self.zone)

    def id(self, name: str) -> int:
        """Raises ValueError."""
        text = self.arguments.get(name, "")
        if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_ID):
            raise ValueError(f"{name} is no id")
        return int(text)

    def id_or_any(self, name: str) -> int | None:
        """None for `any`. Raises ValueError."""
        return None if self.arguments.get(name) == "any" else self.id(name)


def find(name: str) -> Question | None:
    """None when there is no such lookup."""
    if name in OWN:
        topic, question = OWN[name]
        return partial(_own, topic, question)
    return PUBLIC.get(name) or LIVE.get(name)


async def _own(topic: str, question: Question, session: Session, asked: Asked) -> Values:
    if not await identification.may(session, asked.session, asked.id("person"), topic):
        raise NotAllowed("not identified, or not allowed")
    return await question(session, asked)


def _listed(ask: Callable[[Session, Asked], Awaitable[list[dict[str, Any]]]]) -> Question:
    async def question(session: Session, asked: Asked) -> Values:
        return {"items": await ask(session, asked)}

    return question


# -- own data -------------------------------------------------------------------------------------------------------------------


async def _fees(session: Session, asked: Asked) -> Values:
    return await own.open_fees(session, asked.id("person"))


async def _reports(session: Session, asked: Asked) -> Values:
    since = asked.now - timedelta(days=(await policy(session)).report_days)
    return {"items": await own.reports(session, asked.id("person"), since, asked.zone)}


async def _reminders(session: Session, asked: Asked) -> Values:
    days = (await policy(session)).reminder_days
    return {"items": await own.reminders(session, asked.id("person"), asked.today, days, asked.zone)}


async def _stay(session: Session, asked: Asked) -> Values:
    return await own.stay(session, asked.id("person"), asked.zone)


# -- the tables -----------------------------------------------------------------------------------------------------------------

PUBLIC: Mapping[str, Question] = {
    "clinic_departments": _listed(lambda session, asked: clinics.departments(session, asked.today)),
    "clinic_hours": _listed(lambda session, asked: clinics.hours(session, asked.id("department"), asked.today)),
    "departments": _listed(lambda session, asked: public.departments(session)),
    "department_guide": _listed(lambda session, asked: public.department(session, asked.id("department"))),
    "opening_hours": _listed(lambda session, asked: public.opening_hours(session, asked.arguments["calendar"])),
    "price_groups": _listed(lambda session, asked: public.price_groups(session, asked.today)),
    "service_prices": _listed(lambda session, asked: public.prices(session, asked.arguments["group"], asked.today)),
    "health_tips": _listed(lambda session, asked: public.tips(session)),
}

LIVE: Mapping[str, Question] = {
    "booking_departments": _listed(lambda session, asked: booking.departments(session, asked.caller)),
    "booking_doctors": _listed(lambda session, asked: booking.doctors(session, asked.caller, asked.id("department"))),
    "booking_first": _listed(
        lambda session, asked: booking.first_free(session, asked.caller, asked.id("department"), asked.id_or_any("doctor"))
    ),
    "booking_days": _listed(lambda session, asked: booking.days(session, asked.caller, asked.id("department"), asked.id_or_any("doctor"))),
    "booking_times": _listed(
        lambda session, asked: booking.times(
            session, asked.caller, asked.id("department"), asked.id_or_any("doctor"), date.fromisoformat(asked.arguments["day"])
        )
    ),
    "registration_result": _listed(lambda session, asked: booking.result_of(session, asked.caller, asked.arguments["number"])),
}

OWN: Mapping[str, tuple[str, Question]] = {
    "own_appointments": ("appointments", _listed(lambda session, asked: booking.mine(session, asked.caller, asked.id("person")))),
    "own_fees": ("fees", _fees),
    "own_stay": ("fees", _stay),
    "own_reports": ("results", _reports),
    "own_reminders": ("reminders", _reminders),
}
