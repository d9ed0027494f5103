"""Group customers and their development: clients, contacts, leads, opportunities, visits, agreements, reminders of the year.

In: the models. Out: `RESOURCES`. Must not hold behaviour. Invariant: stages and states change by moves only.
"""

from __future__ import annotations

from crm.engine.resource import Field, Move, Related, Resource, Search
from crm.models import CorporateAgreement, CorporateClient, CorporateContact, CorporateLead, CorporateOpportunity, CorporateReminder, CorporateVisit
from crm.resources.common import ACTIVE, AGREEMENT_STATES, NOTE, user
from crm.text import initials

_RIGHTS = {"handler": "read add change", "supervisor": "all", "manager": "all"}
_CLIENT = Field("client_id", ("团体客户", "Group customer"), write_once=True)

CLIENT = Resource(
    CorporateClient, ("团体客户", "Group customer"), plural=("团体客户", "Group customers"), group="corporate", label="name",
    fields=(
        Field("name", ("名称", "Name"), width="full", synonyms=("单位名称", "公司")),
        Field("industry", ("行业", "Industry")), Field("employees", ("人数", "Employees"), min=0, unit=("人", "people")),
        Field("grade", ("级别", "Grade"), choices=(("A", "A 重点", "A key"), ("B", "B 一般", "B normal"),
        ("C", "C 潜在", "C minor")), width="narrow"),
        Field("state", ("状态", "State"), readonly=True, choices=(
            ("prospect", "意向", "Prospect"), ("active", "合作中", "Active"), ("paused", "暂停", "Paused"), ("ended", "终止", "Ended"))),
        Field("phone", ("电话", "Phone"), kind="phone"), Field("address", ("地址", "Address"), width="full"),
        user("owner_id", "客户经理", "Owner"), NOTE, Field("created_at", ("登记时间", "Entered at"), readonly=True, on="list detail"),
    ),
    list_columns=("name", "industry", "employees", "grade", "state", "owner_id"), sort="-created_at",
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
    import_keys=(("name",),), derive={"initials": ("name", initials)}, actions="read add change delete bulk export", rights=_RIGHTS,
)  # fmt: skip

CONTACT = Resource(
    CorporateContact, ("团体联系人", "Contact"), plural=("团体联系人", "Contacts"), group="corporate", label="name",
    fields=(
        _CLIENT, Field("name", ("姓名", "Name")), Field("position", ("职务", "Position")),
        Field("phone", ("电话", "Phone"), kind="phone", mask="phone"),
        Field("email", ("邮箱", "E-mail"), kind="email"), Field("birthday", ("生日", "Birthday")), Field("decides", ("决策人", "Decides")),
    ),
    filters=("client_id", "decides", "birthday"), search=Search(names=("name",)), rights=_RIGHTS, personal=True,
)  # fmt: skip

LEAD = Resource(
    CorporateLead, ("线索", "Lead"), plural=("线索", "Leads"), group="corporate", label="name",
    fields=(
        Field("name", ("单位", "Name"), width="full"), Field("source", ("来源", "Source")), Field("contact_name", ("联系人", "Contact")),
        Field("phone", ("电话", "Phone"), kind="phone", mask="phone"), Field("interest", ("意向", "Interest"), width="full"),
        Field("state", ("状态", "State"), readonly=True, choices=(
            ("new", "新线索", "New"), ("contacted", "已联系", "Contacted"), ("qualified", "有意向", "Qualified"),
            ("converted", "已转客户", "Converted"), ("dropped", "已放弃", "Dropped"))),
        user("assigned_to", "跟进人", "Assigned to"), Field("client_id", ("团体客户", "Group customer"), hint=("转为客户前先建客户",
        "enter the customer first")), NOTE,
    ),
    list_columns=("name", "source", "contact_name", "phone", "state", "assigned_to"), filters=("state", "source", "assigned_to"),
    search=Search(names=("name",)), state="state", moves=(
        Move("contact", ("已联系", "Contacted"), ("new",), "contacted", asks=("note",)),
        Move("qualify", ("确认意向", "Qualify"), ("new", "contacted"), "qualified", asks=("interest",)),
        Move("convert", ("转为客户", "Convert"), ("contacted", "qualified"), "converted", needs=("client_id",), style="primary"),
        Move("drop", ("放弃", "Drop"), ("new", "contacted", "qualified"), "dropped", needs=("note",), style="danger"),
    ),
    rights=_RIGHTS,
)  # fmt: skip

_OPEN = ("contact", "needs", "proposal", "negotiation")
OPPORTUNITY = Resource(
    CorporateOpportunity, ("商机", "Opportunity"), plural=("商机", "Opportunities"), group="corporate", label="title",
    fields=(
        _CLIENT, Field("title", ("名称", "Title"), width="full"),
        Field("stage", ("阶段", "Stage"), readonly=True, choices=(
            ("contact", "初步接触", "Contact"), ("needs", "需求确认", "Needs"), ("proposal", "方案报价", "Proposal"),
            ("negotiation", "商务谈判", "Negotiation"), ("won", "赢单", "Won"), ("lost", "输单", "Lost"))),
        Field("amount", ("预计金额", "Amount"), kind="money", unit=("元", "CNY"), min=0),
        Field("chance", ("成功率", "Chance"), unit=("%", "%"), min=0, max=100), Field("expected_on", ("预计签约", "Expected on")),
        user("owner_id", "负责人", "Owner"), Field("lost_reason", ("输单原因", "Reason of the loss"), on="detail form"), NOTE,
    ),
    list_columns=("title", "client_id", "stage", "amount", "chance", "expected_on", "owner_id"), sort="-created_at",
    filters=("client_id", "stage", "owner_id", "expected_on", "amount"), search=Search(texts=("title",)),
    related=(Related("visits", "corporate_visit", "opportunity_id", ("拜访记录", "Visits"), sort="-visited_at"),),
    state="stage", moves=(
        Move("clarify", ("确认需求", "Clarify needs"), ("contact",), "needs", asks=("chance",)),
        Move("propose", ("提交方案", "Propose"), ("contact", "needs"), "proposal", asks=("amount", "chance")),
        Move("negotiate", ("进入谈判", "Negotiate"), ("needs", "proposal"), "negotiation", asks=("amount", "chance")),
        Move("win", ("赢单", "Win"), _OPEN, "won", asks=("amount",), sets={"chance": 100}, style="primary"),
        Move("lose", ("输单", "Lose"), _OPEN, "lost", needs=("lost_reason",), sets={"chance": 0}, style="danger"),
        Move("reopen", ("重新跟进", "Reopen"), ("lost",), "contact"),
    ),
    rights=_RIGHTS,
)  # fmt: skip

VISIT = Resource(
    CorporateVisit, ("客户拜访", "Client visit"), plural=("客户拜访", "Client visits"), group="corporate", label="summary",
    fields=(
        _CLIENT, Field("opportunity_id", ("商机", "Opportunity")),
        Field("kind", ("方式", "Kind"), choices=(
            ("visit", "上门", "Visit"), ("call", "电话", "Call"), ("meeting", "会议", "Meeting"), ("reception", "来院", "Reception"))),
        Field("visited_at", ("时间", "At")), user("visited_by", "拜访人", "Visited by"), Field("summary", ("内容", "Summary"), kind="text"),
        Field("next_step", ("下一步", "Next step"), width="full"), Field("next_on", ("计划日期", "Planned on")),
    ),
    list_columns=("client_id", "visited_at", "kind", "visited_by", "summary", "next_on"), sort="-visited_at",
    filters=("client_id", "opportunity_id", "kind", "visited_by", "visited_at", "next_on"), rights=_RIGHTS,
)  # fmt: skip

AGREEMENT = Resource(
    CorporateAgreement, ("团体协议", "Agreement"), plural=("团体协议", "Agreements"), group="corporate", label=("number", "title"),
    fields=(
        _CLIENT, Field("number", ("编号", "Number")), Field("title", ("名称", "Title"), width="full"),
        Field("signed_on", ("签订日期", "Signed on")),
        Field("valid_from", ("生效", "Valid from")), Field("valid_to", ("到期", "Valid until")),
        Field("amount", ("金额", "Amount"), kind="money", unit=("元", "CNY"), min=0),
        Field("discount_percent", ("优惠", "Discount"), unit=("%", "%"), min=0, max=100),
        Field("remind_days", ("提前提醒", "Remind before"), unit=("天", "days"), min=0, max=365),
        Field("state", ("状态", "State"), choices=AGREEMENT_STATES, readonly=True),
        Field("content", ("内容", "Content"), kind="text", on="detail form"),
    ),
    list_columns=("number", "title", "client_id", "valid_to", "amount", "state"), sort="valid_to",
    filters=("client_id", "state", "valid_to", "amount"), search=Search(texts=("title",), codes=("number",)), state="state", moves=(
        Move("sign", ("签订生效", "Sign"), ("draft",), "active", needs=("signed_on",), style="primary"),
        Move("end", ("到期", "End"), ("active",), "ended"),
        Move("cancel", ("作废", "Cancel"), ("draft", "active"), "cancelled", asks=("signed_on",), style="danger"),
    ),
    rights=_RIGHTS,
)  # fmt: skip

REMINDER = Resource(
    CorporateReminder, ("年度提醒", "Reminder of the year"), plural=("年度提醒", "Reminders of the year"), group="corporate", label="title",
    fields=(
        _CLIENT, Field("title", ("事项", "Title"), width="full"), Field("month", ("月", "Month"), min=1, max=12),
        Field("day", ("日", "Day"), min=1, max=31),
        Field("lead_days", ("提前", "Lead"), unit=("天", "days"), min=0, max=90), user("assigned_to", "负责人", "Assigned to"),
        Field("done_year", ("已办年份", "Done in"), min=2000, max=2100), ACTIVE,
    ),
    list_columns=("title", "client_id", "month", "day", "assigned_to", "done_year"), filters=("client_id", "month", "assigned_to", "active"),
    rights=_RIGHTS,
)  # fmt: skip

RESOURCES = (CLIENT, CONTACT, LEAD, OPPORTUNITY, VISIT, AGREEMENT, REMINDER)
