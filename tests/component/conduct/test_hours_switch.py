"""Whom a switch of a calendar moves, and whom it leaves alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callcenter import events as ev
from callcenter.call import fold
from callcenter.commands import Found, Keys, QueueResult, Recorded
from callcenter.cti.calls import LiveCalls
from callcenter.errors import CommandRefused
from callcenter.hotline.hours_switch import HoursSwitch
from callcenter.ivr import engine
from callcenter.ivr.shelf import FlowShelf
from callcenter.ivr.step import Step
from callcenter.journal import FileJournal
from tests.fakes.waiting import until
from tests.unit.ivr.fakes import shipped

pytestmark = pytest.mark.component
AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)


class Ami:
    """Keeps what it was asked; refuses channels of `gone`."""

    def __init__(self) -> None:
        self.pressed: list[str] = []
        self.gone: set[str] = set()

    async def send(self, action: str, **headers: Any) -> dict[str, str]:
        assert (action, headers["Digit"], headers["Receive"]) == ("PlayDTMF", "#", "true")
        self.pressed.append(headers["Channel"])
        if headers["Channel"] in self.gone:
            raise CommandRefused(action, "No such channel")
        return {}


class World:
    """Callers at different places of the shipped flows."""

    def __init__(self, folder: Path) -> None:
        self.journal, self.calls, self.ami = FileJournal(folder, "node1"), LiveCalls(), Ami()
        self.modes = {"hotline": "normal", "clinic": "normal"}
        self.anonymous: set[str] = set()
        shelf = FlowShelf(shipped())
        self.switch = HoursSwitch(lambda: self.modes, shelf, self.journal, self.calls, self.ami, self.anonymous.__contains__)  # type: ignore[arg-type]

    def caller(self, name: str, step: Step, *, queued: bool = False) -> None:
        self.journal.append_checkpoint(name, {"step": step.as_json(), "identified": False, "queued": queued, "serial": 3})
        arrived = ev.CallArrived(at=AT, linkedid=name, uniqueid=name, channel=f"PJSIP/trunk-{name}", caller_number="1")
        self.calls.at_start([fold([arrived, ev.NodeEntered(at=AT, linkedid=name, flow=step.flow, version=1, node=step.node)])])

    def turn(self, mode: str) -> None:
        self.modes = {**self.modes, "hotline": mode}
        self.switch.directory_changed()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    async with running(made.switch):
        yield made
    made.journal.close()


@asynccontextmanager
async def running(switch: HoursSwitch) -> AsyncIterator[None]:
    task = asyncio.create_task(switch.run(), name="hours-switch")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def menu() -> Step:
    return engine.advance(shipped(), engine.begin(shipped(), "main_menu", "zh"), Found("open"))


def at(*heard: Any) -> Step:
    step = menu()
    for one in heard:
        step = engine.advance(shipped(), step, one)
    return step


async def test_who_listens_to_a_menu_is_moved_at_each_switch_and_once(world: World) -> None:
    world.caller("a", menu())
    for count, mode in enumerate(("emergency", "night", "normal"), 1):
        world.turn(mode)
        await until(lambda count=count: len(world.ami.pressed) == count)
        assert world.switch.wanted("a") == {"hotline"}
        assert world.switch.wanted("a") == frozenset()


async def test_who_did_not_hear_the_key_gets_another(world: World) -> None:
    world.caller("a", menu())
    world.turn("night")
    await until(lambda: len(world.ami.pressed) == 3)


async def test_who_waits_records_rings_or_is_anonymous_is_left_alone(world: World) -> None:
    world.caller("listens", at(Keys("1")))
    world.caller("records", at(Keys("7")))
    world.caller("waits", at(Keys("0"), Found("open")), queued=True)
    world.caller("reports", at(Keys("9")))
    world.anonymous.add("reports")
    world.caller("after", at(Keys("0"), Found("open"), QueueResult("timeout")))
    world.caller("told", at(Keys("7"), Recorded("m", "f", 3.0)))
    world.turn("night")
    await until(lambda: len(world.ami.pressed) >= 9)
    assert sorted(set(world.ami.pressed)) == ["PJSIP/trunk-after", "PJSIP/trunk-listens", "PJSIP/trunk-told"]


async def test_a_calendar_that_no_flow_asks_moves_nobody_and_one_that_is_gone_stops_nobody(world: World) -> None:
    world.caller("a", menu())
    world.caller("b", menu())
    world.ami.gone = {"PJSIP/trunk-a"}
    world.modes = {**world.modes, "clinic": "night"}
    world.switch.directory_changed()
    world.turn("emergency")
    await until(lambda: set(world.ami.pressed) == {"PJSIP/trunk-a", "PJSIP/trunk-b"})


async def test_what_is_heard_of_for_the_first_time_was_not_switched(world: World) -> None:
    world.caller("a", menu())
    world.modes = {**world.modes, "holiday": "night"}
    world.switch.directory_changed()
    world.turn("night")
    await until(lambda: set(world.ami.pressed) == {"PJSIP/trunk-a"})
