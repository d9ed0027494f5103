"""What the desk changes in people's files: the person of a call, a first file, the next contact.

In: ids and values from the desk. Out: PersonCards. Must not know agents' states. Invariant: a new file and its audit entry are one transaction.
Raises Problem for a wrong value or id, and 503 while the database is away.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Protocol

from callcenter.api.keys import ask, plan_of, problem_of
from callcenter.ports import Clock, PersonCard
from callcenter.settings import Settings
from crm import audit, people
from crm.database import Database, Session
from crm.errors import NotFound

CONTACT_AT = time(9)


class First(Protocol):
    """What an agent writes of somebody who calls for the first time."""

    @property
    def name(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def gender(self) -> str: ...
    @property
    def birth_date(self) -> date | None: ...
    @property
    def language(self) -> str: ...


class Cards(Protocol):
    """Reads one person's card. Raises crm's NotFound, StoreUnavailable."""

    async def person(self, patient_id: int, number: str = "") -> PersonCard: ...


class DeskPeople:
    """People's files as far as the desk changes them."""

    def __init__(self, database: Database, cards: Cards, settings: Settings, clock: Clock) -> None:
        self._database, self._cards, self._settings, self._clock = database, cards, settings, clock

    async def card(self, patient_id: int, number: str) -> PersonCard:
        try:
            return await self._cards.person(patient_id, number)
        except NotFound as wrong:
            raise problem_of(wrong) from wrong

    async def open_file(self, first: First, by: int) -> PersonCard:
        new = people.NewFile(first.name, first.gender, first.birth_date, first.language, first.number)
        now = self._clock.now()
        today = now.astimezone(self._settings.hospital.zone).date()

        async def work(session: Session) -> int:
            made = await people.add(session, new, today, plan_of(self._settings))
            await audit.write(session, now, by, audit.Deed("patient.add", "patient", str(made), pii={"name": new.name}))
            return made

        return await self.card(await ask(self._database, work), first.number)

    async def plan_contact(self, patient_id: int, on: date, linkedid: str) -> None:
        """An open follow-up task for the morning of that day."""
        due_at = datetime.combine(on, CONTACT_AT, self._settings.hospital.zone).astimezone(UTC)
        await ask(self._database, lambda session: people.plan_contact(session, patient_id, "约定再次联系", due_at, linkedid))
