"""A flow that could leave a caller in silence does not load; the refusal says file, line, rule and mend."""

from __future__ import annotations

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from callcenter.commands import (
    Act,
    Dial,
    Done,
    Found,
    Gather,
    Hangup,
    JoinQueue,
    Keys,
    Lookup,
    QueueResult,
    Recorded,
    RecordMessage,
    Said,
    Say,
    WhoCalls,
)
from callcenter.errors import ConfigError
from callcenter.ivr import checks, engine, loader
from callcenter.ivr.actions import ACTIONS
from callcenter.ivr.flow import VERBS, FlowBook
from tests.unit.ivr.fakes import known, shipped

pytestmark = pytest.mark.unit

GOOD = """flow = "tiny"
start = "choices"

[node.choices]
verb = "menu"
say = ["main_menu"]
on = { 1 = "desk", no_input = "again", invalid = "again", failed = "desk" }

[node.desk]
verb = "queue"
queue = "service_desk"
say = ["connecting"]
on = { answered = "bye", timeout = "choices", full = "choices", no_agent = "choices", agent_lost = "desk", failed = "bye" }

[node.bye]
verb = "hang_up"
say = ["goodbye"]
"""


def load(text: str, **others: str) -> FlowBook:
    return loader.load_texts({"tiny.toml": text, **{f"{name}.toml": one for name, one in others.items()}}, known())


def refused(text: str, **others: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(text, **others)
    return caught.value


def test_the_good_flow_loads() -> None:
    assert set(load(GOOD).flow("tiny").nodes) == {"choices", "desk", "bye"}


@pytest.mark.parametrize(
    ("was", "becomes", "line", "rule"),
    [
        ('start = "choices"', 'start = "choics"', 2, "no node of this flow"),
        ('flow = "tiny"', 'flow = "other"', 1, "file's name"),
        ('verb = "menu"', 'verb = "meun"', 5, "not known"),
        ('say = ["main_menu"]', 'say = ["main_meno"]', 6, "prompt main_meno"),
        ('say = ["main_menu"]', 'say = ["fr:main_menu"]', 6, "zh, en or other"),
        ('say = ["main_menu"]', 'say = ["{x:colour}"]', 6, "form"),
        ('say = ["main_menu"]', "say = []", 6, "say is empty"),
        ('say = ["main_menu"]', 'says = ["main_menu"]', 6, "key says"),
        ('say = ["main_menu"]', 'say = ["main_menu"]\nwait_s = 99', 7, "from 1 to 30"),
        ('say = ["main_menu"]', 'say = ["main_menu"]\ntries = 2.5', 7, "whole number"),
        ('1 = "desk", ', "", 7, "at least one key"),
        ('invalid = "again", ', "", 7, "invalid is not wired"),
        ('1 = "desk"', '1 = "dsek"', 7, "no node of this flow"),
        ('1 = "desk"', '1 = "again"', 7, "cannot lead to again"),
        ('1 = "desk"', '1 = "desk", A = "desk"', 7, "no exit A"),
        ('1 = "desk"', '1 = "desk", "#" = "desk"', 7, "no exit #"),
        ('queue = "service_desk"', 'queue = "nowhere"', 11, "queue nowhere does not exist"),
        ('full = "choices", ', "", 13, "full is not wired"),
        ('say = ["connecting"]\n', "", 12, "circle"),
        ('[node.bye]\nverb = "hang_up"', '[node.bye]\nverb = "hang_up"\nsay = 3\n[node.x]\nverb = "hang_up"', 17, "list of prompt ids"),
        ('[node.bye]\nverb = "hang_up"', '[node.lonely]\nverb = "hang_up"\n[node.bye]\nverb = "hang_up"', 16, "no exit leads"),
        ("[node.bye]", "[node.bye", 0, "not TOML"),
    ],
)
def test_a_wrong_flow_is_refused_at_its_line(was: str, becomes: str, line: int, rule: str) -> None:
    assert was in GOOD
    text = GOOD.replace(was, becomes, 1)
    if "circle" in rule:
        text = text.replace('no_agent = "choices"', 'no_agent = "desk"')
    error = refused(text)
    assert rule in error.rule
    assert error.where == (f"tiny.toml:{line}" if line else "tiny.toml")
    assert error.mend


def test_silent_circles_are_refused_over_several_nodes() -> None:
    text = GOOD.replace('1 = "desk"', '1 = "a"') + """
[node.a]
verb = "hours"
on = { open = "b", closed = "bye", emergency = "bye" }

[node.b]
verb = "lookup"
data = "clinic_departments"
on = { found = "c", not_found = "bye", unavailable = "bye" }

[node.c]
verb = "goto"
to = "a"
"""
    assert "a -> b -> c -> a" in refused(text).rule
    load(text.replace('to = "a"', 'to = "choices"'))


def test_lookups_and_calendars_are_checked() -> None:
    ask = GOOD.replace('1 = "desk"', '1 = "a"') + """
[node.a]
verb = "lookup"
data = "clinic_hours"
arguments = { department = "{d.id}" }
on = { found = "bye", not_found = "bye", unavailable = "bye" }
"""
    load(ask)
    assert "does not exist" in refused(ask.replace("clinic_hours", "patients")).rule
    assert "takes department" in refused(ask.replace('arguments = { department = "{d.id}" }\n', "")).rule
    hours = GOOD.replace('1 = "desk"', '1 = "a"') + """
[node.a]
verb = "hours"
calendar = "canteen"
on = { open = "bye", closed = "bye", emergency = "bye" }
"""
    assert "calendar canteen" in refused(hours).rule


CALLED = """flow = "sub"
start = "one"

[node.one]
verb = "say"
say = ["goodbye"]
on = { done = "back" }

[node.back]
verb = "return"
exit = "agent"
"""
CALLS = GOOD.replace('1 = "desk"', '1 = "sub"') + """
[node.sub]
verb = "call"
flow = "sub"
on = { agent = "desk" }
"""


def test_a_called_flow_and_its_exits() -> None:
    book = load(CALLS, sub=CALLED)
    step = engine.advance(book, engine.begin(book, "tiny"), Keys("1"))
    assert step.spot == ("sub", "one")
    assert engine.advance(book, step, Done()).spot == ("tiny", "desk")
    assert "agent is not wired" in refused(CALLS.replace('on = { agent = "desk" }', ""), sub=CALLED).rule
    assert "no exit main" in refused(CALLS.replace("{ agent", '{ main = "desk", agent'), sub=CALLED).rule
    assert "does not exist" in refused(CALLS).rule


def test_a_flow_that_calls_itself_is_refused() -> None:
    again = CALLED.replace('done = "back"', 'done = "again_sub"') + """
[node.again_sub]
verb = "call"
flow = "sub"
on = { agent = "back" }
"""
    assert "call itself" in refused(CALLS, sub=again).rule


def test_a_number_cannot_lead_to_a_called_flow() -> None:
    loader.check_entry(shipped(), "main_menu")
    for name in ("hospital_guide", "nothing"):
        with pytest.raises(ConfigError):
            loader.check_entry(shipped(), name)


def test_a_queue_that_does_not_exist_is_named_with_those_that_do() -> None:
    flow = shipped().flow("main_menu")
    assert checks.queue_faults(flow, {"service_desk"}) == ()
    faults = checks.queue_faults(flow, {"outpatient"})
    assert {one.flow for one in faults} == {"main_menu"}
    assert all("service_desk does not exist" in one.rule.en and "outpatient" in one.mend.en for one in faults) and faults


def test_a_prompt_without_both_languages_is_unknown_to_flows() -> None:
    assert "prompt main_menu" in _refused_without("main_menu").rule
    assert "heard_nothing" in _refused_without("heard_nothing").rule


def _refused_without(prompt: str) -> ConfigError:
    less = loader.Known(known().prompts - {prompt}, known().lookups, queues={"service_desk"})  # type: ignore[operator]
    with pytest.raises(ConfigError) as caught:
        loader.load_texts({"tiny.toml": GOOD}, less)
    return caught.value


# -- properties --------------------------------------------------------------------------------------------------------------

NAMES = ["a", "b", "c", "d"]
_names = st.sampled_from(NAMES)
MISTAKES = ["", "", "", "", "again_key", "chosen", "back", "11"]
ORDERS = {"identify": "identify", "book": "book_release", "act": "callback", "sms": "sms", "callback": "callback"}
OF_ACTIONS = {"branch": ("known", "otherwise"), **{verb: ACTIONS[name].exits for verb, name in ORDERS.items()}}
TALKING = ["say", "menu", "gather", "record", "choose", "tell"]


@st.composite
def flows(draw: st.DrawFn) -> str:
    """Flow texts of any verbs, wired in a row and onwards at random, some with a mistake."""
    verbs = [draw(st.sampled_from(sorted(set(VERBS) - {"hang_up", "return", "call"}) + TALKING)) for _ in NAMES[:-1]] + ["hang_up"]
    lines = ['flow = "tiny"', 'start = "a"']
    for name, follows, verb in zip(NAMES, [*NAMES[1:], ""], verbs, strict=True):
        lines += [f"[node.{name}]", f'verb = "{verb}"', *_keys_of(draw, verb, follows)]
        wired = _exits_of(draw, verb, lines[-1], follows)
        lines.append(f"on = {{ {', '.join(f'{one} = {chr(34)}{target}{chr(34)}' for one, target in wired.items())} }}")
    return "\n".join(lines)


def _exits_of(draw: st.DrawFn, verb: str, last: str, follows: str) -> dict[str, str]:
    exits = sorted(VERBS[verb].exits or OF_ACTIONS.get(verb, ())) + (["0"] if VERBS[verb].reads_keys else [])
    if verb == "language":
        exits = ["chosen"] if "switch" in last else ["chosen", "failed", "invalid", "no_input"]
    wired = {one: "again" if one in ("no_input", "invalid") and draw(st.booleans()) else draw(_names) for one in exits}
    if exits:
        wired[exits[0]] = follows
    mistake = draw(st.sampled_from(MISTAKES))
    return wired | ({mistake: draw(_names)} if mistake else {})


def _keys_of(draw: st.DrawFn, verb: str, follows: str) -> list[str]:
    say = 'say = ["goodbye"]'
    return {
        "language": ['ask = "switch"'] if draw(st.booleans()) else [say],
        "say": [say],
        "menu": [say],
        "choose": ['list = "l"', 'store = "s"', 'item = ["{x:name}"]', 'more = ["goodbye"]'],
        "tell": ['list = "l"', 'item = ["{x:name}"]'],
        "gather": [say, 'store = "s"', "max_digits = 4"],
        "record": ['purpose = "p"'],
        "queue": ['queue = "service_desk"'],
        "lookup": ['data = "clinic_departments"'],
        "goto": [f'to = "{follows}"'],
        "branch": ['value = "$caller"', 'cases = { known = "known" }'],
        "set": ['values = { v = "{l}" }'],
        "listen": [say, 'list = "l"', 'store = "s"', 'item = ["{x:name}"]'],
        "identify": ['birth_date = "{s}"'],
        "book": ['do = "release"', 'arguments = { person = "{s}", hold = "{s}" }'],
        "act": ['do = "callback"', 'arguments = { queue = "service_desk" }'],
        "sms": ['template = "t"'],
        "callback": ['queue = "service_desk"'],
        "transfer": ['to = "reception"'],
    }.get(verb, [])


@settings(deadline=None)
@given(flows(), st.lists(st.sampled_from(["", "1", "2", "9", "*", "#", "77"]), max_size=12))
def test_every_flow_is_refused_in_words_or_never_leaves_the_caller_alone(text: str, keys: list[str]) -> None:
    try:
        book = load(text)
    except ConfigError as error:
        assert error.where.startswith("tiny.toml") and error.rule and error.mend
        return
    step = engine.begin(book, "tiny")
    for key in keys:
        if step.ended:
            break
        assert step.commands
        step = engine.advance(book, step, _heard(step, key))


def test_the_random_flows_are_of_both_kinds() -> None:
    quick = settings(phases=[Phase.generate], database=None)
    assert load(find(flows(), _loads, settings=quick))
    assert refused(find(flows(), lambda text: not _loads(text), settings=quick))


def _loads(text: str) -> bool:
    try:
        load(text)
    except ConfigError:
        return False
    return True


def said(step: engine.Step) -> set[str]:
    return {one.value for one in getattr(step.commands[-1], "answers", ())}


def _heard(step: engine.Step, key: str) -> object:  # noqa: PLR0911 - one line a command
    match step.commands[-1]:
        case Gather():
            return Said(key, key) if key in said(step) else Keys(key)
        case Say():
            return Done()
        case RecordMessage():
            return Recorded("m", "f", 3.0) if key else Recorded("", "", 0.0)
        case JoinQueue():
            return QueueResult({"1": "answered", "2": "timeout"}.get(key, "no_agent"))
        case Dial():
            return QueueResult({"1": "answered", "2": "busy"}.get(key, "no_answer"))
        case WhoCalls():
            return Found("known" if key else "unknown")
        case Act() as act:
            return Found(ACTIONS[act.name].exits[0], ACTIONS[act.name].example) if key else Found("unavailable")
        case Lookup():
            return Found("found", {"items": [{"x": "X"}]}) if key else Found("unavailable")
        case Hangup():
            raise AssertionError("the visit has ended")
    return Found("open")


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_refused_in_words(text: str) -> None:
    assert refused(text).mend
