"""Events: planning, invitations, attendance, summary.

In: the models. Out: `RESOURCES`. Must not send anything. Invariant: an event is closed with its summary.
What follows from an answer: crm.things.guests.
"""

from __future__ import annotations

from crm.engine.resource import Extra, Field, Move, Related, Resource, Search, Source, Values
from crm.errors import InvalidValue
from crm.models import Event, EventInvitation
from crm.resources.common import CONTACT_CHANNELS, DEPARTMENT, user
from crm.things import guests

_RIGHTS = {"agent": "read", "handler": "read add change invite hold close", "supervisor": "all", "manager": "all"}
_YUAN = ("元", "CNY")

EVENT = Resource(
    Event, ("联谊活动", "Event"), plural=("联谊活动", "Events"), group="events", label="title",
    fields=(
        Field("title", ("主题", "Title"), width="full"),
        Field("kind", ("类型", "Kind"), choices=(
            ("lecture", "健康讲座", "Lecture"), ("club", "医友会", "Club meeting"), ("screening", "义诊筛查", "Screening"),
            ("open_day", "开放日", "Open day"), ("corporate", "团体活动", "For a group customer"), ("other", "其他", "Other"))),
        Field("state", ("状态", "State"), readonly=True, choices=(
            ("planned", "策划中", "Planned"), ("inviting", "邀请中", "Inviting"), ("held", "已举办", "Held"),
            ("closed", "已总结", "Closed"), ("cancelled", "已取消", "Cancelled"))),
        Field("starts_at", ("开始", "Starts at")), Field("ends_at", ("结束", "Ends at")), Field("place_id", ("地点", "Place")), DEPARTMENT,
        user("owner_id", "负责人", "Owner"), Field("capacity", ("名额", "Capacity"), unit=("人", "people"), min=1),
        Field("points", ("到场积分", "Points for coming"), unit=("分", "points"), min=0, max=10_000, hint=("会员到场时自动计入", "members' reward")),
        Field("budget", ("预算", "Budget"), kind="money", unit=_YUAN, min=0), Field("cost", ("实际费用", "Cost"), kind="money", unit=_YUAN, min=0),
        Field("plan", ("方案", "Plan"), kind="text", on="detail form"), Field("summary", ("总结", "Summary"), kind="text", on="detail form"),
    ),
    list_columns=("title", "kind", "starts_at", "place_id", "capacity", "invited", "coming", "attended", "state"), sort="-starts_at",
    extras=(
        Extra("invited", "integer", ("已邀请", "Invited"), guests.invited), Extra("coming", "integer", ("参加", "Coming"), guests.coming),
        Extra("attended", "integer", ("到场", "Attended"), guests.attended),
    ),
    filters=("kind", "state", "starts_at", "department_id", "owner_id", "place_id"), search=Search(texts=("title",)),
    related=(Related("invitations", "event_invitation", "event_id", ("邀请", "Invitations"), limit=100, sources=(
        Source("patient", "patient_id", barred=guests.not_to_be_asked), Source("member", "patient_id", "patient_id", guests.not_to_be_asked),
        Source("corporate_contact", "contact_id"))),), state="state", moves=(
        Move("invite", ("开始邀请", "Begin inviting"), ("planned",), "inviting", style="primary"),
        Move("hold", ("已举办", "Held"), ("inviting", "planned"), "held", asks=("cost",)),
        Move("close", ("总结归档", "Close"), ("held",), "closed", needs=("summary",), asks=("cost",), style="primary"),
        Move("cancel", ("取消", "Cancel"), ("planned", "inviting"), "cancelled", asks=("summary",), style="danger"),
    ),
    rights=_RIGHTS, owner="owner_id",
)  # fmt: skip


def _one_guest(row: Values) -> None:
    if bool(row.get("patient_id")) == bool(row.get("contact_id")):
        raise InvalidValue("patient_id", "or a contact of a group customer is invited, not both", "choose one of them")


INVITATION = Resource(
    EventInvitation, ("活动邀请", "Invitation"), plural=("活动邀请", "Invitations"), group="events", label=("patient_id", "contact_id"),
    fields=(
        Field("event_id", ("活动", "Event"), write_once=True), Field("patient_id", ("患者", "Patient"), write_once=True),
        Field("contact_id", ("团体联系人", "Contact"), write_once=True), Field("channel", ("方式", "Channel"), choices=CONTACT_CHANNELS),
        Field("state", ("状态", "State"), readonly=True, choices=(
            ("listed", "待邀请", "Listed"), ("invited", "已邀请", "Invited"), ("accepted", "参加", "Accepted"),
            ("declined", "不参加", "Declined"), ("attended", "到场", "Attended"), ("absent", "未到", "Absent"))),
        Field("guests", ("同行", "Guests"), min=0, max=20, unit=("人", "people")), Field("invited_at", ("邀请时间", "Invited at"), readonly=True),
        Field("answered_at", ("答复时间", "Answered at"), readonly=True), Field("attended_at", ("到场时间", "Attended at"), readonly=True),
        Field("note", ("备注", "Note"), width="full"),
    ),
    list_columns=("event_id", "patient_id", "contact_id", "channel", "state", "guests", "invited_at", "answered_at"),
    filters=("event_id", "patient_id", "contact_id",
    "state", "channel"), sort="-id",
    checks=(_one_guest,), after=guests.still_open, state="state", moves=(
        Move("invite", ("已邀请", "Invited"), ("listed",), "invited", asks=("channel", "note"), sets={"invited_at": "now"}, style="primary"),
        Move("accept", ("接受", "Accepts"), ("listed", "invited", "declined"), "accepted", asks=("guests", "note"), sets={"answered_at": "now"},
             effect=guests.fits_in),
        Move("decline", ("谢绝", "Declines"), ("listed", "invited", "accepted"), "declined", asks=("note",), sets={"answered_at": "now"}),
        Move("attend", ("到场", "Attends"), ("listed", "invited", "accepted", "absent"), "attended", asks=("guests",),
        sets={"attended_at": "now"}, effect=guests.given_points, style="primary"),
        Move("miss", ("未到", "Absent"), ("invited", "accepted"), "absent", asks=("note",)),
    ),
    rights={"agent": "read add change bulk invite accept decline attend miss",
        "handler": "read add change bulk invite accept decline attend miss", "supervisor": "all", "manager": "all"},
    person="patient_id",
)  # fmt: skip

RESOURCES = (EVENT, INVITATION)
