"""What waits for one person of customers, partners, members and doctors' marks: things given to him, agreements that end, days of the year, planned
next steps, applications to decide on.

In: who, on what day. Out: one query a kind, of the lines that crm.things.bell counts. Must not change anything. Invariant: what has no owner, or
one who
is gone, is told to everybody who may deal with it, so that nothing waits for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, Select, and_, case, cast, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from crm.models import (
    CorporateAgreement,
    CorporateClient,
    CorporateReminder,
    CorporateVisit,
    HandedOver,
    Member,
    Partner,
    PartnerAgreement,
    Patient,
    UserAccount,
)
from crm.principal import Principal
from crm.things.development import FORGOTTEN_DAYS

Lines = Select[*tuple[Any, ...]]
Line = Callable[..., Lines]


def waiting(line: Line, who: Principal, today: date) -> Mapping[str, Lines]:
    """By kind, which is also the thing whose `read` it needs."""
    return {
        **_agreements(line, who, today), "corporate_reminder": _days(line, who, today), "corporate_visit": _next_steps(line, who, today),
        "member": _applications(line, who),
    }  # fmt: skip


def handed(line: Line, who: Principal, kinds: frozenset[str]) -> Lines:
    """What was given to him and he has not opened yet, of the things he may read."""
    given = line(HandedOver.kind, HandedOver.object_id, HandedOver.title, HandedOver.at, literal("new"))
    return given.where(HandedOver.user_id == who.id, HandedOver.seen_at.is_(None), HandedOver.kind.in_(sorted(kinds)))


def _his(owner: Any, who: Principal, right: str) -> ColumnElement[bool]:
    """He looks after it; or nobody does and he may."""
    if not who.may(right) or who.scope_of(right) != "hospital":
        return owner == who.id
    active = exists().where(UserAccount.id == owner, UserAccount.active)
    return or_(owner == who.id, ~active)


def _agreements(line: Line, who: Principal, today: date) -> dict[str, Lines]:
    """In force, not renewed, and over soon or already."""
    found: dict[str, Lines] = {}
    for kind, table, other, link in (
        ("corporate_agreement", CorporateAgreement, CorporateClient, CorporateAgreement.client_id),
        ("partner_agreement", PartnerAgreement, Partner, PartnerAgreement.partner_id),
    ):
        level = case((table.valid_to < today, "overdue"), else_="")
        ending = and_(table.state == "active", table.renewal_id.is_(None), table.valid_to - table.remind_days <= today)
        query = line(kind, table.id, other.name + " · " + table.title, table.valid_to, level).join(other, other.id == link)
        found[kind] = query.where(ending, other.removed_at.is_(None), _his(other.owner_id, who, f"{kind}.renew"))
    return found


def _days(line: Line, who: Principal, today: date) -> Lines:
    """Reminders of the year whose time has come, this year's or, at its end, the next one's; forgotten ones for a month."""
    year = select(func.unnest(cast([today.year, today.year + 1], ARRAY(Integer))).label("year")).subquery()
    thing = CorporateReminder
    day = func.make_date(year.c.year, thing.month, thing.day)
    coming = and_(day - thing.lead_days <= today, day + FORGOTTEN_DAYS >= today, func.coalesce(thing.done_year, 0) < year.c.year)
    query = line("corporate_reminder", thing.id, CorporateClient.name + " · " + thing.title, day, case((day < today, "overdue"), else_=""))
    query = query.select_from(thing).join(year, literal(True)).join(CorporateClient, CorporateClient.id == thing.client_id)
    owner = func.coalesce(thing.assigned_to, CorporateClient.owner_id)
    return query.where(thing.state == "active", CorporateClient.removed_at.is_(None), coming, _his(owner, who, "corporate_reminder.finish"))


def _next_steps(line: Line, who: Principal, today: date) -> Lines:
    """What he planned to do at a customer by today, and nobody has been there since; forgotten after a quarter."""
    visit, later = CorporateVisit, aliased(CorporateVisit)
    words = CorporateClient.name + " · " + func.coalesce(func.nullif(visit.next_step, ""), func.left(visit.summary, 40))
    query = line("corporate_visit", visit.id, words, visit.next_on, case((visit.next_on < today, "overdue"), else_=""))
    query = query.join(CorporateClient, CorporateClient.id == visit.client_id)
    about = or_(visit.opportunity_id.is_(None), later.opportunity_id == visit.opportunity_id)
    since = exists().where(later.client_id == visit.client_id, later.visited_at > visit.visited_at, about)
    due = visit.next_on.between(today - timedelta(days=90), today)
    owner = func.coalesce(visit.visited_by, CorporateClient.owner_id)
    return query.where(due, ~since, CorporateClient.removed_at.is_(None), owner == who.id)


def _applications(line: Line, who: Principal) -> Lines:
    """Who wants to become a member, for those who decide on it."""
    query = line("member", Member.id, Patient.name if who.may("see.name") else Member.source, Member.applied_on, literal(""), Member.patient_id)
    decides = who.may("member.approve") and who.scope_of("member.approve") == "hospital"
    return query.join(Patient, Patient.id == Member.patient_id).where(Member.state == "applied", literal(decides))
