"""Registries: chronic diseases, the elderly, maternity.

In: the models. Out: `RESOURCES`. Must not hold behaviour. Invariant: an entry leaves its registry by the move `close` only, with its day.
"""

from __future__ import annotations

from crm.engine.resource import Field, Move, Resource, Scope
from crm.models import ChronicRegistry, ElderlyRegistry, MaternityRegistry
from crm.resources.common import DOCTOR, NOTE, PATIENT, REGISTRY_STATES

_STATE = Field("state", ("状态", "State"), choices=REGISTRY_STATES, readonly=True)
_REGISTERED = Field("registered_on", ("建档日期", "Registered on"))
_REVIEW = Field("next_review_on", ("下次随访", "Next review"))
_CLOSED = Field("closed_on", ("结案日期", "Closed on"))
_MOVES = (
    Move("close", ("结案", "Close"), ("active",), "closed", needs=("closed_on",), asks=("note",)),
    Move("reopen", ("恢复在管", "Reopen"), ("closed",), "active", sets={"closed_on": None}),
)
_COMMON = {"agent": "read", "handler": "read add change", "supervisor": "all"}

CHRONIC = Resource(
    ChronicRegistry, ("慢病档案", "Chronic registry"), plural=("慢病档案", "Chronic registry"), path="chronic-registry", group="people",
    label="disease_id",
    fields=(
        PATIENT, Field("disease_id", ("病种", "Disease")), DOCTOR, _REGISTERED,
        Field("risk", ("危险分层", "Risk"), choices=(("low", "低危", "Low"), ("middle", "中危", "Middle"), ("high", "高危", "High"))),
        Field("systolic_goal", ("收缩压目标", "Systolic goal"), unit=("mmHg", "mmHg"), min=80, max=220),
        Field("glucose_goal", ("空腹血糖目标", "Fasting glucose goal"), unit=("mmol/L", "mmol/L"), min=3, max=20),
        _REVIEW, _STATE, _CLOSED, NOTE,
    ),
    list_columns=("patient_id", "disease_id", "risk", "doctor_id", "next_review_on", "state"), sort="next_review_on",
    filters=("patient_id", "disease_id", "risk", "doctor_id", "state", "next_review_on"), state="state", moves=_MOVES,
    rights=_COMMON, scope=Scope(through="patient_id"), personal=True, person="patient_id",
)  # fmt: skip

ELDERLY = Resource(
    ElderlyRegistry, ("老年人档案", "Elderly registry"), plural=("老年人档案", "Elderly registry"), path="elderly-registry", group="people",
    label="patient_id",
    fields=(
        PATIENT, DOCTOR, _REGISTERED,
        Field("living", ("居住情况", "Living"), choices=(
            ("alone", "独居", "Alone"), ("spouse", "与配偶", "With spouse"), ("children", "与子女", "With children"),
            ("carer", "有护工", "With a carer"), ("institution", "养老机构", "Institution"))),
        Field("self_care", ("自理能力", "Self-care"), min=0, max=100, hint=("Barthel 指数 0-100", "Barthel index 0-100")),
        Field("cognition", ("认知评分", "Cognition"), min=0, max=30, hint=("MMSE 0-30", "MMSE 0-30")),
        Field("falls_last_year", ("近一年跌倒", "Falls last year"), unit=("次", "times"), min=0),
        Field("emergency_contact", ("紧急联系人", "Emergency contact"), mask="text"), _REVIEW, _STATE, _CLOSED, NOTE,
    ),
    list_columns=("patient_id", "living", "self_care", "falls_last_year", "next_review_on", "state"), sort="next_review_on",
    filters=("patient_id", "living", "state", "self_care", "falls_last_year", "next_review_on"), state="state", moves=_MOVES,
    rights=_COMMON, scope=Scope(through="patient_id"), personal=True, person="patient_id",
)  # fmt: skip

MATERNITY = Resource(
    MaternityRegistry, ("孕产妇档案", "Maternity registry"), plural=("孕产妇档案", "Maternity registry"), path="maternity-registry",
    group="people", label="due_on",
    fields=(
        PATIENT, DOCTOR, _REGISTERED,
        Field("last_menstruation_on", ("末次月经", "Last menstruation")), Field("due_on", ("预产期", "Due on")),
        Field("gravida", ("孕次", "Gravida"), min=1, max=20), Field("para", ("产次", "Para"), min=0, max=20),
        Field("risk", ("妊娠风险", "Risk"), choices=(
            ("green", "绿色", "Green"), ("yellow", "黄色", "Yellow"), ("orange", "橙色", "Orange"), ("red", "红色", "Red"),
            ("purple", "紫色", "Purple"))),
        Field("delivered_on", ("分娩日期", "Delivered on")),
        Field("delivery", ("分娩方式", "Delivery"), choices=(
            ("", "未分娩", "Not yet"), ("natural", "顺产", "Natural"), ("caesarean", "剖宫产", "Caesarean"), ("assisted", "助产", "Assisted"))),
        Field("baby_weight_g", ("新生儿体重", "Baby's weight"), unit=("克", "g"), min=300, max=7000), _REVIEW, _STATE, _CLOSED, NOTE,
    ),
    list_columns=("patient_id", "due_on", "risk", "doctor_id", "next_review_on", "state"), sort="due_on",
    filters=("patient_id", "risk", "doctor_id", "state", "due_on", "next_review_on"), state="state", moves=_MOVES,
    rights=_COMMON, scope=Scope(through="patient_id"), personal=True, person="patient_id",
)  # fmt: skip

RESOURCES = (CHRONIC, ELDERLY, MATERNITY)
