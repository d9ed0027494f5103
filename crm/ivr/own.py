"""What a caller hears of his own: what he has to pay, whether reports are ready, what he should do soon, his stay.

In: a session, the person, the day. Out: lists for the telephone, names in both languages. Must not tell a value, a finding or a diagnosis: a
report is ready or it is not. Invariant: whoever calls these has asked `identification.may` before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import (
    ChronicRegistry,
    Department,
    Doctor,
    ElderlyRegistry,
    Examination,
    Fee,
    FollowUpTask,
    HealthReminder,
    LaboratoryResult,
    MaternityRegistry,
    MedicalOrder,
    Visit,
)

Items = list[dict[str, Any]]
MOST = 8

FEE_KINDS: Mapping[str, tuple[str, str]] = {
    "registration": ("挂号费", "registration"), "examination": ("检查费", "examinations"), "laboratory": ("化验费", "laboratory tests"),
    "medication": ("药费", "medicine"), "treatment": ("治疗费", "treatment"), "bed": ("床位费", "bed"), "material": ("材料费", "materials"),
    "other": ("其他费用", "other items"),
}  # fmt: skip
REPORT_KINDS: Mapping[str, tuple[str, str]] = {
    "ct": ("CT检查", "CT scan"), "mri": ("磁共振检查", "MRI scan"), "x_ray": ("X光检查", "X-ray"), "ultrasound": ("超声检查", "ultrasound"),
    "ecg": ("心电图", "Electrocardiogram"), "endoscopy": ("内镜检查", "endoscopy"), "pathology": ("病理检查", "pathology"),
    "other": ("其他检查", "other examination"), "laboratory": ("化验", "laboratory test"),
}  # fmt: skip
READY = ("报告已经出来了", "the report is ready")
NOT_READY = ("报告还没有出来", "the report is not ready yet")
OVERDUE = ("已到期", "overdue")
REMINDER_KINDS: Mapping[str, tuple[str, str]] = {
    "recheck": ("复诊", "follow-up visit"), "medication": ("复诊开药", "renewing your medicine"), "examination": ("复查", "check examination"),
    "vaccination": ("疫苗接种", "vaccination"), "check_up": ("健康体检", "health check-up"), "follow_up": ("电话随访", "follow-up call"),
}  # fmt: skip


def _where(zh: str | None, en: str | None) -> dict[str, str]:
    """A department, when there is one to say."""
    return {"where_zh": zh, "where_en": en or zh} if zh else {}


def _named(words: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"name_zh": words[0], "name_en": words[1], **more}


# -- money ----------------------------------------------------------------------------------------------------------------------


async def open_fees(session: AsyncSession, patient: int) -> dict[str, Any]:
    """What is to be paid, by kind, and all together. No items: nothing."""
    due = func.sum(Fee.amount - Fee.covered)
    query = select(Fee.kind, due).where(Fee.patient_id == patient, Fee.state == "open").group_by(Fee.kind).having(due > 0).order_by(due.desc())
    rows = (await session.execute(query)).all()
    total = sum((amount for _, amount in rows), Decimal(0))
    return {"items": [_named(FEE_KINDS[kind], amount=_yuan(amount)) for kind, amount in rows], "total": _yuan(total)}


def _yuan(amount: Decimal) -> str:
    return format(amount.quantize(Decimal("0.01")), "f")


# -- reports --------------------------------------------------------------------------------------------------------------------


async def reports(session: AsyncSession, patient: int, since: datetime, zone: tzinfo) -> Items:
    """Examinations and laboratory tests since then, the newest first: ready, or not yet."""
    examined = select(Examination.kind, Examination.examined_at, Examination.reported_at.is_not(None)).where(
        Examination.patient_id == patient, Examination.examined_at >= since
    )
    found = [(kind, at.astimezone(zone).date(), ready) for kind, at, ready in (await session.execute(examined)).all()]
    tests = await _laboratory(session, patient, since, zone)
    listed = sorted({*found, *tests}, key=lambda one: (-one[1].toordinal(), one[2], one[0]))[:MOST]
    return [_report(kind, day, ready) for kind, day, ready in listed]


def _report(kind: str, day: date, ready: bool) -> dict[str, Any]:
    state_zh, state_en = READY if ready else NOT_READY
    return _named(REPORT_KINDS[kind], day=day.isoformat(), ready="yes" if ready else "no", state_zh=state_zh, state_en=state_en)


async def _laboratory(session: AsyncSession, patient: int, since: datetime, zone: tzinfo) -> set[tuple[str, date, bool]]:
    """Days with tests. Ordered and not measured yet: not ready."""
    measured = select(LaboratoryResult.measured_at).where(LaboratoryResult.patient_id == patient, LaboratoryResult.measured_at >= since)
    ready = {at.astimezone(zone).date() for at in (await session.scalars(measured)).all()}
    ordered = select(MedicalOrder.ordered_at).where(
        MedicalOrder.patient_id == patient, MedicalOrder.kind == "laboratory", MedicalOrder.ordered_at >= since, ~_measured_after(patient)
    )
    waiting = {at.astimezone(zone).date() for at in (await session.scalars(ordered)).all()}
    return {("laboratory", day, True) for day in ready} | {("laboratory", day, False) for day in waiting}


def _measured_after(patient: int) -> ColumnElement[bool]:
    later = LaboratoryResult.measured_at >= MedicalOrder.ordered_at
    same = LaboratoryResult.panel == func.split_part(MedicalOrder.content, " ", 1)
    return select(LaboratoryResult.id).where(LaboratoryResult.patient_id == patient, later, same).correlate(MedicalOrder).exists()


# -- what to do soon --------------------------------------------------------------------------------------------------------------


async def reminders(session: AsyncSession, patient: int, today: date, days: int, zone: tzinfo) -> Items:
    """What is due until then, and what was missed, the earliest first."""
    last = today + timedelta(days=days)
    found = [*await _entered(session, patient, last), *await _reviews(session, patient, last), *await _calls(session, patient, last, zone)]
    ordered = sorted(found, key=lambda one: (one["day"], one["name_zh"]))[:MOST]
    return [one | {"due_zh": OVERDUE[0], "due_en": OVERDUE[1]} if one["day"] < today.isoformat() else one for one in ordered]


async def _entered(session: AsyncSession, patient: int, last: date) -> Items:
    query = (
        select(HealthReminder.kind, HealthReminder.due_on, Department.name_zh, Department.name_en)
        .outerjoin(Department, Department.id == HealthReminder.department_id)
        .where(HealthReminder.patient_id == patient, HealthReminder.state == "open", HealthReminder.due_on <= last)
    )
    return [_reminder(kind, day, (zh or "", en or "")) for kind, day, zh, en in (await session.execute(query)).all()]


async def _reviews(session: AsyncSession, patient: int, last: date) -> Items:
    """The next review of registries he is in, at his doctor's department."""
    elderly = select(ElderlyRegistry.next_review_on, null(), null()).where(*_due(ElderlyRegistry, patient, last))
    every = union_all(_at_doctor(ChronicRegistry, patient, last), _at_doctor(MaternityRegistry, patient, last), elderly)
    return [_reminder("recheck", day, (zh or "", en or "")) for day, zh, en in (await session.execute(every)).all()]


def _due(registry: Any, patient: int, last: date) -> tuple[ColumnElement[bool], ...]:
    return registry.patient_id == patient, registry.state == "active", registry.next_review_on <= last


def _at_doctor(registry: Any, patient: int, last: date) -> Select[Any, Any, Any]:
    query = select(registry.next_review_on, Department.name_zh, Department.name_en).select_from(registry)
    placed = query.outerjoin(Doctor, Doctor.id == registry.doctor_id).outerjoin(Department, Department.id == Doctor.department_id)
    return placed.where(*_due(registry, patient, last))


async def _calls(session: AsyncSession, patient: int, last: date, zone: tzinfo) -> Items:
    query = select(FollowUpTask.due_at).where(FollowUpTask.patient_id == patient, FollowUpTask.state == "open")
    days = [at.astimezone(zone).date() for at in (await session.scalars(query)).all()]
    return [_reminder("follow_up", day, ("", "")) for day in days if day <= last]


def _reminder(kind: str, day: date, where: tuple[str, str]) -> dict[str, Any]:
    return _named(REMINDER_KINDS[kind], day=day.isoformat(), **_where(*where))


# -- in hospital ------------------------------------------------------------------------------------------------------------------


async def stay(session: AsyncSession, patient: int, zone: tzinfo) -> dict[str, Any]:
    """Since when and where he is in hospital, and what it has cost so far. No items: he is not."""
    query = (
        select(Visit.id, Visit.started_at, Department.name_zh, Department.name_en)
        .outerjoin(Department, Department.id == Visit.department_id)
        .where(Visit.patient_id == patient, Visit.kind == "inpatient", Visit.ended_at.is_(None))
        .order_by(Visit.started_at.desc())
        .limit(1)
    )
    row = (await session.execute(query)).first()
    if row is None:
        return {"items": []}
    visit, since, zh, en = row
    cost = await session.scalar(select(func.sum(Fee.amount)).where(Fee.visit_id == visit, Fee.state != "refunded")) or Decimal(0)
    day = since.astimezone(zone).date().isoformat()
    return {"items": [{"day": day, "amount": _yuan(cost), **_where(zh, en)}]}
