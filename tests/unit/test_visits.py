"""What may come in by AGI as a caller's visit, and what is no Asterisk of ours."""

from __future__ import annotations

import pytest

from callcenter.app.controller import visit_of
from callcenter.cti.agi_protocol import AgiRequest
from callcenter.errors import UnsafeArgument

pytestmark = pytest.mark.unit
CALL = "node1-1795355793.0"


def request(*arguments: str, uniqueid: str = CALL) -> AgiRequest:
    headers = {"agi_uniqueid": uniqueid, "agi_channel": "PJSIP/trunk-1", "agi_callerid": "13900000001", "agi_dnid": "95120"}
    return AgiRequest("call", arguments, headers)


def test_a_visit_is_its_channels() -> None:
    visit = visit_of(request(CALL, "2", "timeout", "night"), "main_menu", lambda _: False)
    assert (visit.session, visit.uniqueid, visit.attempt, visit.result, visit.flow) == (CALL, CALL, 2, "timeout", "night")
    assert (visit.caller_number, visit.dialled_number) == ("13900000001", "95120")


@pytest.mark.parametrize("attempt", ["", "x", "²", "-1", "9" * 5000])
def test_an_attempt_that_is_no_number_is_the_first(attempt: str) -> None:
    assert visit_of(request(CALL, attempt), "main_menu", lambda _: False).attempt == 1


def test_an_anonymous_call_comes_without_its_number() -> None:
    assert visit_of(request(), "main_menu", lambda session: session == CALL).caller_number == ""


@pytest.mark.parametrize(
    "wrong",
    [request("node1-1795355793.7"), request("${SHELL(id)}"), request(uniqueid="${SHELL(id)}"), request(uniqueid="../x"), request(uniqueid="x" * 81)],
)
def test_a_session_that_is_not_this_channels_is_refused(wrong: AgiRequest) -> None:
    with pytest.raises(UnsafeArgument):
        visit_of(wrong, "main_menu", lambda _: False)
