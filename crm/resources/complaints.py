"""Complaints and enquiries: register, handle, answer, close.

In: the models. Out: `RESOURCES`. Must not hold deadlines or escalation. Invariant: what is answered or closed has its result.
"""

from __future__ import annotations

from crm.engine.resource import Field, Move, Resource, Scope, Search, Section
from crm.models import Complaint, Inquiry
from crm.resources.common import CREATED_BY, IN_CHANNELS, user

_SECTIONS = (Section("", ("登记", "Registration")), Section("who", ("来自", "From")), Section("result", ("处理", "Handling")))
_WHO = (
    Field("patient_id", ("患者", "Patient"), section="who"), Field("department_id", ("相关科室", "Department"), section="who"),
    Field("doctor_id", ("相关医生", "Doctor"), section="who"),
    Field("linkedid", ("来电编号", "Call"), section="who", on="detail form", write_once=True),
)  # fmt: skip
_WHEN = (Field("received_at", ("受理时间", "Received at")),
Field("due_at", ("期限", "Due at"), section="result"), user("assigned_to", "处理人", "Handler", section="result"))

COMPLAINT = Resource(
    Complaint, ("投诉建议", "Complaint"), plural=("投诉建议", "Complaints"), group="service", label="subject", sections=_SECTIONS,
    fields=(
        Field("kind", ("类型", "Kind"), choices=(
            ("complaint", "投诉", "Complaint"), ("suggestion", "建议", "Suggestion"), ("praise", "表扬", "Praise"),
            ("dispute", "纠纷", "Dispute"), ("media", "媒体事件", "Media event"))),
        Field("urgency", ("紧急程度", "Urgency"), choices=(("normal", "普通", "Normal"), ("high", "较急", "High"),
        ("urgent", "紧急", "Urgent")), width="narrow"),
        Field("subject", ("主题", "Subject"), width="full"), Field("content", ("内容", "Content"), kind="text", on="detail form"),
        Field("channel", ("渠道", "Channel"), choices=IN_CHANNELS),
        *_WHEN,
        Field("complainant", ("投诉人", "Complainant"), section="who", mask="name"),
        Field("complainant_phone", ("联系电话", "Phone"), kind="phone", section="who", mask="phone"), *_WHO,
        Field("state", ("状态", "State"), readonly=True, choices=(
            ("new", "待受理", "New"), ("handling", "处理中", "Handling"), ("answered", "已答复", "Answered"), ("closed", "已结案", "Closed"))),
        Field("result", ("处理结果", "Result"), kind="text", section="result", on="detail form"),
        Field("satisfied", ("满意度", "Satisfied"), section="result", min=1, max=5, hint=("1-5 分", "1 to 5")),
        Field("closed_at", ("结案时间", "Closed at"), readonly=True, section="result"), CREATED_BY,
    ),
    list_columns=("subject", "kind", "urgency", "patient_id", "department_id", "state", "due_at", "assigned_to"), sort="-received_at",
    filters=("kind", "state", "urgency", "channel", "department_id", "doctor_id", "patient_id", "assigned_to", "received_at", "due_at"),
    search=Search(texts=("subject",)), state="state", moves=(
        Move("accept", ("受理", "Accept"), ("new",), "handling", asks=("assigned_to", "due_at"), style="primary"),
        Move("answer", ("答复", "Answer"), ("new", "handling"), "answered", needs=("result",), style="primary"),
        Move("close", ("结案", "Close"), ("answered", "handling"), "closed", needs=("result",), asks=("satisfied",), sets={"closed_at": "now"}),
        Move("reopen", ("重新处理", "Reopen"), ("answered", "closed"), "handling", sets={"closed_at": None}),
    ),
    rights={"agent": "read add change", "handler": "read add change bulk accept answer close", "supervisor": "all", "manager": "all"},
    scope=Scope(own="created_by", department="department_id"), personal=True, person="patient_id",
)  # fmt: skip

INQUIRY = Resource(
    Inquiry, ("咨询", "Enquiry"), plural=("咨询", "Enquiries"), path="inquiries", group="service", label="subject", sections=_SECTIONS,
    fields=(
        Field("subject", ("主题", "Subject"), width="full"), Field("question", ("问题", "Question"), kind="text", on="detail form"),
        Field("channel", ("渠道", "Channel"), choices=IN_CHANNELS),
        *_WHEN,
        Field("asker", ("咨询人", "Asker"), section="who", mask="name"),
        Field("asker_phone", ("联系电话", "Phone"), kind="phone", section="who", mask="phone"), *_WHO,
        Field("state", ("状态", "State"), readonly=True, choices=(
            ("new", "待分派", "New"), ("assigned", "已分派", "Assigned"), ("answered", "已答复", "Answered"), ("closed", "已关闭", "Closed"))),
        Field("answer", ("答复", "Answer"), kind="text", section="result", on="detail form"),
        user("answered_by", "答复人", "Answered by", readonly=True, section="result"),
        Field("answered_at", ("答复时间", "Answered at"), readonly=True, section="result"),
        CREATED_BY,
    ),
    list_columns=("subject", "patient_id", "department_id", "doctor_id", "state", "due_at", "assigned_to"), sort="-received_at",
    filters=("state", "channel", "department_id", "doctor_id", "patient_id", "assigned_to", "received_at", "due_at"),
    search=Search(texts=("subject",)), state="state", moves=(
        Move("assign", ("分派", "Assign"), ("new", "assigned"), "assigned", asks=("assigned_to", "department_id", "doctor_id", "due_at"),
        style="primary"),
        Move("answer", ("答复", "Answer"), ("new", "assigned"), "answered", needs=("answer",), sets={"answered_at": "now", "answered_by": "me"},
        style="primary"),
        Move("close", ("关闭", "Close"), ("answered",), "closed"),
        Move("reopen", ("重新打开", "Reopen"), ("answered", "closed"), "assigned"),
    ),
    rights={"agent": "read add change assign", "handler": "read add change bulk assign answer close", "supervisor": "all", "manager": "all"},
    scope=Scope(own="created_by", department="department_id"), personal=True, person="patient_id",
)  # fmt: skip

RESOURCES = (COMPLAINT, INQUIRY)
