"""Behind the automatic services: callbacks, ratings, texts and their templates, reminders, tips, carers' rights, the rules; what people see of them.

In: the models of crm.models.ivr_services. Out: `RESOURCES`. Must not send or ring: a callback is taken by an agent, a text by the job that sends.
Invariant: attempts to identify, answers of actions and who was identified are seen by nobody; the rules have ranges the database keeps, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.resource import Extra, Field, Move, Resource, Scope, Section
from crm.models import (
    CallbackRequest,
    CallRating,
    CallRecord,
    CarerRight,
    DepartmentGuide,
    HealthReminder,
    HealthTip,
    Patient,
    SelfServicePolicy,
    TextMessage,
    TextTemplate,
    UserAccount,
)
from crm.resources.common import ACTIVE, CREATED_AT, CREATED_BY, DEPARTMENT, PATIENT, user

LANGUAGES = (("zh", "中文", "Chinese"), ("en", "英文", "English"))
TOPICS = (
    ("appointments", "听预约", "Hear appointments"), ("booking", "预约、改约、取消", "Book, move, cancel"), ("fees", "听费用", "Hear fees"),
    ("results", "听报告是否已出", "Hear whether reports are ready"), ("reminders", "听健康提醒", "Hear reminders"),
)  # fmt: skip
PROOFS = (("signed_form", "书面授权", "Signed form"), ("recorded_call", "录音授权", "Recorded call"), ("guardian", "监护人", "Guardian"))
REMINDER_KINDS = (
    ("recheck", "复诊", "Follow-up visit"), ("medication", "复诊开药", "Renew medicine"), ("examination", "复查", "Check examination"),
    ("vaccination", "疫苗接种", "Vaccination"), ("check_up", "健康体检", "Health check-up"), ("follow_up", "电话随访", "Follow-up call"),
)  # fmt: skip
REMINDER_STATES = (("open", "待办理", "Open"), ("done", "已办理", "Done"), ("cancelled", "取消", "Cancelled"))
DAYS = (("every_day", "每天", "Every day"), ("weekdays", "周一至周五", "Monday to Friday"), ("not_sunday", "周一至周六", "Monday to Saturday"))
CALLBACK_STATES = (
    ("open", "待回电", "To be called"), ("calling", "处理中", "Being called"), ("done", "已回电", "Called"),
    ("unreachable", "联系不上", "Not reached"), ("cancelled", "取消", "Cancelled"),
)  # fmt: skip
TEXT_STATES = (
    ("waiting", "待发送", "Waiting"), ("sent", "已发送", "Sent"), ("failed", "发送失败", "Failed"), ("no_gateway", "未配置网关", "No gateway"),
    ("cancelled", "取消", "Cancelled"),
)  # fmt: skip
MINE = Field("linkedid", ("来电编号", "Call"), on="detail", readonly=True)


NUMBER = Field("number", ("号码", "Number"), kind="phone", mask="phone")
_TITLES = (Field("title_zh", ("名称", "Title")), Field("title_en", ("英文名称", "English title")))
_CLOSED = {"closed_at": "now"}

CALLBACK_REQUEST = Resource(
    CallbackRequest,
    ("回电请求", "Callback request"),
    plural=("回电请求", "Callback requests"),
    group="calls",
    label="number",
    fields=(
        NUMBER,
        Field("patient_id", ("患者", "Patient")),
        Field("queue", ("队列", "Queue")),
        Field("language", ("语言", "Language"), choices=LANGUAGES, width="narrow"),
        Field("wish", ("事由", "About"), width="full"),
        Field("due_at", ("最晚回电", "Call by")),
        user("assigned_to", "负责人", "Taken by"),
        Field("state", ("状态", "State"), choices=CALLBACK_STATES, readonly=True),
        Field("result", ("结果", "Result"), kind="text", on="detail form"),
        Field("closed_at", ("完成时间", "Closed at"), readonly=True),
        MINE,
        CREATED_AT,
    ),
    list_columns=("number", "patient_id", "queue", "language", "due_at", "state", "assigned_to", "created_at"),
    filters=("state", "queue", "assigned_to", "patient_id", "due_at", "created_at"),
    sort="due_at",
    state="state",
    moves=(
        Move("take", ("去回电", "Take"), ("open", "unreachable"), "calling", sets={"assigned_to": "me", "closed_at": None}, style="primary"),
        Move("finish", ("已回电", "Called"), ("open", "calling"), "done", asks=("result",), sets=_CLOSED, style="primary"),
        Move("not_reached", ("联系不上", "Not reached"), ("calling",), "unreachable", asks=("result",), sets=_CLOSED),
        Move("cancel", ("取消", "Cancel"), ("open", "calling"), "cancelled", asks=("result",), sets=_CLOSED, style="danger"),
    ),
    rights={"agent": "read add change take finish not_reached cancel", "supervisor": "all", "manager": "read"},
    personal=True,
    person="patient_id",
)


async def _calls(session: AsyncSession, ids: Sequence[Any], what: Any) -> Mapping[Any, Any]:
    """Of the call that was rated."""
    rating, call = CallRating.__table__.c, CallRecord.__table__.c
    joined = CallRating.__table__.join(CallRecord.__table__, call.linkedid == rating.linkedid)
    joined = joined.outerjoin(UserAccount.__table__, UserAccount.__table__.c.id == call.agent_id)
    joined = joined.outerjoin(Patient.__table__, Patient.__table__.c.id == call.patient_id)
    rows = await session.execute(select(rating.id, what).select_from(joined).where(rating.id.in_(ids)))
    return {rated: value for rated, value in rows}  # noqa: C416 - rows are no tuples


async def _agents(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    return await _calls(session, ids, UserAccount.__table__.c.name)


async def _patients(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    return await _calls(session, ids, Patient.__table__.c.name)


async def _queues(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    return await _calls(session, ids, CallRecord.__table__.c.queue)


CALL_RATING = Resource(
    CallRating,
    ("服务评价", "Rating"),
    plural=("服务评价", "Ratings"),
    group="calls",
    label="score",
    fields=(
        CREATED_AT,
        Field("score", ("评分", "Score"), min=1, max=5, hint=("5 非常满意", "5: very satisfied"), width="narrow"),
        Field("language", ("语言", "Language"), choices=LANGUAGES, width="narrow"),
        Field("linkedid", ("来电编号", "Call"), on="detail"),
    ),
    list_columns=("created_at", "score", "agent", "patient", "queue"),
    filters=("score", "language", "created_at"),
    sort="-created_at",
    extras=(
        Extra("agent", "string", ("坐席", "Agent"), _agents),
        Extra("patient", "string", ("患者", "Patient"), _patients, mask="name"),
        Extra("queue", "string", ("队列", "Queue"), _queues),
    ),
    rights={"supervisor": "read export", "manager": "read export"},
    actions="read export",
)

TEXT_TEMPLATE = Resource(
    TextTemplate,
    ("短信模板", "Text template"),
    plural=("短信模板", "Text templates"),
    group="parameters",
    label="title_zh",
    fields=(
        Field("code", ("代码", "Code"), pattern="[a-z][a-z0-9_]{0,39}", write_once=True),
        *_TITLES,
        Field("body_zh", ("中文内容", "Chinese text"), kind="text", hint=("{patient} {day} 等由系统填写", "{patient} {day} ... are filled in")),
        Field("body_en", ("英文内容", "English text"), kind="text"),
        ACTIVE,
    ),
    list_columns=("code", "title_zh", "body_zh", "active"),
    filters=("active",),
    sort="code",
    rights={"supervisor": "read add change", "agent": "read"},
    actions="read add change",
)

TEXT_MESSAGE = Resource(
    TextMessage,
    ("短信", "Text message"),
    plural=("短信", "Text messages"),
    group="service",
    label="number",
    fields=(
        NUMBER,
        Field("patient_id", ("患者", "Patient")),
        Field("template", ("模板", "Template")),
        Field("body", ("内容", "Text"), kind="text", mask="text"),
        Field("state", ("状态", "State"), choices=TEXT_STATES, readonly=True),
        Field("reason", ("原因", "Reason"), width="full"),
        Field("attempts", ("次数", "Tries"), width="narrow"),
        Field("sent_at", ("发送时间", "Sent at")),
        MINE,
        CREATED_AT,
    ),
    list_columns=("created_at", "number", "patient_id", "template", "state", "reason", "sent_at"),
    filters=("state", "template", "patient_id", "created_at"),
    sort="-created_at",
    state="state",
    moves=(
        Move("send_again", ("重新发送", "Send again"), ("failed", "no_gateway", "cancelled"), "waiting", sets={"attempts": 0, "reason": ""}),
        Move("cancel", ("取消", "Cancel"), ("waiting",), "cancelled", style="danger"),
    ),
    rights={"agent": "read", "supervisor": "read send_again cancel", "manager": "read"},
    actions="read",
    personal=True,
    person="patient_id",
)

HEALTH_TIP = Resource(
    HealthTip,
    ("疾病小常识", "Health tip"),
    plural=("疾病小常识", "Health tips"),
    group="knowledge",
    label="title_zh",
    fields=(
        *_TITLES,
        Field("disease_id", ("病种", "Disease")),
        Field("text_zh", ("播报内容", "What is said"), kind="text", hint=("电话里念出来的话，短一些", "as it is spoken: keep it short")),
        Field("text_en", ("英文播报内容", "What is said in English"), kind="text"),
        Field("sort", ("顺序", "Order"), hint=("小的在前", "smaller first")),
        ACTIVE,
        CREATED_BY,
    ),
    list_columns=("title_zh", "title_en", "disease_id", "sort", "active"),
    filters=("active", "disease_id"),
    sort="sort",
    rights={"agent": "read", "handler": "read add change", "supervisor": "all", "manager": "read"},
)

HEALTH_REMINDER = Resource(
    HealthReminder,
    ("健康提醒", "Health reminder"),
    plural=("健康提醒", "Health reminders"),
    group="people",
    label="kind",
    fields=(
        PATIENT,
        Field("kind", ("类型", "Kind"), choices=REMINDER_KINDS),
        DEPARTMENT,
        Field("due_on", ("日期", "Due on")),
        Field("note", ("说明", "Note"), width="full", hint=("电话里不念", "not spoken")),
        Field("state", ("状态", "State"), readonly=True, choices=REMINDER_STATES),
        CREATED_BY,
    ),
    list_columns=("patient_id", "kind", "department_id", "due_on", "state"),
    filters=("patient_id", "kind", "department_id", "due_on", "state"),
    sort="due_on",
    state="state",
    moves=(
        Move("finish", ("已办理", "Done"), ("open",), "done", style="primary"),
        Move("cancel", ("取消", "Cancel"), ("open",), "cancelled", style="danger"),
        Move("reopen", ("重新打开", "Reopen"), ("done", "cancelled"), "open"),
    ),
    rights={"agent": "read add change finish cancel reopen", "handler": "read add change finish cancel reopen", "supervisor": "all"},
    scope=Scope(through="patient_id"),
    personal=True,
    person="patient_id",
)


CARER_RIGHT = Resource(
    CarerRight,
    ("家属授权", "Carer's right"),
    plural=("家属授权", "Carers' rights"),
    group="people",
    label=("name", "relation"),
    fields=(
        PATIENT,
        Field("carer_id", ("家属档案", "Carer's file"), resource="patient"),
        Field("name", ("姓名", "Name"), mask="name"),
        Field("relation", ("关系", "Relation"), width="narrow"),
        Field("number", ("家属号码", "Carer's number"), kind="phone", mask="phone"),
        Field("topics", ("允许", "Allowed"), choices=TOPICS, width="full"),
        Field("proof", ("依据", "Proof"), choices=PROOFS),
        Field("given_on", ("授权日期", "Given on")),
        Field("valid_to", ("有效期至", "Valid to"), hint=("空：长期", "empty: until further notice")),
        CREATED_BY,
    ),
    list_columns=("patient_id", "carer_id", "name", "relation", "topics", "valid_to"),
    filters=("patient_id", "carer_id", "valid_to"),
    sort="-id",
    rights={"agent": "read add change delete", "handler": "read", "supervisor": "all"},
    scope=Scope(through="patient_id"),
    personal=True,
    person="patient_id",
    delete_needs_reason=True,
)

DEPARTMENT_GUIDE = Resource(
    DepartmentGuide,
    ("科室导引", "Department guide"),
    plural=("科室导引", "Department guides"),
    group="resources",
    label="department_id",
    fields=(
        DEPARTMENT,
        Field("building_zh", ("楼", "Building in Chinese")),
        Field("building_en", ("楼（英文）", "Building")),
        Field("floor", ("层", "Floor"), min=-5, max=99, width="narrow"),
        Field("area", ("区", "Area"), pattern="[A-Z]?", width="narrow"),
        Field("phone", ("科室电话", "Telephone"), pattern="[0-9]{0,15}", hint=("只写数字，逐位念出", "digits only; they are spoken one by one")),
        Field("days", ("开诊日", "Open on"), choices=DAYS),
        Field("opens_at", ("开始", "From")),
        Field("closes_at", ("结束", "To")),
    ),
    list_columns=("department_id", "building_zh", "floor", "area", "phone", "days", "opens_at", "closes_at"),
    filters=("department_id", "days"),
    sort="department_id",
    rights={"agent": "read", "handler": "read", "supervisor": "read add change delete", "manager": "read"},
    actions="read add change delete",
)

SELF_SERVICE_POLICY = Resource(
    SelfServicePolicy,
    ("自助服务规则", "Rules of self-service"),
    plural=("自助服务规则", "Rules of self-service"),
    group="parameters",
    label=(),
    sections=(Section("", ("核实身份", "Identification")), Section("told", ("播报", "What is told"))),
    fields=(
        Field("failures_a_number", ("每个来电号码最多失败", "Failures a caller's number"), min=1, max=50, unit=("次", "times")),
        Field("failures_a_card", ("每个证件号最多失败", "Failures a card"), min=1, max=50, unit=("次", "times")),
        Field("failure_window_h", ("统计时间", "Counted over"), min=1, max=720, unit=("小时", "h")),
        Field("report_days", ("查询最近报告", "Reports of the last"), min=1, max=365, unit=("天", "days"), section="told"),
        Field("reminder_days", ("提前提醒", "Reminders ahead"), min=1, max=365, unit=("天", "days"), section="told"),
        Field("callback_hours", ("回电时限", "Callbacks within"), min=1, max=168, unit=("小时", "h"), section="told"),
    ),
    rights={"supervisor": "read change", "manager": "read"},
    actions="read change",
)

RESOURCES = (
    CALLBACK_REQUEST, CALL_RATING, TEXT_MESSAGE, TEXT_TEMPLATE, HEALTH_TIP, HEALTH_REMINDER, CARER_RIGHT, DEPARTMENT_GUIDE, SELF_SERVICE_POLICY,
)  # fmt: skip
