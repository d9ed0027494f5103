"""What a service costs today.

In: services, a day. Out: the price that holds on that day. Must not round. Invariant: of the prices of a kind the one with the latest first
day not after today holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import ServicePrice


async def standard_prices(session: AsyncSession, ids: Sequence[int], today: date) -> Mapping[int, str]:
    """service -> its standard price, for a page of services; one that has none is missing."""
    query = (
        select(ServicePrice.product_id, ServicePrice.price)
        .ext(distinct_on(ServicePrice.product_id))
        .where(ServicePrice.product_id.in_(ids), ServicePrice.kind == "standard", ServicePrice.valid_from <= today)
        .order_by(ServicePrice.product_id, ServicePrice.valid_from.desc())
    )
    return {product: format(price, "f") for product, price in (await session.execute(query)).all()}
