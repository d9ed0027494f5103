"""Everything of one patient in one stream, the newest first: calls, visits, findings, drugs, fees, appointments, tasks, complaints.

In: a patient, the kinds that may be seen, a cursor. Out: `Stream` of plain entries. Must not decide who may see the patient: the caller does.
Invariant: every entry stands once and in one order, (at, kind, id) falling, so that pages neither repeat nor lose one; a page costs one query.
Kinds are names of things in `crm.engine.registry`, so the right of each is `<kind>.read`; but spoken messages, whose right is `message.read`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Select,
    String,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    tuple_,
    type_coerce,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from crm.errors import InvalidValue
from crm.models import (
    Appointment,
    CallbackRequest,
    CallRecord,
    ClinicSession,
    Complaint,
    Consent,
    Department,
    Diagnosis,
    Doctor,
    Event,
    EventInvitation,
    Examination,
    Fee,
    FollowUpTask,
    Inquiry,
    LaboratoryResult,
    MedicalOrder,
    Medication,
    TextMessage,
    TextTemplate,
    ToDo,
    UserAccount,
    Visit,
    VoiceMessage,
)

_NOTHING = literal("")
Limits = Mapping[str, ColumnElement[bool] | None]


@dataclass(frozen=True, slots=True)
class Stream:
    """A page of the stream. `counts`: entries of each kind, on the first page only."""

    items: list[dict[str, Any]] = field(default_factory=list)
    next: str | None = None
    counts: dict[str, int] = field(default_factory=dict)


def _entry(
    kind: str, key: Any, at: Any, title: Any, text: Any = _NOTHING, *, state: Any = _NOTHING, level: Any = _NOTHING,
    department: Any = None, doctor: Any = None, user: Any = None,
) -> Select[*tuple[Any, ...]]:  # fmt: skip
    """One kind's rows in the columns all share. `level`: '' or 'warn', for what the eye shall find first."""
    return select(
        literal(kind, String()).label("kind"), cast(key, Integer).label("id"), cast(at, DateTime(timezone=True)).label("at"),
        cast(title, Text).label("title"), cast(text, Text).label("text"), cast(state, Text).label("state"), cast(level, Text).label("level"),
        cast(null() if department is None else department, Integer).label("department_id"),
        cast(null() if doctor is None else doctor, Integer).label("doctor_id"), cast(null() if user is None else user, Integer).label("user_id"),
    )  # fmt: skip


def _warn(condition: Any) -> ColumnElement[str]:
    return case((condition, "warn"), else_="")


# -- one function a kind: the rows of this patient ----------------------------------------------------------------------


def _visits(patient: int) -> Select[*tuple[Any, ...]]:
    state = case((Visit.kind == "outpatient", "outpatient"), (Visit.ended_at.is_(None), "in_hospital"), else_="inpatient")
    return _entry(
        "visit", Visit.id, Visit.started_at, Visit.diagnosis, func.coalesce(cast(Visit.ended_at, Text), ""), state=state,
        department=Visit.department_id, doctor=Visit.doctor_id,
    ).where(Visit.patient_id == patient)  # fmt: skip


def _calls(patient: int) -> Select[*tuple[Any, ...]]:
    ended = CallRecord.status == "ended"
    return _entry(
        "call_record", CallRecord.id, CallRecord.started_at, CallRecord.disposition, CallRecord.note, state=func.coalesce(CallRecord.outcome, ""),
        level=_warn(CallRecord.outcome.in_(("abandoned", "lost"))), user=CallRecord.agent_id,
    ).where(CallRecord.patient_id == patient, ended)  # fmt: skip


def _voice_messages(patient: int) -> Select[*tuple[Any, ...]]:
    """Under the id of the call in which it was left."""
    waits = VoiceMessage.handled_at.is_(None)
    return (
        _entry(
            "voice_message", CallRecord.id, VoiceMessage.left_at, VoiceMessage.purpose, VoiceMessage.note,
            state=case((waits, "open"), else_="handled"), level=_warn(waits), user=VoiceMessage.handled_by,
        )
        .join(CallRecord, CallRecord.linkedid == VoiceMessage.linkedid)
        .where(CallRecord.patient_id == patient)
    )  # fmt: skip


def _texts(patient: int) -> Select[*tuple[Any, ...]]:
    """What it was about, not its words, which not everybody may read."""
    return (
        _entry(
            "text_message", TextMessage.id, func.coalesce(TextMessage.sent_at, TextMessage.created_at), func.coalesce(TextTemplate.title_zh, ""),
            TextMessage.reason, state=TextMessage.state, level=_warn(TextMessage.state.in_(("failed", "no_gateway"))),
        )
        .outerjoin(TextTemplate, TextTemplate.code == TextMessage.template)
        .where(TextMessage.patient_id == patient)
    )  # fmt: skip


def _callbacks(patient: int) -> Select[*tuple[Any, ...]]:
    late = and_(CallbackRequest.closed_at.is_(None), CallbackRequest.due_at < func.now())
    return _entry(
        "callback_request", CallbackRequest.id, CallbackRequest.created_at, CallbackRequest.wish, CallbackRequest.result,
        state=CallbackRequest.state, level=_warn(late), user=CallbackRequest.assigned_to,
    ).where(CallbackRequest.patient_id == patient)  # fmt: skip


def _orders(patient: int) -> Select[*tuple[Any, ...]]:
    return _entry(
        "medical_order", MedicalOrder.id, MedicalOrder.ordered_at, MedicalOrder.content, state=MedicalOrder.kind, doctor=MedicalOrder.doctor_id
    ).where(MedicalOrder.patient_id == patient)


def _diagnoses(patient: int) -> Select[*tuple[Any, ...]]:
    return _entry(
        "diagnosis", Diagnosis.id, Diagnosis.found_at, Diagnosis.name, Diagnosis.code, state=Diagnosis.kind, doctor=Diagnosis.doctor_id
    ).where(Diagnosis.patient_id == patient)


def _examinations(patient: int) -> Select[*tuple[Any, ...]]:
    state = case((Examination.reported_at.is_(None), "awaited"), else_=Examination.kind)
    return _entry(
        "examination", Examination.id, Examination.examined_at, Examination.name, Examination.conclusion, state=state,
        level=_warn(Examination.abnormal), department=Examination.department_id,
    ).where(Examination.patient_id == patient)  # fmt: skip


def _laboratory(patient: int) -> Select[*tuple[Any, ...]]:
    """One entry for all values of a panel that were measured at once; what is out of range is named."""
    odd = LaboratoryResult.flag != ""
    value = func.concat(LaboratoryResult.item, " ", LaboratoryResult.value, LaboratoryResult.unit)
    named = func.coalesce(func.string_agg(value, "，").filter(odd), "")
    panel = case((LaboratoryResult.panel == "", func.min(LaboratoryResult.item)), else_=LaboratoryResult.panel)
    return (
        _entry(
            "laboratory_result", func.min(LaboratoryResult.id), LaboratoryResult.measured_at, panel, named,
            state=cast(func.count(), Text), level=_warn(func.bool_or(odd)),
        )
        .where(LaboratoryResult.patient_id == patient)
        .group_by(LaboratoryResult.measured_at, LaboratoryResult.panel)
    )  # fmt: skip


def _medications(patient: int) -> Select[*tuple[Any, ...]]:
    taken = func.concat_ws(" ", Medication.dose, Medication.frequency)
    state = case((and_(Medication.ends_on.is_not(None), Medication.ends_on < func.current_date()), "ended"), else_="taking")
    return _entry("medication", Medication.id, Medication.begins_on, Medication.drug, taken, state=state, doctor=Medication.doctor_id).where(
        Medication.patient_id == patient
    )


def _fees(patient: int) -> Select[*tuple[Any, ...]]:
    """One entry a visit and day: what it cost, and whether something is unpaid."""
    day = func.date_trunc("day", Fee.charged_at)
    open_sum = func.coalesce(func.sum(Fee.amount - Fee.covered).filter(Fee.state == "open"), 0)
    return (
        _entry(
            "fee", func.min(Fee.id), func.max(Fee.charged_at), cast(func.sum(Fee.amount), Text), func.string_agg(Fee.item, "、"),
            state=case((open_sum > 0, "open"), else_="paid"), level=_warn(open_sum > 0),
        )
        .where(Fee.patient_id == patient)
        .group_by(Fee.visit_id, day)
    )  # fmt: skip


def _appointments(patient: int) -> Select[*tuple[Any, ...]]:
    return (
        _entry(
            "appointment", Appointment.id, Appointment.starts_at, func.coalesce(Appointment.number, ""), Appointment.note, state=Appointment.state,
            level=_warn(Appointment.state == "no_show"), department=ClinicSession.department_id, doctor=ClinicSession.doctor_id,
        )
        .join(ClinicSession, ClinicSession.id == Appointment.session_id)
        .where(Appointment.patient_id == patient, Appointment.state.not_in(("held", "lapsed")))
    )  # fmt: skip


def _follow_ups(patient: int) -> Select[*tuple[Any, ...]]:
    late = and_(FollowUpTask.state == "open", FollowUpTask.due_at < func.now())
    return _entry(
        "follow_up_task", FollowUpTask.id, FollowUpTask.due_at, FollowUpTask.title, state=FollowUpTask.state, level=_warn(late),
        user=FollowUpTask.assigned_to,
    ).where(FollowUpTask.patient_id == patient)  # fmt: skip


def _to_dos(patient: int) -> Select[*tuple[Any, ...]]:
    late = and_(ToDo.closed_at.is_(None), ToDo.due_at < func.now())
    return _entry(
        "to_do", ToDo.id, func.coalesce(ToDo.due_at, ToDo.created_at), ToDo.title, ToDo.result, state=ToDo.state, level=_warn(late),
        department=ToDo.department_id, user=ToDo.assigned_to,
    ).where(ToDo.patient_id == patient)  # fmt: skip


def _complaints(patient: int) -> Select[*tuple[Any, ...]]:
    level = _warn(and_(Complaint.kind.in_(("complaint", "dispute")), Complaint.state != "closed"))
    return _entry(
        "complaint", Complaint.id, Complaint.received_at, Complaint.subject, Complaint.result, state=Complaint.state, level=level,
        department=Complaint.department_id, doctor=Complaint.doctor_id, user=Complaint.assigned_to,
    ).where(Complaint.patient_id == patient, Complaint.removed_at.is_(None))  # fmt: skip


def _inquiries(patient: int) -> Select[*tuple[Any, ...]]:
    return _entry(
        "inquiry", Inquiry.id, Inquiry.received_at, Inquiry.subject, Inquiry.answer, state=Inquiry.state, department=Inquiry.department_id,
        doctor=Inquiry.doctor_id, user=Inquiry.assigned_to,
    ).where(Inquiry.patient_id == patient, Inquiry.removed_at.is_(None))  # fmt: skip


def _events(patient: int) -> Select[*tuple[Any, ...]]:
    return (
        _entry("event_invitation", EventInvitation.id, Event.starts_at, Event.title, state=EventInvitation.state, department=Event.department_id)
        .join(Event, Event.id == EventInvitation.event_id)
        .where(EventInvitation.patient_id == patient, Event.removed_at.is_(None))
    )


def _consents(patient: int) -> Select[*tuple[Any, ...]]:
    return _entry(
        "consent", Consent.id, Consent.given_at, Consent.purpose, Consent.proof, state=Consent.answer, level=_warn(Consent.answer != "given"),
        user=Consent.created_by,
    ).where(Consent.patient_id == patient)  # fmt: skip


SOURCES: dict[str, Callable[[int], Select[*tuple[Any, ...]]]] = {
    "visit": _visits, "call_record": _calls, "voice_message": _voice_messages, "callback_request": _callbacks, "text_message": _texts,
    "medical_order": _orders, "diagnosis": _diagnoses, "examination": _examinations, "laboratory_result": _laboratory, "medication": _medications,
    "fee": _fees, "appointment": _appointments, "follow_up_task": _follow_ups, "to_do": _to_dos, "complaint": _complaints, "inquiry": _inquiries,
    "event_invitation": _events, "consent": _consents,
}  # fmt: skip
KINDS = tuple(SOURCES)


async def timeline(
    session: AsyncSession, patient_id: int, kinds: Iterable[str] = KINDS, cursor: str = "", limit: int = 50, limits: Limits | None = None,
    *, zone: tzinfo = UTC,
) -> Stream:  # fmt: skip
    """One page of the stream; `limits`: of a kind, the rows that may be seen; `zone`: whose days count, until the transaction ends.

    Raises InvalidValue (unknown kind, broken cursor).
    """
    wanted = list(dict.fromkeys(kinds))
    if unknown := [one for one in wanted if one not in SOURCES]:
        raise InvalidValue("kinds", f"are among {', '.join(KINDS)}", f"leave out {unknown[0]}")
    if not wanted:
        return Stream()
    before = _position(cursor) if cursor else None
    await session.execute(select(func.set_config("TimeZone", str(zone), True)))
    rows = (await session.execute(_page([_rows(one, patient_id, limits).subquery() for one in wanted], before, limit + 1))).mappings().all()
    items = [{**row, "at": row["at"].isoformat()} for row in rows[:limit]]
    following = _cursor(rows[limit - 1]) if len(rows) > limit else None
    return Stream(items, following, {} if cursor else await _counts(session, patient_id, wanted, limits))


def _rows(kind: str, patient_id: int, limits: Limits | None) -> Select[*tuple[Any, ...]]:
    limit = (limits or {}).get(kind)
    return SOURCES[kind](patient_id) if limit is None else SOURCES[kind](patient_id).where(limit)


def _page(sources: list[Any], before: tuple[datetime, str, int] | None, limit: int) -> Select[*tuple[Any, ...]]:
    """Each kind gives its newest rows, the newest of these are the page; names stand beside the ids."""
    parts = []
    for one in sources:
        place = tuple_(one.c.at, one.c.kind, one.c.id)
        query = select(one) if before is None else select(one).where(place < tuple_(*_typed(before)))
        parts.append(query.order_by(one.c.at.desc(), one.c.kind.desc(), one.c.id.desc()).limit(limit).subquery())
    stream = union_all(*(select(one) for one in parts)).subquery()
    kept = select(stream).order_by(stream.c.at.desc(), stream.c.kind.desc(), stream.c.id.desc()).limit(limit).subquery()
    names = (Department.name_zh.label("department"), Doctor.name_zh.label("doctor"), UserAccount.name.label("user"))
    return (
        select(kept.c.kind, kept.c.id, kept.c.at, kept.c.title, kept.c.text, kept.c.state, kept.c.level, *names)
        .outerjoin(Department, Department.id == kept.c.department_id)
        .outerjoin(Doctor, Doctor.id == kept.c.doctor_id)
        .outerjoin(UserAccount, UserAccount.id == kept.c.user_id)
        .order_by(kept.c.at.desc(), kept.c.kind.desc(), kept.c.id.desc())
    )


def _typed(before: tuple[datetime, str, int]) -> list[Any]:
    at, kind, key = before
    return [cast(type_coerce(literal(at), DateTime(timezone=True)), DateTime(timezone=True)), literal(kind, String()), literal(key, Integer())]


async def _counts(session: AsyncSession, patient_id: int, kinds: list[str], limits: Limits | None) -> dict[str, int]:
    found = {one: _rows(one, patient_id, limits).subquery() for one in kinds}
    parts = [select(literal(one, String()).label("kind"), func.count().label("n")).select_from(rows) for one, rows in found.items()]
    return {kind: n for kind, n in (await session.execute(union_all(*parts))).all() if n}


def _cursor(row: Any) -> str:
    return f"{row['at'].isoformat()}~{row['kind']}~{row['id']}"


def _position(cursor: str) -> tuple[datetime, str, int]:
    try:
        at, kind, key = cursor.split("~")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or kind not in SOURCES or not 0 < int(key) < 2**31:
            raise ValueError(cursor)
        return moment, kind, int(key)
    except ValueError as wrong:
        raise InvalidValue("cursor", "is the `next` of an earlier page", "begin with the first page") from wrong
