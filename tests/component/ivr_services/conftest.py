"""The small hospital of the booking tests with three people of one telephone, and a caller of its hotline. Each test has its own database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, TypeVar

import pytest

from crm.database import Database
from crm.ivr import identification
from crm.ivr.acts import Answer, Caller
from crm.ivr.identification import Claim
from crm.models import CarerRight, ContactPhone, Patient, PatientIdentifier, Relative
from tests.component.booking.conftest import NOW, SHANGHAI, TODAY, Hospital, built

T = TypeVar("T")
NUMBER, STRANGER = "+8613900000001", "+8613900009999"
BORN = {"father": date(1950, 2, 3), "daughter": date(1980, 4, 5), "son": date(2018, 6, 7)}
KEYED = {name: f"{day:%Y%m%d}" for name, day in BORN.items()}
ID_NUMBER = "99010119500203003X"
CALLER = Caller("node1-1.1", NUMBER, "zh", NOW, SHANGHAI)


@dataclass
class Line:
    """The hospital's data as a call sees it. The daughter owns the telephone; her father's and her son's files name it, too."""

    hospital: Hospital
    people: dict[str, int] = field(default_factory=dict)
    caller: Caller = CALLER

    @property
    def database(self) -> Database:
        return self.hospital.database

    async def do(self, function: Callable[..., Awaitable[T]], *arguments: Any, caller: Caller | None = None, **more: Any) -> T:
        """`function(session, caller, ...)` in a transaction of its own."""
        return await self.database.run(lambda session: function(session, caller or self.caller, *arguments, **more))

    async def ask(self, function: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """`function(session, ...)`."""
        return await self.database.run(lambda session: function(session, *arguments))

    async def identify(self, birth_date: str, card: str = "", caller: Caller | None = None) -> Answer:
        return await self.database.run(lambda session: identification.identify(session, Claim(birth_date, card), caller or self.caller))

    async def add(self, *rows: Any) -> None:
        async def work(session: Any) -> None:
            session.add_all(rows)

        await self.database.run(work)

    def call(self, serial: int, number: str = NUMBER, hours: float = 0) -> Caller:
        """Another call."""
        return replace(self.caller, linkedid=f"node1-{serial}.1", number=number, now=NOW + timedelta(hours=hours))

    def right(self, topics: Mapping[str, Any] | list[str], **more: Any) -> CarerRight:
        """The father allows his daughter this."""
        given = {"patient_id": self.people["father"], "proof": "signed_form", "given_on": TODAY - timedelta(days=1)}
        return CarerRight(topics=list(topics), **(given | more))


@pytest.fixture
def own_url(template: str, make_database: Callable[[str], str]) -> str:
    """A migrated, empty database for this test."""
    return make_database(template)


@pytest.fixture
async def line(own_url: str) -> AsyncIterator[Line]:
    database = Database(own_url, timeout_s=60.0)
    made = Line(await built(database))

    async def work(session: Any) -> None:
        rows = {name: Patient(name=name, birth_date=day, mrn=f"{n:07d}") for n, (name, day) in enumerate(BORN.items(), 11)}
        session.add_all(rows.values())
        await session.flush()
        made.people = {name: row.id for name, row in rows.items()}
        father, daughter, son = made.people.values()
        session.add_all((
            ContactPhone(patient_id=daughter, number=NUMBER), ContactPhone(patient_id=father, number=NUMBER, relation="女儿"),
            ContactPhone(patient_id=son, number=NUMBER, relation="母亲"),
            PatientIdentifier(patient_id=father, kind="national_id", number=ID_NUMBER),
            Relative(patient_id=daughter, name="father", relation="父亲", related_patient_id=father),
            Relative(patient_id=daughter, name="son", relation="儿子", related_patient_id=son),
        ))  # fmt: skip

    await database.run(work)
    yield made
    await database.close()
