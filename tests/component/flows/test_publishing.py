"""From a draft to a running shelf: locks, faults, cases, releases, roll back, two publishers, an older product, a start without a database."""

from __future__ import annotations

import asyncio
import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from callcenter.app import shipped_flows
from callcenter.crm_gateway import CrmGateway
from callcenter.crm_gateway.flows import CrmFlows
from callcenter.ivr import engine
from callcenter.ivr.shelf import FlowShelf
from callcenter.settings import Settings, Timeouts
from crm.database import Database
from tests.component.flows.conftest import Designers, Person, shipped_book
from tests.fakes.waiting import until

pytestmark = pytest.mark.component
FLOW = "hospital_guide"
SHORT = {"flow": "main_menu", "start": "a", "node": {"a": {"verb": "hang_up"}}}


async def source_of(person: Person, flow: str = FLOW) -> dict[str, Any]:
    released = (await person.fine("GET", f"/api/flows/{flow}/versions"))["items"]
    number = next(one["number"] for one in released if one["state"] == "published")
    return (await person.fine("GET", f"/api/flows/{flow}/versions/{number}"))["source"]


async def draw(person: Person, source: dict[str, Any], lock: int | None = None) -> dict[str, Any]:
    return await person.fine("PUT", f"/api/flows/{source['flow']}/draft", {"source": source, "layout": {}, "version": lock})


def slower(source: dict[str, Any], seconds: float = 9.0) -> dict[str, Any]:
    """The same flow with another waiting time at its first menu."""
    changed = deepcopy(source)
    menu = next(node for node in changed["node"].values() if node["verb"] == "menu")
    menu["wait_s"] = seconds
    return changed


async def test_the_shipped_flows_are_the_first_release(designers: Designers, admin: Person) -> None:
    listed = await admin.fine("GET", "/api/flows")
    assert listed["release"] == 1 == designers.node.shelf.newest.release
    assert {one["name"] for one in listed["items"]} == set(shipped_book().flows)
    assert [one["name"] for one in listed["items"] if one["is_entry"]] == ["main_menu"]
    assert all(one["published"] == 1 and one["draft"] is None for one in listed["items"])


async def test_what_is_published_is_on_a_running_shelf_within_a_second(designers: Designers, admin: Person) -> None:
    changed = slower(await source_of(admin))
    assert (await draw(admin, changed))["faults"] == []
    made = await admin.fine("POST", "/api/flows/publish", {"flows": [FLOW], "note": "more time"})
    assert made == {"release": 2, "versions": made["versions"]} and made["versions"][FLOW] == 2
    await until(lambda: designers.node.shelf.newest.release == 2, timeout_s=1.0)
    book = designers.node.shelf.newest
    assert book.flow(FLOW).version == 2 and book.flow("main_menu").version == 1
    assert [one["state"] for one in (await admin.fine("GET", f"/api/flows/{FLOW}/versions"))["items"]] == ["published", "retired"]


async def test_a_call_keeps_the_release_it_came_in_with(designers: Designers, admin: Person) -> None:
    shelf = designers.node.shelf
    step = engine.begin(shelf.newest, "main_menu")
    designers.node.in_use.add(step.release)
    source = await source_of(admin)
    for seconds in range(8, 16):
        await draw(admin, slower(source, float(seconds)))
        await admin.fine("POST", "/api/flows/publish", {"flows": [FLOW], "note": ""})
    await until(lambda: shelf.newest.release == 9)
    book = shelf.at(1)
    assert book is not None and engine.restore(book, step.as_json()) is not None
    assert 2 not in shelf.releases()


async def test_a_start_without_the_database_serves_what_was_last_known(designers: Designers, admin: Person) -> None:
    designers.node.in_use.add(1)
    await draw(admin, slower(await source_of(admin)))
    await admin.fine("POST", "/api/flows/publish", {"flows": [FLOW], "note": ""})
    await until(lambda: designers.node.shelf.newest.release == 2)
    away = Database("postgresql://nobody@127.0.0.1:1/none", timeout_s=0.2)
    store = CrmGateway(away, Settings(home=designers.home, timeouts=Timeouts(store_s=0.2)), designers.clock).store
    shelf = FlowShelf(shipped_book())
    await until(lambda: b'"number": 2' in (designers.home / "flows.json").read_bytes())
    CrmFlows(store, shelf, designers.clock, designers.home / "flows.json", lambda: {1}, shipped_flows.shipment())
    assert shelf.newest.release == 2 and shelf.at(1) is not None
    await away.close()


async def test_what_lies_on_disk_gives_way_to_another_store(designers: Designers, admin: Person) -> None:
    """A database was restored: its releases count, also those with lower numbers and other flows."""
    (designers.home / "flows.json").unlink(missing_ok=True)
    kept = [{"number": number, "versions": {"main_menu": 9}, "sources": {"main_menu": SHORT}} for number in (1, 9)]
    (designers.home / "restored.json").write_text(json.dumps(kept))
    node = designers.make_node("restored.json")
    assert node.shelf.newest.release == 9
    await node.releases.refresh()
    assert node.shelf.newest.release == 1 and len(node.shelf.newest.flows) > 1


async def test_a_damaged_copy_is_not_used(designers: Designers) -> None:
    for damage in (b"", b"{", b"[1]", b'[{"number": "x"}]', b'[{"number": 7, "versions": {}, "sources": {"main_menu": 3}}]', b"\xff"):
        (designers.home / "odd.json").write_bytes(damage)
        assert designers.make_node("odd.json").shelf.newest.release == 0, damage


async def test_a_fault_stops_a_publication_and_names_node_key_rule_and_mend(designers: Designers, admin: Person) -> None:
    broken = slower(await source_of(admin))
    name, menu = next((name, node) for name, node in broken["node"].items() if node["verb"] == "menu")
    del menu["on"]["invalid"]
    drawn = await draw(admin, broken)
    assert [(one["node"], one["key"], one["code"]) for one in drawn["faults"]] == [(name, "on", "unwired")]
    assert all(drawn["faults"][0][part][language] for part in ("rule", "mend") for language in ("zh", "en"))
    status, told = await admin.ask("POST", "/api/flows/publish", {"flows": [FLOW], "note": ""})
    assert (status, told["type"], told["faults"]) == (409, "faults", drawn["faults"])
    assert (await admin.fine("GET", "/api/flows"))["release"] == 1


async def test_a_case_that_breaks_stops_a_publication(designers: Designers, admin: Person) -> None:
    where = {"flow": "main_menu", "node": "language"}
    case = {"title": "begin", "flow": "main_menu", "steps": [], "expect": [where], "at": "2026-11-16T02:00:00Z"}
    await admin.fine("POST", "/api/flow-cases", case)
    wrong = await admin.fine("POST", "/api/flow-cases", case | {"title": "never", "expect": [where | {"node": "nowhere"}]})
    ran = (await admin.fine("POST", "/api/flow-cases/run", {}))["items"]
    assert [one["ok"] for one in ran] == [True, False] and ran[1]["got"] == where
    await draw(admin, slower(await source_of(admin)))
    status, told = await admin.ask("POST", "/api/flows/publish", {"flows": [FLOW], "note": ""})
    assert (status, told["type"], [one["title"] for one in told["cases"]]) == (409, "cases", ["never"])
    await admin.fine("DELETE", f"/api/flow-cases/{wrong['id']}")
    await admin.fine("POST", "/api/flows/publish", {"flows": [FLOW], "note": ""})


async def test_a_stale_draft_is_not_overwritten(designers: Designers, admin: Person) -> None:
    source = await source_of(admin)
    lock = (await draw(admin, slower(source)))["version"]
    assert (await draw(admin, slower(source, 7), lock))["version"] == lock + 1
    for old in (None, lock):
        status, told = await admin.ask("PUT", f"/api/flows/{FLOW}/draft", {"source": source, "layout": {}, "version": old})
        assert (status, told["type"]) == (409, "stale"), told
    kept = await admin.fine("GET", f"/api/flows/{FLOW}/versions/draft")
    assert kept["source"] == slower(source, 7) and kept["version"] == lock + 1


async def test_of_two_publishers_one_goes_first_and_the_other_is_told(designers: Designers, admin: Person) -> None:
    await draw(admin, slower(await source_of(admin)))
    asked = [admin.ask("POST", "/api/flows/publish", {"flows": [FLOW], "note": str(one)}) for one in range(4)]
    answers = await asyncio.gather(*asked)
    assert sorted(status for status, _ in answers)[0] == 200 and sum(status == 200 for status, _ in answers) == 1
    assert {status for status, _ in answers} <= {200, 409, 422}
    assert (await admin.fine("GET", "/api/flows"))["release"] == 2


async def test_an_older_version_goes_live_again_as_a_new_release(designers: Designers, admin: Person) -> None:
    source = await source_of(admin)
    await draw(admin, slower(source))
    await admin.fine("POST", "/api/flows/publish", {"flows": [FLOW], "note": ""})
    made = await admin.fine("POST", "/api/flows/publish", {"rollback": {"flow": FLOW, "number": 1}, "note": "too slow"})
    assert (made["release"], made["versions"][FLOW]) == (3, 1)
    versions = (await admin.fine("GET", f"/api/flows/{FLOW}/versions"))["items"]
    assert [(one["number"], one["state"], one["release"]) for one in versions] == [(2, "retired", 2), (1, "published", 3)]
    differs = await admin.fine("GET", f"/api/flows/{FLOW}/diff?from=1&to=2")
    assert [(one["key"], one["after"]) for one in differs["changed"]] == [("wait_s", 9.0)]


async def test_a_newer_product_ships_its_flows_until_somebody_publishes_his_own(designers: Designers, admin: Person) -> None:
    shipment = shipped_flows.shipment()
    newer = replace(shipment, sources={**shipment.sources, FLOW: slower(dict(shipment.sources[FLOW]))})
    await designers.make_node("second.json", newer).releases.refresh()
    await until(lambda: designers.node.shelf.newest.release == 2)
    await draw(admin, slower(await source_of(admin), 5))
    await admin.fine("POST", "/api/flows/publish", {"flows": [FLOW], "note": "ours"})
    newest = replace(shipment, sources={**shipment.sources, FLOW: slower(dict(shipment.sources[FLOW]), 4)})
    await designers.make_node("third.json", newest).releases.refresh()
    listed = await admin.fine("GET", "/api/flows")
    assert listed["release"] == 3 and next(one["published"] for one in listed["items"] if one["name"] == FLOW) == 3
    versions = (await admin.fine("GET", f"/api/flows/{FLOW}/versions"))["items"]
    assert [one["state"] for one in versions] == ["retired", "published", "retired", "retired"]


async def test_a_new_flow_from_nothing_to_live_and_its_way_as_toml(designers: Designers, admin: Person) -> None:
    name = "car_park"
    assert (await admin.fine("POST", "/api/flows", {"name": name, "title": {"zh": "停车", "en": "Car park"}}))["version"] == 1
    assert (await admin.ask("POST", "/api/flows", {"name": name, "title": {"zh": "x", "en": "y"}}))[0] == 409
    status, told = await admin.ask("POST", "/api/flows/publish", {"flows": [name], "note": ""})
    assert (status, told["type"]) == (409, "faults")
    text = f'flow = "{name}"\nstart = "say"\n[node.say]\nverb = "say"\nsay = ["goodbye"]\non = {{ done = "end" }}\n[node.end]\nverb = "hang_up"\n'
    plain = {"Content-Type": "text/plain; charset=utf-8"}
    assert (await admin.fine("PUT", f"/api/flows/{name}/toml", data=text.encode(), headers=plain))["faults"] == []
    assert (await admin.fine("POST", "/api/flows/publish", {"flows": [name], "note": ""}))["versions"][name] == 1
    written = await admin.fine("GET", f"/api/flows/{name}/toml?version=1")
    again = await admin.fine("PUT", f"/api/flows/{name}/toml", data=written, headers=plain)
    assert again["faults"] == []
    differs = await admin.fine("GET", f"/api/flows/{name}/diff?from=1&to=draft")
    assert differs == {"added": [], "removed": [], "changed": []}
    await admin.fine("DELETE", f"/api/flows/{name}/draft")
    assert (await admin.ask("DELETE", f"/api/flows/{name}/draft"))[0] == 404


async def test_a_flow_that_never_went_live_goes_with_its_draft(designers: Designers, admin: Person) -> None:
    await admin.fine("POST", "/api/flows", {"name": "try_out", "title": {"zh": "试", "en": "Try"}})
    await admin.fine("DELETE", "/api/flows/try_out/draft")
    assert "try_out" not in {one["name"] for one in (await admin.fine("GET", "/api/flows"))["items"]}


async def test_rights_a_supervisor_reads_and_an_agent_sees_nothing(designers: Designers) -> None:
    supervisor, agent = await designers.person("supervisor01"), await designers.person("agent01")
    assert (await supervisor.ask("GET", "/api/flows"))[0] == 200
    assert (await supervisor.ask("POST", "/api/flows/check", {"sources": {}}))[0] == 200
    assert (await supervisor.ask("PUT", f"/api/flows/{FLOW}/draft", {"source": {}, "layout": {}}))[0] == 403
    assert (await supervisor.ask("POST", "/api/flows/publish", {"flows": [FLOW]}))[0] == 403
    assert (await agent.ask("GET", "/api/flows"))[0] == 403
