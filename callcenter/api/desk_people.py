"""People's files as the desk changes them, on the hospital's data.

In: what an agent chose or wrote. Out: person cards, new files, agreed contacts. Must not decide who may do it: the routes do.
Invariant: each change is one transaction with its audit entry; an absent database is Problem 503. Port: callcenter/api/desk_keys.py, `People`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Protocol

from callcenter.api.desk_keys import FirstFile
from callcenter.api.keys import ask, plan_of, problem_of
from callcenter.errors import StoreUnavailable
from callcenter.ports import Clock, PersonCard
from callcenter.settings import Settings
from crm.database import Database
from crm.engine.audit import Deed, write
from crm.errors import NotFound
from crm.patients.at_desk import NewFile, Writer, open_file, plan_contact

CONTACT_HOUR = time(9)
CONTACT_TITLE = "电话中约定的再次联系"


class Cards(Protocol):
    """Who can show one person."""

    async def person(self, patient_id: int, number: str = "") -> PersonCard:
        """Raises crm's NotFound, StoreUnavailable."""
        ...


class DeskPeople:
    """Implements desk_keys.People."""

    def __init__(self, database: Database, cards: Cards, settings: Settings, clock: Clock) -> None:
        self._database, self._cards, self._clock = database, cards, clock
        self._zone, self._plan = settings.hospital.zone, plan_of(settings)

    async def card(self, patient_id: int, number: str, by: int) -> PersonCard:
        card = await self._card(patient_id, number)
        deed = Deed("patient.view", "patient", str(card.id), {"patient_id": card.id})
        await ask(self._database, lambda session: write(session, self._clock.now(), by, deed))
        return card

    async def _card(self, patient_id: int, number: str) -> PersonCard:
        try:
            return await self._cards.person(patient_id, number)
        except (NotFound, StoreUnavailable) as wrong:
            raise problem_of(wrong) from wrong

    async def open_file(self, first: FirstFile, by: int) -> PersonCard:
        new = NewFile(first.name, first.gender, first.birth_date, first.language, first.number)
        writer = self._writer(by)
        return await self._card(await ask(self._database, lambda session: open_file(session, new, writer, self._plan)), first.number)

    async def plan_contact(self, patient_id: int, on: date, linkedid: str, by: int) -> None:
        due_at, writer = datetime.combine(on, CONTACT_HOUR, self._zone).astimezone(UTC), self._writer(by)
        await ask(self._database, lambda session: plan_contact(session, patient_id, CONTACT_TITLE, due_at, linkedid, writer))

    def _writer(self, by: int) -> Writer:
        now = self._clock.now()
        return Writer(by, now, now.astimezone(self._zone).date())
