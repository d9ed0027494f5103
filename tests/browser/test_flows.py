"""Flows as the people of the hotline draw them: on the canvas, with the simulator beside it, until a caller hears what they drew."""

from __future__ import annotations

import io
import wave
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Page, expect

from callcenter.box import g711
from tests.browser.drawing import Table, drawing, new_prompt, record
from tests.browser.pages import Patient, once, serious_faults, shoot, sign_in, too_wide
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PIECE = 2000  # a quarter of a second of A-law
LISTENS = "," * 8  # seconds of listening after a key
FREE_SPOT = """() => {
  const box = document.querySelector('.canvas').getBoundingClientRect()
  for (let y = box.bottom - 120; y > box.top + 100; y -= 20)
    for (let x = box.left + 120; x < box.right - 300; x += 20)
      if (document.elementFromPoint(x, y)?.classList.contains('vue-flow__pane')) return [x, y]
  return null
}"""


async def _pieces_of(page: Page, prompt: str) -> list[bytes]:
    """Every quarter of a second of a prompt in which a voice is heard, as it goes over the wire: a busy machine may spoil some of them."""
    answer = await page.request.get(f"{page.url.split('/flows')[0]}/api/prompts/{prompt}/audio/zh")
    with wave.open(io.BytesIO(await answer.body())) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    parts = [samples[start : start + PIECE] for start in range(0, len(samples) - PIECE, PIECE)]
    return [g711.encode(one, "alaw") for one in parts if np.abs(one.astype(np.int32)).max() > 2000]


def _stranger() -> str:
    """A number that never called, so that no language is remembered."""
    return f"139{int(once(), 16) % 10**8:08}"


async def _hears(caller: Patient, keys: str, pieces: list[bytes]) -> None:
    """Presses, waits, and presses again as people do, until it is heard."""

    def heard() -> bool:
        if caller.call.sound.said_everything:
            caller.group.press(caller.call, keys + LISTENS)
        wire = g711.encode(caller.call.sound.heard(), "alaw")
        return any(piece in wire for piece in pieces)

    await until(heard, 60, "the caller hears what was drawn", every_s=0.2)


async def test_a_drawn_car_park_is_simulated_published_and_heard_by_the_next_caller(product, chromium, patient):
    errors: list[str] = []
    table = await drawing(chromium, product, "main_menu", errors)
    page, name = table.page, f"car_park_{once()}"
    await table.adds("say")
    await table.names("停车场", name)
    await new_prompt(page, name)
    await expect(table.node(name)).to_contain_text("停车场在门诊楼")
    await page.locator("[data-exit-row='done'] select.to").select_option("bye")
    await table.finds("choices")
    key = await table.free_key()
    await table.leads(key, name)
    await table.has_faults(0)
    await table.is_kept()
    await shoot(page, "flow-designer")

    await page.click("[data-test=simulate]")
    await page.click("[data-test=sim-go]")
    await page.wait_for_selector("[data-test=answers][data-asks=keys]")
    await page.keyboard.press("1")
    await expect(page.locator(".card-node.current")).to_have_attribute("data-node", "choices")
    await page.keyboard.press(key)
    await expect(page.locator("[data-test=spoken]", has_text="停车场在门诊楼")).to_be_visible()
    await expect(page.locator("[data-test=played]")).to_have_text("草稿")
    await expect(page.locator(f"[data-node={name}].walked")).to_have_count(1)
    await page.click("[data-test=step-back]")
    await expect(page.locator(".card-node.current")).to_have_attribute("data-node", "choices")
    await shoot(page, "flow-simulator")
    await page.keyboard.press(key)
    await expect(page.locator("[data-test=spoken]", has_text="停车场在门诊楼")).to_be_visible()
    await page.click("[data-test=keep-case]")
    await page.fill("[data-test=case-title]", f"停车场 {name}")
    await page.click("[data-test=case-save]")
    await page.click("[data-test=run-cases]")
    await expect(page.locator("[data-case]", has_text=name).locator(".tag.good")).to_be_visible(timeout=15_000)
    await page.locator("[data-case]", has_text=name).locator("button").click()
    await expect(page.locator("[data-case]", has_text=name)).to_have_count(0)
    await page.click("[data-test=close-simulator]")

    await table.publishes(f"按 {key} 播报停车场")
    await expect(page.locator("[data-test=state-tag]")).to_contain_text("使用中")
    caller = await patient(_stranger())
    await _hears(caller, "1", await _pieces_of(page, "emergency_advice"))
    await _hears(caller, key, await _pieces_of(page, name))
    caller.hang_up()

    await page.click("[data-test=figures-open]")
    await until(lambda: _counted(page, name), 60, "the caller is counted on the node", every_s=1.0)
    await table.finds(name)
    await shoot(page, "flow-statistics")
    await table.node(name).click()
    await table.person.arrives(r"/calls\?.*node=" + name)
    await expect(page.locator("tr[data-call]").first).to_be_visible()

    await table.opens("main_menu")
    await page.click("[data-test=versions-open]")
    await page.locator("[data-test=versions] [data-version='1'] [data-test=compare]").click()
    await expect(page.locator(f"[data-node={name}].added")).to_have_count(1)
    await expect(page.locator("[data-node=choices].changed")).to_have_count(1)
    await shoot(page, "flow-difference")
    await page.locator("[data-test=versions] [data-version='1'] [data-test=rollback]").click()
    await page.fill("[data-test=note]", "恢复")
    await page.click("[data-test=publish-now]")
    await expect(table.node(name)).to_have_count(0, timeout=20_000)
    assert errors == []


async def _counted(page: Page, node: str) -> bool:
    await page.click("[data-test=figures-open]")
    await page.click("[data-test=figures-open]")
    shown = page.locator(f"[data-node={node}] [data-test=node-figures] .number")
    try:
        await expect(shown).to_contain_text("1", timeout=1500)
    except AssertionError:
        return False
    return True


async def test_what_was_drawn_is_undone_and_done_again_and_kept_by_itself(product, chromium):
    table = await drawing(chromium, product, "hospital_guide")
    page = table.page
    count = await page.locator("[data-node]").count()
    await table.adds("hang_up")
    await table.names("结束", "the_end")
    await table.finds("registration")
    await page.click("[data-test=remove-node]")
    await expect(table.node("registration")).to_have_count(0)
    await page.locator(".canvas").focus()
    await page.keyboard.press("Control+z")
    await expect(table.node("registration")).to_have_count(1)
    while await page.locator("[data-test=undo]").is_enabled():
        await page.click("[data-test=undo]")
    await expect(page.locator("[data-node]")).to_have_count(count)
    while await page.locator("[data-test=redo]").is_enabled():
        await page.click("[data-test=redo]")
    await expect(table.node("the_end")).to_have_count(1)
    await expect(table.node("registration")).to_have_count(0)
    await table.is_kept()
    await page.reload()
    await expect(table.node("the_end")).to_contain_text("结束", timeout=15_000)
    await table.throws_away()
    await expect(table.node("registration")).to_have_count(1)


async def test_faults_stand_on_the_node_and_in_a_list_that_leads_there_and_stop_the_publishing(product, chromium):
    table = await drawing(chromium, product, "hospital_guide")
    page = table.page
    await table.adds("say")
    await expect(page.locator("[data-node=say] [data-test=node-fault]")).to_be_visible(timeout=10_000)
    await expect(page.locator("[data-node=say] [data-exit=done]")).to_contain_text("未连接")
    await page.click("[data-test=fault-count]")
    assert await serious_faults(page) == []
    await table.chooses_nothing()
    await page.locator("[data-test=faults] button").first.click()
    await expect(page.locator("[data-test=node-id]")).to_have_value("say")
    await table.is_kept()
    await page.click("[data-test=publish-open]")
    await expect(page.locator("[data-test=publish] [data-test=faults] li").first).to_be_visible()
    await expect(page.locator("[data-test=publish-now]")).to_be_disabled()
    await shoot(page, "flow-faults")
    await page.keyboard.press("Escape")
    await table.throws_away()
    await table.has_faults(0)


async def test_a_wire_is_pulled_from_an_exit_to_a_node_or_to_nothing_where_a_new_one_comes(product, chromium):
    table = await drawing(chromium, product, "hospital_guide")
    page = table.page
    await table.finds("address")
    await page.locator("[data-exit-row='failed'] select.to").select_option("")
    handle = page.locator("[data-node=address] [data-exit=failed] .out")
    await expect(page.locator("[data-node=address] [data-exit=failed]")).to_have_class("missing")
    start, spot = await _settled(handle), await page.evaluate(FREE_SPOT)
    assert start and spot
    await page.mouse.move(start["x"] + 4, start["y"] + 4)
    await page.mouse.down()
    await page.mouse.move(*spot, steps=8)
    await page.mouse.up()
    await page.locator(".pick [data-verb=hang_up]").click()
    await expect(page.locator("[data-node=address] [data-exit=failed]")).not_to_have_class("missing")
    await expect(page.locator("[data-node=hang_up]")).to_have_count(1)
    await page.locator(".canvas").focus()
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Control+c")
    before = await page.locator("[data-node]").count()
    await page.keyboard.press("Control+v")
    await expect(page.locator("[data-node]")).to_have_count(2 * before)
    await page.keyboard.press("Delete")
    await expect(page.locator("[data-node]")).to_have_count(before)
    await table.throws_away()


async def test_what_was_chosen_stays_in_sight_whatever_opens_beside_it(product, chromium):
    table = await drawing(chromium, product, "hospital_guide")
    page = table.page
    await table.sees(page.locator(".card-node", has_text="起点"))
    for name in ("after_guide", "registration"):
        await table.finds(name)
        await expect(page.locator("[data-test=node-id]")).to_have_value(name)
        for pane in ("versions-open", "simulate", "figures-open", "figures-open"):
            await page.click(f"[data-test={pane}]")
            await table.sees(table.node(name))
    await page.locator(".vue-flow__node:has([data-node=sorry])").focus()
    await table.sees(table.node("sorry"))
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-test=node-id]")).to_have_value("sorry")


async def _settled(thing: Any) -> Any:
    """Where it is once the canvas has come to rest."""
    seen: list[Any] = [None]

    async def rests() -> bool:
        before, seen[0] = seen[0], await thing.bounding_box()
        return before is not None and before == seen[0]

    await until(rests, 10, "the canvas rests", every_s=0.2)
    return seen[0]


async def test_two_people_draw_one_flow_and_nothing_is_lost(product, chromium):
    first = await drawing(chromium, product, "expert_hours")
    await first.adds("hang_up")
    await first.names("甲", "first_end")
    await first.is_kept()
    second = Table(await sign_in(chromium, product, "admin"))
    await second.opens("expert_hours")
    await expect(second.node("first_end")).to_have_count(1)
    await second.adds("hang_up")
    await second.names("乙", "second_end")
    await second.is_kept()
    await first.finds("first_end")
    await first.page.fill("[data-test=node-title]", "甲改")
    dialog = first.page.locator("[data-test=stale]")
    await expect(dialog).to_be_visible(timeout=15_000)
    await first.page.click("[data-test=take-theirs]")
    await expect(first.node("second_end")).to_have_count(1)
    await first.page.click("[data-test=undo]")
    await expect(first.node("first_end")).to_contain_text("甲改")
    await first.page.click("[data-test=redo]")
    await first.is_kept()
    await first.throws_away()


async def test_a_flow_of_ones_own_is_made_drawn_by_keyboard_and_thrown_away(product, chromium):
    person = await sign_in(chromium, product, "admin")
    await person.goes("/flows")
    page, name = person.page, f"own_{once()}"
    await page.click("[data-test=new-flow]")
    await page.fill("[data-test=flow-name]", "大写 A")
    await page.click("[data-test=make-flow]")
    await expect(page.locator("[data-test=new-flow-dialog]").get_by_role("alert")).to_contain_text("小写字母")
    await page.fill("[data-test=flow-name]", name)
    await page.fill("[data-test=flow-zh]", "探视")
    await page.fill("[data-test=flow-en]", "Visiting")
    await page.click("[data-test=make-flow]")
    await person.arrives(rf"/flows/{name}$")
    table = Table(person)
    await expect(page.locator(".empty.first")).to_be_visible()
    await page.locator("[data-test=palette] [data-verb=menu]").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-node=menu]")).to_contain_text("起点")
    await page.locator("[data-test=palette] [data-verb=hang_up]").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-node=hang_up]")).to_have_count(1)
    await table.is_kept()
    await page.click("[data-test=versions-open]")
    await page.click("[data-test=discard-draft]")
    await page.locator(".el-message-box .el-button--primary").click()
    await person.arrives(r"/flows$")
    await expect(page.locator(f"[data-flow={name}]")).to_have_count(0)


async def test_a_prompt_is_found_changed_recorded_and_back_to_what_was_shipped(product, chromium):
    person = await sign_in(chromium, product, "admin")
    await person.goes("/prompts")
    page = person.page
    await page.fill("[data-test=find]", "guide_visiting")
    row = page.locator("tr[data-prompt=guide_visiting]")
    await expect(row).to_be_visible()
    await record(page, row.locator("[data-sound='guide_visiting.zh']"))
    await expect(row.locator("[data-sound='guide_visiting.zh'] [data-test=source]")).to_have_text("录音")
    await shoot(page, "prompts")
    await row.locator("[data-test=edit]").click()
    text = await row.locator("[data-test=edit-zh]").input_value()
    await row.locator("[data-test=edit-zh]").fill(text + "谢谢。")
    await row.locator("[data-test=save-text]").click()
    await expect(row.locator("[lang=zh]").first).to_contain_text("谢谢。")
    await row.locator("[data-test=history]").click()
    await expect(page.locator("[data-test=changes] li").first).to_contain_text("系统管理员")
    await row.locator("[data-test=edit]").click()
    await row.locator("[data-test=edit-zh]").fill(text)
    await row.locator("[data-test=save-text]").click()
    await row.locator("[data-sound='guide_visiting.zh'] [data-test=shipped]").click()
    await expect(row.locator("[data-sound='guide_visiting.zh'] [data-test=source]")).to_have_text("出厂")
    await row.locator(".uses a").first.click()
    await person.arrives(r"/flows/hospital_guide\?node=visiting")
    await expect(page.locator("[data-test=node-id]")).to_have_value("visiting", timeout=20_000)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_designer_can_be_used_by_everybody_on_a_small_screen(product, chromium, language):
    errors: list[str] = []
    person = await sign_in(chromium, product, "admin", errors)
    await person.speaks(language)
    page, faults = person.page, list[str]()
    for path, ready in {"/flows": "tr[data-flow]", "/flows/main_menu": "[data-node]", "/prompts": "tr[data-prompt]"}.items():
        await person.goes(path)
        await page.wait_for_selector(ready, timeout=20_000)
        faults += await serious_faults(page) + await too_wide(page)
        await shoot(page, f"{path.strip('/').replace('/', '-')}-{language}")
    await person.goes("/flows/main_menu")
    await page.wait_for_selector("[data-node]", timeout=20_000)
    for what in ("simulate", "figures-open", "versions-open"):
        await page.click(f"[data-test={what}]")
        await expect(page.locator(f"[data-test={what}]")).to_have_attribute("aria-pressed", "true")
        faults += await serious_faults(page) + await too_wide(page)
    assert faults == [], "\n".join(faults)
    assert errors == []
    await person.speaks("zh-CN")
