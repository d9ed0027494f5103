"""A list by one column within another, page by page; the trail asked for a deed whatever thing it was done to."""

from __future__ import annotations

import pytest

from crm.database import Database
from crm.engine import store, trail
from crm.engine.registry import registry
from crm.engine.store import Ask
from crm.engine.trail import TrailAsk
from crm.errors import InvalidValue
from tests.component.crm_engine.conftest import As

pytestmark = pytest.mark.component
ENTRY, DICTIONARY, DEPARTMENT, PATIENT = (registry().by_name[name] for name in ("dictionary_entry", "dictionary", "department", "patient"))


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
