"""Who is behind a number, and the language he chose: the port CallerDirectory.

In: numbers as signalled, dialled or typed. Out: PersonCards, the likeliest first. Must not cache people: what is away is said to be away.
Invariant: a number is normalised here, once, before anything is asked. Card shape: docs/api.md, "Person card".
"""

from __future__ import annotations

from datetime import date

from callcenter.crm_gateway.store import Store
from callcenter.ports import Clock, PersonCard
from callcenter.settings import Hospital
from crm.numbers import NumberPlan, normalise
from crm.patients import people


def plan_of(hospital: Hospital) -> NumberPlan:
    """The hospital's place in the telephone network."""
    return NumberPlan(hospital.country_calling_code, hospital.area_code)


def card_of(person: people.Person) -> PersonCard:
    """The engine's form of a person."""
    return PersonCard(
        id=person.id, name=person.name, gender=person.gender, age=person.age, mrn=person.mrn, tags=person.tags, relation=person.relation,
        language=person.language, last_contact_at=person.last_contact_at, alerts=person.alerts, visits=person.visits, calls=person.calls,
        open_items=person.open_items, relatives=person.relatives, carers=person.carers, reached=person.reached, refused=person.refused,
    )  # fmt: skip


class CrmCallers:
    """Implements ports.CallerDirectory."""

    def __init__(self, store: Store, hospital: Hospital, clock: Clock) -> None:
        self._store, self._hospital, self._clock = store, hospital, clock
        self._plan = plan_of(hospital)

    def _today(self) -> date:
        return self._clock.now().astimezone(self._hospital.zone).date()

    async def people_at(self, number: str) -> tuple[PersonCard, ...]:
        known = normalise(number, self._plan)
        if not known:
            return ()
        found = await self._store.ask_for_caller(lambda session: people.at_number(session, known, self._today()))
        return tuple(card_of(one) for one in found)

    async def person(self, patient_id: int, number: str = "") -> PersonCard:
        """One card, with the relation to `number`. Raises crm's NotFound, StoreUnavailable."""
        known = normalise(number, self._plan)
        return card_of(await self._store.ask(lambda session: people.by_id(session, patient_id, self._today(), known)))

    async def language_of(self, number: str) -> str | None:
        known = normalise(number, self._plan)
        return await self._store.ask_for_caller(lambda session: people.language_of(session, known)) if known else None

    async def remember_language(self, number: str, language: str) -> None:
        known = normalise(number, self._plan)
        if known:
            await self._store.ask_for_caller(lambda session: people.remember_language(session, known, language, self._clock.now()))
