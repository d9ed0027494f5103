"""A list by one column within another, page by page; the trail asked for a deed whatever thing it was done to."""

from __future__ import annotations

from typing import Any

import pytest

from crm import by_token
from crm.database import Database
from crm.engine import store, trail
from crm.engine.registry import registry
from crm.engine.store import Actor, Ask
from crm.engine.trail import TrailAsk
from crm.errors import InvalidValue
from tests.component.crm_engine.conftest import As

pytestmark = pytest.mark.component
_NAMES = ("dictionary_entry", "dictionary", "department", "patient", "contact_phone")
ENTRY, DICTIONARY, DEPARTMENT, PATIENT, PHONE = (registry().by_name[name] for name in _NAMES)


async def test_words_stand_by_their_list_and_then_in_its_order(demo: Database, acting: As) -> None:
    actor = await acting("admin")
    seen: list[tuple[str, int]] = []
    cursor = ""
    while True:
        ask = Ask(limit=7, cursor=cursor)
        page = await demo.run(lambda session, ask=ask: store.find(session, ENTRY, actor, ask))
        seen += [(one["dictionary"], one["sort"]) for one in page.items]
        if page.next is None:
            break
        cursor = page.next
    assert len(seen) == page.total > 14
    assert seen == sorted(seen)
    assert len({name for name, _ in seen}) > 1


async def test_list_of_words_shows_its_words(demo: Database, acting: As) -> None:
    actor = await acting("admin")
    row = await demo.run(lambda session: store.detail(session, DICTIONARY, actor, "education"))
    entries = row["_related"]["entries"]["items"]
    assert {one["dictionary"] for one in entries} == {"education"}
    assert [one["sort"] for one in entries] == sorted(one["sort"] for one in entries)


async def test_trail_is_asked_for_a_deed_of_any_thing_and_of_one(demo: Database, acting: As) -> None:
    actor = await acting("admin")
    await demo.run(lambda session: store.add(session, DEPARTMENT, actor, {"code": "trail_test", "name_zh": "查账科", "name_en": "Trail"}))
    for action, expected in (("add", True), ("department.add", True), ("dd", False), ("patient.add", False)):
        ask = TrailAsk(action=action, kind="department")
        listed = await demo.run(lambda session, ask=ask: trail.of_all(session, actor, ask))
        assert bool(listed["items"]) is expected, action
        assert all(one["action"].endswith("add") for one in listed["items"])


async def test_trail_is_asked_for_what_a_program_did(demo: Database, acting: As) -> None:
    actor, ward, lab = await acting("admin"), by_token.Token(41, "病区看板"), by_token.Token(42, "检验科")
    for token, code in ((ward, "by_ward"), (lab, "by_lab"), (None, "by_hand")):
        with by_token.acting(token):
            values = {"code": code, "name_zh": code, "name_en": code}
            await demo.run(lambda session, values=values: store.add(session, DEPARTMENT, actor, values))
    for token_id, codes in ((41, ["by_ward"]), (42, ["by_lab"]), (4, [])):
        ask = TrailAsk(token_id=token_id)
        listed = await demo.run(lambda session, ask=ask: trail.of_all(session, actor, ask))
        assert [one["after"]["code"] for one in listed["items"]] == codes
        assert {one["token"]["id"] for one in listed["items"]} <= {token_id}


async def test_who_is_called_just_so_stands_before_names_that_contain_it_on_every_page(demo: Database, acting: As) -> None:
    actor = await acting("supervisor01")
    ids: dict[int, str] = {}
    for name in ("欧阳询文", "小欧阳询", "欧阳询", "欧阳询之", "欧阳询"):
        row = await demo.run(lambda session, name=name: store.add(session, PATIENT, actor, {"name": name}))
        ids[row["id"]] = name
    seen: list[int] = []
    cursor = ""
    while True:
        ask = Ask(q="欧阳询", limit=1, cursor=cursor)
        page = await demo.run(lambda session, ask=ask: store.find(session, PATIENT, actor, ask))
        seen += [one["id"] for one in page.items]
        if page.next is None:
            break
        cursor = page.next
    exact = sorted(one for one, name in ids.items() if name == "欧阳询")
    assert seen == exact + sorted(set(ids) - set(exact))
    assert (await demo.run(lambda session: store.find(session, PATIENT, actor, Ask(q="欧阳询", limit=2)))).total == len(ids)


async def test_place_in_a_search_fits_no_plain_list(demo: Database, acting: As) -> None:
    actor = await acting("supervisor01")
    plain = await demo.run(lambda session: store.find(session, PATIENT, actor, Ask(limit=1, sort="")))
    assert plain.next is not None
    with pytest.raises(InvalidValue) as refused:
        await demo.run(lambda session: store.find(session, PATIENT, actor, Ask(q="王芳", limit=1, cursor=plain.next or "")))
    assert refused.value.field == "cursor"


async def test_whole_name_finds_nobody_first_for_who_sees_names_masked(demo: Database, acting: As) -> None:
    blind = await acting("agent01", less=("see.name",))
    page = await demo.run(lambda session: store.find(session, PATIENT, blind, Ask(q="王芳", limit=200)))
    assert page.items
    assert [one["id"] for one in page.items] == sorted(one["id"] for one in page.items)


async def test_number_is_kept_as_it_was_written_in_the_form_and_stands_masked_in_the_trail(demo: Database, acting: As) -> None:
    actor = await acting("admin")
    file = await demo.run(lambda session: store.add(session, PATIENT, actor, {"name": "原始", "number": "139-0000-4321"}))
    phone = (await _phones(demo, actor, file["id"]))[0]
    shown = await demo.run(lambda session: store.detail(session, PHONE, actor, str(phone["id"])))
    assert (shown["number"], shown["raw"]) == ("+8613900004321", "139-0000-4321")
    again = await demo.run(lambda session: store.change(session, PHONE, actor, str(phone["id"]), 1, {"number": "+86 139 0000 4321", "rating": 2}))
    assert again["raw"] == "139-0000-4321"
    other = await demo.run(lambda session: store.change(session, PHONE, actor, str(phone["id"]), 2, {"number": "0139 0000 4322"}))
    assert (other["number"], other["raw"]) == ("+8613900004322", "0139 0000 4322")
    blind = await acting("admin", less=("see.phone",))
    page = await demo.run(lambda session: trail.of_row(session, PHONE, blind, str(phone["id"]), TrailAsk()))
    told = next(one for one in page["items"] if one["action"] == "contact_phone.add")
    assert "4321" in told["after"]["raw"] and "0000" not in told["after"]["raw"]


async def _phones(demo: Database, actor: Actor, patient: int) -> list[dict[str, Any]]:
    ask = Ask(filters=(("patient_id", "eq", str(patient)),))
    return (await demo.run(lambda session: store.find(session, PHONE, actor, ask))).items
