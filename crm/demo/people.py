"""Invents patients: families with shared telephones, visits and orders; the same for the same seed and day.

In: ids of departments and doctors, the first free patient id, the moment of loading. Out: rows for COPY, by table.
Must not touch the database. Invariant: numbers lie in +86 139 0000 0000-9999, of which the first hundred belong to the fixed people.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from crm.demo.hours import ZONE, ago
from crm.demo.vocabulary import CHRONIC_TAGS, DIAGNOSES, GIVEN_FEMALE, GIVEN_MALE, ORDERS, STAYS, SURNAMES, WHO
from crm.text import initials

SEED = 95120
FIRST_FREE_NUMBER = 100
GROWN_UP = 14
CLINIC_HOURS = (8, 8, 9, 9, 10, 10, 11, 14, 15, 16)
FOR_CHILDREN = ("paediatrics", "paediatrics", "paediatrics", "ophthalmology", "otolaryngology", "stomatology", "dermatology")


@dataclass(frozen=True, slots=True)
class Staff:
    """Who there is to visit: department code -> (department id, ids of its doctors)."""

    departments: Mapping[str, tuple[int, Sequence[int]]]


@dataclass(slots=True)
class Rows:
    """Rows for COPY; each table's rows have the same keys."""

    patient: list[dict[str, Any]] = field(default_factory=list)
    contact_phone: list[dict[str, Any]] = field(default_factory=list)
    relative: list[dict[str, Any]] = field(default_factory=list)
    visit: list[dict[str, Any]] = field(default_factory=list)
    medical_order: list[dict[str, Any]] = field(default_factory=list)


def demo_number(n: int) -> str:
    """The n-th invented mobile number."""
    return f"+861390000{n:04d}"


def may_have(diagnosis: str, gender: str, age: int) -> bool:
    """Whether a person of this gender and age may have it."""
    of, youngest, oldest = WHO.get(diagnosis, ("", 0, 120))
    return of in ("", gender) and youngest <= age <= oldest


class Inventor:
    """Makes people until `rows` has enough. One random source, drawn in a fixed order."""

    def __init__(self, staff: Staff, now: datetime, first_patient: int, first_visit: int) -> None:
        self.rows = Rows()
        self._staff, self._now = staff, now
        self._random = random.Random(SEED)
        self._patient, self._visit, self._number = first_patient, first_visit, FIRST_FREE_NUMBER

    def fill(self, patients: int) -> Rows:
        """Families until there are `patients` people."""
        while len(self.rows.patient) < patients:
            self._family(min(patients - len(self.rows.patient), self._random.choice((1, 1, 1, 2, 2, 3, 4))))
        return self.rows

    def _family(self, size: int) -> None:
        number = demo_number(self._number)
        self._number += 1
        surname = self._random.choice(SURNAMES)
        owner_gender = self._random.choice(("male", "female"))
        owner_age = self._random.randint(28, 78)
        owner = self.person(self._name(surname, owner_gender), owner_gender, self._born(owner_age))
        self.phone(owner, number, "本人", self.rows.patient[-1]["name"])
        owner_name = self.rows.patient[-1]["name"]
        self.history(owner, owner_age)
        for _ in range(size - 1):
            self._member(owner, owner_name, owner_gender, owner_age, surname, number)

    def _member(self, owner: int, owner_name: str, owner_gender: str, owner_age: int, surname: str, number: str) -> None:
        """A child or an aged parent of the telephone's owner."""
        child = owner_age < 55 or self._random.random() < 0.5
        age = self._random.randint(0, max(owner_age - 24, 1)) if child else min(owner_age + self._random.randint(22, 30), 98)
        gender = self._random.choice(("male", "female"))
        name = self._name(surname, gender)
        member = self.person(name, gender, self._born(age))
        to_owner = ("父亲" if owner_gender == "male" else "母亲") if child else ("儿子" if owner_gender == "male" else "女儿")
        to_member = ("儿子" if gender == "male" else "女儿") if child else ("父亲" if gender == "male" else "母亲")
        self.phone(member, number, to_owner, owner_name)
        self.relate(member, owner, owner_name, to_owner)
        self.relate(owner, member, name, to_member)
        self.history(member, age)

    def _name(self, surname: str, gender: str) -> str:
        return surname + self._random.choice(GIVEN_MALE if gender == "male" else GIVEN_FEMALE)

    def _born(self, age: int) -> date:
        return (self._now - timedelta(days=age * 365.25 + self._random.randint(1, 360))).date()

    def person(self, name: str, gender: str, born: date, *, language: str = "zh", tags: Sequence[str] = (), alerts: Sequence[str] = ()) -> int:
        """The new patient's id."""
        made = self._patient
        self._patient += 1
        self.rows.patient.append({
            "id": made, "name": name, "initials": initials(name), "gender": gender, "birth_date": born, "mrn": f"{made:07d}", "language": language,
            "tags": list(tags), "alerts": list(alerts), "notes": "",
        })  # fmt: skip
        return made

    def phone(self, patient: int, number: str, relation: str, owner_name: str, rating: int = 0) -> None:
        row = {"patient_id": patient, "number": number, "raw": number[3:], "relation": relation, "owner_name": owner_name, "rating": rating}
        self.rows.contact_phone.append(row)

    def relate(self, patient: int, other: int, name: str, relation: str, *, may_be_told: bool = True) -> None:
        row = {"patient_id": patient, "name": name, "relation": relation, "related_patient_id": other, "may_be_told": may_be_told}
        self.rows.relative.append(row)

    def history(self, patient: int, age: int) -> None:
        """One to four visits with what fits this person."""
        gender = self.rows.patient[patient - self.rows.patient[0]["id"]]["gender"]
        for _ in range(self._random.choice((1, 1, 2, 2, 3, 4))):
            code, diagnosis = self._illness(gender, age)
            if diagnosis in STAYS and self._random.random() < 0.55:
                self._stay(patient, code, diagnosis)
            else:
                days, minute = self._random.randint(1, 700), self._random.randint(0, 59)
                start = ago(self._now, days, self._random.choice(CLINIC_HOURS), minute, sundays=False)
                self.visit(patient, code, "outpatient", start, start + timedelta(minutes=self._random.randint(15, 55)), diagnosis)

    def _illness(self, gender: str, age: int) -> tuple[str, str]:
        """A department and what this person may have there."""
        codes = FOR_CHILDREN if age < GROWN_UP else tuple(one for one in self._staff.departments if one != "paediatrics")
        while True:
            code = self._random.choice(codes)
            if fitting := [one for one in DIAGNOSES[code] if may_have(one, gender, age)]:
                return code, self._random.choice(fitting)

    def _stay(self, patient: int, code: str, diagnosis: str) -> None:
        """In hospital for some days; a few are there still."""
        here = self._random.random() < 0.05
        nights = self._random.randint(3, 12)
        start = ago(self._now, self._random.randint(1, 5) if here else self._random.randint(nights + 1, 700), 10, self._random.randint(0, 59))
        end = (start.astimezone(ZONE) + timedelta(days=nights)).replace(hour=self._random.choice((9, 10, 15)))
        self.visit(patient, code, "inpatient", start, None if here else end, diagnosis)

    def visit(
        self, patient: int, department: str, kind: str, start: datetime, end: datetime | None, diagnosis: str = "", doctor: int | None = None
    ) -> None:
        """A visit with up to three orders; the patient gets the department's chronic tag at times."""
        made, (department_id, doctors) = self._visit, self._staff.departments[department]
        self._visit += 1
        seen_by = doctor or self._random.choice(list(doctors))
        self.rows.visit.append({
            "id": made, "patient_id": patient, "visit_number": f"{'Z' if kind == 'inpatient' else 'M'}{made:08d}", "kind": kind,
            "department_id": department_id, "doctor_id": seen_by, "diagnosis": diagnosis or self._random.choice(DIAGNOSES[department]),
            "started_at": start, "ended_at": end,
        })  # fmt: skip
        for kind, content in self._random.sample(ORDERS[department], self._random.randint(0, 3)):
            self.rows.medical_order.append({
                "patient_id": patient, "visit_id": made, "doctor_id": seen_by, "kind": kind, "content": content,
                "ordered_at": min(start + timedelta(minutes=self._random.randint(5, 50)), self._now),
            })  # fmt: skip
        self._tag(patient, department)

    def _tag(self, patient: int, department: str) -> None:
        tag = CHRONIC_TAGS.get(department)
        tags = self.rows.patient[patient - self.rows.patient[0]["id"]]["tags"]
        if tag and tag not in tags and self._random.random() < 0.5:
            tags.append(tag)
