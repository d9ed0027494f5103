"""Live topics: patches add up, slow pages are cut, nobody sees another's desk."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.api.live_hub import LiveHub, merge_patch

pytestmark = pytest.mark.unit


class Reader:
    """A page that keeps up to `room` texts."""

    rights: frozenset[str] = frozenset()

    def __init__(self, agent_id: int = 1, room: int = 1000, session: str = "s") -> None:
        self.agent_id, self.room, self.session = agent_id, room, session
        self.texts: list[dict[str, Any]] = []
        self.is_cut = False

    def offer(self, text: str) -> bool:
        if len(self.texts) >= self.room:
            return False
        self.texts.append(json.loads(text))
        return True

    def cut(self) -> None:
        self.is_cut = True


def apply_patch(target: Any, patch: Any) -> Any:
    """RFC 7386, section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = apply_patch(result.get(key), value)
    return result


def without_none(value: Any) -> Any:
    return {key: without_none(one) for key, one in value.items() if one is not None} if isinstance(value, dict) else value


SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=2) | st.lists(st.integers(0, 2), max_size=2)
TREES = st.dictionaries(
    st.sampled_from("abcd"), st.recursive(SCALARS, lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)), max_size=4
)


@given(TREES, TREES)
def test_a_patch_turns_the_old_into_the_new(old: dict[str, Any], new: dict[str, Any]):
    assert without_none(apply_patch(without_none(old), merge_patch(old, new))) == without_none(new)


@given(TREES)
def test_no_difference_is_an_empty_patch(tree: dict[str, Any]):
    assert merge_patch(tree, tree) == {}


class Source:
    """Agents' desks and a board that a test changes."""

    def __init__(self) -> None:
        self.agents: dict[int, dict[str, Any]] = {1: {"state": "offline"}, 2: {"state": "offline"}}
        self.board: dict[str, Any] = {"at": "t0", "waiting": 0}
        self.hub = LiveHub(lambda agent_id: dict(self.agents[agent_id]), lambda: dict(self.board), ping_s=5)


def test_snapshot_then_numbered_changes_for_all_tabs_of_one_agent_only():
    source = Source()
    tabs, other = [Reader(1), Reader(1)], Reader(2)
    for reader in (*tabs, other):
        source.hub.join(reader)
        source.hub.subscribe(reader, "agent")
    source.agents[1] = {"state": "ringing"}
    source.hub.touch_agent(1)
    for tab in tabs:
        assert [(one["type"], one["n"]) for one in tab.texts] == [("snapshot", 1), ("change", 2)]
        assert tab.texts[1]["data"] == {"state": "ringing"}
    assert len(other.texts) == 1


def test_a_late_tab_starts_with_what_the_first_already_has():
    source, first, late = Source(), Reader(), Reader()
    source.hub.subscribe(first, "agent")
    source.agents[1] = {"state": "available"}
    source.hub.subscribe(late, "agent")
    assert first.texts[-1]["n"] == late.texts[0]["n"] == 2
    assert late.texts[0]["data"] == {"state": "available"}


def test_resync_gives_a_fresh_snapshot_with_the_current_number():
    source, reader = Source(), Reader()
    source.hub.subscribe(reader, "agent")
    source.agents[1] = {"state": "paused"}
    source.hub.touch_agent(1)
    source.hub.subscribe(reader, "agent")
    assert (reader.texts[-1]["type"], reader.texts[-1]["n"], reader.texts[-1]["data"]) == ("snapshot", 2, {"state": "paused"})


def test_nothing_changed_sends_nothing():
    source, reader = Source(), Reader()
    source.hub.subscribe(reader, "agent")
    source.hub.touch_agent(1)
    assert len(reader.texts) == 1


def test_a_page_that_does_not_read_is_cut_and_the_others_go_on():
    source, slow, good = Source(), Reader(room=3), Reader()
    for reader in (slow, good):
        source.hub.join(reader)
        source.hub.subscribe(reader, "agent")
    for number in range(10):
        source.agents[1] = {"state": str(number)}
        source.hub.touch_agent(1)
    assert slow.is_cut and len(slow.texts) == 3
    assert len(good.texts) == 11 and not good.is_cut


def test_the_end_of_a_login_session_ends_its_pages():
    source, mine, other = Source(), Reader(session="a"), Reader(session="b")
    for reader in (mine, other):
        source.hub.join(reader)
    source.hub.end_session("a")
    assert (mine.is_cut, other.is_cut) == (True, False)
