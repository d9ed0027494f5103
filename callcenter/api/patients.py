"""Patients over HTTP: search, file, new file.

In: search words, ids, a new file's values. Out: the shapes of docs/api.md. Must not guess: what a value breaks is said by field.
Invariant: every opened file and every new one is in the audit trail.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.api.calls import as_json
from callcenter.api.keys import CLOCK, SETTINGS, id_of, plan_of, stored, today_of
from callcenter.api.routing import body_of, query_of, route
from callcenter.api.security import principal_of
from crm import audit, people
from crm.database import Session


class PatientQuery(BaseModel):
    """`q`: a name, pinyin initials, a telephone number or a record number."""

    model_config = ConfigDict(extra="forbid")
    q: str = Field(default="", max_length=80)
    cursor: int = Field(default=0, ge=0, le=2**31 - 1)
    limit: int = Field(default=50, ge=1, le=200)


class NewPatient(BaseModel):
    """A new file."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=80)
    gender: Literal["", "male", "female"] = ""
    birth_date: date | None = None
    language: Literal["zh", "en"] = "zh"
    number: str = Field(default="", max_length=40)
    relation: str = Field(default="本人", max_length=20)
    mrn: str | None = Field(default=None, min_length=1, max_length=40)


class PatientLine(BaseModel):
    """One patient in a list."""

    id: int
    name: str
    gender: str
    age: int | None
    mrn: str
    language: str
    tags: list[str]
    phones: list[str] = []


class PatientList(BaseModel):
    items: list[PatientLine]
    next: str | None
    total: int


class PatientFile(PatientLine):
    """Everything of one patient."""

    birth_date: date | None
    alerts: list[str]
    notes: str
    contacts: list[dict[str, Any]]
    relatives: list[dict[str, Any]]
    visits: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    open_items: list[dict[str, Any]]
    last_contact_at: str | None


@route("GET", "/api/patients", right="patient.read", query=PatientQuery, answer=PatientList)
async def patients(request: web.Request) -> web.Response:
    """Patients that fit the words, by id."""
    asked, today, plan = query_of(request, PatientQuery), today_of(request), plan_of(request.app[SETTINGS])
    page = await stored(request, lambda session: people.search(session, asked.q, today, cursor=asked.cursor, limit=asked.limit, plan=plan))
    return as_json({"items": page.items, "next": page.next, "total": page.total})


@route("GET", "/api/patients/{id}", right="patient.read", answer=PatientFile)
async def patient(request: web.Request) -> web.Response:
    """One patient's file."""
    patient_id = id_of(request, "patient")

    async def work(session: Session) -> dict[str, Any]:
        found = await people.file_of(session, patient_id, today_of(request))
        await audit.write(session, request.app[CLOCK].now(), principal_of(request).id, audit.Deed("patient.view", "patient", str(patient_id)))
        return found

    return as_json(await stored(request, work))


@route("POST", "/api/patients", right="patient.add", body=NewPatient, answer=PatientFile)
async def add_patient(request: web.Request) -> web.Response:
    """A new file."""
    sent = body_of(request, NewPatient)
    new = people.NewFile(sent.name, sent.gender, sent.birth_date, sent.language, sent.number, sent.relation, sent.mrn)

    async def work(session: Session) -> dict[str, Any]:
        made = await people.add(session, new, today_of(request), plan_of(request.app[SETTINGS]))
        deed = audit.Deed("patient.add", "patient", str(made), pii={"name": new.name})
        await audit.write(session, request.app[CLOCK].now(), principal_of(request).id, deed)
        return await people.file_of(session, made, today_of(request))

    return as_json(await stored(request, work))
