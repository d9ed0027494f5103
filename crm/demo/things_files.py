"""Fills the invented patients' files: numbers, addresses, circumstances, consent, findings, drugs, fees, registries.

In: the patients, visits and orders that stand in the database, the diseases, the moment of loading. Out: rows by COPY. Must not touch a
database that has such rows. Invariant: the same for the same people and day; identity numbers belong to a region that does not exist.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.database import copy_dicts
from crm.demo.hours import ago
from crm.demo.people import SEED
from crm.demo.things_words import DISTRICTS, EXAMINATIONS, FEES, ICD, OCCUPATIONS, PANELS, STREETS
from crm.models import Disease, MedicalOrder, Patient, PatientIdentifier, Visit

_NOWHERE = "990101"
Rows = dict[str, list[dict[str, Any]]]


async def load(session: AsyncSession, now: datetime) -> None:
    """The files of everybody there is."""
    if await session.scalar(select(func.count()).select_from(PatientIdentifier)):
        return
    diseases = dict((await session.execute(select(Disease.name_zh, Disease.id))).all())
    maker = _Maker(now, diseases)
    for row in (await session.execute(select(Patient.id, Patient.birth_date, Patient.gender, Patient.tags).order_by(Patient.id))).all():
        maker.person(*row)
    visits = select(Visit.id, Visit.patient_id, Visit.doctor_id, Visit.diagnosis, Visit.kind, Visit.started_at, Visit.ended_at).order_by(Visit.id)
    for row in (await session.execute(visits)).all():
        maker.visit(*row)
    orders = (MedicalOrder.patient_id, MedicalOrder.visit_id, MedicalOrder.doctor_id, MedicalOrder.kind, MedicalOrder.content,
    MedicalOrder.ordered_at)
    for row in (await session.execute(select(*orders).order_by(MedicalOrder.id))).all():
        maker.order(*row)
    for table, rows in maker.rows.items():
        await copy_dicts(session, table, rows)


def identity_number(born: date, serial: int) -> str:
    """A number of a region that does not exist, with its right check character."""
    head = f"{_NOWHERE}{born:%Y%m%d}{serial % 1000:03d}"
    return head + "10X98765432"[sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(head)) % 11]


class _Maker:
    """Makes rows, one random source drawn in a fixed order."""

    def __init__(self, now: datetime, diseases: dict[str, int]) -> None:
        self.rows: Rows = {}
        self._now, self._diseases, self._random = now, diseases, random.Random(SEED + 1)
        self._listed: set[tuple[int, int]] = set()
        self._numbers: set[str] = set()

    def _add(self, table: str, **row: Any) -> None:
        self.rows.setdefault(table, []).append(row)

    def person(self, patient: int, born: date | None, gender: str, tags: Sequence[str]) -> None:
        draw, birth = self._random, born or date(1980, 1, 1)
        number = next(one for n in range(1000) if (one := identity_number(birth, patient + n)) not in self._numbers)
        self._numbers.add(number)
        self._add("patient_identifier", patient_id=patient, kind="national_id", number=number)
        house = f"{draw.choice(STREETS)}{draw.randint(1, 280)}号{draw.randint(1, 18)}幢{draw.randint(101, 1802)}室"
        self._add("patient_address", patient_id=patient, kind="home", city="安和市", district=draw.choice(DISTRICTS), street=house, main=True)
        age = (self._now.date() - birth).days // 365
        self._profile(patient, age)
        kind = draw.choice(("employee", "employee", "resident", "resident", "self_pay"))
        insurance = f"99{patient:09d}" if kind != "self_pay" else ""
        self._add("patient_insurance", patient_id=patient, kind=kind, insurer="安和市医疗保障局" if insurance else "", number=insurance)
        self._consents(patient)
        if age >= 65 and draw.random() < 0.5:
            self._elderly(patient, age)

    def _profile(self, patient: int, age: int) -> None:
        draw = self._random
        occupation = "学生" if 6 < age < 22 else "退休" if age > 60 else "" if age <= 6 else draw.choice(OCCUPATIONS)
        self._add(
            "patient_profile", patient_id=patient, occupation=occupation,
            marital_status="single" if age < 22 else draw.choice(("married", "married", "married", "divorced",
            "widowed" if age > 60 else "single")),
            ethnicity=draw.choice(("汉族", "汉族", "汉族", "汉族", "回族", "满族")), blood_type=draw.choice(("A", "B", "O", "AB", "")),
            preferred_channel=draw.choice(("phone", "phone", "wechat", "sms")), contact_from=draw.choice((time(9), time(10), time(14))),
            contact_until=time(20),
        )  # fmt: skip

    def _consents(self, patient: int) -> None:
        draw = self._random
        for purpose, share in (("follow_up", 0.9), ("education", 0.6), ("research", 0.2)):
            if draw.random() < share:
                at = ago(self._now, draw.randint(3, 700), draw.choice((9, 10, 11, 14, 15, 16)), draw.randint(0, 59))
                answer = draw.choice(("given", "given", "given", "given", "refused"))
                self._add("consent", patient_id=patient, purpose=purpose, answer=answer, given_at=at, proof="signed_form",
                proof_reference=f"ZQ{patient:06d}")
        if draw.random() < 0.02:
            self._add("do_not_contact", patient_id=patient, channel="phone", reason="患者要求不接听回访电话",
            begins_on=self._now.date() - timedelta(days=30))

    def _elderly(self, patient: int, age: int) -> None:
        draw = self._random
        self._add(
            "elderly_registry", patient_id=patient, registered_on=self._now.date() - timedelta(days=draw.randint(30, 900)),
            living=draw.choice(("spouse", "spouse", "children", "alone", "carer")), self_care=max(30, min(100, 180 - age + draw.randint(-20, 10))),
            cognition=draw.randint(18, 30), falls_last_year=draw.choice((0, 0, 0, 1, 2)), next_review_on=self._review(),
        )  # fmt: skip

    def _review(self) -> date:
        return self._now.date() + timedelta(days=self._random.randint(-10, 120))

    # -- what was found ------------------------------------------------------------------------------------------------

    def visit(self, visit: int, patient: int, doctor: int | None, diagnosis: str, kind: str, start: datetime, end: datetime | None) -> None:
        code, _, chronic = ICD.get(diagnosis, ("", "", False))
        disease = self._diseases.get(diagnosis)
        self._add(
            "diagnosis", patient_id=patient, visit_id=visit, doctor_id=doctor, disease_id=disease, kind="main", code=code, name=diagnosis,
            found_at=end if kind == "inpatient" and end else start + timedelta(minutes=12),
        )  # fmt: skip
        self._fee(patient, visit, "registration", "专家门诊挂号" if kind == "outpatient" else "住院诊查费", Decimal(30), start)
        if kind == "inpatient":
            days = max(((end or self._now) - start).days, 1)
            self._fee(patient, visit, "bed", f"床位费{days}天", Decimal(60 * days), end or self._now)
        if chronic and disease and (patient, disease) not in self._listed:
            self._chronic(patient, disease, doctor, diagnosis, start)
        if diagnosis in ("孕期检查", "妊娠期糖尿病") and start > self._now - timedelta(days=200) and (patient, 0) not in self._listed:
            self._maternity(patient, doctor, diagnosis, start)

    def _chronic(self, patient: int, disease: int, doctor: int | None, diagnosis: str, start: datetime) -> None:
        self._listed.add((patient, disease))
        self._add(
            "chronic_registry", patient_id=patient, disease_id=disease, doctor_id=doctor, registered_on=start.date(),
            risk=self._random.choice(("low", "low", "middle", "high")),
            systolic_goal=140 if "高血压" in diagnosis or "冠心病" in diagnosis else None,
            glucose_goal=Decimal("7.0") if "糖尿病" in diagnosis else None, next_review_on=self._review(),
        )  # fmt: skip

    def _maternity(self, patient: int, doctor: int | None, diagnosis: str, start: datetime) -> None:
        self._listed.add((patient, 0))
        last = start.date() - timedelta(days=self._random.randint(45, 75))
        gravida = self._random.choice((1, 1, 2, 3))
        self._add(
            "maternity_registry", patient_id=patient, doctor_id=doctor, registered_on=start.date(), last_menstruation_on=last,
            due_on=last + timedelta(days=280), gravida=gravida, para=min(gravida - 1, 1), next_review_on=self._review(),
            risk="orange" if "糖尿病" in diagnosis else self._random.choice(("green", "green", "yellow")),
        )  # fmt: skip

    def order(self, patient: int, visit: int | None, doctor: int | None, kind: str, content: str, at: datetime) -> None:
        low, high = FEES[kind]
        self._fee(patient, visit, kind, content.split(" ")[0], Decimal(self._random.randint(low, high)), at)
        match kind:
            case "examination" if content in EXAMINATIONS:
                self._examination(patient, visit, content, at)
            case "laboratory" if content in PANELS:
                self._laboratory(patient, visit, content, at)
            case "medication":
                drug, dose, frequency = [*content.split(" "), "", ""][:3]
                begin = at.date()
                lasting = self._random.random() < 0.5
                self._add(
                    "medication", patient_id=patient, visit_id=visit, doctor_id=doctor, drug=drug, dose=dose, frequency=frequency, begins_on=begin,
                    ends_on=None if lasting else begin + timedelta(days=14),
                )  # fmt: skip

    def _examination(self, patient: int, visit: int | None, content: str, at: datetime) -> None:
        kind, well, ill = EXAMINATIONS[content]
        odd = self._random.random() < 0.35
        reported = at + timedelta(hours=self._random.randint(2, 28))
        self._add(
            "examination", patient_id=patient, visit_id=visit, kind=kind, name=content, examined_at=at + timedelta(minutes=40),
            reported_at=reported if reported < self._now else None, abnormal=odd, conclusion="" if reported >= self._now else ill if odd else well,
        )  # fmt: skip

    def _laboratory(self, patient: int, visit: int | None, panel: str, at: datetime) -> None:
        for item, unit, low, high in PANELS[panel]:
            value = Decimal(str(round(self._random.uniform(low * 0.94, high * 1.12), 3 if high < 2 else 1)))
            flag = "low" if value < Decimal(str(low)) else "high" if value > Decimal(str(high)) else ""
            self._add(
                "laboratory_result", patient_id=patient, visit_id=visit, panel=panel, item=item, value=str(value), number=value, unit=unit,
                low=Decimal(str(low)), high=Decimal(str(high)), flag=flag, measured_at=at + timedelta(minutes=90),
            )  # fmt: skip

    def _fee(self, patient: int, visit: int | None, kind: str, item: str, amount: Decimal, at: datetime) -> None:
        paid = at < self._now - timedelta(days=5) or self._random.random() < 0.6
        covered = (amount * Decimal("0.6")).quantize(Decimal("0.01"))
        self._add(
            "fee", patient_id=patient, visit_id=visit, kind=kind, item=item, amount=amount, covered=covered, state="paid" if paid else "open",
            charged_at=at, paid_at=at.astimezone(UTC) + timedelta(minutes=20) if paid else None,
        )  # fmt: skip

