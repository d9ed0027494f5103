"""What a flow is drawn with, exchanged as, and compared by."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.commands import Found
from callcenter.ivr import actions, difference, loader, toml_text, verbs, vocabulary
from callcenter.ivr.actions import ACTIONS
from callcenter.ivr.flow import VERBS
from callcenter.ivr.lookups import LOOKUPS
from tests.unit.ivr.fakes import catalogue, shipped

pytestmark = pytest.mark.unit
KINDS = {
    "phrase", "text", "integer", "number", "boolean", "choice", "queue", "calendar", "lookup", "action", "extension", "template", "flow", "node",
    "list", "remembered", "store", "arguments", "cases", "values", "voice",
}  # fmt: skip
GROUPS = {"speak", "ask", "data", "people", "connect", "control"}


def test_every_verb_can_be_drawn_in_both_languages() -> None:
    drawn = vocabulary.verbs()
    assert {one["verb"] for one in drawn} == set(VERBS)
    assert {one["group"] for one in drawn} == GROUPS
    for one in drawn:
        assert all(one["title"].values())
        for field in one["fields"]:
            assert field["kind"] in KINDS and all(field["title"].values()), field
            assert (field["kind"] == "choice") == bool(field["choices"])
            assert all(all(choice["title"].values()) for choice in field["choices"])


def test_every_action_has_titles_and_an_example_that_fits() -> None:
    for name, one in ACTIONS.items():
        assert all(one.title), name
        assert actions.problem_of(name, Found(one.exits[0], one.example)) == "", name
    assert all(all(shape.title) or not any(shape.title) for shape in LOOKUPS.values())


def test_verbs_that_order_something_order_an_action_that_exists() -> None:
    known = {"identify", "sms", "callback", *(f"book_{deed}" for deed in ("hold", "confirm", "release", "move", "cancel"))}
    assert known <= set(ACTIONS)


def test_what_a_spoken_answer_needs_can_be_said() -> None:
    assert set(verbs.VOICE_PROMPTS) <= catalogue().ids()


def test_shipped_flows_are_the_same_after_toml() -> None:
    for path in sorted(loader.SHIPPED.glob("*.toml")):
        source = tomllib.loads(path.read_text(encoding="utf-8"))
        source.pop("version", None)
        assert tomllib.loads(toml_text.write(source)) == source, path.name
    assert shipped().flows


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


NODES = st.dictionaries(TEXTS, st.dictionaries(TEXTS, VALUES, max_size=3), max_size=3)


@settings(deadline=None)
@given(st.dictionaries(TEXTS.filter(bool), st.dictionaries(TEXTS, VALUES, max_size=4), max_size=4), TEXTS)
def test_any_draft_is_the_same_after_toml(nodes: dict[str, Any], start: str) -> None:
    source = {"flow": "f", "start": start, "node": nodes}
    read = tomllib.loads(toml_text.write(source))
    assert read.get("node", {}) == nodes and read["start"] == start


@settings(deadline=None)
@given(NODES, NODES)
def test_equal_sources_differ_in_nothing_and_others_in_something(one: dict[str, Any], other: dict[str, Any]) -> None:
    empty = {"added": [], "removed": [], "changed": []}
    assert difference.between({"node": one}, {"node": one}) == empty
    assert (difference.between({"node": one}, {"node": other}) == empty) == (one == other)


def test_a_wire_that_moved_is_told_by_its_exit() -> None:
    before, after = ({"start": "a", "node": {"a": {"verb": "say", "on": {"done": to}}}} for to in ("b", "c"))
    assert difference.between(before, after)["changed"] == [{"node": "a", "key": "on.done", "before": "b", "after": "c"}]
