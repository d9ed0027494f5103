"""What happens when a group customer is won and kept: a lead becomes one, an agreement is renewed, a reminder of the year is done.

In: a step of a declared thing, before it is written. Out: the columns that it sets besides. Must not know screens. Invariant: whoever takes the step
has the rights to everything that it makes; a name that is a customer already is not entered twice.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import store
from crm.engine.resource import Before, Values
from crm.engine.store import Actor
from crm.errors import InvalidValue, InvalidValues
from crm.models import Base, CorporateAgreement, CorporateClient, PartnerAgreement

LONGEST_NUMBER = 40


async def customer_of_lead(session: AsyncSession, actor: Actor, lead: Values, given: Values) -> dict[str, Any]:
    """The customer that was chosen, or the one with the lead's name, or a new one with the lead's contact."""
    chosen = given.get("client_id") or lead["client_id"]
    if chosen is None:
        chosen = await session.scalar(select(CorporateClient.id).where(CorporateClient.name == lead["name"], CorporateClient.removed_at.is_(None)))
    return {"client_id": chosen if chosen is not None else await _new_customer(session, actor, lead)}


async def _new_customer(session: AsyncSession, actor: Actor, lead: Values) -> int:
    words = "\n".join(one for one in (f"{lead['source']}：{lead['interest']}".strip("："), lead["note"]) if one)
    owner = lead["assigned_to"] or actor.principal.id
    values = {"name": lead["name"], "phone": lead["phone"], "owner_id": owner, "note": words}
    client = await store.add(session, actor.registry.by_name["corporate_client"], actor, values)
    if lead["contact_name"]:
        contact = {"client_id": client["id"], "name": lead["contact_name"], "phone": lead["phone"]}
        await store.add(session, actor.registry.by_name["corporate_contact"], actor, contact)
    return int(client["id"])


# -- agreements -------------------------------------------------------------------------------------------------------


def renewed(model: type[CorporateAgreement | PartnerAgreement]) -> Before:
    """Makes the agreement that follows: a draft of the same terms, as long, beginning the day after."""

    async def before(session: AsyncSession, actor: Actor, row: Values, _given: Values) -> dict[str, Any]:
        if row["renewal_id"] is not None and await _stands(session, model, row["renewal_id"]):
            raise InvalidValues([InvalidValue("renewal_id", "is drawn up already", "open the agreement that follows")])
        resource = actor.registry.by_table[model.__tablename__]
        begins = row["valid_to"] + timedelta(days=1)
        kept = {one.name: row[one.stored] for one in resource.fields if one.name in _KEPT and row.get(one.stored) is not None}
        term = {"valid_from": begins, "valid_to": begins + (row["valid_to"] - row["valid_from"])}
        made = await store.add(session, resource, actor, kept | term | {"number": _next_number(row["number"], begins)})
        return {"renewal_id": made["id"]}

    return before


_KEPT = frozenset({"client_id", "partner_id", "title", "amount", "discount_percent", "remind_days", "content"})


def _next_number(number: str, begins: date) -> str:
    """TT2026001 -> TT2026001-2027 -> TT2026001-2028."""
    base, _, year = number.rpartition("-")
    stem = base if base and len(year) == 4 and year.isdigit() else number
    return f"{stem[: LONGEST_NUMBER - 5]}-{begins.year}"


async def _stands(session: AsyncSession, model: type[Base], key: int) -> bool:
    return await session.scalar(select(model.__table__.c.state).where(model.__table__.c.id == key)) != "cancelled"


# -- reminders of the year --------------------------------------------------------------------------------------------


async def done_this_time(_session: AsyncSession, actor: Actor, row: Values, _given: Values) -> dict[str, Any]:
    """Of the day that is meant: this year's, or next year's when its time has come already or this year's was done before."""
    day = date(actor.today.year, row["month"], row["day"])
    if row["done_year"] is not None and row["done_year"] >= day.year:
        day = day.replace(year=row["done_year"] + 1)
    elif day < actor.today - timedelta(days=FORGOTTEN_DAYS):
        day = day.replace(year=day.year + 1)
    return {"done_year": day.year}


FORGOTTEN_DAYS = 30


def next_day(row: Values, today: date) -> date | None:
    """When it is due next; None while it is stopped. A day that was not done stands for a month."""
    if row["state"] != "active":
        return None
    day = date(today.year, row["month"], row["day"])
    if day < today - timedelta(days=FORGOTTEN_DAYS):
        day = day.replace(year=day.year + 1)
    return day if row["done_year"] is None or row["done_year"] < day.year else date(row["done_year"] + 1, row["month"], row["day"])


def days_left(row: Values, today: date) -> int | None:
    """Until an agreement that is in force ends; below 0 when it is over and nobody has said so."""
    return (row["valid_to"] - today).days if row["state"] == "active" else None
