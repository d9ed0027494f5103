"""Words that several declarations share. Declares nothing itself.

In: nothing. Out: choices, fields and cleans. Must not import another declaration. Invariant: a choice's codes are those of the table's check.
"""

from __future__ import annotations

from zoneinfo import available_timezones

from crm.engine.resource import Field, Related
from crm.errors import InvalidValue

CONTACT_CHANNELS = (("phone", "电话", "Phone"), ("sms", "短信", "SMS"), ("wechat", "微信", "WeChat"), ("email", "邮件", "E-mail"),
("letter", "信函", "Letter"))
IN_CHANNELS = (
    ("phone", "电话", "Phone"), ("voice_message", "留言", "Voice message"), ("web", "网站", "Web"), ("wechat", "微信", "WeChat"),
    ("letter", "信函", "Letter"), ("visit", "来访", "Visit"), ("media", "媒体", "Media"),
)  # fmt: skip
AGREEMENT_STATES = (("draft", "草稿", "Draft"), ("active", "生效", "Active"), ("ended", "到期", "Ended"), ("cancelled", "作废", "Cancelled"))
REGISTRY_STATES = (("active", "在管", "Active"), ("closed", "结案", "Closed"))

WEEKDAYS = (
    (1, "周一", "Monday"), (2, "周二", "Tuesday"), (3, "周三", "Wednesday"), (4, "周四", "Thursday"), (5, "周五", "Friday"), (6, "周六", "Saturday"),
    (7, "周日", "Sunday"),
)  # fmt: skip

PATIENT = Field("patient_id", ("患者", "Patient"), write_once=True, resource="patient")
DEPARTMENT = Field("department_id", ("科室", "Department"))
DOCTOR = Field("doctor_id", ("医生", "Doctor"))
VISIT = Field("visit_id", ("就诊", "Visit"), on="detail form")
ACTIVE = Field("active", ("启用", "Active"))
NOTE = Field("note", ("备注", "Note"), kind="text", on="detail form")
CREATED_BY = Field("created_by", ("登记人", "Entered by"), readonly=True, resource="user")
CREATED_AT = Field("created_at", ("登记时间", "Entered at"), readonly=True, on="list detail")
CHANGED_AT = Field("changed_at", ("更新时间", "Changed at"), readonly=True, on="list detail")


def user(name: str, zh: str, en: str, *, readonly: bool = False, section: str = "", hint: tuple[str, str] | None = None) -> Field:
    """A field that names a user."""
    return Field(name, (zh, en), resource="user", readonly=readonly, section=section, hint=hint)


def zone(value: str) -> str:
    """An IANA time zone. Raises InvalidValue."""
    if value not in available_timezones():
        raise InvalidValue("zone", "is a time zone such as Asia/Shanghai", "choose one that exists")
    return value

# What a patient's page shows besides the person: the rest of his file.
PATIENT_FILE = (
    Related("appointments", "appointment", "patient_id", ("预约", "Appointments"), sort="-starts_at"),
    Related("identifiers", "patient_identifier", "patient_id", ("证件", "Identifiers")),
    Related("addresses", "patient_address", "patient_id", ("地址", "Addresses")),
    Related("profile", "patient_profile", "patient_id", ("个人情况", "Circumstances"), limit=1),
    Related("insurance", "patient_insurance", "patient_id", ("医保", "Insurance")),
    Related("consents", "consent", "patient_id", ("知情同意", "Consents"), sort="-given_at"),
    Related("carers", "carer_right", "patient_id", ("家属授权", "Carers' rights")),
    Related("do_not_contact", "do_not_contact", "patient_id", ("免打扰", "Do not contact")),
    Related("diagnoses", "diagnosis", "patient_id", ("诊断", "Diagnoses"), sort="-found_at"),
    Related("examinations", "examination", "patient_id", ("检查", "Examinations"), sort="-examined_at"),
    Related("laboratory", "laboratory_result", "patient_id", ("检验", "Laboratory"), sort="-measured_at"),
    Related("medication", "medication", "patient_id", ("用药", "Medication"), sort="-begins_on"),
    Related("fees", "fee", "patient_id", ("费用", "Fees"), sort="-charged_at"),
    Related("chronic", "chronic_registry", "patient_id", ("慢病档案", "Chronic registry")),
    Related("elderly", "elderly_registry", "patient_id", ("老年人档案", "Elderly registry")),
    Related("maternity", "maternity_registry", "patient_id", ("孕产妇档案", "Maternity registry")),
    Related("membership", "member", "patient_id", ("会员", "Membership"), limit=1),
    Related("complaints", "complaint", "patient_id", ("投诉建议", "Complaints"), sort="-received_at"),
    Related("inquiries", "inquiry", "patient_id", ("咨询", "Enquiries"), sort="-received_at"),
    Related("to_dos", "to_do", "patient_id", ("待办", "To-dos")),
    Related("events", "event_invitation", "patient_id", ("活动", "Events")),
)
