"""Softphone accounts against a scripted REST interface of Asterisk."""

from __future__ import annotations

import pytest

from tests.component.desk.conftest import Served

pytestmark = pytest.mark.component


async def test_an_account_is_pushed_in_order_and_stays_the_same_for_the_session(served: Served):
    page = served.page()
    status, account = await page.get("/api/softphone")
    assert (status, account["authorization_user"], account["ice_servers"]) == (200, "agent-1", [])
    assert account["ws_url"].startswith("ws://127.0.0.1:")
    assert [kind for _, kind, _ in served.ari.order] == ["auth", "aor", "endpoint"]
    assert served.ari.objects["auth", "agent-1"]["password"] == account["password"]
    endpoint = served.ari.objects["endpoint", "agent-1"]
    assert (endpoint["context"], endpoint["webrtc"], endpoint["rtp_timeout"]) == ("agents", "yes", "5")
    assert served.ari.objects["aor", "agent-1"] | {"max_contacts": "1", "remove_existing": "yes"} == served.ari.objects["aor", "agent-1"]
    assert (await page.get("/api/softphone"))[1]["password"] == account["password"]


async def test_another_session_of_the_agent_gets_another_password(served: Served):
    first, second = (await served.page().get("/api/softphone"))[1], (await served.page().get("/api/softphone"))[1]
    assert first["password"] != second["password"]


async def test_log_out_revokes_the_account_and_takes_the_agent_offline(served: Served):
    page = served.page()
    await page.get("/api/softphone")
    await page.post("/api/agent/state", {"state": "available"})
    served.ari.order.clear()
    assert (await page.post("/api/logout"))[0] == 204
    assert [(method, kind) for method, kind, _ in served.ari.order] == [("DELETE", "endpoint"), ("DELETE", "aor"), ("DELETE", "auth")]
    assert served.office.agents.get(1).state == "offline"
    assert (await page.get("/api/agent"))[0] == 401


async def test_an_account_that_could_not_be_revoked_is_revoked_later(served: Served):
    page = served.page()
    await page.get("/api/softphone")
    served.ari.away = True
    await page.post("/api/logout")
    assert served.ari.endpoints() == {"agent-1"}
    served.ari.away = False
    await served.office.softphones.expire()
    assert served.ari.endpoints() == set()


async def test_after_a_restart_of_asterisk_accounts_are_there_again_and_strangers_gone(served: Served):
    await served.page().get("/api/softphone")
    served.ari.objects.clear()
    served.ari.objects["endpoint", "agent-9"] = {}
    served.ari.objects["endpoint", "visitor-5"] = {}
    served.ari.objects["endpoint", "agent-3"] = {}
    served.ari.objects["endpoint", "trunk"] = {}
    await served.office.softphones.asterisk_up(frozenset({3}))
    assert served.ari.endpoints() == {"agent-1", "agent-3", "trunk"}


async def test_accounts_end_with_their_session(served: Served):
    await served.page().get("/api/softphone")
    served.office.clock.advance(12 * 3600)
    await served.office.softphones.expire()
    assert served.ari.objects == {}


async def test_asterisk_away_is_a_problem_with_a_mend(served: Served):
    served.ari.away = True
    status, problem = await served.page().get("/api/softphone")
    assert (status, problem["title"]) == (503, "telephone unavailable")


async def test_a_visitor_may_call_as_an_invented_person_only(served: Served):
    stranger = served.stranger()
    callers = (await stranger.get("/api/try/callers"))[1]["items"]
    assert {"key", "title_zh", "title_en"} == set(callers[0])
    status, account = await stranger.post("/api/try", {"caller": callers[0]["key"]})
    assert (status, account["dial"]) == (200, "95120")
    endpoint = served.ari.objects["endpoint", account["authorization_user"]]
    assert (endpoint["context"], endpoint["callerid"]) == ("visitors", "<+8613900000001>")
    assert (await stranger.post("/api/try", {"caller": "the president"}))[0] == 422
    assert (await stranger.ask("POST", "/api/try", {"caller": callers[0]["key"]}, Origin="http://evil.example"))[0] == 403
    served.office.clock.advance(11 * 60)
    await served.office.softphones.expire()
    assert served.ari.endpoints() == set()


async def test_names_cannot_break_the_caller_id(served: Served):
    profile = served.office.directory.all_agents[1]
    served.office.directory.all_agents[1] = type(profile)(1, profile.username, 'a"\r\nb<x>\\', profile.queues)
    await served.page().get("/api/softphone")
    assert served.ari.objects["endpoint", "agent-1"]["callerid"] == '"abx" <agent-1>'
