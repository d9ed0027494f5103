"""What is told: own fees, reports, reminders, stay; prices, departments, tips, hours. Shapes are those the flows are checked against."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from callcenter.commands import Found
from callcenter.ivr import lookups
from crm.ivr import own, public
from crm.models import (
    Calendar,
    CalendarHours,
    ChronicRegistry,
    DepartmentGuide,
    Disease,
    Examination,
    Fee,
    FollowUpTask,
    HealthReminder,
    HealthTip,
    LaboratoryResult,
    MedicalOrder,
    ServicePrice,
    ServiceProduct,
    Visit,
)
from tests.component.booking.conftest import NOW, SHANGHAI, TODAY
from tests.component.ivr_services.conftest import Line

pytestmark = pytest.mark.component
DAY = timedelta(days=1)


def fits(name: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refused by the engine otherwise."""
    assert lookups.problem_of(name, Found("found", values)) == ""
    return values


def fee(line: Line, kind: str, amount: str, covered: str = "0", **more: Any) -> Fee:
    values = {"patient_id": line.people["father"], "kind": kind, "item": "x", "amount": Decimal(amount), "covered": Decimal(covered)}
    return Fee(**(values | {"charged_at": NOW} | more))


async def test_open_fees_are_told_by_kind_with_what_the_insurer_does_not_pay(line: Line) -> None:
    father = line.people["father"]
    assert (await line.ask(own.open_fees, father))["items"] == []
    await line.add(
        fee(line, "medication", "100.50", "60.25"), fee(line, "medication", "4.05"), fee(line, "bed", "300"), fee(line, "other", "10", "10"),
        fee(line, "bed", "99", state="paid", paid_at=NOW), fee(line, "treatment", "7", patient_id=line.people["son"]),
    )  # fmt: skip
    told = fits("own_fees", await line.ask(own.open_fees, father))
    assert told["total"] == "344.30"
    assert [(one["name_zh"], one["amount"]) for one in told["items"]] == [("床位费", "300.00"), ("药费", "44.30")]


async def test_reports_are_ready_or_not_and_say_nothing_else(line: Line) -> None:
    father = line.people["father"]
    await line.add(
        Examination(patient_id=father, kind="ct", name="胸部CT", examined_at=NOW - 3 * DAY, reported_at=NOW - 2 * DAY, conclusion="结节"),
        Examination(patient_id=father, kind="mri", name="头颅MRI", examined_at=NOW - DAY),
        Examination(patient_id=father, kind="ecg", name="心电图", examined_at=NOW - 90 * DAY, reported_at=NOW - 89 * DAY),
        LaboratoryResult(patient_id=father, panel="血常规", item="白细胞", value="99", flag="critical", measured_at=NOW - 2 * DAY),
        MedicalOrder(patient_id=father, kind="laboratory", content="血常规 急", ordered_at=NOW - 2 * DAY - timedelta(hours=2)),
        MedicalOrder(patient_id=father, kind="laboratory", content="肝功能", ordered_at=NOW - DAY),
    )
    told = fits("own_reports", {"items": await line.ask(own.reports, father, NOW - 60 * DAY, SHANGHAI)})
    assert [(one["name_zh"], one["ready"], one["day"]) for one in told["items"]] == [
        ("化验", "no", "2026-11-15"), ("磁共振检查", "no", "2026-11-15"), ("化验", "yes", "2026-11-14"), ("CT检查", "yes", "2026-11-13"),
    ]  # fmt: skip
    assert "结节" not in str(told) and "99" not in str(told) and "critical" not in str(told)


async def test_reminders_come_from_what_was_entered_the_registries_and_follow_ups(line: Line) -> None:
    father, department, doctor = line.people["father"], line.hospital.departments[0], line.hospital.doctors[0]
    disease = Disease(code="I10", name_zh="高血压")
    await line.add(disease)
    await line.add(
        HealthReminder(patient_id=father, kind="medication", department_id=department, due_on=TODAY + 2 * DAY),
        HealthReminder(patient_id=father, kind="vaccination", due_on=TODAY + 40 * DAY),
        HealthReminder(patient_id=father, kind="check_up", due_on=TODAY, state="done"),
        ChronicRegistry(patient_id=father, disease_id=disease.id, doctor_id=doctor, registered_on=TODAY - DAY, next_review_on=TODAY - DAY),
        FollowUpTask(patient_id=father, title="x", due_at=NOW + DAY),
    )
    told = fits("own_reminders", {"items": await line.ask(own.reminders, father, TODAY, 30, SHANGHAI)})
    assert [(one["name_zh"], one.get("where_zh"), one.get("due_zh")) for one in told["items"]] == [
        ("复诊", "心内科", "已到期"), ("电话随访", None, None), ("复诊开药", "心内科", None),
    ]  # fmt: skip


async def test_a_stay_is_told_while_it_lasts(line: Line) -> None:
    father, department = line.people["father"], line.hospital.departments[0]
    assert (await line.ask(own.stay, father, SHANGHAI))["items"] == []
    visit = Visit(patient_id=father, kind="inpatient", department_id=department, started_at=NOW - 2 * DAY)
    await line.add(visit)
    await line.add(fee(line, "bed", "120", visit_id=visit.id), fee(line, "medication", "30.5", visit_id=visit.id, state="paid", paid_at=NOW))
    told = fits("own_stay", await line.ask(own.stay, father, SHANGHAI))
    assert told["items"] == [{"day": "2026-11-14", "amount": "150.50", "where_zh": "心内科", "where_en": "heart"}]


async def test_prices_are_those_of_today_by_kind(line: Line) -> None:
    product = ServiceProduct(code="A", name_zh="心电图", name_en="ECG", kind="examination")
    hidden = ServiceProduct(code="B", name_zh="旧项目", kind="nursing", active=False)
    await line.add(product, hidden)
    await line.add(
        ServicePrice(product_id=product.id, price=Decimal("35"), valid_from=date(2026, 1, 1)),
        ServicePrice(product_id=product.id, price=Decimal("40"), valid_from=TODAY + DAY),
        ServicePrice(product_id=product.id, kind="member", price=Decimal("1"), valid_from=date(2026, 1, 1)),
        ServicePrice(product_id=hidden.id, price=Decimal("9"), valid_from=date(2026, 1, 1)),
    )
    groups = fits("price_groups", {"items": await line.ask(public.price_groups, TODAY)})
    assert [one["id"] for one in groups["items"]] == ["examination"]
    told = fits("service_prices", {"items": await line.ask(public.prices, "examination", TODAY)})
    assert [(one["name_zh"], one["price"]) for one in told["items"]] == [("心电图", "35.00")]
    assert await line.ask(public.prices, "'; DROP TABLE patient", TODAY) == []


async def test_a_department_is_described_by_what_is_entered(line: Line) -> None:
    department = line.hospital.departments[0]
    told = fits("department_guide", {"items": await line.ask(public.department, department)})["items"][0]
    assert told["location_zh"] == "3层" and "phone" not in told and "from" not in told
    guide = DepartmentGuide(department_id=department, building_zh="门诊楼", building_en="clinic", floor=3, area="A", phone="81001", opens_at=time(8),
    closes_at=time(17))  # fmt: skip
    await line.add(guide)
    told = (await line.ask(public.department, department))[0]
    assert (told["building_zh"], told["floor"], told["area_zh"], told["phone"], told["from"], told["days_zh"]) == (
        "门诊楼", 3, "A区", "81001", "08:00", "星期一到星期五",
    )  # fmt: skip
    assert "location_zh" not in told and await line.ask(public.department, 999_999) == []
    assert len(fits("departments", {"items": await line.ask(public.departments)})["items"]) == 2


async def test_tips_that_are_switched_off_are_not_told(line: Line) -> None:
    await line.add(
        HealthTip(title_zh="甲", title_en="a", text_zh="甲文", text_en="a text", sort=2),
        HealthTip(title_zh="乙", title_en="b", text_zh="x", text_en="y"),
        HealthTip(title_zh="丙", title_en="c", text_zh="x", text_en="y", active=False),
    )  # fmt: skip
    told = fits("health_tips", {"items": await line.ask(public.tips)})
    assert [one["name_zh"] for one in told["items"]] == ["乙", "甲"]


async def test_days_with_the_same_hours_are_one_line(line: Line) -> None:
    hours = [(day, time(8), time(17)) for day in range(1, 6)] + [(6, time(8), time(12)), (7, time(9), time(11)), (7, time(14), time(0))]
    await line.add(Calendar(name="x", title_zh="x", title_en="x"))
    await line.add(*(CalendarHours(calendar="x", weekday=day, opens_at=opens, closes_at=closes) for day, opens, closes in hours))
    told = fits("opening_hours", {"items": await line.ask(public.opening_hours, "x")})
    assert [(one["first"], one.get("last"), one["from"], one["to"]) for one in told["items"]] == [
        (1, 5, "08:00", "17:00"), (6, None, "08:00", "12:00"), (7, None, "09:00", "11:00"), (7, None, "14:00", "00:00"),
    ]  # fmt: skip
    assert "joined_zh" in told["items"][0] and await line.ask(public.opening_hours, "nothing") == []
