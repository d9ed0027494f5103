"""Loads the invented hospital's group customers with all that leads to an agreement, and its partners with theirs.

In: the world of crm.demo.world. Out: rows. Must not leave a customer without somebody who looks after him. Invariant: the same for the same
people and day; visits lie before today and follow the stages of what they are about.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from crm.demo.corporate_words import CLIENTS, DEALS, LEADS, LOST, PARTNERS, POSITIONS, REMARKS, TALKS, TERMS, YEARLY
from crm.demo.hours import ago
from crm.demo.world import World, added
from crm.models import (
    CorporateAgreement,
    CorporateClient,
    CorporateContact,
    CorporateLead,
    CorporateOpportunity,
    CorporateReminder,
    CorporateVisit,
    Partner,
    PartnerAgreement,
    PartnerAppraisal,
)
from crm.text import initials

OWNERS = ("supervisor01", "agent05", "agent06")
Rows = list[dict[str, Any]]


async def load(session: AsyncSession, known: World) -> None:
    owners = [known.user(*OWNERS) for _ in CLIENTS]
    clients = await added(session, CorporateClient, _clients(known, owners))
    await added(session, CorporateContact, _contacts(known, clients))
    deals = _deals(known, clients, owners)
    opportunities = await added(session, CorporateOpportunity, deals)
    await added(session, CorporateVisit, _visits(known, deals, opportunities))
    await added(session, CorporateAgreement, _agreements(known, deals))
    await added(session, CorporateReminder, _reminders(known, clients, owners))
    await added(session, CorporateLead, _leads(known, clients))
    await _partners(session, known)


def _clients(known: World, owners: list[int | None]) -> Rows:
    return [
        {"name": name, "initials": initials(name), "industry": industry, "employees": people, "grade": grade, "state": state,
         "address": f"安和市{street}",
         "phone": known.phone(), "owner_id": owner}
        for (name, industry, people, grade, state, street), owner in zip(CLIENTS, owners, strict=True)
    ]  # fmt: skip


def _contacts(known: World, clients: list[int]) -> Rows:
    """Two of each customer, the first decides."""
    return [
        {"client_id": client, "name": known.name(), "position": POSITIONS[(n + place) % len(POSITIONS)], "phone": known.phone(),
         "email": f"contact{n * 2 + place + 1}@example.com", "decides": place == 0,
         "birthday": date(1970 + (n * 3 + place * 7) % 25, 1 + n % 12, 10 + place)}
        for n, client in enumerate(clients) for place in range(2)
    ]  # fmt: skip


def _deals(known: World, clients: list[int], owners: list[int | None]) -> Rows:
    rows = []
    for client, owner, (_, _, people, *_), deals in zip(clients, owners, CLIENTS, DEALS, strict=True):
        for title, each, share, stage, chance in deals:
            days = known.random.randint(-150, -20) if stage in ("won", "lost") else known.random.randint(7, 90)
            rows.append({
                "client_id": client, "title": f"{known.today.year}{title}", "stage": stage, "chance": chance, "owner_id": owner,
                "amount": Decimal(int(people * share) * each), "expected_on": known.today + timedelta(days=days),
                "lost_reason": LOST if stage == "lost" else "",
            })  # fmt: skip
    return rows


def _visits(known: World, deals: Rows, opportunities: list[int]) -> Rows:
    """What was spoken of in each stage, a fortnight apart, the last one of this month."""
    rows = []
    for deal, made in zip(deals, opportunities, strict=True):
        talks = TALKS[deal["stage"]]
        last = known.random.randint(2, 12)
        for place, (kind, summary, following) in enumerate(talks):
            days = last + 15 * (len(talks) - 1 - place)
            when = ago(known.now, days, known.random.choice((9, 10, 14, 15)), known.random.choice((0, 15, 30)), sundays=False)
            rows.append({
                "client_id": deal["client_id"], "opportunity_id": made, "kind": kind, "visited_at": when, "visited_by": deal["owner_id"],
                "summary": summary, "next_step": following, "next_on": known.today + timedelta(days=14 - days) if following else None,
            })  # fmt: skip
    return rows


def _agreements(known: World, deals: Rows) -> Rows:
    """One for what was won, one in preparation for what is near, one that is over."""
    rows, numbers, year = [], count(1), known.today.year
    for deal in deals:
        state = {"won": "active", "negotiation": "draft"}.get(deal["stage"])
        if state is None:
            continue
        begin = known.today - timedelta(days=known.random.randint(40, 330)) if state == "active" else known.today + timedelta(days=20)
        rows.append({
            "client_id": deal["client_id"], "number": f"TT{year}{next(numbers):03d}", "title": f"{deal['title']}服务协议", "state": state,
            "discount_percent": known.random.choice((5, 8, 10)), "amount": deal["amount"],
            "signed_on": begin - timedelta(days=6) if state == "active" else None,
            "valid_from": begin, "valid_to": begin + timedelta(days=365),
            "content": "按协议套餐到检，个人加项享同等优惠；异常结果三日内电话回访；年终出具团体健康报告。",
        })  # fmt: skip
    last_year = rows[0] | {"number": f"TT{year - 1}001", "title": rows[0]["title"].replace(str(year), str(year - 1)), "state": "ended"}
    return [*rows, last_year | {key: rows[0][key] - timedelta(days=365) for key in ("signed_on", "valid_from", "valid_to")}]


def _reminders(known: World, clients: list[int], owners: list[int | None]) -> Rows:
    rows = []
    for n, (client, owner) in enumerate(zip(clients[:8], owners, strict=False)):
        title, days, lead = YEARLY[n % len(YEARLY)]
        day = known.today + timedelta(days=days)
        rows.append({"client_id": client, "title": title, "month": day.month, "day": min(day.day, 28), "lead_days": lead, "assigned_to": owner})
    return rows


def _leads(known: World, clients: list[int]) -> Rows:
    names = [name for name, *_ in CLIENTS]
    return [
        {"name": name, "source": source, "contact_name": known.name(), "phone": known.phone(), "interest": interest, "state": state, "note": note,
         "assigned_to": known.user(*OWNERS), "client_id": clients[names.index(name)] if state == "converted" else None}
        for name, source, interest, state, note in LEADS
    ]  # fmt: skip


# -- partners ---------------------------------------------------------------------------------------------------------


async def _partners(session: AsyncSession, known: World) -> None:
    rows = [
        {"name": name, "initials": initials(name), "kind": kind, "category": category, "state": state, "contact_name": known.name(),
         "phone": known.phone(), "address": f"安和市{street}", "email": f"partner{n}@example.com", "owner_id": known.user("supervisor01"),
         "note": note}
        for n, (name, kind, category, state, street, note) in enumerate(PARTNERS, 1)
    ]  # fmt: skip
    partners = await added(session, Partner, rows)
    await added(session, PartnerAgreement, [
        {"partner_id": one, "number": f"HZ{known.today.year}{n:03d}", "title": TERMS[row["category"]][0], "content": TERMS[row["category"]][1],
         "state": "draft" if row["state"] == "candidate" else "active", "valid_from": known.today - timedelta(days=300),
         "valid_to": known.today + timedelta(days=30 + 25 * n), "amount": Decimal(80000 * n)}
        for n, (one, row) in enumerate(zip(partners, rows, strict=True), 1)
    ])  # fmt: skip
    marks = [_marks(known, one, row["state"], quarter) for one, row in zip(partners, rows,
        strict=True) if row["state"] != "candidate" for quarter in (1, 2, 3)]
    await added(session, PartnerAppraisal, marks)


def _marks(known: World, partner: int, state: str, quarter: int) -> dict[str, Any]:
    """A quarter's marks, of the last year when this one's is not over; the remark follows from them."""
    draw, low = known.random, 58 if state == "suspended" else 78
    marks = {name: draw.randint(low, 97 if state == "active" else 76) for name in ("quality", "delivery", "price", "service")}
    mean = sum(marks.values()) / len(marks)
    grade = next(letter for letter, least in (("A", 88), ("B", 78), ("C", 65), ("D", 0)) if mean >= least)
    year = known.today.year if 3 * quarter < known.today.month else known.today.year - 1
    return {"partner_id": partner, "period": f"{year}-Q{quarter}", "note": REMARKS[grade],
        "created_by": known.user("supervisor01"), **marks}
