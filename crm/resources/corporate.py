"""Group customers and their development: clients, contacts, leads, opportunities, visits, agreements, reminders of the year.

In: the models. Out: `RESOURCES`. Must not hold behaviour: crm.things.development does. Invariant: stages and states change by moves only;
who reaches only his own or his department's sees what they look after and, of leads and opportunities of the department, what nobody does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import or_, select

from crm.engine.resource import Extra, Field, Move, Related, Resource, Scope, Search
from crm.models import (
    CorporateAgreement,
    CorporateClient,
    CorporateContact,
    CorporateLead,
    CorporateOpportunity,
    CorporateReminder,
    CorporateVisit,
    UserAccount,
)
from crm.resources.common import AGREEMENT_STATES, NOTE, user
from crm.text import initials
from crm.things import customers, development

_STEPS = "clarify propose negotiate win lose reopen"
_LEAD = "read add change bulk reveal contact qualify drop"


def _rights(agent: str, handler: str) -> dict[str, str]:
    return {"agent": agent, "handler": handler, "supervisor": "all", "manager": "all"}


def _colleagues(owner: Any) -> Callable[[Sequence[int]], Any]:
    """Looked after by somebody of these departments, or by nobody."""
    return lambda ids: or_(owner.in_(select(UserAccount.id).where(UserAccount.department_ids.overlap(list(ids)))), owner.is_(None))


_THROUGH = Scope(through="client_id")
_CLIENT = Field("client_id", ("团体客户", "Group customer"), write_once=True)

CLIENT = Resource(
    CorporateClient, ("团体客户", "Group customer"), plural=("团体客户", "Group customers"), group="corporate", label="name",
    fields=(
        Field("name", ("名称", "Name"), width="full", synonyms=("单位名称", "公司")), user("owner_id", "客户经理", "Owner"),
        Field("industry", ("行业", "Industry")), Field("employees", ("人数", "Employees"), min=0, unit=("人", "people")),
        Field("grade", ("级别", "Grade"), choices=(("A", "A 重点", "A key"), ("B", "B 一般", "B normal"),
        ("C", "C 潜在", "C minor")), width="narrow"),
        Field("state", ("状态", "State"), readonly=True, choices=(
            ("prospect", "意向", "Prospect"), ("active", "合作中", "Active"), ("paused", "暂停", "Paused"), ("ended", "终止", "Ended"))),
        Field("phone", ("电话", "Phone"), kind="phone"), Field("address", ("地址", "Address"), width="full"),
        NOTE, Field("created_at", ("登记时间", "Entered at"), readonly=True, on="list detail"),
    ),
    extras=(
        Extra("last_visit", "date", ("最近拜访", "Last visit"), customers.last_visits, of="visits"),
        Extra("open_amount", "money", ("在谈金额", "In negotiation"), customers.open_amounts, of="opportunities"),
    ),
    list_columns=("name", "grade", "state", "industry", "employees", "open_amount", "last_visit", "owner_id"), sort="-created_at",
    filters=("grade", "state", "industry", "owner_id", "employees"), search=Search(names=("name",), initials="initials"),
    related=(
        Related("contacts", "corporate_contact", "client_id", ("联系人", "Contacts")),
        Related("opportunities", "corporate_opportunity", "client_id", ("商机", "Opportunities"), sort="-expected_on"),
        Related("visits", "corporate_visit", "client_id", ("拜访", "Visits"), sort="-visited_at"),
        Related("agreements", "corporate_agreement", "client_id", ("协议", "Agreements"), sort="-valid_to"),
        Related("reminders", "corporate_reminder", "client_id", ("年度提醒", "Reminders of the year")),
    ),
    state="state", moves=(
        Move("win", ("建立合作", "Begin"), ("prospect", "paused", "ended"), "active", style="primary"),
        Move("pause", ("暂停", "Pause"), ("active",), "paused", asks=("note",)),
        Move("end", ("终止", "End"), ("active", "paused", "prospect"), "ended", needs=("note",), style="danger"),
    ),
    import_keys=(("name",),), derive={"initials": ("name", initials)}, actions="read add change delete bulk export",
    rights=_rights("read", "read add change bulk win pause"), owner="owner_id",
    scope=Scope(own="owner_id", department=_colleagues(CorporateClient.owner_id)),
)  # fmt: skip

CONTACT = Resource(
    CorporateContact, ("团体联系人", "Contact"), plural=("团体联系人", "Contacts"), group="corporate", label="name",
    fields=(
        _CLIENT, Field("name", ("姓名", "Name")), Field("position", ("职务", "Position")),
        Field("phone", ("电话", "Phone"), kind="phone", mask="phone"),
        Field("email", ("邮箱", "E-mail"), kind="email"), Field("birthday", ("生日", "Birthday")), Field("decides", ("决策人", "Decides")),
    ),
    list_columns=("name", "client_id", "position", "decides", "phone", "email", "birthday"), filters=("client_id", "decides", "birthday"),
    search=Search(names=("name",)), rights=_rights("read add change reveal", "read add change reveal"), personal=True, scope=_THROUGH,
)  # fmt: skip

LEAD = Resource(
    CorporateLead, ("线索", "Lead"), plural=("线索", "Leads"), group="corporate", label="name",
    fields=(
        Field("name", ("单位", "Name"), width="full"), Field("source", ("来源", "Source")), Field("contact_name", ("联系人", "Contact")),
        Field("phone", ("电话", "Phone"), kind="phone", mask="phone"), Field("interest", ("意向", "Interest"), width="full"),
        Field("state", ("状态", "State"), readonly=True, choices=(
            ("new", "新线索", "New"), ("contacted", "已联系", "Contacted"), ("qualified", "有意向", "Qualified"),
            ("converted", "已转客户", "Converted"), ("dropped", "已放弃", "Dropped"))),
        user("assigned_to", "跟进人", "Assigned to"),
        Field("client_id", ("团体客户", "Group customer"), hint=("已是客户时才选；不选则按此线索新建客户和联系人",
        "only when it is one already; else customer and contact are made of this lead")), NOTE,
    ),
    list_columns=("name", "state", "interest", "source", "contact_name", "phone", "assigned_to"),
    filters=("state", "assigned_to", "source"), sort="-created_at",
    search=Search(names=("name",)), state="state", moves=(
        Move("contact", ("已联系", "Contacted"), ("new",), "contacted", asks=("note",)),
        Move("qualify", ("确认意向", "Qualify"), ("new", "contacted"), "qualified", asks=("interest",)),
        Move("convert", ("转为客户", "Convert"), ("contacted", "qualified"), "converted", asks=("client_id",),
        before=development.customer_of_lead, style="primary"),
        Move("drop", ("放弃", "Drop"), ("new", "contacted", "qualified"), "dropped", needs=("note",), style="danger"),
        Move("resume", ("重新跟进", "Resume"), ("dropped",), "contacted"),
    ),
    rights=_rights(_LEAD, f"{_LEAD} convert resume"), owner="assigned_to",
    scope=Scope(own="assigned_to", department=_colleagues(CorporateLead.assigned_to)),
)  # fmt: skip

_OPEN = ("contact", "needs", "proposal", "negotiation")
OPPORTUNITY = Resource(
    CorporateOpportunity, ("商机", "Opportunity"), plural=("商机", "Opportunities"), group="corporate", label="title",
    fields=(
        Field("title", ("名称", "Title"), width="full"), _CLIENT, user("owner_id", "负责人", "Owner"),
        Field("stage", ("阶段", "Stage"), readonly=True, choices=(
            ("contact", "初步接触", "Contact"), ("needs", "需求确认", "Needs"), ("proposal", "方案报价", "Proposal"),
            ("negotiation", "商务谈判", "Negotiation"), ("won", "赢单", "Won"), ("lost", "输单", "Lost"))),
        Field("amount", ("预计金额", "Amount"), kind="money", unit=("元", "CNY"), min=0),
        Field("chance", ("成功率", "Chance"), unit=("%", "%"), min=0, max=100), Field("expected_on", ("预计签约", "Expected on")),
        Field("lost_reason", ("输单原因", "Reason of the loss"), on="detail", width="full"), NOTE,
    ),
    list_columns=("title", "client_id", "stage", "amount", "chance", "expected_on", "owner_id"), sort="-created_at",
    filters=("client_id", "stage", "owner_id", "expected_on", "amount"), search=Search(texts=("title",)),
    extras=(Extra("last_visit", "date", ("最近拜访", "Last visit"), customers.last_talks, of="visits"),),
    related=(Related("visits", "corporate_visit", "opportunity_id", ("拜访记录", "Visits"), sort="-visited_at"),),
    state="stage", moves=(
        Move("clarify", ("确认需求", "Clarify needs"), ("contact",), "needs", asks=("chance",)),
        Move("propose", ("提交方案", "Propose"), ("contact", "needs"), "proposal", asks=("amount", "chance")),
        Move("negotiate", ("进入谈判", "Negotiate"), ("needs", "proposal"), "negotiation", asks=("amount", "chance")),
        Move("win", ("赢单", "Win"), _OPEN, "won", asks=("amount",), sets={"chance": 100}, style="primary"),
        Move("lose", ("输单", "Lose"), _OPEN, "lost", needs=("lost_reason",), sets={"chance": 0}, style="danger"),
        Move("reopen", ("重新跟进", "Reopen"), ("lost",), "contact"),
    ),
    rights=_rights(f"read add change {_STEPS}", f"read add change bulk {_STEPS}"), owner="owner_id",
    scope=Scope(own="owner_id", department=_colleagues(CorporateOpportunity.owner_id), through="client_id"),
)  # fmt: skip

VISIT = Resource(
    CorporateVisit, ("客户拜访", "Client visit"), plural=("客户拜访", "Client visits"), group="corporate", label="summary",
    fields=(
        _CLIENT, Field("opportunity_id", ("商机", "Opportunity")),
        Field("kind", ("方式", "Kind"), choices=(
            ("visit", "上门", "Visit"), ("call", "电话", "Call"), ("meeting", "会议", "Meeting"), ("reception", "来院", "Reception"))),
        Field("visited_at", ("时间", "At")), user("visited_by", "拜访人", "Visited by"), Field("summary", ("内容", "Summary"), kind="text"),
        Field("next_step", ("下一步", "Next step"), width="full"),
        Field("next_on", ("计划日期", "Planned on"), hint=("到期时提醒拜访人", "who visited is reminded on that day")),
    ),
    list_columns=("client_id", "visited_at", "kind", "summary", "next_step", "next_on", "visited_by"), sort="-visited_at",
    filters=("client_id", "opportunity_id", "kind", "visited_by", "visited_at", "next_on"),
    rights=_rights("read add change", "read add change"), scope=_THROUGH,
)  # fmt: skip

AGREEMENT = Resource(
    CorporateAgreement, ("团体协议", "Agreement"), plural=("团体协议", "Agreements"), group="corporate", label=("number", "title"),
    fields=(
        _CLIENT, Field("number", ("编号", "Number")), Field("title", ("名称", "Title"), width="full"),
        Field("signed_on", ("签订日期", "Signed on")),
        Field("valid_from", ("生效", "Valid from")), Field("valid_to", ("到期", "Valid until")),
        Field("amount", ("金额", "Amount"), kind="money", unit=("元", "CNY"), min=0),
        Field("discount_percent", ("优惠", "Discount"), unit=("%", "%"), min=0, max=100),
        Field("remind_days", ("提前提醒", "Remind before"), unit=("天", "days"), min=0, max=365, hint=("提醒客户经理", "its owner is told")),
        Field("renewal_id", ("续签协议", "Followed by"), readonly=True, on="detail"),
        Field("state", ("状态", "State"), choices=AGREEMENT_STATES, readonly=True),
        Field("content", ("内容", "Content"), kind="text", on="detail form"),
    ),
    extras=(Extra("days_left", "integer", ("剩余天数", "Days left"), of_row=development.days_left),),
    list_columns=("number", "title", "client_id", "state", "amount", "valid_from", "valid_to", "days_left"), sort="valid_to",
    filters=("client_id", "state", "valid_to", "amount"), search=Search(texts=("title",), codes=("number",)), state="state", moves=(
        Move("sign", ("签订生效", "Sign"), ("draft",), "active", needs=("signed_on",), style="primary"),
        Move("renew", ("续签", "Renew"), ("active",), "active", before=development.renewed(CorporateAgreement)),
        Move("end", ("到期", "End"), ("active",), "ended"),
        Move("cancel", ("作废", "Cancel"), ("draft", "active"), "cancelled", asks=("signed_on",), style="danger"),
    ),
    rights=_rights("read", "read add change sign renew end"), scope=_THROUGH,
)  # fmt: skip

REMINDER = Resource(
    CorporateReminder, ("年度提醒", "Reminder of the year"), plural=("年度提醒", "Reminders of the year"), group="corporate", label="title",
    fields=(
        Field("title", ("事项", "Title"), width="full"), _CLIENT,
        user("assigned_to", "负责人", "Assigned to", hint=("不选则提醒客户经理", "empty: the customer's owner is told")),
        Field("month", ("月", "Month"), min=1, max=12), Field("day", ("日", "Day"), min=1, max=31),
        Field("lead_days", ("提前提醒", "Remind before"), unit=("天", "days"), min=0, max=90),
        Field("done_year", ("已办年份", "Done in"), min=2000, max=2100, readonly=True),
        Field("state", ("状态", "State"), readonly=True, choices=(("active", "每年提醒", "Each year"), ("stopped", "已停用", "Stopped"))),
    ),
    extras=(Extra("next_day", "date", ("下次日期", "Next"), of_row=development.next_day),),
    list_columns=("title", "client_id", "next_day", "lead_days", "assigned_to", "done_year", "state"), sort="month",
    filters=("client_id", "month", "assigned_to", "state"), state="state", moves=(
        Move("finish", ("本次已办", "Done this time"), ("active",), "active", before=development.done_this_time, style="primary"),
        Move("stop", ("停用", "Stop"), ("active",), "stopped"), Move("resume", ("恢复", "Resume"), ("stopped",), "active"),
    ),
    rights=_rights("read finish", "read add change finish stop resume"), scope=_THROUGH,
)  # fmt: skip

RESOURCES = (LEAD, CLIENT, CONTACT, OPPORTUNITY, VISIT, AGREEMENT, REMINDER)
