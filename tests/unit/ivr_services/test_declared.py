"""What flows may ask and order is answered, what is answered is declared, and what may be said of it has a sound."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from callcenter.commands import Found
from callcenter.crm_gateway import questions, services
from callcenter.ivr import actions, loader, lookups, prompts
from callcenter.ivr.lookups import LOOKUPS
from crm.demo.ivr_services import spoken
from tests.support.instances import PROJECT

pytestmark = pytest.mark.unit
SHIPPED = prompts.load(PROJECT / "sounds")


def test_every_lookup_is_answered_and_every_answer_is_declared() -> None:
    assert set(LOOKUPS) == {*questions.PUBLIC, *questions.LIVE, *questions.OWN}


def test_exactly_the_personal_lookups_ask_who_is_identified() -> None:
    assert {name for name, shape in LOOKUPS.items() if shape.personal} == set(questions.OWN)
    assert all(topic in ("appointments", "fees", "results", "reminders") for topic, _ in questions.OWN.values())


def test_every_action_is_done_by_somebody() -> None:
    known = {*services.SERVICES, "sms"}
    conduct = {name for name in actions.ACTIONS if name.startswith("conduct_")}
    assert set(actions.ACTIONS) - conduct <= known and known <= set(actions.ACTIONS)


@pytest.mark.parametrize("name", sorted(LOOKUPS))
def test_an_answer_without_items_or_with_a_wrong_item_is_refused(name: str) -> None:
    shape = LOOKUPS[name]
    beside = dict.fromkeys(shape.values, "1.00")
    assert lookups.problem_of(name, Found("not_found")) == "" == lookups.problem_of(name, Found("unavailable"))
    for values in ({}, {"items": []}, {"items": "x"}, {"items": [{}]}, {"items": [None]}):
        assert lookups.problem_of(name, Found("found", beside | values))
    assert lookups.problem_of(name, Found("gone"))


def test_shapes_know_what_can_be_spoken() -> None:
    slot = {"id": "7", "day": "2026-11-23", "weekday": 1, "time": "08:30", "doctor_zh": "王", "doctor_en": "W", "price": "50.00"}
    assert lookups.problem_of("booking_times", Found("found", {"items": [slot]})) == ""
    for wrong in ({"day": "23.11."}, {"weekday": 8}, {"weekday": True}, {"time": "25:00"}, {"price": "NaN"}, {"id": "x"}, {"doctor_zh": " "}):
        assert "an item's" in lookups.problem_of("booking_times", Found("found", {"items": [slot | wrong]}))


def _templates_in(node: Any) -> Iterator[str]:
    if node.get("verb") == "sms":
        yield node["template"]


def test_every_template_a_flow_names_is_made_by_the_migration() -> None:
    flows = [tomllib.loads(path.read_text(encoding="utf-8")) for path in loader.SHIPPED.glob("*.toml")]
    used = {name for flow in flows for node in flow["node"].values() for name in _templates_in(node)}
    source = (PROJECT / "crm" / "migrations" / "versions" / "0202_services.py").read_text(encoding="utf-8")
    assert used and all(f'("{name}",' in source for name in used)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_the_services_say_was_rendered_in_both_languages(language: str) -> None:
    place = {"zh": 1, "en": 2}[language]
    assert [row for row in spoken() if not SHIPPED.name(row[place], language)] == []
    assert SHIPPED.missing() == ()
