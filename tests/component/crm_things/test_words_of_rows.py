"""What rows are called: other rows' labels, choices and twins in the language of who asks; what a step answers; a patient's whole file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from crm.engine.registry import registry
from tests.component.api_data.conftest import Product, SignIn, Someone

pytestmark = pytest.mark.component
ENGLISH = {"X-Language": "en"}


async def patched(someone: Someone, path: str, body: dict[str, Any]) -> Any:
    return await someone.client.patch(path, json=body, headers={"X-CSRF-Token": someone.csrf})


async def test_label_that_is_made_of_other_rows_names_them(product: Product, sign_in: SignIn) -> None:
    """No number of another row stands where its name belongs, in either language."""
    admin = await sign_in("admin")
    doctors = {row.id: row for row in await product.database.run(lambda session: _all(session, "SELECT id, name_zh, name_en FROM doctor"))}
    sessions = (await admin.json("/api/clinic-sessions?limit=3"))["items"]
    assert sessions and all(doctors[one["doctor_id"]].name_zh in one["_label"] for one in sessions)
    bookings = (await admin.json("/api/appointments?limit=20"))["items"]
    assert bookings and all(any(doctor.name_zh in one["_refs"]["session_id"] for doctor in doctors.values()) for one in bookings)
    english = (await admin.json("/api/appointments?limit=20", headers=ENGLISH))["items"]
    assert all(any(doctor.name_en in one["_refs"]["session_id"] for doctor in doctors.values()) for one in english)
    member = (await admin.json("/api/points-entries?limit=5"))["items"]
    assert member and not any(one["_refs"]["member_id"].isdigit() for one in member)


async def _all(session: Any, query: str) -> Any:
    return (await session.execute(text(query))).all()


async def test_titles_are_told_in_the_language_of_the_page(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    one = (await admin.json("/api/users?q=agent01"))["items"][0]
    changed = await patched(admin, f"/api/users/{one['id']}", {"version": one["version"], "department_ids": [1, 2]})
    assert changed.status == 200, await changed.text()
    users = (await admin.json("/api/users"))["items"]
    english = (await admin.json("/api/users", headers=ENGLISH))["items"]
    agent, same = (next(one for one in many if one["username"] == "agent01") for many in (users, english))
    assert agent["_refs"]["roles"] == ["坐席"] and same["_refs"]["roles"] == ["Agent"]
    assert len(agent["_refs"]["department_ids"]) == 2 and agent["_refs"]["department_ids"] != same["_refs"]["department_ids"]
    consents = (await admin.json("/api/consents", headers=ENGLISH))["items"]
    assert consents and all("_" not in one["_label"] for one in consents)
    assert (await admin.json("/api/users?q=" + agent["name"][:2]))["total"] >= 1


async def test_weekday_is_chosen_filtered_and_refused_by_its_word(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    described = (await admin.json("/api/meta?resource=calendar_hours"))["resources"]["calendar_hours"]["fields"]
    field = next(one for one in described if one["name"] == "weekday")
    assert field["kind"] == "choice" and field["choices"][0] == {"value": 1, "title": {"zh": "周一", "en": "Monday"}}
    mondays = (await admin.json("/api/calendar-hours?weekday=1"))["items"]
    assert mondays and {one["weekday"] for one in mondays} == {1} and "周一" in mondays[0]["_label"]
    assert {one["weekday"] for one in (await admin.json("/api/calendar-hours?weekday__in=6,7"))["items"]} <= {6, 7}
    assert (await admin.get("/api/calendar-hours?weekday=x")).status == 422
    day = {"calendar": "hotline", "weekday": 9, "opens_at": "08:00", "closes_at": "09:00"}
    refused = await admin.post("/api/calendar-hours", day)
    assert (refused.status, (await refused.json())["errors"][0]["field"]) == (422, "weekday")


async def test_step_answers_with_what_it_did(sign_in: SignIn) -> None:
    """Publishing an article counts its version: the answer already shows it."""
    admin = await sign_in("admin")
    category = (await admin.json("/api/knowledge-categories"))["items"][0]["id"]
    new = {"title": "核磁共振检查须知", "category_id": category, "body_html": "<p>取下金属物品</p>"}
    made = await admin.post("/api/knowledge-articles", new)
    assert made.status == 201, await made.text()
    row = await made.json()
    for step, body in (("submit", {}), ("publish", {})):
        answer = await admin.post(f"/api/knowledge-articles/{row['id']}/{step}", {"version": row["version"], **body})
        assert answer.status == 200, await answer.text()
        row = await answer.json()
    opened = await admin.json(f"/api/knowledge-articles/{row['id']}")
    assert row == {name: value for name, value in opened.items() if name in row} and row["live"] is not None


async def test_file_of_a_patient_holds_everything_that_points_to_him(product: Product, sign_in: SignIn, visitor: Callable[[], Someone]) -> None:
    admin = await sign_in("admin")
    shown = await admin.json("/api/patients/1")
    wanted = {one.name for one in registry().by_name["patient"].related}
    assert wanted >= {"visits", "orders", "diagnoses", "laboratory", "medication", "fees", "chronic", "consents", "appointments", "membership"}
    assert set(shown["_related"]) == wanted
    limited = await (await sign_in("agent01")).json("/api/patients/1")
    assert "calls" not in limited["_related"] and "diagnoses" in limited["_related"]


def test_days_of_the_week_are_those_of_the_calendar() -> None:
    choices = registry().by_name["calendar_hours"].by_name["weekday"].choices
    assert [date(2026, 3, 1 + code).strftime("%A") for code, _, _ in choices] == [english for _, _, english in choices]


async def test_words_of_a_list_are_chosen_and_administered(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    known = (await admin.json("/api/meta?resource=patient_profile"))["dictionaries"]
    assert {"value": "教师", "title": {"zh": "教师", "en": "Teacher"}, "active": True} in known["occupation"]
    row = (await admin.json("/api/patient-profiles?limit=1"))["items"][0]
    path = f"/api/patient-profiles/{row['id']}"
    refused = await patched(admin, path, {"version": row["version"], "occupation": "宇航员"})
    assert (refused.status, (await refused.json())["errors"][0]["field"]) == (422, "occupation")
    added = await admin.post("/api/dictionary-entries", {"dictionary": "occupation", "code": "宇航员", "title_zh": "宇航员", "title_en": "Astronaut"})
    assert added.status == 201, await added.text()
    taken = await patched(admin, path, {"version": row["version"], "occupation": "宇航员", "ethnicity": ""})
    assert (taken.status, (await taken.json())["occupation"]) == (200, "宇航员")


async def test_profiles_of_the_invented_hospital_hold_words_of_the_lists(product: Product) -> None:
    for column in ("occupation", "ethnicity", "education"):
        strange = f"SELECT DISTINCT {column} FROM patient_profile WHERE {column} <> '' AND {column} NOT IN (SELECT code FROM dictionary_entry)"
        assert await product.database.run(lambda session, query=strange: _all(session, query)) == []
