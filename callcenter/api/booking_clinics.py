"""Clinics over HTTP: the week as a calendar, one clinic with its patients, stopped and extra clinics, more seats.

In: days, ids, terms. Out: the shapes of crm.booking.week. Must not decide: crm.booking does. Invariant: whoever sees patients' names in a clinic
is in the audit trail; stopping a clinic answers with everybody who must be told; a clinic beyond a right's reach does not exist.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, Field

from callcenter.api.booking import ID_MAX, AppointmentList, Closed, Made, by_of, deed, done, shown, told
from callcenter.api.keys import id_of
from callcenter.api.routing import body_of, query_of, route
from callcenter.api.security import forbidden, principal_of
from crm import booking
from crm.access.reach import clinic_within, department_within, within
from crm.booking import week as weeks
from crm.booking.plan import Terms
from crm.booking.stops import Extra
from crm.database import Session
from crm.engine import audit
from crm.principal import Principal

CHANGE = "clinic_session.stop"


class WeekQuery(Closed):
    """Any day of the week; without: this week."""

    day: date | None = None
    department_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    doctor_id: int | None = Field(default=None, ge=1, le=ID_MAX)


class Week(BaseModel):
    monday: date
    today: date
    items: list[weeks.SessionView]


class Clinic(BaseModel):
    session: weeks.SessionView
    slots: list[weeks.SlotView]


class NewSession(Closed):
    """A clinic beside the roster."""

    doctor_id: int = Field(ge=1, le=ID_MAX)
    day: date
    starts: time
    ends: time
    kind: Literal["general", "expert", "special"] = "expert"
    slot_min: int = Field(default=30, ge=5, le=240)
    per_slot: int = Field(default=3, ge=1, le=50)
    price_fen: int = Field(default=0, ge=0, le=10_000_000)
    place_zh: str = Field(default="", max_length=80)
    place_en: str = Field(default="", max_length=80)


class NewStop(Closed):
    """One session, or a doctor's or a department's from day to day."""

    session_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    doctor_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    department_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    first: date | None = None
    last: date | None = None
    starts: time | None = None
    ends: time | None = None
    kind: Literal["leave", "training", "duty", "stopped"] = "stopped"
    reason: str = Field(default="", max_length=200)
    substitute_id: int | None = Field(default=None, ge=1, le=ID_MAX)


class MoreSeats(Closed):
    count: int = Field(default=1, ge=1, le=20)


class GeneratedAnswer(BaseModel):
    made: int
    removed: int
    kept: list[int]


@route("GET", "/api/booking/week", right="clinic_session.read", query=WeekQuery, answer=Week)
async def week(request: web.Request) -> web.Response:
    """The clinics of a week."""
    asked, by = query_of(request, WeekQuery), by_of(request)
    day = asked.day or by.today
    monday = day - timedelta(days=day.isoweekday() - 1)
    mine = within(principal_of(request), "clinic_session", "read")
    found = await deed(request, lambda session: weeks.week(session, by, monday, asked.department_id, asked.doctor_id, mine))
    return told(Week(monday=monday, today=by.today, items=found))


@route("GET", "/api/booking/sessions/{id}", right="appointment.read", answer=Clinic)
async def clinic(request: web.Request) -> web.Response:
    """One clinic, slot by slot, with who has booked."""
    session_id, by, who = id_of(request, "clinic session"), by_of(request), principal_of(request)
    if not who.may("clinic_session.read"):
        raise forbidden("clinic_session.read")

    async def work(session: Session) -> tuple[weeks.SessionView, list[weeks.SlotView]]:
        await clinic_within(session, who, "read", session_id=session_id)
        found = await weeks.one_clinic(session, by, session_id, within(who, "appointment", "read"))
        await audit.write(session, by.now, by.user_id, audit.Deed("clinic_session.view", "clinic_session", str(session_id)))
        return found

    seen, slots = await deed(request, work)
    return told(Clinic(session=seen, slots=[replace(one, appointments=shown(request, one.appointments)) for one in slots]))


@route("POST", "/api/booking/sessions", right=CHANGE, body=NewSession, answer=Made, status=201, also=(404,))
async def add_session(request: web.Request) -> web.Response:
    """An extra clinic."""
    sent, by = body_of(request, NewSession), by_of(request)
    terms = Terms(sent.kind, sent.slot_min, sent.per_slot, 0, price_fen=sent.price_fen, place_zh=sent.place_zh, place_en=sent.place_en)
    extra = Extra(sent.doctor_id, sent.day, _plain(sent.starts), _plain(sent.ends), terms)

    async def work(session: Session) -> int:
        await department_within(session, principal_of(request), CHANGE, doctor_id=sent.doctor_id)
        return await booking.add_session(session, by, extra)

    return told(Made(id=await deed(request, work)), 201)


def _plain(clock: time) -> time:
    """A local clock time: without zone and seconds."""
    return clock.replace(tzinfo=None, second=0, microsecond=0)


@route("POST", "/api/booking/stops", right=CHANGE, body=NewStop, answer=AppointmentList, also=(404,))
async def stop(request: web.Request) -> web.Response:
    """Stop clinics, or hand them to another doctor; the answer is everybody who must be told."""
    sent, by = body_of(request, NewStop), by_of(request)
    starts, ends = _plain(sent.starts) if sent.starts else None, _plain(sent.ends) if sent.ends else None
    wanted = booking.Stop(
        sent.session_id, sent.doctor_id, sent.department_id, sent.first, sent.last, starts, ends, sent.kind, sent.reason, sent.substitute_id
    )  # fmt: skip

    async def work(session: Session) -> list[booking.AppointmentView]:
        await _stops_his_own(session, principal_of(request), wanted)
        return await booking.stop_clinic(session, by, wanted)

    found = await deed(request, work)
    return told(AppointmentList(items=shown(request, found)))


async def _stops_his_own(session: Session, who: Principal, wanted: booking.Stop) -> None:
    if wanted.session_id is not None:
        return await clinic_within(session, who, "stop", session_id=wanted.session_id)
    return await department_within(session, who, CHANGE, wanted.department_id, wanted.doctor_id)


@route("POST", "/api/booking/sessions/{id}/reopen", right=CHANGE, status=204)
async def reopen(request: web.Request) -> web.Response:
    """A stopped clinic takes place after all."""
    session_id, by = id_of(request, "clinic session"), by_of(request)

    async def work(session: Session) -> None:
        await clinic_within(session, principal_of(request), "stop", session_id=session_id)
        await booking.reopen(session, by, session_id)

    await deed(request, work)
    return done()


@route("POST", "/api/booking/slots/{id}/seats", right=CHANGE, body=MoreSeats, status=204)
async def add_seats(request: web.Request) -> web.Response:
    """More seats in a slot, for agents and the counter."""
    slot_id, by, count = id_of(request, "slot"), by_of(request), body_of(request, MoreSeats).count

    async def work(session: Session) -> None:
        await clinic_within(session, principal_of(request), "stop", slot_id=slot_id)
        await booking.add_seats(session, by, slot_id, count)

    await deed(request, work)
    return done()


@route("POST", "/api/booking/generate", right=CHANGE, answer=GeneratedAnswer)
async def generate(request: web.Request) -> web.Response:
    """Bring the coming clinics into line with the rosters now."""
    by = by_of(request)
    made = await deed(request, lambda session: booking.generate(session, by))
    return told(GeneratedAnswer(made=made.made, removed=made.removed, kept=list(made.kept)))
