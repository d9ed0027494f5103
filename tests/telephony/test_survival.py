"""What callers meet when the controller dies or the hospital closes at once: the live menu without it, the same place after it, the switch."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callcenter.box import g711, places
from callcenter.hotline.fallback_menu import FILE
from callcenter.journal_files import read_segment, segments
from tests.support.guest import Guest, calling
from tests.support.instances import PROJECT
from tests.support.product import Product
from tests.support.waiting import until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]
PIECE = 2000  # a quarter of a second of A-law
SWITCHED_S = 2.5  # at least five times what was seen


@asynccontextmanager
async def published(product: Product, change: dict[str, Any], fresh: dict[str, Any] | None = None) -> AsyncIterator[int]:
    """The main menu's node `choices` with `change`, and more nodes, live until the block ends; the number of the release."""
    admin = await product.api("admin")
    live = await admin.get("/api/flows/main_menu/versions")
    number = next(one["number"] for one in live["items"] if one["state"] == "published")
    source = (await admin.get(f"/api/flows/main_menu/versions/{number}"))["source"]
    source["node"]["choices"] |= change
    source["node"] |= fresh or {}
    drawn = await admin.put("/api/flows/main_menu/draft", {"source": source, "layout": {}, "version": None})
    assert drawn["faults"] == []
    release = (await admin.post("/api/flows/publish", {"flows": ["main_menu"], "note": "test"}))["release"]
    await until(lambda: _told(product) == release, 15, "the menu for a start without the controller follows", every_s=0.1)
    try:
        yield release
    finally:
        back = await admin.post("/api/flows/publish", {"rollback": {"flow": "main_menu", "number": number}, "note": "test over"})
        await until(lambda: _told(product) == back["release"], 15, "the old menu is back", every_s=0.1)


def _told(product: Product) -> int:
    path = product.settings.fallback_folder / FILE
    return json.loads(path.read_text())["release"] if path.exists() else 0


@asynccontextmanager
async def no_controller(product: Product) -> AsyncIterator[None]:
    """The controller is dead and its supervisor does not make another until the block ends."""
    supervisor = int((product.settings.run_folder / places.LOCK).read_text())
    os.kill(supervisor, signal.SIGSTOP)
    try:
        product.kill("serve")
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)
        await product.answers()


def was_played(guest: Guest, prompt: str, language: str = "zh") -> bool:
    """Whether a quarter of a second out of a prompt came over the wire: one of three, as a packet may be late on a busy machine."""
    sound, heard = (PROJECT / "sounds" / language / f"{prompt}.alaw").read_bytes(), g711.encode(guest.caller.sound.heard(), "alaw")
    begins = (len(sound) * quarter // 4 for quarter in (1, 2, 3))
    return any(sound[begin : begin + PIECE] in heard for begin in begins if len(sound) - begin >= PIECE)


async def hears(guest: Guest, prompt: str, language: str = "zh", timeout_s: float = 40.0) -> None:
    await until(lambda: was_played(guest, prompt, language), timeout_s, f"{prompt} {language} heard", every_s=0.2)


async def test_without_a_controller_callers_hear_what_was_published_last(product: Product, tmp_path: Path) -> None:
    fresh = published(product, {"say": ["guide_insurance", "menu_staff"]})
    async with fresh, no_controller(product), calling(product, "+8613966660001", tmp_path, menu=False) as guest:
        await hears(guest, "fallback_sorry", "en")
        await hears(guest, "choose_language")
        guest.group.press(guest.caller, "1")
        await hears(guest, "guide_insurance")
        guest.group.press(guest.caller, "3")
        await hears(guest, "lookup_sorry")
        guest.group.press(guest.caller, "1")
        await hears(guest, "guide_menu")
        guest.group.press(guest.caller, "6")
        await hears(guest, "guide_address")
        await guest.hang_up()
    async with no_controller(product), calling(product, "+8613966660002", tmp_path, menu=False) as guest:
        await hears(guest, "choose_language", "en")
        guest.group.press(guest.caller, "2")
        await hears(guest, "main_menu", "en")
        await guest.hang_up()
        assert not was_played(guest, "guide_insurance")


NODES: dict[str, Any] = {
    "number": {
        "verb": "gather", "say": ["conduct_enter_code"], "confirm": ["conduct_code_is", "{number:digits}"], "store": "number", "min_digits": 8,
        "max_digits": 8, "wait_s": 15, "on": {"entered": "ask_list", "no_input": "again", "invalid": "again", "failed": "desk_hours"},
    },
    "ask_list": {"verb": "lookup", "data": "clinic_departments", "on": {"found": "spoken", "not_found": "say_it", "unavailable": "say_it"}},
    "spoken": {
        "verb": "listen", "list": "clinic_departments", "item": ["{name:name}"], "say": ["expert_intro"], "store": "department", "wait_s": 15,
        "on": {"chosen": "say_it", "no_input": "say_it", "invalid": "again", "failed": "say_it", "unavailable": "say_it"},
    },
    "say_it": {"verb": "record", "say": ["message_prompt"], "purpose": "survival", "on": {"recorded": "told", "too_short": "told"}},
    "told": {
        "verb": "menu", "say": ["{number:digits}", "after_topic"],
        "on": {"0": "desk_hours", "no_input": "bye", "invalid": "again", "failed": "bye"},
    },
}  # fmt: skip


def memory_of(product: Product, guest: Guest) -> dict[str, Any]:
    """What the caller's session knows, as its last checkpoint has it."""
    found: dict[str, Any] = {}
    for _, path in segments(product.settings.journal_folder / product.settings.node):
        for record in read_segment(path):
            if record["kind"] == "checkpoint" and record["session"] == guest.linkedid and record["state"]:
                found = record["state"]["step"]
    return found


async def recovered(product: Product, guest: Guest, times: int) -> None:
    await until(lambda: len(product.facts(guest.linkedid, "session_recovered")) >= times, 30, f"recovered {times} times", every_s=0.1)


async def test_a_caller_goes_on_with_what_he_entered_said_and_recorded(product: Product, tmp_path: Path) -> None:
    choices = await _choices(product)
    live = published(product, {"on": choices["on"] | {"6": "number"}}, NODES)
    async with live, calling(product, "+8613966660003", tmp_path) as guest:
        await guest.press("6", "number")
        guest.group.press(guest.caller, "12345674")
        await until(lambda: memory_of(product, guest).get("pending") == "12345674", 30, "his number is read back", every_s=0.1)
        product.kill("serve")
        await recovered(product, guest, 1)
        await guest.press("1", "ask_list")
        await until(lambda: memory_of(product, guest).get("node") in ("spoken", "say_it"), 20, "a list was found", every_s=0.1)
        if memory_of(product, guest)["node"] == "spoken":
            product.kill("serve")
            await recovered(product, guest, 2)
        await guest.reach("say_it")
        messages = product.settings.recordings_folder / "messages"
        await until(lambda: list(messages.glob(f"{guest.linkedid}-*.wav")), 60, "a message is being recorded", every_s=0.1)
        product.kill("serve")
        await guest.speak(3.0)
        await until(lambda: len(product.facts(guest.linkedid, "session_recovered")) >= 2, 30, "recovered in the message", every_s=0.1)
        guest.group.press(guest.caller, "#")
        await guest.reach("told")
        assert memory_of(product, guest)["memory"]["number"] == "12345674"
        await guest.hang_up()
    record = await guest.record()
    assert record["message_ids"], "the message he left while the controller died is there"


async def test_a_caller_keeps_the_release_he_came_in_with_when_the_controller_dies_after_a_publication(product: Product, tmp_path: Path) -> None:
    """Key 6 is new: it is nothing to him, before and after the rebirth, and leads on for whoever rings now."""
    choices = await _choices(product)
    (tmp_path / "before").mkdir()
    async with calling(product, "+8613966660007", tmp_path / "before") as guest:
        before = memory_of(product, guest)["release"]
        async with published(product, {"on": choices["on"] | {"6": "guide"}}) as release:
            assert release != before
            product.kill("serve")
            await recovered(product, guest, 1)
            assert memory_of(product, guest)["release"] == before
            guest.group.press(guest.caller, "6")
            await until(lambda: product.facts(guest.linkedid, "input_heard")[-1]["data"]["exit"] == "invalid", 20, "6 is no key", every_s=0.1)
            (tmp_path / "after").mkdir()
            async with calling(product, "+8613966660008", tmp_path / "after") as fresh:
                await fresh.press("6", "topics")
                assert memory_of(product, fresh)["release"] == release
                await fresh.hang_up()
            await guest.press("1", "topics")
            played_versions = {one["data"]["version"] for one in product.facts(guest.linkedid, "node_entered") if one["data"]["flow"] == "main_menu"}
            assert len(played_versions) == 1
            await guest.hang_up()


async def _choices(product: Product) -> dict[str, Any]:
    admin = await product.api("admin")
    live = await admin.get("/api/flows/main_menu/versions")
    number = next(one["number"] for one in live["items"] if one["state"] == "published")
    return (await admin.get(f"/api/flows/main_menu/versions/{number}"))["source"]["node"]["choices"]


async def switch(product: Product, mode: str, before: str) -> datetime:
    """When the supervisor pressed the button."""
    supervisor, pressed_at = await product.api("supervisor01"), datetime.now(UTC)
    done = await supervisor.post("/api/calendars/hotline/switch", {"mode": mode, "note": "停电演练"})
    assert done == {"name": "hotline", "mode": mode, "before": before}
    return pressed_at


async def moved_after_s(product: Product, guest: Guest, node: str, since: datetime) -> float:
    def entry() -> datetime | None:
        every = (one for one in product.facts(guest.linkedid, "node_entered") if one["data"]["node"] == node)
        return next((at for one in every if (at := datetime.fromisoformat(one["at"])) > since), None)

    try:
        moved_at = await until(entry, 20, every_s=0.05)
        assert moved_at is not None
        return (moved_at - since).total_seconds()
    except AssertionError as late:
        raise AssertionError(f"{node} not reached after the switch; the way was {product.nodes(guest.linkedid)}") from late


@asynccontextmanager
async def going_on_speaking(guest: Guest) -> AsyncIterator[None]:
    """He does not fall silent, so what he leaves is still being recorded."""

    async def talk() -> None:
        while True:
            await guest.speak(1.0)

    task = asyncio.create_task(talk(), name="test:talk")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_switch_reaches_new_callers_and_those_in_menus_and_leaves_the_others_alone(product: Product, tmp_path: Path) -> None:
    """Seconds from the supervisor's button to the fact in the journal. Seen: docs/ivr.md, section 8."""
    folders = [tmp_path / name for name in ("menu", "message", "fresh")]
    for folder in folders:
        folder.mkdir()
    async with calling(product, "+8613966660004", folders[0]) as listening, calling(product, "+8613966660005", folders[1]) as speaking:
        await speaking.press("7", "complaint_message")
        messages = product.settings.recordings_folder / "messages"
        await until(lambda: list(messages.glob(f"{speaking.linkedid}-*.wav")), 60, "a message is being recorded", every_s=0.1)
        async with going_on_speaking(speaking):
            async with calling(product, "+8613966660006", folders[2], menu=False) as fresh:
                await fresh.reach("language")
                pressed_at = await switch(product, "emergency", "normal")
                fresh.group.press(fresh.caller, "1")
                arrived = await moved_after_s(product, fresh, "emergency_choices", pressed_at)
                took = [await moved_after_s(product, listening, "emergency_choices", pressed_at)]
                await fresh.hang_up()
            took.append(await moved_after_s(product, listening, "closed_choices", await switch(product, "night", "emergency")))
            took.append(await moved_after_s(product, listening, "choices", await switch(product, "normal", "night")))
            seen = ", ".join(f"{one:.2f}" for one in took)
            print(f"switch of a calendar: callers in menus are moved after {seen} s, a new one after {arrived:.2f} s, load {os.getloadavg()[0]:.1f}")
            assert max(took) < SWITCHED_S and arrived < SWITCHED_S
            assert not {"emergency_choices", "closed_choices"} & set(product.nodes(speaking.linkedid))
        await speaking.press("#", "message_saved")
        await asyncio.gather(speaking.hang_up(), listening.hang_up())
    trail = await (await product.api("admin")).get("/api/audit", action="calendar.switch")
    assert [one["details"]["to"] for one in trail["items"][:3]] == ["normal", "night", "emergency"]
    await (await product.api("agent01")).post("/api/calendars/hotline/switch", {"mode": "night"}, expect=403)
