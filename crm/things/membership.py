"""What an approval settles, what a member still has this year, and when membership is over.

In: a step of a member before it is written; a page's members; a day. Out: card and level; benefits with what is left of them; memberships ended.
Must not count points: crm.things.points does. Invariant: a card number is given once; a member whose last day is past is none any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Integer, and_, cast, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit
from crm.engine.resource import Values
from crm.engine.store import Actor
from crm.errors import InvalidValue, InvalidValues
from crm.models import BenefitUse, Member, MemberBenefit
from crm.things.points import level_reached

PREFIX, DIGITS = "AH", 6
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('member.card_number'))"


async def approved(session: AsyncSession, _actor: Actor, row: Values, given: Values) -> dict[str, Any]:
    """The level that his points allow, the lowest for a new one, and the next card, unless they were chosen."""
    found: dict[str, Any] = {}
    if (given.get("level_id") or row["level_id"]) is None:
        found["level_id"] = await level_reached(session, row["id"])
        if found["level_id"] is None:
            raise InvalidValues([InvalidValue("level_id", "is needed for this step", "enter a member level that needs no points, or choose one")])
    if not (given.get("card_number") or row["card_number"]):
        found["card_number"] = await _next_card(session)
    return found


async def _next_card(session: AsyncSession) -> str:
    await session.execute(text(_ONE_AT_A_TIME))
    numbered = Member.card_number.regexp_match(f"^{PREFIX}[0-9]{{{DIGITS}}}$")
    last = await session.scalar(select(func.max(cast(func.substr(Member.card_number, len(PREFIX) + 1), Integer))).where(numbered)) or 0
    return f"{PREFIX}{last + 1:0{DIGITS}d}"


async def benefits_left(session: AsyncSession, ids: Sequence[int], today: date) -> Mapping[int, list[str]]:
    """member -> what he may still use this year: 免费洗牙 1/2; without figures what is not limited."""
    this_year = and_(BenefitUse.benefit_id == MemberBenefit.id, BenefitUse.member_id == Member.id, BenefitUse.used_on >= date(today.year, 1, 1))
    query = (
        select(Member.id, MemberBenefit.title_zh, MemberBenefit.times_a_year, func.count(BenefitUse.id))
        .join(MemberBenefit, and_(MemberBenefit.level_id == Member.level_id, MemberBenefit.active))
        .outerjoin(BenefitUse, this_year)
        .where(Member.id.in_(ids), Member.state == "active")
        .group_by(Member.id, MemberBenefit.id)
        .order_by(Member.id, MemberBenefit.id)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for member, title, times, used in (await session.execute(query)).all():
        if times is None or used < times:
            found[member].append(title if times is None else f"{title} {times - used}/{times}")
    return found


async def end_due(session: AsyncSession, today: date) -> int:
    """End memberships whose last day is past; how many. Each stands in the audit trail, done by nobody."""
    over = update(Member).where(Member.state == "active", Member.expires_on < today)
    note = {"state": "ended", "decision_note": "有效期已满", "version": Member.version + 1, "changed_at": func.now()}
    rows = (await session.execute(over.values(note).returning(Member.id, Member.patient_id, Member.expires_on))).all()
    deeds = [audit.Deed("member.end", "member", str(one.id),
        {"patient_id": one.patient_id, "expires_on": one.expires_on.isoformat()}) for one in rows]
    return await audit.write_many(session, datetime.now(UTC), None, deeds) if deeds else 0
