"""Appointments as an agent makes them: from the patient's page and in a call; booked, moved, cancelled; and the calendar of clinics."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.pages import Desk, serious_faults, shoot, sign_in, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

ZHANG_WEI = "13900000001"
LOSES = 8
"""Seats change hands while these tests look: a seat that somebody else took is chosen anew, so often at most."""


async def chooses_time(page: Page, department: str, day: int) -> None:
    """Department, any doctor, the day of this place in the list, its first free time, which is then held."""
    dialog = page.locator(".booking-dialog")
    await expect(dialog.get_by_role("option").first).to_be_visible()
    await dialog.get_by_role("searchbox").fill(department)
    await page.keyboard.press("Enter")
    times = await times_of(page, day)
    for place in range(LOSES):
        async with page.expect_response(lambda answer: answer.url.endswith("/api/booking/holds")) as answer:
            await times.nth(place).click()
        if (await answer.value).status == 201:
            return await expect(dialog.locator("button.big")).to_be_enabled()
    raise AssertionError(f"no free time could be taken: {await dialog.get_by_role('alert').inner_text()}")


async def times_of(page: Page, day: int) -> Locator:
    dialog = page.locator(".booking-dialog")
    days = dialog.get_by_role("listbox", name="日期").get_by_role("option")
    await expect(days.nth(day)).to_be_visible()
    await days.nth(day).click()
    return dialog.get_by_role("listbox", name="时段").get_by_role("option")


async def moves_to_the_last_day(page: Page) -> None:
    """With the same doctor. The first may be the day it has already: his next clinic, once that of today is over."""
    await (await times_of(page, -1)).first.click()
    await page.locator(".booking-dialog button.big").click()


async def cancels(person: Desk, number: str) -> None:
    page = person.page
    await page.locator(f"li[data-number='{number}']").get_by_role("button", name="取消预约").click()
    await page.locator(".el-message-box").get_by_role("textbox").fill("患者改变计划")
    await page.locator(".el-message-box").get_by_role("button", name="取消预约").click()
    await person.is_told("已取消")
    await expect(page.locator(f"li[data-number='{number}'] .tag")).to_have_text("已取消")


async def newest(page: Page) -> str:
    """The number of the appointment that is booked and stands first."""
    await expect(page.locator("li[data-number] .tag", has_text="已预约").first).to_be_visible()
    line = page.locator("li[data-number]", has=page.locator(".tag", has_text="已预约")).first
    return await line.get_attribute("data-number") or ""


async def test_appointment_is_booked_moved_and_cancelled_on_the_patients_page(product, chromium):
    agent = await sign_in(chromium, product, "agent03")
    page = agent.page
    await agent.goes("/patients/new")
    await page.fill("#field-patient-name", "宋雨桐")
    await page.click("[data-test=save]")
    await page.click("[data-test=book]")
    await chooses_time(page, "皮肤", 1)
    assert await serious_faults(page) == []
    await page.keyboard.press("Enter")
    await agent.is_told("已预约")
    await page.click("[data-tab=appointments]")
    number = await newest(page)
    line = page.locator(f"li[data-number='{number}']")
    before = await line.locator(".when").inner_text()

    await line.get_by_role("button", name="改期").click()
    await moves_to_the_last_day(page)
    await agent.is_told("已改期")
    await expect(line.locator(".when")).not_to_have_text(before)
    await shoot(page, "appointments")
    assert await serious_faults(page) + await too_wide(page) == []
    await cancels(agent, number)
    await page.click("[data-tab=timeline]")
    await expect(page.locator("[data-test=timeline] [data-kind=appointment]").first).to_be_visible()


async def test_time_is_chosen_with_the_keyboard_alone(product, chromium):
    agent = await sign_in(chromium, product, "agent03")
    page = agent.page
    await agent.goes("/patients/20")
    await page.click("[data-test=book]")
    dialog = page.locator(".booking-dialog")
    await expect(dialog.get_by_role("option").first).to_be_visible()
    await expect(dialog.get_by_role("searchbox")).to_be_focused()
    for key in ("ArrowDown", "Enter"):
        await page.keyboard.press(key)
    await expect(dialog.get_by_role("listbox", name="日期").get_by_role("option").first).to_be_visible()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
        await page.keyboard.press(key)
    await expect(dialog.locator("button.big")).to_be_focused()
    await expect(dialog.get_by_role("timer")).to_be_visible()


async def test_appointment_is_booked_moved_and_cancelled_in_a_call(product, chromium, patient):
    desk = await sign_in(chromium, product, "agent01")
    await desk.is_ready()
    caller = await patient(ZHANG_WEI)
    await caller.asks_for_agent(desk.rings)
    await desk.answers()
    page = desk.page
    await page.locator("[data-test=patient]").locator("[data-test=book]").click()
    await chooses_time(page, "皮肤", 0)
    await shoot(page, "booking")
    await page.keyboard.press("Enter")
    await desk.is_told("已预约")
    number = await newest(page)
    await shoot(page, "desk-appointments")
    await page.locator(f"li[data-number='{number}']").get_by_role("button", name="改期").click()
    await moves_to_the_last_day(page)
    await desk.is_told("已改期")
    await cancels(desk, number)
    assert await serious_faults(page) + await too_wide(page) == []
    caller.hang_up()
    await desk.finishes()


ASK = """async ([method, path, body]) => {
  const { csrf } = await (await fetch('/api/session')).json()
  const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf }
  const answer = await fetch(path, method === 'GET' ? {} : { method, headers, body: JSON.stringify(body) })
  return answer.status === 204 ? null : await answer.json()
}"""


async def waits_for(agent: Desk, patient: int, slot: dict) -> None:
    """Joins the waiting list for the day and half day of this slot, with its doctor."""
    page, dialog = agent.page, agent.page.locator(".booking-dialog")
    await agent.goes(f"/patients/{patient}")
    await page.click("[data-test=book]")
    await expect(dialog.get_by_role("option").first).to_be_visible()
    await dialog.get_by_role("searchbox").fill(slot["doctor_zh"])
    await page.keyboard.press("Enter")
    await dialog.get_by_role("listbox", name="医生").get_by_role("option", name=slot["doctor_zh"]).click()
    await page.click("[data-test=wait]")
    for box in (0, 1):
        await dialog.locator(".wait input.el-input__inner").nth(box).fill(slot["day"])
        await page.keyboard.press("Enter")
    await dialog.get_by_role("radio", name="下午").check()
    assert await serious_faults(page) == []
    await dialog.get_by_role("button", name="加入候补").click()
    await agent.is_told("已加入候补")
    await page.click("[data-tab=appointments]")
    await expect(page.locator("[data-wish]")).to_have_count(1)


async def test_who_waits_is_kept_the_freed_seat_is_told_of_and_takes_it(product, chromium):
    boss, agent = await sign_in(chromium, product, "supervisor01"), await sign_in(chromium, product, "agent04")
    page = agent.page
    free = await page.evaluate(ASK, ["GET", "/api/booking/slots?limit=500", None])
    last = free["items"][-1]
    extra = {"doctor_id": last["doctor_id"], "day": last["day"], "starts": "20:00", "ends": "20:30", "per_slot": 1}
    clinic = await boss.page.evaluate(ASK, ["POST", "/api/booking/sessions", extra])
    (slot,) = (await page.evaluate(ASK, ["GET", f"/api/booking/slots?session_id={clinic['id']}", None]))["items"]
    day = f"doctor_id={slot['doctor_id']}&first={slot['day']}&last={slot['day']}"
    afternoon = await page.evaluate(ASK, ["GET", f"/api/booking/slots?{day}&half=pm", None])
    booked = [
        await page.evaluate(ASK, ["POST", "/api/booking/appointments", {"slot_id": one["slot_id"], "patient_id": 300 + n}])
        for n, one in enumerate(one for one in afternoon["items"] for _ in range(one["free"]))
    ]
    for patient in (401, 402):
        await waits_for(agent, patient, slot)
    await page.evaluate(ASK, ["POST", f"/api/booking/appointments/{booked[0]['id']}/cancel", {"reason": "来不了"}])

    await agent.goes("/patients/401")
    await expect(page.locator("[data-test=patient]")).to_contain_text("候补有号")
    await page.click("[data-test=bell]")
    await expect(page.locator("[data-test=bell-panel] .line", has_text="候补有号").first).to_be_visible()
    await page.keyboard.press("Escape")
    await page.click("[data-tab=appointments]")
    await expect(page.locator("[data-test=take]")).to_be_visible()
    await shoot(page, "offered")
    assert await serious_faults(page) + await too_wide(page) == []
    await page.click("[data-test=decline]")
    await agent.is_told("已放弃")

    await agent.goes("/patients/402")
    await page.click("[data-tab=appointments]")
    await page.click("[data-test=take]")
    await agent.is_told("已预约")
    await expect(page.locator("li[data-number] .tag")).to_have_text(["已预约"])
    await expect(page.locator("[data-wish]")).to_have_count(0)


async def test_calendar_shows_the_week_and_a_clinic_with_who_has_booked(product, chromium):
    boss = await sign_in(chromium, product, "supervisor01")
    page = boss.page
    await boss.goes("/booking")
    card = page.locator("[data-session]").first
    await expect(card).to_be_visible()
    await shoot(page, "roster")
    assert await serious_faults(page) + await too_wide(page) == []
    await card.click()
    await expect(page.locator(".slot").first).to_be_visible()
    await shoot(page, "clinic")
    assert await serious_faults(page) == []
