"""Booking over HTTP: free slots, holds, appointments, the waiting list.

In: ids, days, the way of booking (an agent's by default). Out: the shapes of crm.booking. Must not decide: crm.booking does.
Invariant: a refusal is 409 whose `type` is the code of the rule, with field, rule and mend; numbers are masked for who may not see them whole.
Lists and forms of the same things: callcenter/api/resources.py. Words: docs/booking.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, RootModel

from callcenter.api.keys import CLOCK, SETTINGS, id_of, plan_of, stored
from callcenter.api.problems import FieldError, Problem
from callcenter.api.routing import body_of, query_of, route
from callcenter.api.security import NO_STORE, principal_of
from crm import booking
from crm.access.reach import within
from crm.booking import AppointmentView, BookingRefused, By, FreeSlot, Wish
from crm.booking import view as views
from crm.booking import week as weeks
from crm.booking.appointments import Details
from crm.booking.numbers import could_be_number
from crm.database import Session, Work
from crm.engine import audit
from crm.engine.masks import masked
from crm.errors import InvalidValue
from crm.models import Appointment
from crm.written import Wrong, telephone

T = TypeVar("T")
Source = Literal["phone", "web", "window", "agent"]
Half = Literal["any", "am", "pm"]
ID_MAX = 2**31 - 1
LONGEST_LIST = 500


class Closed(BaseModel):
    """Nothing but what is named."""

    model_config = ConfigDict(extra="forbid")


class ChoiceQuery(Closed):
    source: Source = "agent"


class SlotQuery(Closed):
    """Which free slots. Without days: from now as far as can be booked."""

    department_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    doctor_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    session_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    first: date | None = None
    last: date | None = None
    half: Half = "any"
    source: Source = "agent"
    limit: int = Field(default=200, ge=1, le=LONGEST_LIST)


class AppointmentQuery(Closed):
    """Whose appointments, or the one with this number."""

    patient_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    number: str = Field(default="", max_length=20)
    ahead: bool = False


class NewHold(Closed):
    slot_id: int = Field(ge=1, le=ID_MAX)
    patient_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    source: Source = "agent"
    linkedid: str = Field(default="", max_length=80)


class Confirmation(Closed):
    """`contact_number` "": the patient's best number."""

    patient_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    contact_number: str = Field(default="", max_length=40)
    note: str = Field(default="", max_length=300)
    source: Source = "agent"
    linkedid: str = Field(default="", max_length=80)


class NewAppointment(Confirmation):
    slot_id: int = Field(ge=1, le=ID_MAX)
    patient_id: int = Field(ge=1, le=ID_MAX)  # type: ignore[assignment]


class Moving(Closed):
    slot_id: int = Field(ge=1, le=ID_MAX)
    source: Source = "agent"
    linkedid: str = Field(default="", max_length=80)


class Cancelling(Closed):
    reason: str = Field(default="", max_length=200)
    source: Source = "agent"
    linkedid: str = Field(default="", max_length=80)


class NewWaiting(Closed):
    patient_id: int = Field(ge=1, le=ID_MAX)
    department_id: int = Field(ge=1, le=ID_MAX)
    doctor_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    first: date
    last: date
    half: Half = "any"
    contact_number: str = Field(default="", max_length=40)
    source: Source = "agent"


class Choices(BaseModel):
    items: list[weeks.DepartmentChoice]


class SlotList(BaseModel):
    items: list[FreeSlot]


class AppointmentList(BaseModel):
    items: list[AppointmentView]


class OneAppointment(RootModel[AppointmentView]):
    """An appointment, or a hold."""


class Made(BaseModel):
    """The id of what was made."""

    id: int


# -- what both files of booking share ---------------------------------------------------------------------------------


def by_of(request: web.Request, source: str = "agent", linkedid: str = "") -> By:
    """Who asks, now."""
    return By(source, request.app[CLOCK].now(), request.app[SETTINGS].hospital.zone, principal_of(request).id, linkedid)


def told(model: BaseModel, status: int = 200) -> web.Response:
    return web.Response(text=model.model_dump_json(), status=status, content_type="application/json", headers=NO_STORE)


def done() -> web.Response:
    return web.Response(status=204, headers=NO_STORE)


async def deed(request: web.Request, work: Work[T]) -> T:
    """`work` in one transaction; what the rules refuse becomes a Problem that names the rule."""
    try:
        return await stored(request, work)
    except Problem as told_so:
        refused = told_so.__cause__
        if not isinstance(refused, BookingRefused):
            raise
        error = FieldError(refused.field, refused.rule, refused.mend)
        raise Problem(409, "booking refused", str(refused), [error], kind=refused.code) from refused


def shown(request: web.Request, found: Sequence[AppointmentView]) -> list[AppointmentView]:
    """As this person may see them."""
    who = principal_of(request)
    return [
        replace(
            one,
            contact_number=one.contact_number if who.may("see.phone") else masked("phone", one.contact_number),
            patient=one.patient if who.may("see.name") else masked("name", one.patient),
        )
        for one in found
    ]


def one_shown(request: web.Request, found: AppointmentView, status: int = 200) -> web.Response:
    return told(OneAppointment(shown(request, [found])[0]), status)


def number_of(request: web.Request, written: str) -> str:
    """In E.164, "" for none. Raises Problem."""
    try:
        return telephone(written, plan_of(request.app[SETTINGS])) if written.strip() else ""
    except Wrong as wrong:
        raise broken("contact_number", wrong.rule, wrong.mend) from wrong


def broken(field: str, rule: str, mend: str) -> Problem:
    return Problem(422, "invalid input", "A value breaks a rule.", [FieldError(field, rule, mend)])


# -- what is free -----------------------------------------------------------------------------------------------------


@route("GET", "/api/booking/choices", right="appointment.book", query=ChoiceQuery, answer=Choices)
async def choices(request: web.Request) -> web.Response:
    """Departments and doctors, with what is free."""
    by = by_of(request, query_of(request, ChoiceQuery).source)
    return told(Choices(items=await deed(request, lambda session: weeks.choices(session, by))))


@route("GET", "/api/booking/slots", right="appointment.book", query=SlotQuery, answer=SlotList)
async def slots(request: web.Request) -> web.Response:
    """Free slots, soonest first."""
    asked = query_of(request, SlotQuery)
    wish = Wish(asked.department_id, asked.doctor_id, asked.first, asked.last, asked.half, asked.session_id)
    by = by_of(request, asked.source)
    return told(SlotList(items=await deed(request, lambda session: booking.find_slots(session, by, wish, asked.limit))))


# -- holds ------------------------------------------------------------------------------------------------------------


@route("POST", "/api/booking/holds", right="appointment.book", body=NewHold, answer=OneAppointment, status=201, also=(404,))
async def hold(request: web.Request) -> web.Response:
    """Keep a seat for some minutes."""
    sent = body_of(request, NewHold)
    by = by_of(request, sent.source, sent.linkedid)
    return one_shown(request, await deed(request, lambda session: booking.hold(session, by, sent.slot_id, sent.patient_id)), 201)


@route("POST", "/api/booking/holds/{id}/book", right="appointment.book", body=Confirmation, answer=OneAppointment)
async def book(request: web.Request) -> web.Response:
    """Turn a hold into an appointment."""
    sent, hold_id = body_of(request, Confirmation), id_of(request, "hold")
    details = Details(number_of(request, sent.contact_number), sent.note)
    by = by_of(request, sent.source, sent.linkedid)
    return one_shown(request, await deed(request, lambda session: booking.book(session, by, hold_id, sent.patient_id, details)))


@route("POST", "/api/booking/holds/{id}/release", right="appointment.book", status=204)
async def release(request: web.Request) -> web.Response:
    """Give a held seat back."""
    hold_id, by = id_of(request, "hold"), by_of(request)
    await deed(request, lambda session: booking.release(session, by, hold_id))
    return done()


# -- appointments -----------------------------------------------------------------------------------------------------


@route("GET", "/api/booking/appointments", right="appointment.read", query=AppointmentQuery, answer=AppointmentList)
async def appointments(request: web.Request) -> web.Response:
    """A patient's appointments, or the one with a number, by time."""
    asked, by = query_of(request, AppointmentQuery), by_of(request)
    if asked.number and not could_be_number(asked.number):
        raise broken("number", "is eight digits with a right check digit", "read it again")
    if asked.patient_id is None and not asked.number:
        raise broken("patient_id", "or number is given", "name the patient")
    terms = [Appointment.patient_id == asked.patient_id] if asked.patient_id is not None else [Appointment.number == asked.number]
    held = (Appointment.state == "held") & (Appointment.held_until > by.now)
    if asked.ahead:
        terms += [Appointment.state.in_(("booked", "stopped")) | held, Appointment.ends_at > by.now]
    terms.append((Appointment.state != "held") | held)
    found = await deed(request, lambda session: _seen(session, request, by, terms))
    return told(AppointmentList(items=shown(request, found)))


async def _seen(session: Session, request: web.Request, by: By, terms: Sequence[Any]) -> list[AppointmentView]:
    """Read, and kept that they were read."""
    mine = within(principal_of(request), "appointment", "read")
    found = await views.where(session, by, *terms, *([] if mine is None else [mine]), Appointment.state != "lapsed")
    for patient_id in sorted({one.patient_id for one in found if one.patient_id is not None}):
        seen = audit.Deed("appointment.view", "patient", str(patient_id), {"appointments": [one.id for one in found]})
        await audit.write(session, by.now, principal_of(request).id, seen)
    return found


@route("GET", "/api/booking/appointments/{id}", right="appointment.read", answer=OneAppointment)
async def appointment(request: web.Request) -> web.Response:
    """One appointment."""
    appointment_id, by = id_of(request, "appointment"), by_of(request)

    async def work(session: Session) -> AppointmentView:
        found = await views.appointment(session, by, appointment_id)
        await audit.write(session, by.now, by.user_id, audit.Deed("appointment.view", "appointment", str(appointment_id)))
        return found

    return one_shown(request, await deed(request, work))


@route("POST", "/api/booking/appointments", right="appointment.book", body=NewAppointment, answer=OneAppointment, status=201, also=(404,))
async def book_at_once(request: web.Request) -> web.Response:
    """Book a slot without holding it first."""
    sent = body_of(request, NewAppointment)
    details = Details(number_of(request, sent.contact_number), sent.note)
    by = by_of(request, sent.source, sent.linkedid)
    made = await deed(request, lambda session: booking.book_slot(session, by, sent.slot_id, sent.patient_id, details))
    return one_shown(request, made, 201)


@route("POST", "/api/booking/appointments/{id}/move", right="appointment.book", body=Moving, answer=OneAppointment)
async def move(request: web.Request) -> web.Response:
    """To another slot; the number stays."""
    sent, appointment_id = body_of(request, Moving), id_of(request, "appointment")
    by = by_of(request, sent.source, sent.linkedid)
    return one_shown(request, await deed(request, lambda session: booking.move(session, by, appointment_id, sent.slot_id)))


@route("POST", "/api/booking/appointments/{id}/cancel", right="appointment.book", body=Cancelling, answer=OneAppointment)
async def cancel(request: web.Request) -> web.Response:
    """The patient does not come; the seat is free."""
    sent, appointment_id = body_of(request, Cancelling), id_of(request, "appointment")
    by = by_of(request, sent.source, sent.linkedid)
    return one_shown(request, await deed(request, lambda session: booking.cancel(session, by, appointment_id, sent.reason)))


# -- waiting list -----------------------------------------------------------------------------------------------------


@route("POST", "/api/booking/waiting", right="appointment.book", body=NewWaiting, answer=Made, status=201, also=(404,))
async def wait(request: web.Request) -> web.Response:
    """A place in the waiting list, where nothing is free."""
    sent = body_of(request, NewWaiting)
    number = number_of(request, sent.contact_number)
    wish = booking.NewWish(sent.patient_id, sent.department_id, sent.first, sent.last, sent.doctor_id, sent.half, number)
    by = by_of(request, sent.source)

    async def work(session: Session) -> int:
        await _known(session, sent.department_id, sent.doctor_id)
        return await booking.wait_for_slot(session, by, wish)

    return told(Made(id=await deed(request, work)), 201)


async def _known(session: Session, department_id: int, doctor_id: int | None) -> None:
    if not await weeks.exists(session, department_id, doctor_id):
        raise InvalidValue("doctor_id" if doctor_id else "department_id", "names one that exists", "choose another")


@route("POST", "/api/booking/waiting/{id}/leave", right="appointment.book", status=204)
async def leave(request: web.Request) -> web.Response:
    """The patient does not wait any more."""
    entry_id, by = id_of(request, "waiting entry"), by_of(request)
    await deed(request, lambda session: booking.leave_waiting(session, by, entry_id))
    return done()
