"""Rows are listed, changed, moved and hidden within rights, scope and masks, and nothing of it goes unrecorded."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from crm.database import Database, Session
from crm.engine import audit, store, trail
from crm.engine.registry import registry
from crm.engine.store import Actor, Ask
from crm.errors import Forbidden, InUse, InvalidValues, NotFound, Stale, Taken
from crm.models import AuditEntry
from tests.component.crm_engine.conftest import As

pytestmark = pytest.mark.component
PATIENT, PHONE, DEPARTMENT, USER, ROLE, DAY = (
    registry().by_name[name] for name in ("patient", "contact_phone", "department", "user", "role", "calendar_day")
)


async def found(demo: Database, actor: Actor, resource: Any = PATIENT, **ask: Any) -> store.Listed:
    return await demo.run(lambda session: store.find(session, resource, actor, Ask(**ask)))


async def made(demo: Database, actor: Actor, **values: Any) -> dict[str, Any]:
    return await demo.run(lambda session: store.add(session, PATIENT, actor, values))


async def changed(demo: Database, actor: Actor, row: dict[str, Any], resource: Any = PATIENT, **values: Any) -> dict[str, Any]:
    return await demo.run(lambda session: store.change(session, resource, actor, str(row["id"]), row["version"], values))


# -- lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sort", "limit"), [
    ("", 37), ("name", 37), ("-name", 37), ("birth_date", 37), ("-birth_date", 3), ("birth_date", 2), ("mrn", 37), ("-created_at", 37),
])  # fmt: skip
async def test_pages_put_together_are_the_whole_list_once(demo: Database, acting: As, sort: str, limit: int) -> None:
    actor = await acting("admin")
    for number in range(4):
        await made(demo, actor, name=f"无生日{number}")
    seen: list[int] = []
    cursor = ""
    while True:
        page = await found(demo, actor, sort=sort, limit=limit, cursor=cursor)
        seen += [one["id"] for one in page.items]
        if page.next is None:
            break
        cursor = page.next
    whole = await demo.run(lambda session: session.scalars(text("SELECT id FROM patient WHERE removed_at IS NULL")))
    assert sorted(seen) == sorted(whole) and len(seen) == len(set(seen))
    assert page.total == len(seen) and page.exact


async def test_what_has_no_value_comes_last_in_both_directions(demo: Database, acting: As) -> None:
    actor = await acting("admin")
    await made(demo, actor, name="无生日")
    for sort in ("birth_date", "-birth_date"):
        page = await found(demo, actor, sort=sort, limit=200)
        tail = (await found(demo, actor, sort=sort, limit=200, cursor=page.next)).items
        born = [one["birth_date"] for one in [*page.items, *tail]]
        dated = [one for one in born if one]
        assert born == [*sorted(dated, reverse=sort.startswith("-")), *[None] * (len(born) - len(dated))] and len(dated) < len(born)


async def test_long_lists_tell_what_the_server_knows_and_short_ones_are_counted(
    demo: Database, acting: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = await acting("admin")
    for number in range(3):
        row = await made(demo, actor, name=f"作废{number}")
        await demo.run(lambda session, row=row: store.remove(session, PATIENT, actor, str(row["id"]), row["version"], "测试"))
    await demo.run(lambda session: session.execute(text("ANALYZE patient")))
    monkeypatch.setattr(store, "EXACT_TOTAL", 20)
    page = await found(demo, actor, limit=5)
    assert not page.exact and page.total > 200
    removed = await found(demo, actor, limit=2, removed=True)
    assert removed.exact and 3 <= removed.total < 20
    monkeypatch.setattr(store, "SURELY_BEYOND", 50)
    men = (("gender", "eq", "male"),)
    expected = await found(demo, actor, filters=men, limit=5)
    assert not expected.exact and 50 < expected.total < page.total
    monkeypatch.setattr(store, "EXACT_TOTAL", 10_000)
    monkeypatch.setattr(store, "SURELY_BEYOND", 100_000)
    counted = await found(demo, actor, filters=men, limit=5)
    assert counted.exact and abs(counted.total - expected.total) <= 0.5 * counted.total


async def test_cursor_of_another_order_is_refused(demo: Database, acting: As) -> None:
    actor = await acting("admin")
    page = await found(demo, actor, sort="name", limit=5)
    with pytest.raises(Exception, match="cursor"):
        await found(demo, actor, sort="-name", cursor=page.next)
    with pytest.raises(Exception, match="cursor"):
        await found(demo, actor, cursor="bm90IGEgY3Vyc29y")


@pytest.mark.parametrize(
    ("filters", "test"),
    [
        ((("gender", "eq", "male"),), lambda row: row["gender"] == "male"),
        ((("gender", "in", "male,female"), ("birth_date", "ge", "1960-01-01")), lambda row: (row["birth_date"] or "") >= "1960-01-01"),
        ((("tags", "has", "高血压"),), lambda row: "高血压" in row["tags"]),
        ((("tags", "empty", "true"),), lambda row: row["tags"] == []),
    ],
)
async def test_filters_mean_what_they_say(demo: Database, acting: As, filters: Any, test: Any) -> None:
    actor = await acting("admin")
    every = (await found(demo, actor, limit=200, on="detail")).items
    page = await found(demo, actor, filters=filters, limit=200, on="detail")
    assert page.items and all(test(one) for one in page.items)
    assert {one["id"] for one in page.items} >= {one["id"] for one in every if test(one)}


@pytest.mark.parametrize("words", ["张伟", "伟", "zw", "0000001", "13900000001", "0001", "+86 139-0000-0001"])
async def test_a_patient_is_found_by_what_people_type(demo: Database, acting: As, words: str) -> None:
    page = await found(demo, await acting("agent01"), q=words, limit=200)
    assert "张伟" in {one["name"] for one in page.items}


@pytest.mark.parametrize("words", ["0000 0001", "9000000", "3900"])
async def test_part_of_a_number_finds_its_owner_only_for_who_sees_whole_numbers(demo: Database, acting: As, words: str) -> None:
    page = await found(demo, await acting("agent01", more=("see.phone",)), q=words, limit=200)
    assert "张伟" in {one["name"] for one in page.items}
    page = await found(demo, await acting("agent01"), q=words, limit=200)
    assert "张伟" not in {one["name"] for one in page.items}


@pytest.mark.parametrize("name", ["𠮷野家", "䶮小明", "欧阳张伟", "O'Brien %_\\", "🌸花"])
async def test_rare_characters_are_kept_and_found_by_two_of_them(demo: Database, acting: As, name: str) -> None:
    actor = await acting("agent01")
    row = await made(demo, actor, name=name)
    assert row["name"] == name
    assert row["id"] in {one["id"] for one in (await found(demo, actor, q=name[:2], limit=200)).items}
    assert row["id"] in {one["id"] for one in (await found(demo, actor, q=name, limit=200)).items}


# -- masks and scope --------------------------------------------------------------------------------------------------


async def test_numbers_are_masked_until_revealed_and_that_is_recorded(demo: Database, acting: As) -> None:
    agent = await acting("agent01")
    (row, *_) = (await found(demo, agent, PHONE, filters=(("patient_id", "eq", "1"),))).items
    assert "*" in row["number"] and row["_masked"] == ["number"]
    file = await demo.run(lambda session: store.detail(session, PATIENT, agent, "1"))
    assert "0000001" not in str([file["contacts"], file["_related"]["phones"]])
    plain = await demo.run(lambda session: store.reveal(session, PHONE, agent, str(row["id"]), "number"))
    assert plain.startswith("+86139")
    entries = await demo.run(lambda session: session.scalar(text("SELECT count(*) FROM audit_entry WHERE action = 'contact_phone.reveal'")))
    assert entries == 1
    with pytest.raises(InvalidValues, match="masked"):
        await changed(demo, agent, row, PHONE, number=row["number"])
    with pytest.raises(Exception, match="masked"):
        await found(demo, agent, PHONE, filters=(("number", "prefix", "+86139"),))


async def test_a_name_that_may_not_be_seen_is_masked_wherever_it_stands(demo: Database, acting: As) -> None:
    actor = await acting("agent01", less=("see.name",))
    file = await demo.run(lambda session: store.detail(session, PATIENT, actor, "1"))
    assert file["name"] == "张*" and file["_label"] == "张*"
    phones = file["_related"]["phones"]["items"]
    assert phones[0]["_refs"]["patient_id"] == "张*"


async def test_department_scope_reaches_its_own_patients_only(demo: Database, acting: As) -> None:
    everyone = (await found(demo, await acting("admin"), limit=1)).total
    limited = await acting("agent01", scope="department", departments=(1,))
    page = await found(demo, limited, limit=200)
    cared_for = (
        "SELECT patient_id FROM visit WHERE department_id = 1 UNION SELECT a.patient_id FROM appointment a"
        " JOIN clinic_session c ON c.id = a.session_id WHERE c.department_id = 1 AND a.state IN ('booked', 'arrived', 'no_show', 'stopped')"
    )
    mine = f"{cared_for} UNION SELECT id FROM patient WHERE created_by = {limited.principal.id}"
    ids = await demo.run(lambda session: session.scalars(text(mine)))
    assert 0 < page.total < everyone
    assert {one["id"] for one in page.items} <= {*ids}
    outside = await demo.run(lambda session: session.scalar(text(f"SELECT min(id) FROM patient WHERE id NOT IN ({cared_for})")))
    for work in (
        lambda session: store.detail(session, PATIENT, limited, str(outside)),
        lambda session: store.change(session, PATIENT, limited, str(outside), 1, {"notes": "x"}),
    ):
        with pytest.raises(NotFound):
            await demo.run(work)
    phones = await found(demo, limited, PHONE, limit=200)
    assert outside not in {one["patient_id"] for one in phones.items}
    with pytest.raises(InvalidValues):
        await demo.run(lambda session: store.add(session, PHONE, limited, {"patient_id": outside, "number": "13900001234"}))


async def test_a_right_that_is_lacking_is_named(demo: Database, acting: As) -> None:
    agent = await acting("agent01")
    with pytest.raises(Forbidden, match=r"role\.read"):
        await found(demo, agent, ROLE)
    row = await made(demo, agent, name="不可删")
    with pytest.raises(Forbidden, match=r"patient\.delete"):
        await demo.run(lambda session: store.remove(session, PATIENT, agent, str(row["id"]), 1, "x"))


# -- writes -----------------------------------------------------------------------------------------------------------


async def test_new_patient_with_a_number_in_one_step_and_the_number_is_checked(demo: Database, acting: As) -> None:
    actor = await acting("supervisor01")
    row = await made(demo, actor, name=" 王小明 ", number="0139 0000 9123", relation="母亲", birth_date="1990-02-03")
    assert (row["name"], row["age"], row["contacts"][0]["number"][-4:]) == ("王小明", 36, "9123")
    with pytest.raises(InvalidValues) as wrong:
        await made(demo, actor, name="王小明", number="12", gender="x", birth_date="1990-02-30")
    assert {one.field for one in wrong.value.faults} == {"number", "gender", "birth_date"}


async def test_stale_edit_is_told_what_others_changed_and_nothing_is_lost(demo: Database, acting: As) -> None:
    first, second = await acting("agent01"), await acting("supervisor01")
    row = await made(demo, first, name="双人编辑")
    await changed(demo, second, row, tags=["糖尿病"])
    with pytest.raises(Stale) as stale:
        await changed(demo, first, row, notes="我的备注")
    assert stale.value.changed == ("tags",)
    assert stale.value.current["version"] == 2 and stale.value.current["tags"] == ["糖尿病"]
    assert stale.value.by == {"id": second.principal.id, "name": second.principal.name}
    after = await changed(demo, first, stale.value.current, notes="我的备注")
    assert (after["tags"], after["notes"], after["version"]) == (["糖尿病"], "我的备注", 3)


async def test_change_to_what_it_is_already_changes_nothing(demo: Database, acting: As) -> None:
    actor = await acting("agent01")
    row = await made(demo, actor, name="不变")
    assert (await changed(demo, actor, row, name="不变"))["version"] == row["version"]


async def test_taken_value_names_its_field_and_a_row_in_use_stays(demo: Database, acting: As) -> None:
    admin = await acting("admin")
    with pytest.raises(Taken) as taken:
        await made(demo, admin, name="王", mrn="0000001")
    assert taken.value.field == "mrn"
    with pytest.raises(InUse):
        await demo.run(lambda session: store.remove(session, DEPARTMENT, admin, "1", 1, ""))


async def test_removed_patient_is_gone_for_agents_and_can_be_brought_back(demo: Database, acting: As) -> None:
    supervisor, agent = await acting("supervisor01"), await acting("agent01")
    row = await made(demo, supervisor, name="误建档案")
    key = str(row["id"])
    with pytest.raises(InvalidValues, match="reason"):
        await demo.run(lambda session: store.remove(session, PATIENT, supervisor, key, 1, " "))
    await demo.run(lambda session: store.remove(session, PATIENT, supervisor, key, 1, "重复建档"))
    with pytest.raises(NotFound):
        await demo.run(lambda session: store.detail(session, PATIENT, agent, key))
    assert row["id"] in {one["id"] for one in (await found(demo, supervisor, removed=True)).items}
    back = await demo.run(lambda session: store.restore(session, PATIENT, supervisor, key, 2))
    assert (back["_removed"], back["version"]) == (False, 3)


async def test_bulk_change_is_all_or_nothing(demo: Database, acting: As) -> None:
    supervisor = await acting("supervisor01")
    rows = [await made(demo, supervisor, name=f"批量{n}") for n in range(3)]
    items = [(str(one["id"]), 1) for one in rows]
    done = await demo.run(lambda session: store.bulk(session, PATIENT, supervisor, items, {"tags": ["回访"]}))
    assert {one["version"] for one in done} == {2}
    with pytest.raises(InvalidValues) as wrong:
        await demo.run(lambda session: store.bulk(session, PATIENT, supervisor, [(items[0][0], 2), (items[1][0], 1)], {"tags": ["丢失"]}))
    assert wrong.value.faults[0].field == f"items.{items[1][0]}"
    page = await found(demo, supervisor, filters=(("tags", "has", "丢失"),))
    assert page.total == 0


async def test_a_related_list_longer_than_a_page_is_counted(demo: Database, acting: As) -> None:
    admin = await acting("admin")
    row = await made(demo, admin, name="关系众多")
    relative = registry().by_name["relative"]
    for n in range(23):
        values = {"patient_id": row["id"], "name": f"亲属{n}", "relation": "兄弟"}
        await demo.run(lambda session, values=values: store.add(session, relative, admin, values))
    listed = (await demo.run(lambda session: store.detail(session, PATIENT, admin, str(row["id"]))))["_related"]["relatives"]
    assert (len(listed["items"]), listed["total"], listed["exact"]) == (20, 23, True)


async def test_rows_with_a_key_of_two_columns_are_added_changed_and_deleted(demo: Database, acting: As) -> None:
    admin = await acting("admin")
    values = {"calendar": "hotline", "day": "2027-01-01", "kind": "holiday", "title_zh": "元旦"}
    row = await demo.run(lambda session: store.add(session, DAY, admin, values))
    assert row["id"] == "hotline~2027-01-01"
    row = await changed(demo, admin, row, DAY, title_en="New Year")
    with pytest.raises(InvalidValues):
        await changed(demo, admin, row, DAY, kind="workday")
    await demo.run(lambda session: store.remove(session, DAY, admin, "hotline~2027-01-01", 2, ""))
    assert (await found(demo, admin, DAY, filters=(("day", "eq", "2027-01-01"), ("calendar", "eq", "hotline")))).total == 0


# -- administrators ---------------------------------------------------------------------------------------------------


async def test_user_is_made_with_roles_and_limited_to_a_department(demo: Database, acting: As) -> None:
    admin = await acting("admin")
    values = {"username": "li.na", "name": "李娜", "password": "a-long-password", "roles": ["agent"], "scope": "department", "department_ids": [2]}
    row = await demo.run(lambda session: store.add(session, USER, admin, values), timeout_s=20)
    assert row["roles"] == ["agent"] and "password" not in row
    assert row["_refs"]["department_ids"] and row["_refs"]["roles"] == ["坐席"]
    limited = await acting("li.na")
    assert limited.principal.scopes == {} or set(limited.principal.scopes.values()) <= {"department"}
    stored = await demo.run(lambda session: session.execute(text("SELECT password_hash, scope FROM user_account WHERE username = 'li.na'")))
    assert stored.first()[0].startswith("$argon2")
    entry = text("SELECT data::text FROM audit_entry WHERE action = 'user.add' ORDER BY id DESC LIMIT 1")
    trailed = await demo.run(lambda session: session.scalar(entry))
    assert "argon2" not in trailed and "a-long-password" not in trailed


async def test_nobody_gives_a_right_he_lacks_and_an_administrator_remains(demo: Database, acting: As) -> None:
    clerk = await acting("supervisor01", more=("role.add", "role.change", "user.change"), less=())
    with pytest.raises(InvalidValues, match="you do not have"):
        await demo.run(lambda s: store.add(s, ROLE, clerk, {"code": "sneaky", "title_zh": "x", "title_en": "x", "rights": ["api_token.change"]}))
    admin = await acting("admin")
    row = await demo.run(lambda session: store.detail(session, USER, admin, str(admin.principal.id)))
    with pytest.raises(InvalidValues, match="nobody who can administer"):
        await changed(demo, admin, row, USER, active=False)


# -- the trail --------------------------------------------------------------------------------------------------------


async def test_every_view_and_change_stands_in_the_trail_of_the_file(demo: Database, acting: As) -> None:
    agent, supervisor = await acting("agent01"), await acting("supervisor01")
    row = await made(demo, agent, name="审计对象", number="13900007777")
    await demo.run(lambda session: store.detail(session, PATIENT, supervisor, str(row["id"])))
    await changed(demo, supervisor, row, name="审计对象二")
    seen = await demo.run(lambda session: trail.of_row(session, PATIENT, supervisor, str(row["id"]), trail.TrailAsk()))
    assert [one["action"] for one in seen["items"]] == ["patient.change", "patient.view", "contact_phone.add", "patient.add"]
    change, _, phone, _ = seen["items"]
    assert (change["before"]["name"], change["after"]["name"], change["user"]["name"]) == ("审计对象", "审计对象二", supervisor.principal.name)
    assert "7777" in phone["after"]["number"] and "13900007777" not in str(phone)
    assert await demo.run(audit.verify) is None


async def test_entry_keeps_what_the_thing_was_called_masked_for_who_sees_it_masked(demo: Database, acting: As) -> None:
    agent, supervisor = await acting("agent01"), await acting("supervisor01")
    row = await made(demo, agent, name="诸葛亮", number="13900006666")
    await changed(demo, supervisor, row, name="诸葛孔明")

    async def labels(more: tuple[str, ...], less: tuple[str, ...]) -> list[str | None]:
        reader = await acting("supervisor01", more=more, less=less)
        seen = await demo.run(lambda session: trail.of_row(session, PATIENT, reader, str(row["id"]), trail.TrailAsk()))
        return [one["object"]["label"] for one in seen["items"]]

    assert await labels(("see.name", "see.phone"), ()) == ["诸葛孔明", "+8613900006666", "诸葛亮"]
    assert await labels((), ("see.name", "see.phone")) == ["诸***", "139****6666", "诸**"]
    ids = list(await demo.run(lambda session: session.scalars(select(AuditEntry.id).where(AuditEntry.object_kind == "patient"))))
    await demo.run(lambda session: audit.erase(session, ids))
    assert (await labels(("see.name", "see.phone"), ()))[::2] == [None, None]
    assert await demo.run(audit.verify) is None


async def test_entry_of_a_removed_thing_and_of_a_deed_elsewhere_is_named_too(demo: Database, acting: As) -> None:
    admin = await acting("admin")
    disease = registry().by_name["disease"]
    row = await demo.run(lambda session: store.add(session, disease, admin, {"name_zh": "罕见病", "name_en": "Rare", "code": "ZZ99"}))
    await demo.run(lambda session: store.remove(session, disease, admin, str(row["id"]), row["version"], ""))
    await demo.run(lambda session: audit.write(session, admin.at, None, audit.Deed("user.note", "user", str(admin.principal.id))))
    page = await demo.run(lambda session: trail.of_all(session, admin, trail.TrailAsk(limit=3)))
    assert [one["object"]["label"] for one in page["items"]] == [admin.principal.name, "罕见病", "罕见病"]


# -- whatever is typed ------------------------------------------------------------------------------------------------


@given(words=st.text(max_size=40))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_words_in_the_search_box_are_answered(demo: Database, acting: As, words: str) -> None:
    if "\x00" in words or any(0xD800 <= ord(one) <= 0xDFFF for one in words):
        return
    page = await found(demo, await acting("agent01"), q=words, limit=5)
    assert page.total >= len(page.items)


@given(name=st.text(min_size=1, max_size=80), notes=st.text(max_size=200), tags=st.lists(st.text(max_size=20), max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_text_is_kept_as_it_was_or_refused_by_field(demo: Database, acting: As, name: str, notes: str, tags: list[str]) -> None:
    actor = await acting("agent01")

    async def work(session: Session) -> dict[str, Any]:
        return await store.add(session, PATIENT, actor, {"name": name, "notes": notes, "tags": tags})

    try:
        row = await demo.run(work)
    except InvalidValues as wrong:
        assert all(one.field in ("name", "notes", "tags") and one.rule and one.mend for one in wrong.faults)
        return
    again = await demo.run(lambda session: store.detail(session, PATIENT, actor, str(row["id"]), related=False))
    assert (again["name"], again["notes"], again["tags"]) == (row["name"], row["notes"], row["tags"])
    assert row["name"].strip() == row["name"] != ""
