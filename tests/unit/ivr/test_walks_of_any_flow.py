"""Random flows that passed the checks, walked by random callers: they end or wait, never stand at two places, every exit can be reached, and a
checkpoint is the same caller again. Random nonsense is refused with faults in both languages, and never raises."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter import commands as do
from callcenter.errors import FlowLoop
from callcenter.ivr import engine, faults, loader
from callcenter.ivr.actions import ACTIONS
from callcenter.ivr.flow import FlowBook
from callcenter.ivr.step import Entered, Left, Step
from tests.unit.ivr.fakes import known

pytestmark = pytest.mark.unit
NAMES = [f"n{number}" for number in range(7)]
ITEMS = {"items": [{"id": "1", "name_zh": "心内科", "name_en": "Cardiology"}, {"id": "2", "name_zh": "骨科", "name_en": "Bones"}]}
EXITS: dict[str, tuple[str, ...]] = {
    "say": ("done",), "menu": ("1", "2", "no_input", "invalid", "failed"), "gather": ("entered", "no_input", "invalid", "failed"),
    "choose": ("chosen", "no_input", "invalid", "failed"), "listen": ("chosen", "no_input", "invalid", "failed", "unavailable"),
    "tell": ("finished", "invalid", "failed"), "language": ("chosen", "no_input", "invalid", "failed"), "record": ("recorded", "too_short"),
    "lookup": ("found", "not_found", "unavailable"), "identify": ACTIONS["identify"].exits, "book": ACTIONS["book_release"].exits,
    "sms": ACTIONS["sms"].exits, "callback": ACTIONS["callback"].exits, "act": ACTIONS["rate"].exits, "hours": ("open", "closed", "emergency"),
    "queue": ("answered", "timeout", "full", "no_agent", "agent_lost", "failed"), "transfer": ("answered", "busy", "no_answer", "failed"),
    "branch": ("known", "otherwise"), "set": ("done",), "hang_up": (), "goto": (), "call": ("good",),
}  # fmt: skip
SAY = {"say": ["goodbye"]}
KEYS: dict[str, dict[str, Any]] = {
    "say": SAY, "menu": SAY | {"voice": {"1": ["挂号", "booking"]}}, "language": SAY, "hang_up": SAY, "record": {"purpose": "p"},
    "gather": SAY | {"store": "g", "max_digits": 4, "confirm": ["goodbye", "{g:digits}"]},
    "choose": {"list": "l", "store": "c", "item": ["{name:name}"], "more": ["goodbye"], "voice": True},
    "listen": SAY | {"list": "l", "store": "c", "item": ["{name:name}"]}, "tell": {"list": "l", "item": ["{name:name}"]},
    "lookup": {"data": "clinic_departments", "store": "l"}, "identify": {"birth_date": "{g}"}, "sms": {"template": "t"},
    "book": {"do": "release", "arguments": {"person": "{p}", "hold": "{h}"}}, "callback": {"queue": "service_desk"},
    "act": {"do": "rate", "arguments": {"score": "{g}"}}, "queue": {"queue": "service_desk"}, "transfer": {"to": "reception"},
    "branch": {"value": "$caller", "cases": {"known": "known"}}, "set": {"values": {"v": "{l}"}}, "call": {"flow": "sub"},
}  # fmt: skip
SUB = {"flow": "sub", "start": "ask", "node": {
    "ask": {"verb": "menu", "say": ["goodbye"], "on": {"1": "back_out", "no_input": "again", "invalid": "again", "failed": "back_out"}},
    "back_out": {"verb": "return", "exit": "good"},
}}  # fmt: skip


@st.composite
def sources(draw: st.DrawFn) -> dict[str, Any]:
    """A row of nodes of any verbs; the first exit leads to the next node, the others anywhere."""
    nodes: dict[str, Any] = {}
    for name, follows in zip(NAMES, [*NAMES[1:], "end"], strict=True):
        verb = draw(st.sampled_from([*sorted(EXITS)[:-1], "menu", "say", "gather"]))
        verb = "say" if verb == "hang_up" else verb
        wires = {one: draw(st.sampled_from([*NAMES, "end"])) for one in EXITS[verb]}
        wires |= {one: "again" for one in ("no_input", "invalid") if one in wires and draw(st.booleans())}
        if EXITS[verb]:
            wires[EXITS[verb][0]] = follows
        nodes[name] = {"verb": verb, **KEYS.get(verb, {}), "on": wires} if verb != "goto" else {"verb": "goto", "to": follows}
    nodes["end"] = {"verb": "hang_up", "say": ["goodbye"]}
    return {"flow": "tiny", "start": NAMES[0], "node": nodes}


def checked(source: dict[str, Any]) -> loader.Checked:
    return loader.check_sources({"tiny": source, "sub": SUB}, known(), release=4)


ANSWERS = ["", "1", "2", "9", "*", "#", "1234", "said 0", "said 1", "said nothing", "no"]


def heard(step: Step, word: str) -> do.Heard:  # noqa: PLR0911 - one line a command
    """What a random caller, or a random outside, answers."""
    yes = word not in ("", "no", "2")
    match step.commands[-1]:
        case do.Gather() as gather if word.startswith("said"):
            fits = [one.value for one in gather.answers if word.endswith(one.value)]
            return do.Said(word, fits[0] if fits else "") if gather.answers else do.Keys("5")
        case do.Gather(needs_voice=True) if word == "no":
            return do.Found("unavailable")
        case do.Gather():
            return do.Keys(word if word != "no" else "")
        case do.RecordMessage():
            return do.Recorded("m", "f", 3.0) if yes else do.Recorded("", "", 0.0)
        case do.JoinQueue() | do.Dial():
            return do.QueueResult({"": "timeout", "1": "answered", "2": "busy", "*": "full", "#": "agent_lost"}.get(word, "odd"))
        case do.Lookup():
            return do.Found("found", ITEMS) if yes else do.Found("not_found")
        case do.Act() as act:
            return do.Found(ACTIONS[act.name].exits[0 if yes else -1], ACTIONS[act.name].example if yes else {})
        case do.WhoCalls():
            return do.Found("known" if yes else "unknown")
        case do.CheckHours():
            return do.Found("open" if yes else "closed")
    return do.Done()


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(sources(), st.lists(st.sampled_from(ANSWERS), max_size=40))
def test_a_flow_that_passed_the_checks_is_always_walked_to_its_end_or_to_a_question(source: dict[str, Any], words: list[str]) -> None:
    found = checked(source)
    if found.faults:
        assert all(one.rule.zh and one.rule.en and one.mend.zh and one.mend.en for one in found.faults)
        return
    step = engine.begin(found.book, "tiny")
    for word in words:
        if step.ended:
            return
        same_again(found.book, step)
        after = engine.advance(found.book, step, heard(step, word))
        stands_once(step, after)
        step = after


def same_again(book: FlowBook, step: Step) -> None:
    """A successor of a killed controller has the same caller before him, and asks him the same."""
    saved = json.loads(json.dumps(step.as_json()))
    again = engine.restore(book, saved)
    assert again is not None
    assert again.as_json() == step.as_json()
    assert type(again.commands[-1]) is type(step.commands[-1])


def stands_once(before: Step, after: Step) -> None:
    """The moves tell one way: out of where he stood, and each node that is left was the one last entered, or called the flow he is in."""
    assert after.commands, "a caller has always something to hear, or somebody is asked"
    place, called = before.node, {node for _, node in before.stack}
    for move in after.moves:
        if isinstance(move, Left):
            here = move.node == place or move.node in called
            assert here or move.exit in ("done", "chosen", "failed", "finished", "unavailable", "known", "otherwise")
        place = move.node if isinstance(move, Entered) else place
        called.add(place)
    assert after.node == place or not after.moves
    assert after.entry >= before.entry


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(sources())
def test_every_exit_of_a_place_that_asks_can_be_reached(source: dict[str, Any]) -> None:
    """From each place, the answers of the table reach every exit that depends on an answer."""
    found = checked(source)
    if found.faults:
        return
    for name, node in found.book.flow("tiny").nodes.items():
        if node.verb in ("menu", "record", "queue", "hours"):
            memory = {"l": ITEMS}
            start = Step("tiny", 1, name, memory=memory, release=4)
            step = engine.restore(found.book, start.as_json())
            assert step is not None
            reached = set()
            for result in [*ANSWERS, *EXITS[node.verb]]:
                answer = heard(step, result) if result in ANSWERS else _told(node.verb, result)
                for tries in (0, 2):
                    after = engine.advance(found.book, engine.replace(step, tries=tries), answer)
                    reached |= {move.exit for move in after.moves if isinstance(move, Left) and move.node == name}
            wired = {one for one in node.on if node.on[one] != "again"}
            assert wired <= reached | ({"failed"} if "again" not in node.on.values() else set()), (name, node.verb, wired - reached)


def _told(verb: str, exit: str) -> do.Heard:
    if verb == "queue":
        return do.QueueResult(exit)
    return do.Found(exit) if verb == "hours" else do.Keys("7")


# -- nonsense -------------------------------------------------------------------------------------------------------------------

WORDS = st.text(max_size=8) | st.sampled_from(["verb", "on", "say", "n0", "node"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["menu", "again", "n0", "{x:name}", "tiny"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(JSON)
def test_any_json_is_refused_in_words(source: Any) -> None:
    found = checked(source)
    assert found.faults and all(one.rule.zh and one.rule.en for one in found.faults)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sources(), st.sampled_from(NAMES), JSON, JSON)
def test_one_odd_value_in_a_flow_never_raises(source: dict[str, Any], name: str, key: Any, value: Any) -> None:
    source["node"][name][str(key)[:20]] = value
    checked(source)


STATE = sorted(Step("tiny", 1, "n0").as_json())


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sources(), st.dictionaries(st.sampled_from(STATE), JSON, max_size=4), st.sampled_from(ANSWERS))
def test_a_hostile_state_is_no_state_or_is_walked(source: dict[str, Any], damage: dict[str, Any], word: str) -> None:
    found = checked(source)
    if found.faults:
        return
    saved = engine.begin(found.book, "tiny").as_json() | damage
    try:
        step = engine.restore(found.book, saved)
        if step is not None and not step.ended:
            engine.advance(found.book, step, heard(step, word))
    except FlowLoop:
        pass


def test_ids_with_script_are_refused() -> None:
    end = {"verb": "hang_up"}
    for odd in ("<script>alert(1)</script>", "a b", "a\nb", "", "节点", "x" * 65, "on=1", "../x"):
        found = checked({"flow": "tiny", "start": odd, "node": {odd: end}})
        assert "bad_id" in {one.code for one in found.faults}, odd


def test_ten_thousand_nodes_are_refused_at_once_and_two_thousand_are_checked_quickly() -> None:
    def chain(count: int) -> dict[str, Any]:
        nodes = {f"n{one}": {"verb": "say", "say": ["goodbye"], "on": {"done": f"n{one + 1}"}} for one in range(count - 1)}
        return {"flow": "tiny", "start": "n0", "node": nodes | {f"n{count - 1}": {"verb": "hang_up"}}}

    begun = time.monotonic()
    assert {one.code for one in checked(chain(10_000)).faults} == {"too_many_nodes"}
    assert checked(chain(2000)).faults == ()
    silent = chain(2000)
    for node in silent["node"].values():
        if node["verb"] == "say":
            node |= {"verb": "set", "values": {"a": "b"}}
            del node["say"]
    assert "long_silence" in {one.code for one in checked(silent).faults}
    assert time.monotonic() - begun < 2 * 5


def test_every_code_of_a_fault_is_a_sentence_in_both_languages() -> None:
    class Any_(dict[str, Any]):
        def __missing__(self, name: str) -> str:
            return "x"

    for code in faults.codes():
        texts = [text.format_map(Any_()) for text in faults._TEXTS[code]]
        assert all(texts) and "{" not in texts[0].replace("{ zh", "")


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        ({"a": {"verb": "say", "say": ["goodbye"], "on": {"done": "a"}}}, "endless_talk"),
        ({"a": {"verb": "hours", "on": {"open": "a", "closed": "b", "emergency": "b"}}, "b": {"verb": "hang_up"}}, "silent_circle"),
        ({"a": {"verb": "transfer", "to": "president", "on": dict.fromkeys(EXITS["transfer"], "b")}, "b": {"verb": "hang_up"}}, "unknown_thing"),
        ({"a": {"verb": "act", "do": "rm_rf", "on": {}}}, "unknown_thing"),
        ({"a": {"verb": "act", "do": "rate", "on": {"rated": "b", "invalid": "b", "unavailable": "b"}}, "b": {"verb": "hang_up"}}, "arguments"),
        ({"a": {"verb": "branch", "value": "$president", "cases": {"x": "y"}, "on": {"x": "a", "otherwise": "a"}}}, "own_rule"),
        ({"a": {"verb": "branch", "value": "$language", "cases": {"x": "fr"}, "on": {"x": "a", "otherwise": "a"}}}, "own_rule"),
        ({"a": {"verb": "menu", "say": ["goodbye"], "voice": {"1": "挂号"}, "on": {"1": "b"}}, "b": {"verb": "hang_up"}}, "not_words"),
        ({"a": {"verb": "gather", "say": ["goodbye"], "store": "Bad Name", "on": {}}}, "not_name"),
        ({"a": {"verb": "call", "flow": "tiny", "on": {}}}, "calls_itself"),
        ({"a": {"verb": "hang_up"}, "b": {"verb": "hang_up"}}, "unreachable"),
        ({"a": {"verb": "book", "do": "steal", "on": {}}}, "not_choice"),
    ],
)
def test_what_is_refused(nodes: dict[str, Any], code: str) -> None:
    found = checked({"flow": "tiny", "start": "a", "node": nodes})
    assert code in {one.code for one in found.faults}, [one.rule.en for one in found.faults]


def test_all_faults_of_a_flow_are_told_and_a_broken_node_hides_no_other() -> None:
    nodes = {
        "a": {"verb": "menu", "say": ["no_such_prompt"], "on": {"1": "b", "no_input": "again", "invalid": "again"}},
        "b": {"verb": "mneu", "on": {"1": "c"}},
        "c": {"verb": "queue", "queue": "nowhere", "on": dict.fromkeys(EXITS["queue"], "d")},
        "d": {"verb": "hang_up"},
        "e": {"verb": "hang_up"},
    }
    found = checked({"flow": "tiny", "start": "a", "node": nodes})
    assert {(one.node, one.code) for one in found.faults} == {
        ("b", "unknown_verb"), ("a", "unknown_prompt"), ("a", "unwired"), ("c", "unknown_thing"), ("e", "unreachable"),
    }  # fmt: skip


def test_a_step_takes_microseconds() -> None:
    source = {"flow": "tiny", "start": "a", "node": {
        "a": {"verb": "menu", "say": ["goodbye"], "on": {"1": "b", "no_input": "again", "invalid": "again", "failed": "b"}},
        "b": {"verb": "say", "say": ["goodbye"], "on": {"done": "a"}},
    }}  # fmt: skip
    book = checked(source).book
    step = engine.begin(book, "tiny")
    begun = time.process_time()
    for _ in range(1000):
        step = engine.advance(book, step, do.Keys("1"))
        step = engine.advance(book, step, do.Done())
    assert (time.process_time() - begun) / 2000 < 0.0005
