"""The state machine of agents, by table and by random walks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from callcenter.cti.agent_board import (
    AVAILABLE,
    MOVES,
    OFFLINE,
    PAUSED,
    RINGING,
    TALKING,
    WRAP_UP,
    Agent,
    AgentBoard,
    AgentState,
    Rules,
    Wish,
    device_state,
)
from tests.unit.desk.world import CALL, NOON, OTHER_CALL

pytestmark = pytest.mark.unit

WRAP_UP_S = 30


def board(seen: list[tuple[AgentState, AgentState]] | None = None, **rules: object) -> AgentBoard:
    kept = seen if seen is not None else []
    fixed = {"wrap_up_s": lambda queue: 0 if queue == "no_wrap_up" else WRAP_UP_S} | rules
    return AgentBoard(Rules(**fixed), lambda old, new, _by: kept.append((old.state, new.state)), NOON)  # type: ignore[arg-type]


def talking(one: AgentBoard, queue: str = "service_desk") -> AgentBoard:
    one.request(1, Wish(AVAILABLE), NOON)
    one.ringing(1, CALL, "leg", NOON, queue)
    one.connected(1, CALL, "leg", NOON, queue)
    return one


def after(seconds: float) -> object:
    return NOON + timedelta(seconds=seconds)


def test_a_call_goes_from_available_over_ringing_and_talking_to_wrap_up_and_back():
    seen: list[tuple[AgentState, AgentState]] = []
    one = talking(board(seen))
    one.disconnected(1, CALL, "leg", NOON)
    assert one.get(1).until == after(WRAP_UP_S)
    assert one.closed(1, CALL, NOON)
    assert [new for _, new in seen] == [AVAILABLE, RINGING, TALKING, WRAP_UP, AVAILABLE]


def test_wrap_up_ends_by_time_but_not_before():
    one = talking(board())
    one.disconnected(1, CALL, "leg", NOON)
    one.expire(after(WRAP_UP_S - 1))
    assert one.get(1).state is WRAP_UP
    one.expire(after(WRAP_UP_S))
    assert one.get(1).state is AVAILABLE


def test_a_queue_without_wrap_up_frees_the_agent_at_once():
    one = talking(board(), "no_wrap_up")
    one.disconnected(1, CALL, "leg", NOON)
    assert one.get(1).state is AVAILABLE


@pytest.mark.parametrize("wish", [Wish(PAUSED, "meal"), Wish(OFFLINE), Wish(AVAILABLE)])
def test_a_wish_in_a_call_is_kept_until_wrap_up_is_over(wish: Wish):
    one = talking(board())
    assert one.request(1, wish, NOON) is False
    one.disconnected(1, CALL, "leg", NOON)
    assert (one.get(1).state, one.get(1).after_call) == (WRAP_UP, wish)
    one.closed(1, CALL, NOON)
    assert (one.get(1).state, one.get(1).reason) == (wish.state, wish.reason)


def test_disposition_during_the_talk_skips_wrap_up():
    one = talking(board())
    assert one.closed(1, CALL, NOON)
    assert one.get(1).state is TALKING
    one.disconnected(1, CALL, "leg", NOON)
    assert one.get(1).state is AVAILABLE


def test_disposition_of_another_call_changes_nothing():
    one = talking(board())
    one.disconnected(1, CALL, "leg", NOON)
    assert not one.closed(1, OTHER_CALL, NOON)
    assert one.get(1).state is WRAP_UP


@pytest.mark.parametrize(
    ("outcome", "pause", "state"),
    [
        ("no_answer", True, PAUSED),
        ("refused", True, PAUSED),
        ("unreachable", True, PAUSED),
        ("caller_left", True, AVAILABLE),
        ("no_answer", False, AVAILABLE),
    ],
)
def test_what_follows_a_ring_without_a_conversation(outcome: str, pause: bool, state: AgentState):
    one = board(pause_after_no_answer=pause)
    one.request(1, Wish(AVAILABLE), NOON)
    one.ringing(1, CALL, "leg", NOON)
    one.ring_ended(1, CALL, "leg", outcome, NOON)
    assert one.get(1).state is state


def test_an_offer_that_crossed_with_a_pause_does_not_make_available():
    one = board()
    one.request(1, Wish(AVAILABLE), NOON)
    one.request(1, Wish(PAUSED, "meal"), NOON)
    one.ringing(1, CALL, "leg", NOON)
    one.ring_ended(1, CALL, "leg", "caller_left", NOON)
    assert (one.get(1).state, one.get(1).reason) == (PAUSED, "meal")


def test_a_second_call_is_refused_and_the_first_goes_on():
    one = talking(board())
    assert one.ringing(1, OTHER_CALL, "leg2", NOON) is False
    assert one.connected(1, OTHER_CALL, "leg2", NOON) is False
    one.disconnected(1, OTHER_CALL, "leg2", NOON)
    assert (one.get(1).state, one.get(1).linkedid) == (TALKING, CALL)


def test_only_a_free_agent_can_be_reserved_and_only_once():
    one = board()
    until = after(25)
    assert not one.reserve(1, CALL, NOON, until)
    one.request(1, Wish(AVAILABLE), NOON)
    assert one.reserve(1, CALL, NOON, until)
    assert not one.reserve(1, OTHER_CALL, NOON, until)
    one.expire(until)
    assert one.get(1).state is AVAILABLE


def test_the_ring_of_a_reserved_call_does_not_expire():
    one = board()
    one.request(1, Wish(AVAILABLE), NOON)
    one.reserve(1, CALL, NOON, after(25))
    one.ringing(1, CALL, "leg", NOON)
    one.expire(after(3600))
    assert one.get(1).state is RINGING


def test_sign_out_in_a_call_waits_for_its_end_and_leaves_no_wrap_up():
    one = talking(board())
    one.sign_out(1, NOON)
    assert one.get(1).state is TALKING
    one.disconnected(1, CALL, "leg", NOON)
    assert one.get(1).state is OFFLINE


def test_a_sign_in_taken_away_in_a_call_waits_for_its_end_and_for_what_is_still_to_be_written():
    one = talking(board())
    one.sign_in_lost(1, NOON)
    assert one.get(1).state is TALKING
    one.disconnected(1, CALL, "leg", NOON)
    assert one.get(1).state is WRAP_UP
    one.sign_in_lost(1, NOON)
    assert one.get(1).state is WRAP_UP
    one.expire(one.get(1).until)
    assert one.get(1).state is OFFLINE


def test_who_signs_in_again_in_his_wrap_up_closes_the_call_and_is_where_he_wished_to_be():
    one = talking(board())
    one.sign_in_lost(1, NOON)
    one.disconnected(1, CALL, "leg", NOON)
    one.request(1, Wish(AVAILABLE), NOON)
    assert one.closed(1, CALL, NOON)
    assert one.get(1).state is AVAILABLE


def test_the_end_of_the_patient_frees_everybody_on_the_call():
    one = talking(board())
    one.request(2, Wish(AVAILABLE), NOON)
    one.ringing(2, CALL, "leg2", NOON)
    one.call_ended(CALL, NOON)
    assert (one.get(1).state, one.get(2).state) == (WRAP_UP, AVAILABLE)


def test_a_phone_that_went_away_is_no_free_agent_and_a_break_after_the_grace():
    one = board(phone_grace_s=10)
    one.request(1, Wish(AVAILABLE), NOON)
    one.phone(1, False, NOON)
    assert device_state(one.get(1)) == "UNAVAILABLE"
    one.expire(after(9))
    assert one.get(1).state is AVAILABLE
    one.expire(after(10))
    assert (one.get(1).state, one.get(1).reason) == (PAUSED, "connection_lost")


@pytest.mark.parametrize(("away_s", "state"), [(60, AVAILABLE), (10 + 121, PAUSED)])
def test_a_break_made_by_a_lost_phone_ends_when_it_is_soon_back(away_s: float, state: AgentState):
    one = board(phone_grace_s=10)
    one.request(1, Wish(AVAILABLE), NOON)
    one.phone(1, False, NOON)
    one.expire(after(10))
    one.phone(1, True, after(away_s))
    assert one.get(1).state is state


def test_a_break_that_the_agent_took_is_not_ended_by_his_phone():
    one = board(phone_grace_s=10)
    one.request(1, Wish(PAUSED, "lunch"), NOON)
    one.phone(1, False, NOON)
    one.phone(1, True, after(20))
    assert (one.get(1).state, one.get(1).reason) == (PAUSED, "lunch")


def test_a_phone_that_comes_back_in_time_changes_nothing():
    one = board(phone_grace_s=10)
    one.request(1, Wish(AVAILABLE), NOON)
    one.phone(1, False, NOON)
    one.phone(1, True, after(2))
    one.expire(after(60))
    assert device_state(one.get(1)) == "NOT_INUSE"


IDS = st.integers(1, 3)
CALLS = st.sampled_from(["call-a", "call-b"])
LEGS = st.sampled_from(["leg-a", "leg-b", ""])


class Walk(RuleBasedStateMachine):
    """Facts and wishes in any order, late, doubled and for the wrong call."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.moves: list[tuple[Agent, Agent]] = []
        self.board = AgentBoard(Rules(lambda _queue: WRAP_UP_S), lambda old, new, _by: self.moves.append((old, new)), NOON)

    @rule(agent_id=IDS, state=st.sampled_from([AVAILABLE, PAUSED, OFFLINE]))
    def wish(self, agent_id: int, state: AgentState) -> None:
        self.board.request(agent_id, Wish(state, "meal" if state is PAUSED else ""), self.now)

    @rule(agent_id=IDS)
    def sign_out(self, agent_id: int) -> None:
        self.board.sign_out(agent_id, self.now)

    @rule(agent_id=IDS, call=CALLS, leg=LEGS)
    def ringing(self, agent_id: int, call: str, leg: str) -> None:
        before = self.board.get(agent_id)
        taken = self.board.ringing(agent_id, call, leg, self.now)
        assert taken or before.linkedid != call or before.leg not in ("", leg)

    @rule(agent_id=IDS, call=CALLS)
    def reserve(self, agent_id: int, call: str) -> None:
        free = device_state(self.board.get(agent_id)) == "NOT_INUSE"
        assert self.board.reserve(agent_id, call, self.now, self.now + timedelta(seconds=25)) == free

    @rule(agent_id=IDS, call=CALLS, leg=LEGS, outcome=st.sampled_from(["no_answer", "caller_left"]))
    def ring_ended(self, agent_id: int, call: str, leg: str, outcome: str) -> None:
        self.board.ring_ended(agent_id, call, leg, outcome, self.now)

    @rule(agent_id=IDS, call=CALLS, leg=LEGS)
    def connected(self, agent_id: int, call: str, leg: str) -> None:
        self.board.connected(agent_id, call, leg, self.now)

    @rule(agent_id=IDS, call=CALLS, leg=LEGS)
    def disconnected(self, agent_id: int, call: str, leg: str) -> None:
        self.board.disconnected(agent_id, call, leg, self.now)

    @rule(call=CALLS)
    def call_ended(self, call: str) -> None:
        self.board.call_ended(call, self.now)
        assert not self.board.on_call(call)

    @rule(agent_id=IDS, call=CALLS)
    def closed(self, agent_id: int, call: str) -> None:
        self.board.closed(agent_id, call, self.now)

    @rule(agent_id=IDS, there=st.sampled_from([True, False, None]))
    def phone(self, agent_id: int, there: bool | None) -> None:
        self.board.phone(agent_id, there, self.now)

    @rule(seconds=st.integers(0, 60))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.board.expire(self.now)
        due = self.board.next_deadline()
        assert due is None or due > self.now

    @invariant()
    def a_call_belongs_to_the_states_that_have_one(self) -> None:
        for agent in self.board.all().values():
            assert bool(agent.linkedid) == (agent.state in (RINGING, TALKING, WRAP_UP))

    @invariant()
    def nobody_changes_calls_without_leaving_the_first(self) -> None:
        for old, new in self.moves:
            if old.state in (RINGING, TALKING) and new.state in (RINGING, TALKING):
                assert old.linkedid == new.linkedid
            assert old.state is new.state or new.state in MOVES[old.state]
        self.moves.clear()

    @invariant()
    def queues_see_free_agents_only_when_they_are(self) -> None:
        for agent in self.board.all().values():
            free = device_state(agent) == "NOT_INUSE"
            assert free == (agent.state is AVAILABLE and agent.registered is not False)

    @invariant()
    def everybody_gets_out_of_wrap_up(self) -> None:
        assert all(agent.until for agent in self.board.all().values() if agent.state is WRAP_UP)


Walk.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestWalk = Walk.TestCase
