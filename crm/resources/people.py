"""Patients with their telephone numbers, relatives, visits and orders: what people see of them and may do.

In: the models of crm.models.person. Out: declarations. Must not hold behaviour: the rows' extras are read by crm.patients.person_extras.
Invariant: what belongs to a patient is seen by whoever may see the patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from crm.engine.resource import Extra, Field, Related, Resource, Scope, Search, Section
from crm.models import Appointment, ClinicSession, ContactPhone, FollowUpTask, MedicalOrder, Patient, Relative, Visit
from crm.patients import person_extras
from crm.resources.common import PATIENT_FILE
from crm.text import initials

GENDERS = (("male", "男", "Male"), ("female", "女", "Female"), ("", "未知", "Unknown"))
LANGUAGES = (("zh", "中文", "Chinese"), ("en", "英文", "English"))
VISIT_KINDS = (("outpatient", "门诊", "Outpatient"), ("inpatient", "住院", "Inpatient"))
ORDER_KINDS = (
    ("medication", "用药", "Medication"), ("examination", "检查", "Examination"), ("laboratory", "检验", "Laboratory"),
    ("treatment", "治疗", "Treatment"),
)  # fmt: skip
# Who has, or had, a seat: such a booking has a patient.
EXPECTED = ("booked", "arrived", "no_show", "stopped")
OF_PATIENT = Scope(through="patient_id")
CARE = {"agent": "read add change reveal", "handler": "read", "supervisor": "read add change delete reveal", "manager": "read"}


def _treated_in(departments: Sequence[int]) -> Any:
    """Patients with a visit in one of these departments, and those who have booked with it."""
    treated = select(Visit.patient_id).where(Visit.department_id.in_(list(departments)))
    expected = (
        select(Appointment.patient_id)
        .join(ClinicSession, ClinicSession.id == Appointment.session_id)
        .where(ClinicSession.department_id.in_(list(departments)), Appointment.state.in_(EXPECTED))
    )
    return Patient.__table__.c.id.in_(treated.union_all(expected))


PATIENT = Resource(
    Patient,
    ("患者", "Patient"),
    plural=("患者", "Patients"),
    group="people",
    label="name",
    sections=(Section("", ("基本资料", "Basics")), Section("contact", ("联系方式", "Contact")), Section("care", ("服务", "Service"))),
    fields=(
        Field("name", ("姓名", "Name"), mask="name", synonyms=("患者姓名", "病人姓名", "full name")),
        Field("gender", ("性别", "Gender"), choices=GENDERS, width="narrow", synonyms=("sex",)),
        Field("birth_date", ("出生日期", "Born"), synonyms=("生日", "出生年月日", "date of birth", "dob")),
        Field("mrn", ("病案号", "Record no."), synonyms=("病历号", "住院号", "门诊号", "mrn")),
        Field("number", ("电话", "Telephone"), kind="phone", section="contact", into=("phones", "number"), max_length=40, synonyms=("手机",)),
        Field("relation", ("号码属于", "Whose number"), kind="string", section="contact", into=("phones", "relation"), max_length=20, width="narrow"),
        Field("language", ("语言", "Language"), choices=LANGUAGES, section="care", width="narrow"),
        Field("tags", ("标签", "Tags"), section="care", synonyms=("标记",)),
        Field("alerts", ("提醒", "Alerts"), section="care", hint=("来电时显示", "shown when he calls")),
        Field("notes", ("备注", "Notes"), section="care"),
        Field("created_at", ("建档时间", "Filed"), readonly=True, on="list detail"),
        Field("created_by", ("建档人", "Filed by"), readonly=True, on="detail"),
    ),
    list_columns=("name", "gender", "age", "mrn", "phones", "tags", "created_at"),
    filters=("gender", "birth_date", "tags", "language", "created_at"),
    sortable=("name", "birth_date", "mrn", "created_at"),
    sort="-id",
    search=Search(
        names=("name",), initials="initials", codes=("mrn",), numbers=((ContactPhone, "patient_id", "number"),),
        hint=("姓名、拼音首字母、电话、病案号", "Name, initials, telephone, record number"),
    ),
    related=(
        Related("phones", "contact_phone", "patient_id", ("电话", "Telephones"), sort="-rating"),
        Related("relatives", "relative", "patient_id", ("亲属", "Relatives")),
        Related("visits", "visit", "patient_id", ("就诊", "Visits"), sort="-started_at"),
        Related("orders", "medical_order", "patient_id", ("医嘱", "Orders"), sort="-ordered_at"),
        Related("calls", "call_record", "patient_id", ("通话", "Calls"), sort="-started_at"),
        Related("follow_ups", "follow_up_task", "patient_id", ("随访", "Follow-up"), sort="-due_at"),
        *PATIENT_FILE,
    ),
    rights={**CARE, "supervisor": "all"},
    actions="read add change delete bulk export",
    scope=Scope(own="created_by", department=_treated_in),
    personal=True,
    person="id",
    import_keys=(("mrn",), ("name", "birth_date")),
    derive={"initials": ("name", initials)},
    checks=(person_extras.check_birth_date,),
    extras=(
        Extra("age", "integer", ("年龄", "Age"), of_row=person_extras.age),
        Extra("phones", "strings", ("电话", "Telephone"), person_extras.phones, on="list", mask="phone"),
        Extra("contacts", "json", ("电话", "Telephones"), person_extras.contacts, on="detail", mask="phone", mask_keys=("number",), of="phones"),
        Extra("relatives", "json", ("亲属", "Relatives"), person_extras.relatives, on="detail"),
        Extra("carers", "json", ("家属授权", "Carers' rights"), person_extras.carers, on="detail"),
        Extra("reached", "json", ("联系偏好", "How to reach"), person_extras.reached, on="detail", of="profile"),
        Extra("refused", "json", ("未同意", "Not agreed to"), person_extras.refused, on="detail", of="consents"),
        Extra("visits", "json", ("就诊", "Visits"), person_extras.visits, on="detail"),
        Extra("orders", "json", ("医嘱", "Orders"), person_extras.orders, on="detail"),
        Extra("calls", "json", ("通话", "Calls"), person_extras.calls, on="detail"),
        Extra("open_items", "json", ("未完成", "Open"), person_extras.open_items, on="detail"),
        Extra("last_contact_at", "datetime", ("上次联系", "Last contact"), person_extras.last_contact, on="detail"),
    ),
    panels=("timeline",),
)

CONTACT_PHONE = Resource(
    ContactPhone,
    ("电话号码", "Telephone"),
    plural=("电话号码", "Telephones"),
    group="people",
    label="number",
    fields=(
        Field("patient_id", ("患者", "Patient"), write_once=True),
        Field("number", ("号码", "Number"), kind="phone", mask="phone", width="half", as_given="raw"),
        Field("relation", ("机主", "Whose"), width="narrow", default="本人"),
        Field("owner_name", ("机主姓名", "Owner"), mask="name"),
        Field("rating", ("可靠度", "Rating"), min=-5, max=5, hint=("越高越先拨打", "higher is dialled first")),
        Field("raw", ("原始写法", "As written"), readonly=True, mask="phone", on="detail"),
    ),
    filters=("patient_id", "number", "relation"),
    rights=CARE,
    scope=OF_PATIENT,
    person="patient_id",
    personal=True,
    delete_needs_reason=False,
)

RELATIVE = Resource(
    Relative,
    ("亲属", "Relative"),
    plural=("亲属", "Relatives"),
    group="people",
    label="name",
    fields=(
        Field("patient_id", ("患者", "Patient"), write_once=True),
        Field("name", ("姓名", "Name"), mask="name"),
        Field("relation", ("关系", "Relation"), width="narrow"),
        Field("related_patient_id", ("本院档案", "Own file")),
        Field("may_be_told", ("可告知病情", "May be told"), hint=("患者同意向此人说明病情", "the patient agreed")),
    ),
    filters=("patient_id", "may_be_told"),
    rights=CARE,
    scope=OF_PATIENT,
    person="patient_id",
    personal=True,
    delete_needs_reason=False,
)

VISIT = Resource(
    Visit,
    ("就诊", "Visit"),
    plural=("就诊", "Visits"),
    group="people",
    label="visit_number",
    fields=(
        Field("patient_id", ("患者", "Patient"), write_once=True),
        Field("visit_number", ("就诊号", "Visit no.")),
        Field("kind", ("类型", "Kind"), choices=VISIT_KINDS),
        Field("department_id", ("科室", "Department")),
        Field("doctor_id", ("医生", "Doctor")),
        Field("diagnosis", ("诊断", "Diagnosis"), width="full"),
        Field("started_at", ("开始", "Began")),
        Field("ended_at", ("结束", "Ended")),
    ),
    list_columns=("started_at", "patient_id", "kind", "department_id", "doctor_id", "diagnosis", "ended_at"),
    filters=("patient_id", "kind", "department_id", "doctor_id", "started_at", "ended_at"),
    sort="-started_at",
    rights={"agent": "read", "handler": "read", "supervisor": "read add change", "manager": "read"},
    scope=Scope(department="department_id"),
    person="patient_id",
    personal=True,
)

MEDICAL_ORDER = Resource(
    MedicalOrder,
    ("医嘱", "Order"),
    plural=("医嘱", "Orders"),
    group="people",
    label="content",
    fields=(
        Field("patient_id", ("患者", "Patient"), write_once=True),
        Field("visit_id", ("就诊", "Visit")),
        Field("kind", ("类型", "Kind"), choices=ORDER_KINDS),
        Field("content", ("内容", "Content"), width="full"),
        Field("doctor_id", ("医生", "Doctor")),
        Field("ordered_at", ("开立时间", "Ordered")),
    ),
    list_columns=("ordered_at", "patient_id", "kind", "content", "doctor_id"),
    filters=("patient_id", "visit_id", "kind", "ordered_at"),
    sort="-ordered_at",
    rights={"agent": "read", "handler": "read", "supervisor": "read add change", "manager": "read"},
    scope=OF_PATIENT,
    person="patient_id",
    personal=True,
)

FOLLOW_UP_TASK = Resource(
    FollowUpTask,
    ("随访任务", "Follow-up task"),
    plural=("随访任务", "Follow-up tasks"),
    group="tasks",
    label="title",
    fields=(
        Field("patient_id", ("患者", "Patient")),
        Field("title", ("内容", "Title")),
        Field("due_at", ("到期", "Due")),
        Field("state", ("状态", "State"), choices=(("open", "未完成", "Open"), ("done", "已完成", "Done"), ("cancelled", "已取消", "Cancelled"))),
        Field("assigned_to", ("负责人", "Assigned to")),
        Field("closed_at", ("结束时间", "Closed")),
    ),
    filters=("patient_id", "state", "due_at", "assigned_to"),
    sort="-due_at",
    actions="read",
    rights={"agent": "read", "handler": "read", "supervisor": "read", "manager": "read"},
    scope=OF_PATIENT,
    person="patient_id",
)

RESOURCES = (PATIENT, CONTACT_PHONE, RELATIVE, VISIT, MEDICAL_ORDER, FOLLOW_UP_TASK)
