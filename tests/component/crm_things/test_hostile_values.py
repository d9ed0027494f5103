"""What people paste into forms goes through the HTTP routes and comes back as it was, made harmless, or refused with the field and the way out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crm.engine.registry import registry
from crm.engine.resource import Field, Resource
from tests.component.api_data.conftest import SignIn, Someone

pytestmark = pytest.mark.component
SCRIPT = "<script>alert('x')</script><b>粗</b>"
VALUES = (SCRIPT, "𠮷野家 䶮 😀👨‍👩‍👧 é", "=HYPERLINK(\"http://x\")", "'; DROP TABLE patient; --", "{{7*7}} ${7*7} %s \\ \" '", "\u202egnp.exe")
CHANGEABLE = [one for one in registry().resources if one.served and "change" in one.can and one.name not in ("role", "user")]


def free_text(thing: Resource) -> list[Field]:
    """Fields that take any words."""
    return [
        one for one in thing.fields
        if one.kind in ("string", "text", "html") and one.stored in thing.table.columns and "form" in one.on
        and not (one.readonly or one.write_once or one.write_only or one.into or one.choices or one.dictionary or one.pattern or one.clean)
        and one.name != thing.state
    ]  # fmt: skip


async def patched(someone: Someone, thing: Resource, row: dict[str, Any], **values: Any) -> tuple[int, Any]:
    path, body = f"/api/{thing.path}/{row['id']}", {"version": row["version"], **values}
    async with someone.client.patch(path, json=body, headers={"X-CSRF-Token": someone.csrf}) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize("thing", CHANGEABLE, ids=lambda one: one.name)
async def test_words_of_every_text_field_come_back_as_they_were(sign_in: SignIn, thing: Resource) -> None:
    admin = await sign_in("admin")
    items = (await admin.json(f"/api/{thing.path}", params={"limit": "30"}))["items"]
    rows = sorted((one for one in items if not one.get("_removed")), key=lambda one: one.get("state") != "draft")
    fields = free_text(thing)
    if not rows or not fields:
        return
    row = await admin.json(f"/api/{thing.path}/{rows[0]['id']}")
    for place, field in enumerate(fields):
        wanted = VALUES[place % len(VALUES)][: field.max_length or 200].strip()
        status, told = await patched(admin, thing, row, **{field.name: wanted})
        if status in (409, 422):
            assert told["errors"] or told["type"] == "state", (field.name, told)
            continue
        assert status == 200, (field.name, told)
        row = told
        again = (await admin.json(f"/api/{thing.path}/{row['id']}"))[field.name]
        if field.kind == "html":
            assert "<script" not in again and "alert" not in re.sub(r"<[^>]*>", "", again).replace("alert('x')", ""), again
        else:
            assert again == (wanted.replace("\u202e", "") if field.kind == "string" else wanted), (field.name, again)


async def test_control_characters_and_half_a_character_are_refused_with_the_field(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    headers = {"X-CSRF-Token": admin.csrf, "Content-Type": "application/json"}
    for raw in (b'{"name": "a\\u0000b"}', b'{"name": "\\ud842"}', b'{"name": "a\\u0007b"}', b'{"name": "   "}', b'{"name": ""}'):
        async with admin.client.post("/api/patients", data=raw, headers=headers) as answer:
            told = await answer.json()
            assert answer.status == 422 and (told["errors"] or told["detail"]), (raw, told)


async def test_names_of_rare_characters_are_kept_found_and_sorted(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    for name in ("𠮷野家", "张䶮", "李😀", "O'Brien", "阿卜杜拉·买买提"):
        made = await admin.post("/api/patients", {"name": name})
        assert made.status == 201, await made.text()
        row = await made.json()
        assert row["name"] == name
        found = await admin.json("/api/patients", params={"q": name[:2]})
        assert row["id"] in [one["id"] for one in found["items"]], name
    page = await admin.json("/api/patients", params={"sort": "name", "limit": "200"})
    assert page["next"] and (await admin.json("/api/patients", params={"sort": "name", "cursor": page["next"]}))["items"]


@pytest.mark.parametrize(
    ("born", "stored"),
    [
        ("1963-05-08", "1963-05-08"), ("1963-05-08T00:00:00", None), ("1963-05-08T00:00:00Z", None), ("1963-05-08T08:30:00", None),
        ("00:00", None), ("1963-02-29", None), ("0000-00-00", None), ("2999-01-01", None), ("1879-12-31", None), ("", ""), (None, ""),
    ],
)  # fmt: skip
async def test_days_of_birth(sign_in: SignIn, born: str | None, stored: str | None) -> None:
    admin = await sign_in("admin")
    made = await admin.post("/api/patients", {"name": "生日", "birth_date": born})
    told = await made.json()
    if stored is None or (born == "" and made.status == 422):
        assert made.status == 422 and told["errors"][0]["field"].startswith("birth_date"), told
    else:
        assert (made.status, told["birth_date"] or "") == (201, stored), told


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        ("11010519491231002X", ""), ("11010519491231002x", ""), ("110105194912310021", "check"), ("11010519491231002", "17 digits"),
        ("１１０１０５１９４９１２３１００２X", ""), ("<script>alert(1)</scr", "17 digits"),
    ],
)  # fmt: skip
async def test_identity_number_with_a_wrong_check_character_is_refused(sign_in: SignIn, number: str, rule: str) -> None:
    admin = await sign_in("admin")
    patient = await (await admin.post("/api/patients", {"name": "证件"})).json()
    made = await admin.post("/api/patient-identifiers", {"patient_id": patient["id"], "kind": "national_id", "number": number})
    told = await made.json()
    if not rule:
        assert made.status == 409 or (made.status, told["number"]) == (201, "11010519491231002X"), told
    else:
        assert (made.status, told["errors"][0]["field"]) == (422, "number") and rule in told["errors"][0]["rule"], told


async def test_marks_that_nobody_sees_are_left_out_of_a_name(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    copied = await admin.post("/api/patients", {"name": "\u202a张\u200b伟\ufeff"})
    assert (await copied.json())["name"] == "张伟"
    assert (await admin.post("/api/patients", {"name": "\u200b"})).status == 422
