"""One patient's call as the agent lives it: seen before it rings, heard both ways, held, transferred, closed and kept."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.pages import Desk, serious_faults, shoot, sign_in
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ZHANG_WEI, SHARED, UNKNOWN = "13900000001", "13900000002", "13900000099"
WATCH_180 = """
window.rang = []
const Plain = window.WebSocket
window.WebSocket = class extends Plain {
  send(data) {
    if (String(data).startsWith('SIP/2.0 180')) window.rang.push(document.querySelector('[data-test=who]')?.textContent ?? 'nobody')
    super.send(data)
  }
}
"""


async def test_agent_sees_who_calls_before_the_phone_rings_and_the_call_is_kept(product, chromium, patient):
    errors: list[str] = []
    desk = await sign_in(chromium, product, "agent01", errors, WATCH_180)
    await desk.is_ready()
    caller = await patient(ZHANG_WEI)
    await caller.asks_for_agent(desk.rings)

    await desk.shows("ringing", 30)
    await expect(desk.dock).to_have_attribute("data-phone", "ringing", timeout=5000)
    assert await desk.page.evaluate("window.rang") == ["张伟"], "the name was on the screen when 180 Ringing went out"
    await expect(desk.page.locator("[data-test=patient]")).to_contain_text("青霉素过敏")
    await shoot(desk.page, "desk-ringing")

    await desk.answers()
    await caller.hears_more(0.3)

    async def both_ways() -> bool:
        sent, received = await desk.packets()
        return sent > 100 and received > 100

    await until(both_ways, 15, "packets go both ways")
    await shoot(desk.page, "desk-talking")

    await desk.page.keyboard.press("F6")
    await expect(desk.dock).to_have_attribute("data-phone", "held", timeout=5000)
    await desk.page.keyboard.press("F6")
    await expect(desk.dock).to_have_attribute("data-phone", "talking", timeout=5000)
    await desk.page.keyboard.press("F7")
    await expect(desk.page.locator("[data-test=mute]")).to_have_attribute("aria-pressed", "true")
    await desk.page.keyboard.press("F7")

    await desk.page.keyboard.press("F4")
    await desk.shows("wrap_up")
    await shoot(desk.page, "desk-wrap-up")
    assert await serious_faults(desk.page) == []
    await desk.finishes()
    await desk.has_state("available")
    caller.hang_up()
    await caller.is_hung_up()
    assert errors == []


async def test_recording_of_the_call_can_be_played(product, chromium, patient):
    desk = await sign_in(chromium, product, "agent01")
    await desk.is_ready()
    caller = await patient(ZHANG_WEI)
    await caller.asks_for_agent(desk.rings)
    await desk.answers()
    caller.says_something()
    await caller.hears_more(2.0, 15)
    caller.hang_up()
    await desk.finishes()

    supervisor = await sign_in(chromium, product, "supervisor01")
    await supervisor.goes("/calls?outcome=answered")
    await supervisor.page.locator("tr[data-call]").first.click()
    page = supervisor.page
    await expect(page.locator("[data-test=call-page]")).to_contain_text("张伟")

    async def player_is_there() -> bool:
        await page.reload()
        await page.wait_for_selector("[data-test=events] li")
        return await page.locator("[data-test=player]").count() > 0

    await until(player_is_there, 30, "the recording was made", every_s=1.0)
    await expect(page.locator("[data-test=events] [data-kind=agent_connected]")).to_have_count(1)

    async def duration_s() -> float:
        return float(await page.locator("[data-test=player]").get_attribute("data-duration") or 0)

    assert await until(duration_s, 10, "the browser knows the length") > 5
    wave = await page.evaluate("fetch('/api/call-records/' + location.pathname.split('/').at(-1) + '/waveform').then(one => one.json())")
    assert max(wave["left"]) > 0.1, "the patient's voice is in the recording"
    assert max(wave["right"]) > 0.1, "our side is in the recording"
    await page.click("[data-test=play]")
    await expect(page.locator("[data-test=position]")).not_to_contain_text("00:00 /", timeout=5000)
    await shoot(page, "call")
    assert await serious_faults(page) == []


async def test_call_is_transferred_to_the_chosen_agent_who_sees_the_same_patient(product, chromium, patient):
    first = await sign_in(chromium, product, "agent01")
    await first.is_ready()
    caller = await patient(ZHANG_WEI)
    await caller.asks_for_agent(first.rings)
    await first.answers()
    second = await sign_in(chromium, product, "agent02")
    await second.is_ready()

    await first.page.keyboard.press("F8")
    await first.page.wait_for_selector("[data-target^='agent:']")
    await first.page.keyboard.type("李思雨")
    await shoot(first.page, "transfer")
    await first.page.keyboard.press("Enter")
    await second.shows("ringing", 20)
    await expect(second.page.locator("[data-test=who]")).to_have_text("张伟")
    await expect(second.page.locator("[data-test=ringing]")).to_contain_text("张晓琳")
    await first.finishes()
    await second.answers()
    await caller.hears_more(0.3)
    caller.hang_up()
    await second.finishes("5", "3")


async def test_one_of_several_people_on_a_number_is_chosen_by_key(product, chromium, patient):
    desk = await sign_in(chromium, product, "agent01")
    await desk.is_ready()
    caller = await patient(SHARED)
    await caller.asks_for_agent(desk.rings)
    await desk.shows("ringing", 30)
    await expect(desk.page.locator("[data-test=chooser] [data-patient]")).to_have_count(2)
    await expect(desk.page.locator("main")).not_to_contain_text("子宫肌瘤")
    await shoot(desk.page, "several-people")
    await desk.answers()
    chosen = await desk.page.locator("[data-patient] .name").nth(1).inner_text()
    await desk.page.keyboard.press("2")
    await expect(desk.page.locator("[data-test=patient] .name")).to_have_text(chosen)
    await desk.page.reload()
    await expect(desk.page.locator("[data-test=patient] .name")).to_have_text(chosen)
    await desk.shows("talking", 30)
    caller.hang_up()
    await desk.finishes()


async def test_a_patient_who_hangs_up_while_the_page_is_on_its_way_back_leaves_the_agent_his_wrap_up(product, chromium, patient):
    desk = await sign_in(chromium, product, "agent01")
    await desk.is_ready()
    caller = await patient(ZHANG_WEI)
    await caller.asks_for_agent(desk.rings)
    await desk.answers()
    await desk.page.reload()
    caller.hang_up()
    await desk.finishes()
    await desk.has_state("available")


async def test_unknown_caller_gets_a_file_during_the_call(product, chromium, patient):
    desk = await sign_in(chromium, product, "agent01")
    await desk.is_ready()
    caller = await patient(UNKNOWN)
    await caller.asks_for_agent(desk.rings)
    await desk.answers()
    await desk.page.fill("#file-name", "钱多多")
    await desk.page.click("[data-test=save-file]")
    await expect(desk.page.locator("[data-test=patient] .name")).to_have_text("钱多多")
    caller.hang_up()
    await desk.finishes("5", "2")


async def test_reload_in_a_call_brings_the_talk_and_the_note_back_by_itself(product, chromium, patient):
    desk = await sign_in(chromium, product, "agent01")
    page = desk.page
    await desk.is_ready()
    caller = await patient(ZHANG_WEI)
    await caller.asks_for_agent(desk.rings)
    await desk.answers()
    await page.fill("#wrap-note", "<script>alert(1)</script> 复诊时间")
    await page.reload()
    await desk.shows("talking", 20)
    await expect(page.locator("#wrap-note")).to_have_value("<script>alert(1)</script> 复诊时间")
    await caller.hears_more(0.3)
    await page.keyboard.press("F4")
    await desk.finishes()
    await expect(page.locator("tr[data-call]").first).to_contain_text("张伟")
    caller.hang_up()


async def test_double_clicks_act_once_and_nobody_signs_out_of_a_call(product, chromium, patient):
    errors: list[str] = []
    desk = await sign_in(chromium, product, "agent01", errors)
    page = desk.page
    await desk.is_ready()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url.rsplit("/", 1)[-1]) if request.method == "POST" else None)
    caller = await patient(ZHANG_WEI)
    await caller.asks_for_agent(desk.rings)
    await desk.shows("ringing", 30)
    await page.dblclick("[data-test=answer]")
    await desk.shows("talking")

    await page.locator("header .button").last.click()
    await page.get_by_role("menuitem", name="退出登录").click()
    await desk.is_told("您正在通话")
    await desk.shows("talking")
    await page.fill("#wrap-note", "长" * 2500)
    await expect(page.locator("label[for=wrap-note]")).to_contain_text("2000 / 2000")

    await page.dblclick("[data-test=hang-up]")
    await desk.shows("wrap_up")
    await page.locator(".wrap .chip").first.click()
    await page.locator(".wrap .second .chip").first.click()
    await page.dblclick("[data-test=complete]")
    await desk.shows("idle")
    await desk.has_state("available")
    assert sent.count("disposition") == 1
    assert errors == []
    caller.hang_up()


async def test_second_tab_says_where_the_phone_is_and_takes_the_call_over(product, chromium, patient):
    desk = await sign_in(chromium, product, "agent01")
    await desk.is_ready()
    second = Desk(await desk.page.context.new_page())
    await second.page.goto(f"{product.url}/desk")
    await expect(second.dock).to_have_attribute("data-line", "elsewhere")
    caller = await patient(ZHANG_WEI)
    await caller.asks_for_agent(desk.rings)
    await second.shows("ringing")
    await expect(second.page.locator("[data-test=elsewhere]")).to_contain_text("另一个标签页")
    await desk.page.bring_to_front()
    await desk.answers()
    await second.page.bring_to_front()
    await expect(second.dock).to_contain_text("另一个标签页中通话")
    await desk.page.close()
    await expect(second.dock).to_have_attribute("data-line", "ready", timeout=15_000)
    await second.shows("talking", 25)
    await caller.hears_more(0.3, 15)
    caller.hang_up()
    await second.finishes()
