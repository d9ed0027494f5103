"""Members: levels, benefits, the way from application to member, points.

In: the models, crm.things.points for what follows from an entry, crm.things.membership for what an approval settles. Out: `RESOURCES`. Must not
count points. Invariant: the ledger can be read and
added to, nothing else.
"""

from __future__ import annotations

from crm.engine.resource import Extra, Field, Move, Related, Resource, Scope, Search
from crm.models import BenefitUse, Member, MemberBenefit, MemberLevel, PointsEntry
from crm.resources.common import ACTIVE, CREATED_BY, NOTE, PATIENT, user
from crm.things import membership, points

_KEEPERS = {"agent": "read", "handler": "read", "supervisor": "all", "manager": "all"}

LEVEL = Resource(
    MemberLevel, ("会员等级", "Member level"), plural=("会员等级", "Member levels"), group="members", label="name_zh",
    fields=(
        Field("code", ("代码", "Code"), write_once=True, width="narrow"), Field("name_zh", ("名称", "Name")),
        Field("name_en", ("英文名", "English name")),
        Field("min_points", ("所需积分", "Points needed"), min=0), Field("discount_percent", ("优惠", "Discount"), unit=("%", "%"), min=0, max=100),
        Field("sort", ("顺序", "Order")), ACTIVE,
    ),
    sort="min_points", related=(
        Related("benefits", "member_benefit", "level_id", ("权益", "Benefits")),
        Related("members", "member", "level_id", ("会员", "Members"), sort="-joined_on"),
    ),
    filters=("active",), rights=_KEEPERS,
)  # fmt: skip

BENEFIT = Resource(
    MemberBenefit, ("会员权益", "Benefit"), plural=("会员权益", "Benefits"), group="members", label="title_zh",
    fields=(
        Field("level_id", ("等级", "Level")), Field("title_zh", ("权益", "Benefit")), Field("title_en", ("英文", "English")),
        Field("times_a_year", ("每年次数", "Times a year"), min=1, hint=("不填为不限", "empty: unlimited")), ACTIVE, NOTE,
    ),
    filters=("level_id", "active"), rights=_KEEPERS,
)  # fmt: skip

MEMBER = Resource(
    Member, ("会员", "Member"), plural=("会员", "Members"), group="members", label="patient_id",
    fields=(
        PATIENT, Field("card_number", ("会员卡号", "Card number"), pattern="[A-Z0-9-]{4,20}", example="AH000123",
        hint=("批准时不填则自动编号", "given by itself at the approval when it is empty")),
        Field("level_id", ("等级", "Level")),
        Field("state", ("状态", "State"), readonly=True, choices=(
            ("applied", "待审批", "Applied"), ("active", "正式会员", "Active"), ("suspended", "暂停", "Suspended"),
            ("refused", "未通过", "Refused"), ("ended", "已退会", "Ended"))),
        Field("source", ("来源", "Source")), Field("applied_on", ("申请日期", "Applied on")),
        Field("joined_on", ("入会日期", "Joined on"), readonly=True), Field("expires_on", ("有效期至", "Expires on")),
        user("decided_by", "审批人", "Decided by", readonly=True),
        Field("decision_note", ("审批意见", "Decision"), width="full", on="detail form"), NOTE,
    ),
    extras=(
        Extra("points", "integer", ("积分", "Points"), points.balances),
        Extra("benefits", "strings", ("今年可用权益", "Benefits left this year"), membership.benefits_left, on="detail"),
    ),
    list_columns=("patient_id", "card_number", "level_id", "points", "state", "source", "applied_on", "joined_on", "expires_on"),
    filters=("state", "level_id", "joined_on", "expires_on", "patient_id"),
    search=Search(codes=("card_number",)),
    related=(
        Related("points", "points_entry", "member_id", ("积分明细", "Points"), sort="-place"),
        Related("benefits", "benefit_use", "member_id", ("权益使用", "Benefits used"), sort="-used_on"),
    ),
    state="state", moves=(
        Move("approve", ("批准入会", "Approve"), ("applied", "refused"), "active", asks=("level_id", "card_number",
        "expires_on", "decision_note"), sets={"joined_on": "today", "decided_by": "me"}, before=membership.approved, style="primary"),
        Move("refuse", ("不予批准", "Refuse"), ("applied",), "refused", needs=("decision_note",), sets={"decided_by": "me"}, style="danger"),
        Move("suspend", ("暂停", "Suspend"), ("active",), "suspended", needs=("decision_note",)),
        Move("resume", ("恢复", "Resume"), ("suspended",), "active"),
        Move("renew", ("续期", "Renew"), ("active", "ended"), "active", needs=("expires_on",)),
        Move("end", ("退会", "End"), ("active", "suspended"), "ended", needs=("decision_note",), style="danger"),
    ),
    actions="read add change bulk export",
    rights={"agent": "read add", "handler": "read add change suspend resume", "supervisor": "all", "manager": "all"},
    scope=Scope(through="patient_id"), personal=True, person="patient_id",
)  # fmt: skip

POINTS = Resource(
    PointsEntry, ("积分明细", "Points"), plural=("积分明细", "Points"), path="points-entries", group="members", label="reference",
    fields=(
        Field("member_id", ("会员", "Member"), write_once=True),
        Field("delta", ("积分", "Points"), hint=("减少为负数", "below 0 when spent"), min=-1_000_000, max=1_000_000),
        Field("balance", ("余额", "Balance"), readonly=True), Field("place", ("序号", "No."), readonly=True, width="narrow"),
        Field("reason", ("原因", "Reason"), choices=(
            ("visit", "就诊", "Visit"), ("event", "活动", "Event"), ("referral", "推荐", "Referral"), ("birthday", "生日", "Birthday"),
            ("gift", "赠送", "Gift"), ("exchange", "兑换", "Exchange"), ("expiry", "过期", "Expiry"), ("correction", "更正", "Correction"))),
        Field("reference", ("单据号", "Reference"), hint=("每个会员内唯一", "once for each member")), Field("note", ("备注", "Note")),
        Field("at", ("时间", "At"), readonly=True), CREATED_BY,
    ),
    list_columns=("member_id", "at", "reason", "delta", "balance", "reference", "note"), sort="-id", filters=("member_id", "reason", "at", "delta"),
    actions="read add", after=points.raise_level, rights={"agent": "read", "handler": "read add", "supervisor": "all", "manager": "all"},
    scope=Scope(through="member_id"), personal=True,
)  # fmt: skip

USE = Resource(
    BenefitUse, ("权益使用", "Benefit used"), plural=("权益使用", "Benefits used"), group="members", label="benefit_id",
    fields=(
        Field("member_id", ("会员", "Member"), write_once=True), Field("benefit_id", ("权益", "Benefit"), write_once=True),
        Field("used_on", ("日期", "On"), write_once=True), Field("note", ("备注", "Note")), CREATED_BY,
    ),
    sort="-used_on", filters=("member_id", "benefit_id", "used_on"), list_columns=("member_id", "benefit_id", "used_on", "note", "created_by"),
    actions="read add delete", after=points.benefit_allowed,
    rights={"agent": "read add", "supervisor": "all", "manager": "all"}, scope=Scope(through="member_id"), personal=True,
)  # fmt: skip

RESOURCES = (MEMBER, LEVEL, BENEFIT, POINTS, USE)
