"""The invented hospital is consistent with itself, and what is spoken is what is shown."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm.demo.hospital import DEPARTMENTS, DOCTORS, TITLES
from crm.demo.ivr_services import spoken
from crm.demo.names import names_toml
from crm.demo.people import Inventor, Staff
from crm.demo.personas import PERSONAS, invent
from crm.demo.vocabulary import DIAGNOSES
from crm.numbers import normalise

pytestmark = pytest.mark.unit
NAMES = Path(__file__).parents[3] / "sounds" / "names.toml"
NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)


def invented(patients: int = 400) -> Inventor:
    staff = Staff({one.code: (place, [10 * place, 10 * place + 1]) for place, one in enumerate(DEPARTMENTS, 1)})
    inventor = Inventor(staff, NOW, 1, 1)
    invent(inventor, NOW, 10)
    inventor.fill(patients)
    return inventor


def test_names_to_speak_are_those_of_the_hospital() -> None:
    assert NAMES.read_text(encoding="utf-8") == names_toml()
    listed = {(row["kind"], row["zh"]) for row in tomllib.loads(names_toml())["name"]}
    assert len(listed) == len(DEPARTMENTS) + len(DOCTORS) + len(TITLES) + len(spoken())


def test_every_doctor_has_a_department_a_title_and_a_clinic() -> None:
    codes = {one.code for one in DEPARTMENTS}
    assert {one.department for one in DOCTORS} == codes == set(DIAGNOSES)
    assert all(one.clinics and one.title in TITLES for one in DOCTORS)


def test_people_are_the_same_each_time() -> None:
    assert invented().rows == invented().rows


def test_numbers_are_valid_and_in_the_invented_range() -> None:
    rows = invented().rows
    assert len(rows.patient) == 400
    for phone in rows.contact_phone:
        assert phone["number"].startswith("+861390000")
        assert normalise(phone["raw"]) == phone["number"]


def test_some_numbers_are_shared_and_a_child_is_younger_than_the_phone_s_owner() -> None:
    rows = invented().rows
    born = {one["id"]: one["birth_date"] for one in rows.patient}
    by_number: dict[str, list[int]] = {}
    for phone in rows.contact_phone:
        by_number.setdefault(phone["number"], []).append(phone["patient_id"])
    assert sum(len(people) > 1 for people in by_number.values()) > 20
    for relative in rows.relative:
        if relative["relation"] in ("母亲", "父亲"):
            assert born[relative["related_patient_id"]] < born[relative["patient_id"]]


def test_personas_are_there_and_the_unknown_one_is_not() -> None:
    numbers = {one["number"] for one in invented().rows.contact_phone}
    assert [one.number in numbers for one in PERSONAS] == [True, True, True, False]
