"""Rosters, clinics, appointments, waiting list, notices and the rules of booking: what people see of them.

In: the models of crm.models.booking. Out: declarations and the rights of crm/booking's deeds. Must not book: holding, booking, moving, cancelling
and stopping a clinic are functions of crm.booking. Invariant: what takes or frees a seat is no plain change of a row.
"""

from __future__ import annotations

from crm.booking import told
from crm.booking.attendance import may_arrive, may_be_missed
from crm.engine.resource import Extra, Field, Move, Related, Resource, Right, Scope, Search, Section
from crm.models import Appointment, BookingNotice, BookingPolicy, ClinicAbsence, ClinicRoster, ClinicSession, RosterException, WaitingEntry
from crm.resources.common import CREATED_AT, DEPARTMENT, DOCTOR, WEEKDAYS

CLINIC_KINDS = (("general", "普通门诊", "General"), ("expert", "专家门诊", "Expert"), ("special", "特需门诊", "Special"))
SOURCES = (("phone", "电话", "Phone"), ("web", "网络", "Web"), ("window", "窗口", "Counter"), ("agent", "坐席", "Agent"))
STATES = (
    ("held", "保留中", "Held"), ("booked", "已预约", "Booked"), ("arrived", "已到诊", "Arrived"), ("no_show", "爽约", "Did not come"),
    ("cancelled", "已取消", "Cancelled"), ("stopped", "停诊待改约", "Clinic stopped"), ("lapsed", "已失效", "Lapsed"),
)  # fmt: skip
WAITING_STATES = (
    ("waiting", "等候", "Waiting"), ("offered", "已留号", "Offered"), ("taken", "已预约", "Taken"), ("lapsed", "已过期", "Lapsed"),
    ("cancelled", "已退出", "Left"),
)  # fmt: skip
NOTICE_KINDS = (("stopped", "停诊通知", "Clinic stopped"), ("substituted", "替诊通知", "Another doctor"), ("offered", "候补有号", "Seat offered"))
NOTICE_STATES = (
    ("open", "待通知", "To be told"), ("told", "已通知", "Told"), ("unreachable", "联系不上", "Not reached"), ("dropped", "不必通知", "Not needed"),
)  # fmt: skip
ABSENCE_KINDS = (
    ("leave", "请假", "Leave"), ("training", "进修培训", "Training"), ("duty", "外出任务", "Duty elsewhere"), ("stopped", "停诊", "Stopped"),
)  # fmt: skip
HALVES = (("any", "不限", "Any"), ("am", "上午", "Morning"), ("pm", "下午", "Afternoon"))
MINUTES = ("分钟", "min")
DAYS = ("天", "days")
ALONE = ("患者自助时", "for patients alone")
FROM = Field("starts_at", ("开始", "From"))
TO = Field("ends_at", ("结束", "To"))
PLACE_ZH = Field("place_zh", ("地点", "Place"), hint=("空：科室所在地", "empty: the department's"))
PLACE_EN = Field("place_en", ("英文地点", "English place"), on="detail form")
REASON = Field("reason", ("原因", "Reason"), width="full")
PRICE = Field("price_fen", ("挂号费", "Fee"), kind="money")
READERS = {"agent": "read", "handler": "read", "manager": "read"}
KEEPERS = READERS | {"supervisor": "read add change delete"}

CLINIC_ROSTER = Resource(
    ClinicRoster,
    ("出诊排班", "Roster"),
    plural=("出诊排班", "Rosters"),
    group="booking",
    label=("doctor_id", "weekday"),
    sections=(Section("", ("时间", "Times")), Section("seats", ("号源", "Seats")), Section("place", ("地点与费用", "Place and fee"))),
    fields=(
        DEPARTMENT,
        DOCTOR,
        Field("weekday", ("星期", "Weekday"), choices=WEEKDAYS, width="narrow"),
        FROM,
        TO,
        Field("valid_from", ("生效", "Valid from")),
        Field("valid_to", ("截止", "Valid to"), hint=("空：长期", "empty: until further notice")),
        Field("kind", ("门诊类型", "Kind"), choices=CLINIC_KINDS, section="seats"),
        Field("slot_min", ("时段", "Slot"), unit=MINUTES, min=5, max=240, section="seats"),
        Field("per_slot", ("每时段号数", "Seats a slot"), min=0, max=50, section="seats", hint=("0: 不预约", "0: not by appointment")),
        Field("window_only", ("其中留窗口", "Kept for the counter"), min=0, max=50, section="seats"),
        Field("sources", ("号源渠道", "Open to"), choices=SOURCES, section="seats"),
        Field("price_fen", ("挂号费", "Fee"), kind="money", section="place", min=0),
        Field("place_zh", ("地点", "Place"), section="place", hint=("空：科室所在地", "empty: the department's")),
        Field("place_en", ("英文地点", "English place"), section="place", on="detail form"),
    ),
    list_columns=("department_id", "doctor_id", "weekday", "starts_at", "ends_at", "kind", "per_slot", "price_fen", "valid_to"),
    filters=("department_id", "doctor_id", "weekday", "kind", "valid_to"),
    sort="department_id",
    related=(Related("exceptions", "roster_exception", "roster_id", ("例外", "Exceptions"), sort="-day"),),
    rights=KEEPERS,
    scope=Scope(department="department_id"),
)

ROSTER_EXCEPTION = Resource(
    RosterException,
    ("排班例外", "Exception"),
    plural=("排班例外", "Exceptions"),
    group="booking",
    label="day",
    fields=(
        Field("roster_id", ("排班", "Roster"), write_once=True),
        Field("day", ("日期", "Day")),
        Field("kind", ("类型", "Kind"), choices=(("off", "不出诊", "Off"), ("changed", "调整", "Changed"))),
        FROM,
        TO,
        Field("per_slot", ("每时段号数", "Seats a slot"), min=1, max=50),
        PLACE_ZH,
        PLACE_EN,
        REASON,
    ),
    list_columns=("roster_id", "day", "kind", "starts_at", "ends_at", "reason"),
    filters=("roster_id", "day", "kind"),
    sort="-day",
    rights=KEEPERS,
    delete_needs_reason=False,
)

CLINIC_ABSENCE = Resource(
    ClinicAbsence,
    ("停诊与请假", "Absence"),
    plural=("停诊与请假", "Absences"),
    group="booking",
    label="first_day",
    fields=(
        Field("kind", ("类型", "Kind"), choices=ABSENCE_KINDS),
        DOCTOR,
        DEPARTMENT,
        Field("substitute_id", ("替诊医生", "Stands in")),
        Field("first_day", ("开始日期", "First day")),
        Field("last_day", ("结束日期", "Last day")),
        FROM,
        TO,
        REASON,
        CREATED_AT,
    ),
    list_columns=("kind", "doctor_id", "department_id", "first_day", "last_day", "substitute_id", "reason"),
    filters=("kind", "doctor_id", "department_id", "first_day", "last_day"),
    sort="-first_day",
    rights=READERS | {"supervisor": "read delete"},
    actions="read delete",
)

CLINIC_SESSION = Resource(
    ClinicSession,
    ("门诊单元", "Clinic"),
    plural=("门诊单元", "Clinics"),
    group="booking",
    label=("day", "doctor_id"),
    fields=(
        Field("day", ("日期", "Day")),
        FROM,
        TO,
        DEPARTMENT,
        DOCTOR,
        Field("stands_in_for_id", ("替诊", "Stands in for"), on="detail"),
        Field("kind", ("门诊类型", "Kind"), choices=CLINIC_KINDS),
        PRICE,
        PLACE_ZH,
        PLACE_EN,
        Field("state", ("状态", "State"), choices=(("open", "出诊", "Open"), ("stopped", "停诊", "Stopped"))),
        Field("stopped_reason", ("停诊原因", "Reason"), on="detail"),
    ),
    list_columns=("day", "starts_at", "ends_at", "department_id", "doctor_id", "kind", "price_fen", "state"),
    filters=("day", "department_id", "doctor_id", "kind", "state"),
    sort="-day",
    related=(Related("appointments", "appointment", "session_id", ("预约", "Appointments"), sort="starts_at", limit=100),),
    rights=READERS | {"supervisor": "read"},
    actions="read",
    scope=Scope(department="department_id"),
)

APPOINTMENT = Resource(
    Appointment,
    ("预约", "Appointment"),
    plural=("预约", "Appointments"),
    group="booking",
    label="number",
    fields=(
        Field("number", ("预约号", "Number")),
        Field("patient_id", ("患者", "Patient"), resource="patient"),
        Field("starts_at", ("就诊时间", "From")),
        Field("ends_at", ("结束时间", "Ends at"), on="detail"),
        Field("session_id", ("门诊", "Clinic")),
        Field("state", ("状态", "State"), choices=STATES, readonly=True),
        Field("source", ("渠道", "Way"), choices=SOURCES),
        Field("contact_number", ("联系电话", "Telephone"), kind="phone", mask="phone"),
        PRICE,
        Field("note", ("备注", "Note"), width="full"),
        Field("reason", ("原因", "Reason"), on="detail"),
        Field("booked_at", ("预约时间", "Booked")),
        Field("held_until", ("保留至", "Held until"), on="detail"),
        Field("moves", ("改期次数", "Moved"), on="detail"),
        Field("made_by", ("经办人", "By"), on="detail", resource="user"),
    ),
    list_columns=("number", "patient_id", "starts_at", "session_id", "state", "source", "contact_number", "booked_at"),
    filters=("number", "patient_id", "session_id", "state", "source", "starts_at", "booked_at"),
    sort="-starts_at",
    search=Search(codes=("number",), hint=("预约号", "Appointment number")),
    state="state",
    moves=(
        Move("arrive", ("到诊", "Arrived"), ("booked", "no_show"), "arrived", sets={"ended_at": "now"}, effect=may_arrive, style="primary"),
        Move("no_show", ("爽约", "Did not come"), ("booked",), "no_show", sets={"ended_at": "now"}, effect=may_be_missed),
    ),
    rights={"agent": "read arrive no_show reveal", "handler": "read", "supervisor": "all", "manager": "read"},
    actions="read export",
    scope=Scope(through="patient_id"),
    personal=True,
    person="patient_id",
)

WAITING_ENTRY = Resource(
    WaitingEntry,
    ("候补", "Waiting"),
    plural=("候补名单", "Waiting list"),
    path="waiting-entries",
    group="booking",
    label="patient_id",
    fields=(
        Field("patient_id", ("患者", "Patient"), resource="patient"),
        DEPARTMENT,
        DOCTOR,
        Field("first_day", ("最早日期", "Earliest day")),
        Field("last_day", ("最晚日期", "Latest day")),
        Field("half", ("时段", "Half day"), choices=HALVES),
        Field("state", ("状态", "State"), choices=WAITING_STATES),
        Field("source", ("渠道", "Way"), choices=SOURCES),
        Field("contact_number", ("联系电话", "Telephone"), kind="phone", mask="phone"),
        Field("appointment_id", ("留号", "Offered"), on="detail"),
        CREATED_AT,
    ),
    list_columns=("patient_id", "department_id", "doctor_id", "first_day", "last_day", "half", "state", "created_at"),
    filters=("patient_id", "department_id", "doctor_id", "state", "first_day", "last_day"),
    sort="created_at",
    rights={"agent": "read reveal", "handler": "read", "supervisor": "all", "manager": "read"},
    actions="read",
    scope=Scope(department="department_id"),
    person="patient_id",
)

BOOKING_NOTICE = Resource(
    BookingNotice,
    ("预约通知", "Notice"),
    plural=("预约通知", "Notices"),
    group="booking",
    label="kind",
    fields=(
        Field("kind", ("通知", "Notice"), choices=NOTICE_KINDS),
        Field("patient_id", ("患者", "Patient"), resource="patient"),
        Field("appointment_id", ("预约", "Appointment")),
        Field("contact_number", ("联系电话", "Telephone"), kind="phone", mask="phone"),
        Field("state", ("状态", "State"), choices=NOTICE_STATES, readonly=True),
        Field("note", ("备注", "Note"), width="full"),
        CREATED_AT,
    ),
    extras=(
        Extra("clinic", "string", ("门诊", "Clinic"), told.clinic),
        Extra("starts_at", "datetime", ("就诊时间", "Appointment"), told.starts_at),
        Extra("kept_until", "datetime", ("保留至", "Kept until"), told.kept_until),
    ),
    list_columns=("kind", "patient_id", "contact_number", "clinic", "starts_at", "kept_until", "state", "created_at"),
    filters=("kind", "state", "patient_id", "appointment_id", "created_at"),
    sort="created_at",
    state="state",
    moves=(
        Move("tell", ("已通知", "Told"), ("open", "unreachable"), "told", asks=("note",), style="primary"),
        Move("not_reached", ("联系不上", "Not reached"), ("open",), "unreachable", asks=("note",)),
        Move("drop", ("不必通知", "Not needed"), ("open", "unreachable"), "dropped", asks=("note",)),
    ),
    rights={"agent": "read reveal tell not_reached", "handler": "read", "supervisor": "all", "manager": "read"},
    actions="read",
    scope=Scope(through="patient_id"),
    person="patient_id",
)

BOOKING_POLICY = Resource(
    BookingPolicy,
    ("预约规则", "Booking rules"),
    plural=("预约规则", "Booking rules"),
    path="booking-policies",
    group="parameters",
    label=(),
    sections=(Section("", ("可约范围", "What can be booked")), Section("hold", ("留号", "Holding")), Section("limits", ("限制", "Limits"))),
    fields=(
        Field("horizon_days", ("可预约天数", "Days ahead"), unit=DAYS, min=1, max=120),
        Field("lead_min", ("最晚提前", "Latest before"), unit=MINUTES, min=0, max=2880, hint=ALONE),
        Field("hold_min", ("保留时间", "A seat is held"), unit=MINUTES, min=1, max=60, section="hold"),
        Field("offer_min", ("候补留号时间", "An offer is held"), unit=MINUTES, min=5, max=2880, section="hold"),
        Field("cancel_until_min", ("最晚取消", "Cancel until"), unit=MINUTES, min=0, max=10080, section="limits", hint=ALONE),
        Field("open_limit", ("未就诊预约上限", "Appointments ahead"), min=1, max=50, section="limits"),
        Field("no_show_limit", ("爽约上限", "Missed at most"), min=0, max=50, section="limits", hint=("0: 不限", "0: no limit")),
        Field("no_show_window_days", ("爽约统计天数", "Counted over"), unit=DAYS, min=1, max=730, section="limits"),
    ),
    list_columns=("horizon_days", "hold_min", "offer_min", "open_limit", "no_show_limit"),
    rights={"supervisor": "read change", "manager": "read"},
    actions="read change",
)

RESOURCES = (
    APPOINTMENT, CLINIC_SESSION, WAITING_ENTRY, BOOKING_NOTICE, CLINIC_ROSTER, ROSTER_EXCEPTION, CLINIC_ABSENCE, BOOKING_POLICY,
)  # fmt: skip
RIGHTS = (
    Right("appointment.book", ("预约、改期、取消", "Book, move, cancel"), "agent supervisor", "booking"),
    Right("clinic_session.stop", ("停诊、加号、加开门诊", "Stop and add clinics"), "supervisor", "booking"),
)
