"""Words that several declarations share. Declares nothing itself.

In: nothing. Out: choices, fields and cleans. Must not import another declaration. Invariant: a choice's codes are those of the table's check.
"""

from __future__ import annotations

from zoneinfo import available_timezones

from crm.errors import InvalidValue
from crm.resource import Field

CONTACT_CHANNELS = (("phone", "电话", "Phone"), ("sms", "短信", "SMS"), ("wechat", "微信", "WeChat"), ("email", "邮件", "E-mail"),
("letter", "信函", "Letter"))
IN_CHANNELS = (
    ("phone", "电话", "Phone"), ("voice_message", "留言", "Voice message"), ("web", "网站", "Web"), ("wechat", "微信", "WeChat"),
    ("letter", "信函", "Letter"), ("visit", "来访", "Visit"), ("media", "媒体", "Media"),
)  # fmt: skip
AGREEMENT_STATES = (("draft", "草稿", "Draft"), ("active", "生效", "Active"), ("ended", "到期", "Ended"), ("cancelled", "作废", "Cancelled"))
REGISTRY_STATES = (("active", "在管", "Active"), ("closed", "结案", "Closed"))

PATIENT = Field("patient_id", ("患者", "Patient"), write_once=True, resource="patient")
DEPARTMENT = Field("department_id", ("科室", "Department"))
DOCTOR = Field("doctor_id", ("医生", "Doctor"))
VISIT = Field("visit_id", ("就诊", "Visit"), on="detail form")
ACTIVE = Field("active", ("启用", "Active"))
NOTE = Field("note", ("备注", "Note"), kind="text", on="detail form")
CREATED_BY = Field("created_by", ("登记人", "Entered by"), readonly=True, resource="user_account")
CREATED_AT = Field("created_at", ("登记时间", "Entered at"), readonly=True, on="list detail")
CHANGED_AT = Field("changed_at", ("更新时间", "Changed at"), readonly=True, on="list detail")


def user(name: str, zh: str, en: str, *, readonly: bool = False) -> Field:
    """A field that names a user."""
    return Field(name, (zh, en), resource="user_account", readonly=readonly)


def telephone(value: str) -> str:
    """As written, when it can be a telephone number. Raises InvalidValue."""
    plain = value.strip()
    digits = sum(one.isdigit() for one in plain)
    if plain and (not 3 <= digits <= 15 or any(not (one.isdigit() or one in " +-()转#*") for one in plain)):
        raise InvalidValue("phone", "is a telephone number of 3 to 15 digits", "write it with its area code, an extension after 转")
    return plain


def zone(value: str) -> str:
    """An IANA time zone. Raises InvalidValue."""
    if value not in available_timezones():
        raise InvalidValue("zone", "is a time zone such as Asia/Shanghai", "choose one that exists")
    return value
