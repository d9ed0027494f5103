"""People's files as the desk changes them, on the hospital's data.

In: what an agent chose or wrote. Out: person cards, new files, agreed contacts. Must not decide who may do it: the routes do.
Invariant: each change is one transaction with its audit entry; an absent database is Problem 503. Port: callcenter/api/desk_keys.py, `People`.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, time

from callcenter.api.desk_keys import FirstFile
from callcenter.api.keys import ask, plan_of
from callcenter.ports import Clock, PersonCard
from callcenter.settings import Settings
from crm import people
from crm.audit import Deed, write
from crm.database import Database, Session
from crm.numbers import normalise

CONTACT_HOUR = time(9)
CONTACT_TITLE = "电话中约定的再次联系"


class DeskPeople:
    """Implements desk_keys.People."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self._database, self._clock, self._zone, self._plan = database, clock, settings.hospital.zone, plan_of(settings)

    async def card(self, patient_id: int, number: str) -> PersonCard:
        known = normalise(number, self._plan) if number else ""
        return _card(await ask(self._database, lambda session: people.by_id(session, patient_id, self._today(), known)))

    async def open_file(self, first: FirstFile, by: int) -> PersonCard:
        new = people.NewFile(first.name, first.gender, first.birth_date, first.language, first.number)

        async def work(session: Session) -> people.Person:
            patient_id = await people.add(session, new, self._today(), self._plan)
            await write(session, self._clock.now(), by, Deed("patient.add", "patient", str(patient_id)))
            return await people.by_id(session, patient_id, self._today(), normalise(first.number, self._plan) if first.number else "")

        return _card(await ask(self._database, work))

    async def plan_contact(self, patient_id: int, on: date, linkedid: str) -> None:
        due_at = datetime.combine(on, CONTACT_HOUR, self._zone).astimezone(UTC)
        await ask(self._database, lambda session: people.plan_contact(session, patient_id, CONTACT_TITLE, due_at, linkedid))

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()


def _card(person: people.Person) -> PersonCard:
    return PersonCard(**{one.name: getattr(person, one.name) for one in fields(PersonCard)})
