"""What everybody may hear: prices, departments, health tips, opening hours.

In: a session, ids, the day. Out: lists for the telephone, names in both languages. Must not read a patient's row. Invariant: what is switched off
in the page is not told from the next call on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import CalendarHours, Department, DepartmentGuide, HealthTip, ServiceProduct
from crm.things.offers import standard_prices

Items = list[dict[str, Any]]

SERVICE_KINDS: Mapping[str, tuple[str, str]] = {
    "registration": ("挂号", "registration"), "examination": ("检查", "examinations"), "check_up": ("体检", "check-ups"),
    "package": ("体检套餐", "check-up packages"), "treatment": ("治疗", "treatment"), "nursing": ("护理", "nursing"),
    "other": ("其他", "other services"),
}  # fmt: skip
DAYS: Mapping[str, tuple[str, str]] = {
    "every_day": ("每天", "every day"), "weekdays": ("星期一到星期五", "Monday to Friday"), "not_sunday": ("星期一到星期六", "Monday to Saturday"),
}  # fmt: skip
TO = ("到", "to")
AT = ("在", "is in")
FLOOR = ("层", "floor")
TELEPHONE = ("电话", "telephone")


# -- prices ---------------------------------------------------------------------------------------------------------------------


async def price_groups(session: AsyncSession, today: date) -> Items:
    """Kinds of services that have a price today, in the order of SERVICE_KINDS."""
    kinds = {product.kind for product, _ in await _priced(session, today)}
    return [{"id": kind, "name_zh": zh, "name_en": en} for kind, (zh, en) in SERVICE_KINDS.items() if kind in kinds]


async def prices(session: AsyncSession, kind: str, today: date) -> Items:
    """Services of a kind with today's standard price."""
    rows = [(product, price) for product, price in await _priced(session, today) if product.kind == kind]
    return [{"name_zh": one.name_zh, "name_en": one.name_en or one.name_zh, "price": price} for one, price in rows]


async def _priced(session: AsyncSession, today: date) -> list[tuple[ServiceProduct, str]]:
    query = select(ServiceProduct).where(ServiceProduct.active).order_by(ServiceProduct.code)
    products = (await session.scalars(query)).all()
    known = await standard_prices(session, [one.id for one in products], today)
    return [(one, known[one.id]) for one in products if one.id in known]


# -- departments ----------------------------------------------------------------------------------------------------------------


async def departments(session: AsyncSession) -> Items:
    """Every department, in the hospital's order."""
    rows = await session.scalars(select(Department).where(Department.active).order_by(Department.sort, Department.id))
    return [{"id": str(one.id), "name_zh": one.name_zh, "name_en": one.name_en} for one in rows]


async def department(session: AsyncSession, department_id: int) -> Items:
    """Where it is, its telephone, when it is open; what is not entered is left out."""
    query = (
        select(Department, DepartmentGuide)
        .outerjoin(DepartmentGuide, DepartmentGuide.department_id == Department.id)
        .where(Department.id == department_id, Department.active)
    )
    row = (await session.execute(query)).first()
    if row is None:
        return []
    place, guide = row
    return [{"name_zh": place.name_zh, "name_en": place.name_en, **_place(place, guide), **(_times(guide) if guide else {})}]


def _place(place: Department, guide: DepartmentGuide | None) -> dict[str, Any]:
    """In parts where they are entered, else in the department's own words."""
    at = {"at_zh": AT[0], "at_en": AT[1]}
    if guide is None or not guide.building_zh or guide.floor is None:
        words = {"location_zh": place.location_zh, "location_en": place.location_en or place.location_zh}
        return {**at, **words} if place.location_zh else {}
    parts = {"building_zh": guide.building_zh, "building_en": guide.building_en or guide.building_zh, "floor": guide.floor}
    area = {"area_zh": f"{guide.area}区", "area_en": f"area {guide.area}"} if guide.area else {}
    return {**at, **parts, "before_en": FLOOR[1], "after_zh": FLOOR[0], **area}


def _times(guide: DepartmentGuide) -> dict[str, Any]:
    days_zh, days_en = DAYS[guide.days]
    until = {"until_zh": TO[0], "until_en": TO[1]}
    hours = {"days_zh": days_zh, "days_en": days_en, "from": _clock(guide.opens_at), "to": _clock(guide.closes_at), **until}
    return hours | ({"phone": guide.phone, "telephone_zh": TELEPHONE[0], "telephone_en": TELEPHONE[1]} if guide.phone else {})


def _clock(at: time) -> str:
    return at.strftime("%H:%M")


# -- tips -----------------------------------------------------------------------------------------------------------------------


async def tips(session: AsyncSession) -> Items:
    """What can be heard, with its words."""
    rows = await session.scalars(select(HealthTip).where(HealthTip.active).order_by(HealthTip.sort, HealthTip.id))
    return [
        {"id": str(one.id), "name_zh": one.title_zh, "name_en": one.title_en, "text_zh": one.text_zh, "text_en": one.text_en} for one in rows
    ]


# -- opening hours --------------------------------------------------------------------------------------------------------------


async def opening_hours(session: AsyncSession, calendar: str) -> Items:
    """Days in a row with the same hours are one line: {first, last, joined, from, to}; one day alone has no `last`."""
    query = select(CalendarHours).where(CalendarHours.calendar == calendar).order_by(CalendarHours.weekday, CalendarHours.opens_at)
    rows = (await session.scalars(query)).all()
    days = [(day, [(_clock(one.opens_at), _clock(one.closes_at)) for one in those]) for day, those in groupby(rows, key=lambda one: one.weekday)]
    return [line for first, last, periods in _runs(days) for line in _lines(first, last, periods)]


def _runs(days: Sequence[tuple[int, list[tuple[str, str]]]]) -> list[tuple[int, int, list[tuple[str, str]]]]:
    runs: list[tuple[int, int, list[tuple[str, str]]]] = []
    for day, periods in days:
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == periods:
            runs[-1] = (runs[-1][0], day, periods)
        else:
            runs.append((day, day, periods))
    return runs


def _lines(first: int, last: int, periods: list[tuple[str, str]]) -> Items:
    days: dict[str, Any] = {"first": first} | ({"last": last, "joined_zh": TO[0], "joined_en": TO[1]} if last > first else {})
    return [days | {"from": opens, "to": closes} for opens, closes in periods]
