"""Partners and suppliers, their agreements and appraisal.

In: the models. Out: `RESOURCES`. Must not hold behaviour. Invariant: states change by moves only.
"""

from __future__ import annotations

from crm.engine.resource import Extra, Field, Move, Related, Resource, Search
from crm.models import Partner, PartnerAgreement, PartnerAppraisal
from crm.resources.common import AGREEMENT_STATES, CREATED_BY, NOTE, user
from crm.text import initials
from crm.things import appraisals, development

_RIGHTS = {"supervisor": "read add change bulk admit suspend", "manager": "all"}
_AGREED = {"supervisor": "read add change sign renew end", "manager": "all"}
_MARKS = {"supervisor": "read add change", "manager": "all"}

PARTNER = Resource(
    Partner, ("合作伙伴", "Partner"), plural=("合作伙伴与供应商", "Partners and suppliers"), group="partners", label="name",
    fields=(
        Field("name", ("名称", "Name"), width="full"),
        Field("kind", ("类型", "Kind"), choices=(("partner", "合作单位", "Partner"), ("supplier", "供应商", "Supplier"))),
        Field("category", ("类别", "Category")),
        Field("state", ("状态", "State"), readonly=True, choices=(
            ("candidate", "考察中", "Candidate"), ("active", "合作中", "Active"), ("suspended", "暂停", "Suspended"), ("ended", "终止", "Ended"))),
        Field("contact_name", ("联系人", "Contact")), Field("phone", ("电话", "Phone"), kind="phone"),
        Field("email", ("邮箱", "E-mail"), kind="email"),
        Field("address", ("地址", "Address"), width="full"), user("owner_id", "负责人", "Owner"), NOTE,
    ),
    extras=(
        Extra("grade", "string", ("最近评级", "Last grade"), appraisals.partner_grades, of="appraisals"),
        Extra("score", "integer", ("综合分", "Score"), appraisals.partner_scores, of="appraisals"),
    ),
    list_columns=("name", "kind", "category", "state", "grade", "score", "contact_name", "phone", "owner_id"), sort="name",
    filters=("kind", "state", "category", "owner_id"), search=Search(names=("name",), initials="initials"),
    related=(
        Related("agreements", "partner_agreement", "partner_id", ("协议", "Agreements"), sort="-valid_to"),
        Related("appraisals", "partner_appraisal", "partner_id", ("考评", "Appraisals"), sort="-period"),
    ),
    state="state", moves=(
        Move("admit", ("准入", "Admit"), ("candidate", "suspended"), "active", style="primary"),
        Move("suspend", ("暂停", "Suspend"), ("active",), "suspended", needs=("note",)),
        Move("end", ("终止", "End"), ("candidate", "active", "suspended"), "ended", needs=("note",), style="danger"),
    ),
    import_keys=(("name",),), derive={"initials": ("name", initials)}, rights=_RIGHTS, owner="owner_id",
)  # fmt: skip

AGREEMENT = Resource(
    PartnerAgreement, ("合作协议", "Partner agreement"), plural=("合作协议", "Partner agreements"), group="partners", label=("number", "title"),
    fields=(
        Field("partner_id", ("合作伙伴", "Partner"), write_once=True), Field("number", ("编号", "Number")),
        Field("title", ("名称", "Title"), width="full"),
        Field("valid_from", ("生效", "Valid from")), Field("valid_to", ("到期", "Valid until")),
        Field("amount", ("金额", "Amount"), kind="money", unit=("元", "CNY"), min=0),
        Field("remind_days", ("提前提醒", "Remind before"), unit=("天", "days"), min=0, max=365, hint=("提醒负责人", "its owner is told")),
        Field("renewal_id", ("续签协议", "Followed by"), readonly=True, on="detail"),
        Field("state", ("状态", "State"), choices=AGREEMENT_STATES, readonly=True),
        Field("content", ("内容", "Content"), kind="text", on="detail form"),
    ),
    extras=(Extra("days_left", "integer", ("剩余天数", "Days left"), of_row=development.days_left),),
    list_columns=("number", "title", "partner_id", "state", "amount", "valid_from", "valid_to", "days_left"), sort="valid_to",
    filters=("partner_id", "state", "valid_to",
    "amount"),
    search=Search(texts=("title",), codes=("number",)), state="state", moves=(
        Move("sign", ("生效", "Sign"), ("draft",), "active", style="primary"),
        Move("renew", ("续签", "Renew"), ("active",), "active", before=development.renewed(PartnerAgreement)),
        Move("end", ("到期", "End"), ("active",), "ended"),
        Move("cancel", ("作废", "Cancel"), ("draft", "active"), "cancelled", style="danger"),
    ),
    rights=_AGREED,
)  # fmt: skip

APPRAISAL = Resource(
    PartnerAppraisal, ("伙伴考评", "Partner appraisal"), plural=("伙伴考评", "Partner appraisals"), group="partners", label=("partner_id", "period"),
    fields=(
        Field("partner_id", ("合作伙伴", "Partner"), write_once=True),
        Field("period", ("期间", "Period"), pattern="20[0-9]{2}(-Q[1-4])?", example="2026-Q3", width="narrow"),
        Field("quality", ("质量", "Quality"), min=0, max=100), Field("delivery", ("交付", "Delivery"), min=0, max=100),
        Field("price", ("价格", "Price"), min=0, max=100), Field("service", ("服务", "Service"), min=0, max=100),
        Field("score", ("综合分", "Score"), readonly=True, width="narrow"),
        Field("grade", ("评级", "Grade"), readonly=True, width="narrow", choices=(("A", "A 优秀", "A excellent"), ("B", "B 良好", "B good"),
        ("C", "C 待改进", "C to improve"), ("D", "D 不合格", "D failed"))), NOTE, CREATED_BY,
    ),
    list_columns=("partner_id", "period", "quality", "delivery", "price", "service", "score", "grade", "note"), sort="-period",
    filters=("partner_id", "grade", "period", "score"), sortable=("period", "score", "grade", "quality", "delivery", "price", "service"),
    rights=_MARKS,
)  # fmt: skip

RESOURCES = (PARTNER, AGREEMENT, APPRAISAL)
