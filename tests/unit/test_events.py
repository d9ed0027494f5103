"""Stored events come back as they were, and what may name a person stands apart."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter import events as ev

pytestmark = pytest.mark.unit

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: st.integers(0, 10**9),
    float: st.floats(0, 10**6, allow_nan=False),
    bool: st.booleans(),
    datetime: MOMENTS,
    datetime | None: st.none() | MOMENTS,
    int | None: st.none() | st.integers(0, 10**6),
    tuple[int, ...]: st.lists(st.integers(0, 10**6), max_size=4).map(tuple),
}


@st.composite
def any_event(draw: st.DrawFn) -> ev.Event:
    cls = draw(st.sampled_from(sorted(ev.KINDS.values(), key=lambda one: one.kind)))
    hints = get_type_hints(cls)
    return cls(**{one.name: draw(VALUES[hints[one.name]]) for one in fields(cls)})


@settings(deadline=None)
@given(any_event())
def test_a_record_read_back_is_the_event(event: ev.Event) -> None:
    assert ev.from_record(json.loads(json.dumps(ev.as_record(event)))) == event


@settings(deadline=None)
@given(any_event())
def test_personal_values_stand_only_in_their_own_column(event: ev.Event) -> None:
    record = ev.as_record(event)
    personal = {one.name for one in fields(event) if one.metadata.get("pii")}
    assert set(record.get("pii", {})) == personal
    assert not personal & set(record["data"])


@settings(deadline=None)
@given(any_event())
def test_erased_personal_values_come_back_empty(event: ev.Event) -> None:
    record = {key: value for key, value in ev.as_record(event).items() if key != "pii"}
    again = ev.from_record(record)
    for one in fields(event):
        if one.metadata.get("pii"):
            assert getattr(again, one.name) == one.default
        else:
            assert getattr(again, one.name) == getattr(event, one.name)


def test_kinds_are_past_tense_words_and_unique() -> None:
    assert all(kind == kind.lower() and " " not in kind and not kind.startswith("_") for kind in ev.KINDS)
    assert len(ev.KINDS) == len(set(ev.KINDS.values()))


def test_the_keys_a_caller_pressed_and_his_number_are_personal() -> None:
    at = datetime(2026, 11, 16, tzinfo=UTC)
    heard = ev.InputHeard(at=at, linkedid="n-1.1", flow="main_menu", node="choices", exit="1", digits="1")
    arrived = ev.CallArrived(at=at, linkedid="n-1.1", uniqueid="n-1.1", channel="PJSIP/trunk-1", caller_number="13900000001")
    assert ev.as_record(heard)["pii"] == {"digits": "1"}
    assert ev.as_record(arrived)["pii"] == {"caller_number": "13900000001"}


def test_events_of_one_call_share_a_stream_and_agents_have_their_own() -> None:
    at = datetime(2026, 11, 16, tzinfo=UTC)
    assert ev.CallAnswered(at=at, linkedid="n-1.1").stream == "n-1.1"
    assert ev.AgentStateChanged(at=at, agent_id=7, state="available", previous="paused").stream == "agent:7"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        ev.from_record({"kind": "call_vanished", "at": "2026-11-16T00:00:00+00:00", "data": {}})


def test_a_moment_keeps_its_meaning_in_another_zone() -> None:
    at = datetime(2026, 11, 16, 8, tzinfo=timezone(timedelta(hours=8)))
    assert ev.from_record(ev.as_record(ev.CallAnswered(at=at, linkedid="x"))).at == datetime(2026, 11, 16, 0, tzinfo=UTC)
