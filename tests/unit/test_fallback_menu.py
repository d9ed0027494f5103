"""The live flows, reduced to what callers may hear while no controller is there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from callcenter.commands import Found, Keys
from callcenter.hotline import fallback_menu
from callcenter.hotline.fallback_menu import named_keys, plan_of, with_files
from callcenter.ivr import engine
from callcenter.ivr.flow import FlowBook
from callcenter.ivr.prompts import Voice, load
from tests.unit.ivr.fakes import shipped

pytestmark = pytest.mark.unit
SOUNDS = Path(__file__).resolve().parents[2] / "sounds"


@pytest.fixture(scope="module")
def voice() -> Voice:
    return Voice(load(SOUNDS))


async def shown(book: FlowBook, voice: Voice) -> dict[str, Any]:
    plan = plan_of(book, "main_menu")
    assert plan is not None
    return await with_files(plan, voice.files, voice.text)


async def test_the_shipped_menu_without_a_controller(voice: Voice) -> None:
    menu = await shown(shipped(), voice)
    assert set(menu["keys"]) == {"0", "1", "7"}, "appointments, results, reports and deeds need a controller"
    assert menu["keys"]["0"]["kind"] == "queue" and menu["keys"]["7"]["kind"] == "message"
    assert "menu_conduct" not in menu["say"]["zh"] and "menu_staff" in menu["say"]["zh"]
    guide = menu["keys"]["1"]
    assert {"1", "2", "3", "4", "5", "6", "0"} <= set(guide["keys"])
    assert guide["keys"]["6"]["say"]["en"][0] == "guide_address"
    json.dumps(menu)


def _all(menu: dict[str, Any]) -> list[dict[str, Any]]:
    return [menu, *(one for branch in menu.get("keys", {}).values() for one in _all(branch))]


async def test_callers_are_told_of_keys_that_work_and_of_all_of_them(voice: Voice) -> None:
    """At every menu that can be reached, in the words of the prompts themselves."""
    shown_menus = [one for one in _all(await shown(shipped(), voice)) if one["kind"] == "menu"]
    for menu in shown_menus:
        told = {key for file in menu["say"]["zh"] for key in named_keys(voice.text(file.rpartition("/")[2], "zh"))}
        assert told <= {*menu["keys"], "*", "#"}, f"a key that leads nowhere is announced: {menu['say']['zh']}"
        assert set(menu["keys"]) <= told, f"a key that works is not announced: {menu['say']['zh']}"
    assert len(shown_menus) >= 8


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("人工服务按零，重听按井号键。", "0#"), ("留言，请按一。", "1"), ("中文服务，请按星号键。", "*"), ("请按时就诊，按揭不办。", ""),
        ("七天内来院。", ""),
        ("开始举报按一，凭查询码听结果按二，返回按星号键。", "12*"),
    ],
)  # fmt: skip
def test_the_keys_that_a_prompt_names(text: str, keys: str) -> None:
    assert named_keys(text) == set(keys)


async def test_every_sound_is_there_and_every_key_leads_to_something(voice: Voice) -> None:
    for branch in _all(await shown(shipped(), voice)):
        assert branch["kind"] in ("menu", "message", "queue", "top")
        for language in ("zh", "en"):
            for file in branch["say"][language]:
                path = SOUNDS / (file if "/" in file else f"{language}/{file}")
                assert path.with_suffix(".alaw").exists(), file


async def test_the_file_is_whole_and_names_its_release(voice: Voice, tmp_path: Path) -> None:
    await fallback_menu.write(tmp_path, shipped(), ["main_menu", "main_menu", "nowhere"], voice.files, voice.text)
    written = json.loads((tmp_path / fallback_menu.FILE).read_text())
    assert set(written["flows"]) == {"main_menu"} and written["release"] == shipped().release
    assert os.listdir(tmp_path) == [fallback_menu.FILE]


def test_a_switch_asks_the_hours_of_the_flow_one_came_in_with_anew() -> None:
    book = shipped()
    step = engine.advance(book, engine.begin(book, "main_menu", "zh"), Found("open"))
    inside = engine.advance(book, step, Keys("1"))
    assert inside.flow == "hospital_guide" and inside.stack
    moved = engine.to_hours(book, inside, {"hotline"})
    assert moved is not None and (moved.flow, moved.node, moved.stack, moved.trail) == ("main_menu", "hours", (), ())
    assert [one.exit for one in moved.moves if hasattr(one, "exit")] == ["switched"]
    assert engine.to_hours(book, inside, {"another"}) is None

