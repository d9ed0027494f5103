"""What appraisals tell of a doctor or partner: the last score and grade, and the complaints that were registered in the period.

In: a page's rows. Out: row -> figure, one query a page. Must not judge: scores follow from the marks in the database. Invariant: the last appraisal
is
that of the latest period, whenever it was entered; a year counts as its last quarter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Integer, and_, case, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import Complaint, DoctorAppraisal, PartnerAppraisal


async def doctor_scores(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, int]:
    return await _last(session, DoctorAppraisal, DoctorAppraisal.doctor_id, DoctorAppraisal.score, ids)


async def partner_scores(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, int]:
    return await _last(session, PartnerAppraisal, PartnerAppraisal.partner_id, PartnerAppraisal.score, ids)


async def partner_grades(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, str]:
    return await _last(session, PartnerAppraisal, PartnerAppraisal.partner_id, PartnerAppraisal.grade, ids)


async def _last(session: AsyncSession, table: type[DoctorAppraisal | PartnerAppraisal], of: Any, value: Any, ids: Sequence[int]) -> dict[int, Any]:
    latest = func.rpad(table.period, 7, "-Q9").desc()
    query = select(of, value).ext(distinct_on(of)).where(of.in_(ids)).order_by(of, latest)
    return dict((await session.execute(query)).all())


async def registered_complaints(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, int]:
    """appraisal -> complaints and disputes about the doctor that came in within its period."""
    table = DoctorAppraisal
    year, quarter = cast(func.left(table.period, 4), Integer), func.nullif(func.right(table.period, 1), "")
    whole = func.length(table.period) == 4
    first = func.make_timestamptz(year, case((whole, 1), else_=cast(quarter, Integer) * 3 - 2), 1, 0, 0, 0.0)
    months = case((whole, 12), else_=3)
    about = and_(
        Complaint.doctor_id == table.doctor_id, Complaint.kind.in_(("complaint", "dispute")), Complaint.removed_at.is_(None),
        Complaint.received_at >= first, Complaint.received_at < first + func.make_interval(0, months),
    )  # fmt: skip
    query = select(table.id, func.count(Complaint.id)).outerjoin(Complaint, about).where(table.id.in_(ids)).group_by(table.id)
    return dict((await session.execute(query)).all())
