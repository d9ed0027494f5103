"""The desk's routes over real HTTP."""

from __future__ import annotations

import pytest

from callcenter import events as ev
from tests.component.desk.conftest import Served
from tests.fakes.waiting import until
from tests.unit.desk.world import CALL, OTHER_CALL

pytestmark = pytest.mark.component


async def test_an_agent_becomes_available_and_asterisk_knows(served: Served):
    page = served.page()
    status, state = await page.post("/api/agent/state", {"state": "available"})
    assert (status, state["state"]) == (200, "available")
    await until(lambda: served.office.asterisk.states.get("Custom:agent-1") == "NOT_INUSE")
    assert (await page.get("/api/agent"))[1]["state"]["state"] == "available"


async def test_a_pause_needs_a_known_reason(served: Served):
    page = served.page()
    status, problem = await page.post("/api/agent/state", {"state": "paused"})
    assert (status, problem["errors"][0]["field"]) == (422, "reason")
    assert (await page.post("/api/agent/state", {"state": "paused", "reason": "meal"}))[0] == 200


@pytest.mark.parametrize("body", [{"state": "talking"}, {"state": "available", "more": 1}, {}, []])
async def test_a_state_that_is_none_is_refused_and_changes_nothing(served: Served, body: object):
    status, problem = await served.page().post("/api/agent/state", body)
    assert (status, problem["status"]) == (422, 422)
    assert served.office.agents.get(1).state == "offline"


async def in_conversation(served: Served, agent_id: int = 1) -> None:
    office = served.office
    office.agents.request(agent_id, "available")
    await office.happen(office.arrived(), office.joined(), office.ringing(agent_id), office.connected(agent_id), office.left_queue())


async def test_a_wish_during_a_call_is_answered_with_what_comes_after_it(served: Served):
    await in_conversation(served)
    status, state = await served.page().post("/api/agent/state", {"state": "paused", "reason": "meal"})
    assert (status, state["state"], state["after_call"]) == (200, "talking", {"state": "paused", "reason": "meal"})


async def test_disposition_ends_wrap_up_and_is_recorded(served: Served):
    await in_conversation(served)
    await served.office.happen(served.office.disconnected(), served.office.ended())
    page = served.page()
    status, problem = await page.post("/api/agent/disposition", {"linkedid": CALL, "code": "enquiry"})
    assert (status, problem["errors"][0]["field"]) == (422, "code")
    assert served.office.agents.get(1).state == "wrap_up"
    assert (await page.post("/api/agent/disposition", {"linkedid": CALL, "code": "enquiry_hours", "note": "问了门诊时间"}))[0] == 204
    assert served.office.agents.get(1).state == "available"
    facts = [one for one in served.office.published if isinstance(one, ev.DispositionRecorded)]
    assert [(one.code, one.note, one.agent_id) for one in facts] == [("enquiry_hours", "问了门诊时间", 1)]


async def test_a_next_contact_needs_a_patient_and_is_planned(served: Served):
    await in_conversation(served)
    page, body = served.page(), {"linkedid": CALL, "code": "enquiry_hours", "next_contact_on": "2026-12-01"}
    assert (await page.post("/api/agent/disposition", body))[0] == 422
    assert (await page.post(f"/api/agent/calls/{CALL}/patient", {"patient_id": 7}))[0] == 200
    await served.office.bus.settled()
    assert (await page.post("/api/agent/disposition", body))[0] == 204
    assert [(one[0], str(one[1])) for one in served.office.people.contacts] == [(7, "2026-12-01")]


async def test_another_agents_call_cannot_be_closed_or_assigned(served: Served):
    await in_conversation(served)
    other = served.page(2)
    for path, body in (
        ("/api/agent/disposition", {"linkedid": CALL, "code": "enquiry_hours"}),
        (f"/api/agent/calls/{CALL}/patient", {"patient_id": 7}),
        ("/api/agent/transfer", {"linkedid": CALL, "kind": "queue", "target": "outpatient"}),
        ("/api/agent/disposition", {"linkedid": "node1-1.1", "code": "enquiry_hours"}),
    ):
        assert (await other.post(path, body))[0] == 409
    assert not [one for one in served.office.published if isinstance(one, ev.DispositionRecorded | ev.PatientChosen | ev.CallTransferred)]


async def test_a_new_file_is_opened_for_the_call_and_shown_on_the_desk(served: Served):
    await in_conversation(served)
    page = served.page()
    status, card = await page.post(f"/api/agent/calls/{CALL}/patient", {"new_file": {"name": "赵敏", "gender": "female"}})
    assert (status, card["name"], card["id"]) == (201, "赵敏", 9)
    await served.office.bus.settled()
    view = (await page.get("/api/agent"))[1]["call"]
    assert (view["patient_id"], view["people"][0]["name"]) == (9, "赵敏")


@pytest.mark.parametrize("body", [{}, {"patient_id": 7, "new_file": {"name": "x"}}, {"new_file": {"name": " "}}, {"patient_id": 0}])
async def test_whose_call_it_is_needs_exactly_one_answer(served: Served, body: dict[str, object]):
    await in_conversation(served)
    assert (await served.page().post(f"/api/agent/calls/{CALL}/patient", body))[0] == 422


async def test_an_unknown_patient_is_not_found(served: Served):
    await in_conversation(served)
    assert (await served.page().post(f"/api/agent/calls/{CALL}/patient", {"patient_id": 4711}))[0] == 404


async def test_transfer_to_a_queue_sends_the_patient_on_once(served: Served):
    await in_conversation(served)
    status, _ = await served.page().post("/api/agent/transfer", {"linkedid": CALL, "kind": "queue", "target": "outpatient"})
    assert status == 202
    orders = [(action, headers) for action, headers in served.office.asterisk.sent if action == "BlindTransfer" or "Channel" in headers]
    assert orders == [
        ("Setvar", {"Channel": "PJSIP/trunk-1", "Variable": "CC_TARGET", "Value": "outpatient"}),
        ("Setvar", {"Channel": "PJSIP/trunk-1", "Variable": "CC_QUEUE_TIMEOUT", "Value": "300"}),
        ("BlindTransfer", {"Channel": "PJSIP/agent-1-00000001", "Context": "transfer", "Exten": "queue"}),
    ]
    assert [one.target for one in served.office.published if isinstance(one, ev.CallTransferred)] == ["outpatient"]


async def test_transfer_takes_only_free_agents_and_known_targets(served: Served):
    await in_conversation(served)
    page = served.page()
    for kind, target, expected in (("agent", "2", 409), ("agent", "1", 409), ("agent", "77", 422), ("queue", "nowhere", 422), ("agent", "x", 422)):
        assert (await page.post("/api/agent/transfer", {"linkedid": CALL, "kind": kind, "target": target}))[0] == expected
    served.office.agents.request(2, "available")
    assert (await page.post("/api/agent/transfer", {"linkedid": CALL, "kind": "agent", "target": 2}))[0] == 202
    assert (served.office.agents.get(2).state, served.office.agents.get(2).linkedid) == ("ringing", CALL)


async def test_a_refused_transfer_frees_the_reserved_agent(served: Served):
    await in_conversation(served)
    served.office.agents.request(2, "available")
    served.office.asterisk.refuse.add("BlindTransfer")
    assert (await served.page().post("/api/agent/transfer", {"linkedid": CALL, "kind": "agent", "target": "2"}))[0] == 503
    assert served.office.agents.get(2).state == "available"
    assert served.office.agents.get(1).state == "talking"


async def test_transfer_targets_show_queues_and_agents_who_are_there(served: Served):
    office = served.office
    office.agents.request(2, "available")
    await office.happen(office.arrived(OTHER_CALL), office.joined(OTHER_CALL))
    _, found = await served.page().get("/api/agent/transfer-targets")
    assert found["agents"] == [{"id": 2, "name": "李护士", "state": "available"}]
    rows = {one["name"]: (one["waiting"], one["available"]) for one in found["queues"]}
    assert rows == {"service_desk": (1, 1), "outpatient": (0, 0)}


async def test_choices_are_the_tree_and_the_reasons(served: Served):
    _, found = await served.page().get("/api/agent/choices")
    assert found["dispositions"][0]["children"][0]["code"] == "enquiry_hours"
    assert found["pause_reasons"][0]["limit_min"] == 45


async def test_the_board_is_for_supervisors(served: Served):
    assert (await served.page(1, "agent").get("/api/board"))[0] == 403
    status, board = await served.page(9, "supervisor").get("/api/board")
    assert (status, board["today"]["calls"], sorted(board["agents"])) == (200, 0, ["1", "2", "3"])


async def test_what_was_read_is_kept_with_ones_own_call_only(served: Served):
    await in_conversation(served)
    body = {"kind": "article", "id": 1, "version": 2}
    assert (await served.page(2).post(f"/api/agent/calls/{CALL}/knowledge", body))[0] == 409
    assert (await served.page().post(f"/api/agent/calls/{CALL}/knowledge", {"kind": "page", "id": 1}))[0] == 422
    assert not [one for one in served.office.published if isinstance(one, ev.KnowledgeRead)]
