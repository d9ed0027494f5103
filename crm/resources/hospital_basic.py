"""Departments, doctors, opening hours: what administrators see and change of the hospital itself.

In: the models of crm.models.hospital. Out: declarations. Must not hold people's data. Invariant: everybody who is signed in by a shipped role
may read them, as forms choose from them.
"""

from __future__ import annotations

from crm.engine.resource import Choice, Extra, Field, Related, Resource, Search
from crm.models import Calendar, CalendarDay, CalendarHours, Department, Doctor
from crm.resources.common import WEEKDAYS
from crm.things import appraisals

READERS = {"agent": "read", "handler": "read", "supervisor": "read add change", "manager": "read"}
GENDERS: tuple[Choice, ...] = (("male", "男", "Male"), ("female", "女", "Female"), ("", "未知", "Unknown"))
DAY_KINDS: tuple[Choice, ...] = (("holiday", "节假日", "Holiday"), ("workday", "调休上班", "Working day"), ("closure", "停诊", "Closed"))
ORDER = Field("sort", ("顺序", "Order"), hint=("小的在前", "smaller first"))
ACTIVE = Field("active", ("启用", "Active"))

DEPARTMENT = Resource(
    Department,
    ("科室", "Department"),
    plural=("科室", "Departments"),
    group="resources",
    label="name_zh",
    fields=(
        Field("code", ("代码", "Code")),
        Field("name_zh", ("名称", "Name")),
        Field("name_en", ("英文名称", "English name")),
        Field("location_zh", ("位置", "Place")),
        Field("location_en", ("英文位置", "English place")),
        ORDER,
        ACTIVE,
    ),
    list_columns=("name_zh", "code", "name_en", "location_zh", "active"),
    filters=("active",),
    sortable=("code", "name_zh", "sort"),
    sort="sort",
    search=Search(codes=("code", "name_en"), texts=(), names=("name_zh",), hint=("名称、代码", "Name, code")),
    related=(
        Related("doctors", "doctor", "department_id", ("医生", "Doctors"), sort="sort"),
        Related("places", "place", "department_id", ("地点", "Places"), sort="code"),
        Related("services", "service_product", "department_id", ("服务项目", "Services"), sort="code"),
        Related("equipment", "equipment", "department_id", ("设备", "Equipment"), sort="code"),
        Related("diseases", "disease", "department_id", ("病种", "Diseases"), sort="code"),
    ),
    rights=READERS,
    import_keys=(("code",),),
)

DOCTOR = Resource(
    Doctor,
    ("医生", "Doctor"),
    plural=("医生", "Doctors"),
    group="resources",
    label="name_zh",
    fields=(
        Field("name_zh", ("姓名", "Name")),
        Field("name_en", ("英文姓名", "English name")),
        Field("department_id", ("科室", "Department")),
        Field("title_zh", ("职称", "Title")),
        Field("title_en", ("英文职称", "English title")),
        Field("gender", ("性别", "Gender"), choices=GENDERS, width="narrow"),
        ORDER,
        ACTIVE,
    ),
    extras=(Extra("score", "integer", ("最近考评", "Last appraisal"), appraisals.doctor_scores, of="appraisals"),),
    list_columns=("name_zh", "department_id", "title_zh", "gender", "score", "active"),
    filters=("department_id", "active", "gender"),
    sortable=("name_zh", "sort"),
    sort="sort",
    search=Search(names=("name_zh", "name_en"), hint=("姓名", "Name")),
    related=(
        Related("profile", "doctor_profile", "doctor_id", ("简介", "Profile"), limit=1),
        Related("rosters", "clinic_roster", "doctor_id", ("出诊排班", "Weekly clinics"), sort="weekday"),
        Related("absences", "clinic_absence", "doctor_id", ("停诊与请假", "Leave"), sort="-first_day"),
        Related("appraisals", "doctor_appraisal", "doctor_id", ("考评", "Appraisals"), sort="-period"),
    ),
    rights=READERS,
    import_keys=(("department_id", "name_zh"),),
)

CALENDAR = Resource(
    Calendar,
    ("服务时间", "Opening hours"),
    plural=("服务时间", "Opening hours"),
    group="parameters",
    label="title_zh",
    fields=(
        Field("name", ("代码", "Code"), example="hotline"),
        Field("title_zh", ("名称", "Title")),
        Field("title_en", ("英文名称", "English title")),
        Field("emergency", ("紧急停线", "Emergency closure"), hint=("打开后立即停止服务", "closes at once")),
    ),
    list_columns=("title_zh", "title_en", "name", "emergency"),
    sort="name",
    related=(
        Related("hours", "calendar_hours", "calendar", ("每周时间", "Weekly hours"), sort="weekday", limit=50),
        Related("days", "calendar_day", "calendar", ("特殊日期", "Special days"), sort="-day", limit=50),
    ),
    rights={"agent": "read", "supervisor": "read add change", "manager": "read"},
    actions="read add change delete",
)

CALENDAR_HOURS = Resource(
    CalendarHours,
    ("每周时间", "Weekly hours"),
    path="calendar-hours",
    group="parameters",
    label=("calendar", "weekday", "opens_at"),
    fields=(
        Field("calendar", ("服务时间", "Opening hours")),
        Field("weekday", ("星期", "Weekday"), choices=WEEKDAYS),
        Field("opens_at", ("开始", "Opens")),
        Field("closes_at", ("结束", "Closes"), hint=("00:00 为当天结束", "00:00 is the end of the day")),
    ),
    filters=("calendar", "weekday"),
    sort="weekday",
    rights={"agent": "read", "supervisor": "read add change delete", "manager": "read"},
    actions="read add change delete",
)

CALENDAR_DAY = Resource(
    CalendarDay,
    ("特殊日期", "Special day"),
    plural=("特殊日期", "Special days"),
    group="parameters",
    label=("calendar", "day"),
    fields=(
        Field("calendar", ("服务时间", "Opening hours")),
        Field("day", ("日期", "Day")),
        Field("kind", ("类型", "Kind"), choices=DAY_KINDS),
        Field("like_weekday", ("按星期几上班", "Works like weekday"), choices=WEEKDAYS),
        Field("title_zh", ("名称", "Title")),
        Field("title_en", ("英文名称", "English title")),
    ),
    filters=("calendar", "kind", "day"),
    sort="-day",
    rights={"agent": "read", "supervisor": "read add change delete", "manager": "read"},
    actions="read add change delete",
)

RESOURCES = (DEPARTMENT, DOCTOR, CALENDAR, CALENDAR_HOURS, CALENDAR_DAY)
