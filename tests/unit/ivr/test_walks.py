"""Whole visits through the shipped flows: one list of what the caller does, one list of what he hears, in both languages.

The words of a walk: keys are texts, "" is silence; open, closed, emergency answer the hours; lists answer lookups; results end a queue.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.commands import (
    Act,
    CheckHours,
    Command,
    Done,
    Found,
    Gather,
    Hangup,
    Heard,
    JoinQueue,
    Keys,
    Lookup,
    QueueResult,
    Recorded,
    RecordMessage,
    Say,
    SetLanguage,
    WhoCalls,
)
from callcenter.ivr import engine
from callcenter.ivr.actions import ACTIONS
from callcenter.ivr.step import Entered, Left, Step
from tests.unit.ivr.fakes import CLINICS, DEPARTMENTS, MESSAGE, NO_MESSAGE, shipped, spoken_ids

pytestmark = pytest.mark.unit
MENU = ["main_menu", "menu_services", "menu_complaint", "menu_conduct", "menu_staff", "switch_language"]
OFFER = ["queue_offer"]
GUIDE = ["guide_menu", "guide_lookups", "menu_staff"]
CLOSED_MENU = ["main_menu", "menu_services", "menu_conduct", "closed_menu", "switch_language"]
TOPICS = {"1": "registration", "2": "locations", "3": "insurance", "4": "admission", "5": "visiting", "6": "address"}


def heard(step: Step, word: Any, hours: str) -> Heard:
    """What the driver answers to the step's last command."""
    match step.commands[-1]:
        case Gather():
            return Keys(word)
        case CheckHours():
            return Found(hours)
        case Say():
            return Done()
        case JoinQueue():
            return QueueResult(word)
    return word


class Walk:
    """A visit in progress; hours and `say` nodes answer by themselves."""

    def __init__(self, language: str, hours: str = "open", remembered: bool = False) -> None:
        self.hours, self.language = hours, language
        self.told: list[Command] = []
        self.step = engine.begin(shipped(), "main_menu", language if remembered else None)
        self._play()
        if not remembered:
            assert self.heard == ["choose_language", "choose_language"]
            self.does("1" if language == "zh" else "2")

    @property
    def heard(self) -> list[str]:
        """What was spoken since the caller did something."""
        return [one for command in self.told for one in spoken_ids(command)]

    @property
    def last(self) -> Command:
        return self.step.commands[-1]

    def _play(self) -> None:
        self.told += self.step.commands
        while isinstance(self.last, CheckHours | Say):
            self.step = engine.advance(shipped(), self.step, heard(self.step, "", self.hours))
            self.told += self.step.commands

    def does(self, *words: Any) -> list[str]:
        """Each in turn; what the last one led to."""
        for word in words:
            self.told = []
            self.step = engine.advance(shipped(), self.step, heard(self.step, word, self.hours))
            self._play()
        return self.heard

    def ended_kindly(self) -> bool:
        return isinstance(self.last, Hangup) and self.heard[-1] == "goodbye"


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


def test_the_greeting(language: str) -> None:
    walk = Walk(language)
    assert walk.heard == ["emergency_advice", *MENU]
    assert walk.told[0] == SetLanguage(language)
    switch = walk.last.spoken[-1]  # type: ignore[union-attr]
    assert switch.language == ("en" if language == "zh" else "zh")


def test_a_remembered_language_is_not_asked_again(language: str) -> None:
    walk = Walk(language, remembered=True)
    assert walk.heard == ["emergency_advice", *MENU]
    assert walk.step.language == language


def test_silence_at_the_language_question_goes_on_in_chinese() -> None:
    step = engine.advance(shipped(), engine.begin(shipped(), "main_menu"), Keys(""))
    assert (step.language, isinstance(step.commands[-1], CheckHours)) == ("zh", True)


def test_star_switches_the_language_and_back(language: str) -> None:
    walk = Walk(language)
    other = "en" if language == "zh" else "zh"
    assert walk.does("*") == MENU
    assert walk.step.language == other
    walk.does("*")
    assert walk.step.language == language


@pytest.mark.parametrize("key", sorted(TOPICS))
def test_each_topic_of_the_guide(language: str, key: str) -> None:
    walk = Walk(language)
    assert walk.does("1") == GUIDE
    assert walk.does(key) == [f"guide_{TOPICS[key]}", "after_topic"]
    assert walk.does("#") == [f"guide_{TOPICS[key]}", "after_topic"]
    assert walk.does("") == ["heard_nothing", "after_topic"]
    assert walk.does("*") == GUIDE
    assert walk.does("*") == MENU


def test_an_agent_from_everywhere(language: str) -> None:
    for way in (["0"], ["1", "0"], ["1", "3", "0"], ["2", departments(), "0"], ["2", departments(), "1", clinics(), "0"]):
        walk = Walk(language)
        assert walk.does(*way) == ["connecting"]
        assert walk.last == JoinQueue("service_desk", 0)
        assert walk.step.stack == ()


def departments(count: int = 18) -> Found:
    return Found("found", {"items": DEPARTMENTS[:count]})


def clinics() -> Found:
    return Found("found", {"items": CLINICS})


def names(language: str, *numbers: int) -> list[str]:
    return [f"<第{n}科>" if language == "zh" else f"<Department {n}>" for n in numbers]


def offered(language: str, first: int, last: int) -> list[str]:
    return [word for key, name in enumerate(names(language, *range(first, last + 1)), 1) for word in (name, f"press_{key}")]


def test_departments_are_paged(language: str) -> None:
    walk = Walk(language)
    assert walk.does("2", departments()) == ["expert_intro", "or_say_name", *offered(language, 1, 8), "more_choices", "choice_keys"]
    assert walk.does("9") == [*offered(language, 9, 16), "more_choices", "choice_keys"]
    assert walk.does("#") == [*offered(language, 9, 16), "more_choices", "choice_keys"]
    assert walk.does("9") == [*offered(language, 17, 18), "more_choices", "choice_keys"]
    assert walk.does("3")[0] == "not_valid"
    assert walk.does("9") == [*offered(language, 1, 8), "more_choices", "choice_keys"]
    walk.does("9", "2")
    assert walk.last == Lookup("clinic_hours", {"department": "10"})


def test_nine_departments_fit_one_page(language: str) -> None:
    walk = Walk(language)
    assert walk.does("2", departments(9)) == ["expert_intro", "or_say_name", *offered(language, 1, 9), "choice_keys"]
    walk.does("9")
    assert walk.last == Lookup("clinic_hours", {"department": "9"})


def told(language: str, n: int) -> list[str]:
    doctor, title = (f"<医生{n}>", "<主任医师>") if language == "zh" else (f"<Doctor {n}>", "<Chief Physician>")
    return [doctor, title, str(n), "clinic_from", "08:00:00", "until", "11:30:00"]


def test_clinic_hours_one_by_one(language: str) -> None:
    walk = Walk(language)
    intro = [*names(language, 1), "expert_count_before", "3"]
    assert walk.does("2", departments(), "1", clinics()) == [*intro, *told(language, 1), "tell_keys"]
    assert walk.does("1") == told(language, 3)
    assert walk.does("2") == told(language, 1)
    assert walk.does("") == told(language, 3)
    assert walk.does("#") == [*told(language, 3), "tell_keys"]
    assert walk.does("7") == ["not_valid", *told(language, 3), "tell_keys"]
    assert walk.does("", "") == ["expert_end"]
    assert walk.does("1")[:3] == intro
    assert walk.does("1", "1", "1", "*")[0] == "expert_intro"
    assert walk.does("*") == MENU


def test_lookups_that_find_nothing_lead_on(language: str) -> None:
    walk = Walk(language)
    assert walk.does("2", Found("unavailable")) == ["lookup_sorry", *MENU]
    assert walk.does("2", Found("not_found")) == ["lookup_sorry", *MENU]
    assert walk.does("2", departments(), "1", Found("not_found"))[:2] == ["expert_none", "expert_intro"]
    assert walk.does("1", Found("unavailable")) == ["lookup_sorry", *MENU]
    assert walk.step.stack == ()


def test_a_complaint_is_recorded(language: str) -> None:
    walk = Walk(language)
    assert walk.does("7") == ["complaint_prompt"]
    assert walk.last == RecordMessage("complaint")
    assert walk.does(MESSAGE) == ["message_thanks", "anything_else"]
    assert walk.does("1") == MENU
    walk.does("7", MESSAGE, "")
    assert walk.ended_kindly()


def test_an_empty_message_can_be_recorded_again(language: str) -> None:
    walk = Walk(language)
    assert walk.does("7", NO_MESSAGE) == ["message_empty"]
    assert walk.does("1") == ["complaint_prompt"]
    assert walk.does(NO_MESSAGE, "*") == MENU
    walk.does("7", NO_MESSAGE, "")
    assert walk.ended_kindly()


@pytest.mark.parametrize("keys", [["", "", ""], ["8", "8", "8"], ["", "6", ""]])
def test_three_times_silence_or_wrong_keys_lead_to_an_agent(language: str, keys: list[str]) -> None:
    walk = Walk(language)
    sorry = ["not_valid" if key else "heard_nothing" for key in keys]
    assert walk.does(keys[0]) == [sorry[0], *MENU]
    assert walk.does(keys[1]) == [sorry[1], *MENU]
    assert walk.does(keys[2]) == ["connecting"]


def test_repeat_is_no_try(language: str) -> None:
    walk = Walk(language)
    for _ in range(10):
        assert walk.does("#") == MENU
    assert walk.does("", "") == ["heard_nothing", *MENU]


@pytest.mark.parametrize("result", ["timeout", "full", "no_agent", "failed", "nonsense"])
def test_a_queue_without_agent_offers_to_wait_or_to_leave_a_message(language: str, result: str) -> None:
    walk = Walk(language)
    assert walk.does("0", result) == OFFER
    assert walk.does("1") == ["please_wait"]
    assert walk.last == JoinQueue("service_desk", 5)
    assert walk.does(result, "2") == ["message_prompt"]
    assert walk.last == RecordMessage("callback")
    assert walk.does(MESSAGE)[0] == "message_thanks"


def test_after_the_agent_the_caller_is_asked_how_content_he_is(language: str) -> None:
    walk = Walk(language)
    assert walk.does("0", "answered") == ["rate_ask"]
    walk.does("5")
    assert walk.last == Act("rate", {"score": "5"})
    assert walk.does(Found("rated")) == ["rate_thanks", "goodbye"]


def test_a_caller_who_does_not_rate_is_let_go_with_a_goodbye(language: str) -> None:
    walk = Walk(language)
    walk.does("0", "answered", "")
    assert walk.ended_kindly()
    walk = Walk(language)
    assert walk.does("0", "answered", "9", Found("invalid")) == ["not_valid", "rate_ask"]
    walk.does("0", Found("invalid"))
    assert walk.ended_kindly()


@pytest.mark.parametrize("result", ["agent_lost", "transfer_failed"])
def test_a_lost_agent_is_apologised_for_and_the_caller_goes_first(language: str, result: str) -> None:
    walk = Walk(language)
    assert walk.does("0", result) == ["agent_lost_sorry"]
    assert walk.last == JoinQueue("service_desk", 10)
    assert walk.does("agent_lost") == ["agent_lost_sorry"]


@pytest.mark.parametrize(("hours", "notice"), [("closed", "closed_notice"), ("emergency", "emergency_closed_notice")])
def test_outside_hours_self_service_and_messages_go_on(language: str, hours: str, notice: str) -> None:
    walk = Walk(language, hours)
    assert walk.heard == ["emergency_advice", notice, *CLOSED_MENU]
    assert walk.does("0") == ["not_valid", *CLOSED_MENU]
    assert walk.does("1") == GUIDE
    assert walk.does("0") == [notice, *CLOSED_MENU]
    assert walk.does("2", departments(), "*") == CLOSED_MENU
    assert walk.does("7") == ["message_prompt"]
    walk.does(MESSAGE, "")
    assert walk.ended_kindly()


def test_outside_hours_silence_ends_in_a_message_never_in_a_queue(language: str) -> None:
    walk = Walk(language, "closed")
    assert walk.does("", "", "") == ["message_prompt"]
    walk.does(NO_MESSAGE, "")
    assert walk.ended_kindly()


def test_hours_that_end_during_the_call_are_noticed(language: str) -> None:
    walk = Walk(language)
    walk.hours = "closed"
    assert walk.does("0") == ["closed_notice", *CLOSED_MENU]


def test_moves_tell_the_path() -> None:
    walk = Walk("zh")
    walk.does("1")
    assert walk.step.moves == (Left("main_menu", "choices", "1", "1"), Entered("main_menu", 1, "guide"), Entered("hospital_guide", 1, "topics"))
    back = engine.advance(shipped(), walk.step, Keys("0"))
    assert back.moves == (Left("hospital_guide", "topics", "0", "0"), Left("main_menu", "guide", "agent"), Entered("main_menu", 1, "desk_hours"))


# -- checkpoints -------------------------------------------------------------------------------------------------------------

WORDS = st.lists(st.sampled_from(["", "1", "2", "3", "7", "9", "0", "*", "#"]), max_size=25)


def answer(step: Step, key: str) -> Heard:
    """Any driver's answer, steered by a key."""
    match step.commands[-1]:
        case Lookup(name):
            return Found("unavailable") if key == "#" else departments() if name == "clinic_departments" else clinics()
        case RecordMessage():
            return Recorded("m", "f", 3.0) if key in ("1", "2") else NO_MESSAGE
        case Act(name):
            return Found("unavailable") if key == "#" else Found(ACTIONS[name].exits[0], ACTIONS[name].example)
        case WhoCalls():
            return Found("unknown" if key == "2" else "known")
        case JoinQueue():
            return QueueResult({"1": "answered", "2": "timeout", "3": "agent_lost"}.get(key, "no_agent"))
    return heard(step, key, "closed" if key == "9" else "open")


@settings(deadline=None)
@given(WORDS)
def test_a_successor_continues_at_the_same_node_after_every_step(keys: list[str]) -> None:
    step = engine.begin(shipped(), "main_menu")
    for key in keys:
        again = engine.restore(shipped(), json.loads(json.dumps(step.as_json())))
        assert again is not None
        assert again.as_json() == step.as_json()
        assert type(again.commands[-1]) is type(step.commands[-1])
        assert again.commands[0] == SetLanguage(step.language)
        if step.ended:
            break
        step = engine.advance(shipped(), step, answer(step, key))
        assert engine.advance(shipped(), again, answer(again, key)).as_json() == step.as_json()


@settings(deadline=None)
@given(WORDS)
def test_no_walk_ever_leaves_the_caller_without_something_to_hear(keys: list[str]) -> None:
    step, silent = engine.begin(shipped(), "main_menu", "en"), 0
    for key in keys:
        if step.ended:
            return
        silent = 0 if any(isinstance(one, Say | Gather | RecordMessage) for one in step.commands) else silent + 1
        assert silent <= 3
        step = engine.advance(shipped(), step, answer(step, key))
        assert len(step.trail) <= engine.MAX_TRAIL
        assert len(json.dumps(step.as_json())) < 10_000


@pytest.mark.parametrize("damage", [{"flow": "gone"}, {"node": "gone"}, {"stack": [["main_menu", "gone"]]}, {"tries": "x"}, {"trail": 3}])
def test_a_damaged_or_outdated_checkpoint_is_not_followed(damage: dict[str, Any]) -> None:
    saved = engine.begin(shipped(), "main_menu").as_json()
    assert engine.restore(shipped(), saved) is not None
    assert engine.restore(shipped(), saved | damage) is None


def test_a_caller_whom_only_the_fallback_saw_goes_on_after_the_queue() -> None:
    step = engine.returned_from_queue(shipped(), "main_menu", None, QueueResult("answered"))
    assert spoken_ids(step.commands[-1]) == ["rate_ask"]
    step = engine.returned_from_queue(shipped(), "main_menu", "en", QueueResult("timeout"))
    assert spoken_ids(step.commands[-1]) == OFFER
