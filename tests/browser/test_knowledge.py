"""Knowledge on its way from a writer to everybody's desk: written, submitted, sent back, published, read, in the audit."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.pages import once, serious_faults, shoot, sign_in, too_wide
from tests.browser.test_rights import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


async def test_article_is_written_reviewed_published_and_read(product, chromium):
    word = once()
    title = f"胃镜检查前准备 {word}"
    admin = await sign_in(chromium, product, "admin")
    await admin.goes("/admin/users/new")
    for field, value in (("username", f"writer.{word}"), ("name", f"周{word}"), ("password", PASSWORD)):
        await admin.page.fill(f"#field-user-{field}", value)
    await admin.picks("roles", "职能科室经办")
    await admin.page.click("[data-test=save]")
    await admin.arrives(r"/admin/users/[0-9]+$")
    product.passwords[f"writer.{word}"] = PASSWORD

    writer = await sign_in(chromium, product, f"writer.{word}")
    page = writer.page
    await writer.goes("/admin/knowledge-articles/new")
    await page.fill("#field-knowledge_article-title", title)
    await writer.picks("category_id", "检查须知")
    await page.locator("[contenteditable=true]").fill("检查前禁食六小时，禁水两小时。")
    await page.locator(".bar .bold").click()
    await page.keyboard.type("高血压药可少量水送服。")
    assert await serious_faults(page) + await too_wide(page) == []
    await page.click("[data-test=save]")
    await expect(page.locator("h1")).to_have_text(title)
    await expect(page.locator("[data-move=publish]")).to_have_count(0)
    await page.click("[data-move=submit]")
    await expect(page.locator("[data-test=state-tag]")).to_have_text("待审核")
    address = page.url.removeprefix(product.url)

    reviewer = await sign_in(chromium, product, "supervisor01")
    page = reviewer.page
    await reviewer.goes(address)
    await page.click("[data-move=publish]")
    await shoot(page, "article-publish")
    await page.locator(".el-dialog").get_by_role("button", name="发布").click()
    await expect(page.locator("[data-test=state-tag]")).to_have_text("已发布")
    await shoot(page, "article")

    agent = await sign_in(chromium, product, "agent03")
    await agent.goes("/knowledge")
    await agent.page.get_by_role("combobox").fill(word)
    await expect(agent.page.locator("#knowledge-hits li").first).to_contain_text(title)
    await expect(agent.page.locator("#knowledge-hits mark").first).to_have_text(word)
    await agent.page.keyboard.press("Enter")
    await expect(agent.page.locator("article")).to_contain_text("禁食六小时")
    await expect(agent.page.locator("article strong")).to_contain_text("高血压药")

    await admin.visits("/admin/audit")
    page = admin.page
    published = page.locator("[data-action='knowledge_article.publish']").first
    await expect(published).to_contain_text(title)
    await expect(published).to_contain_text("周岚")
    assert await serious_faults(page) + await too_wide(page) == []
    await shoot(page, "audit")


async def test_table_is_written_published_and_kept_with_the_call_it_was_read_in(product, chromium, patient):
    word = once()
    title = f"采血时间表 {word}"
    editor = await sign_in(chromium, product, "supervisor01")
    page = editor.page
    await editor.goes("/admin/knowledge-articles/new")
    await page.fill("#field-knowledge_article-title", title)
    await editor.picks("category_id", "检查须知")
    await page.locator("[contenteditable=true]").click()
    await page.locator(".bar .table").click()
    for words in ("地点", "工作日", "周末", "三号楼"):
        await page.keyboard.type(words)
        await page.keyboard.press("Tab")
    await page.locator(".table-bar .row_after").click()
    await expect(page.locator(".rich tr")).to_have_count(4)
    await page.locator(".table-bar .column_drop").click()
    await expect(page.locator(".rich tr:first-child th")).to_have_text(["地点", "周末"])
    assert await serious_faults(page) + await too_wide(page) == []
    await shoot(page, "article-table")
    await page.click("[data-test=save]")
    await page.click("[data-move=submit]")
    await page.click("[data-move=publish]")
    await page.locator(".el-dialog").get_by_role("button", name="发布").click()
    await expect(page.locator("[data-test=state-tag]")).to_have_text("已发布")

    desk = await sign_in(chromium, product, "agent01")
    await desk.is_ready()
    caller = await patient("13900000001")
    await caller.asks_for_agent(desk.rings)
    await desk.answers()
    await desk.page.click("[data-test=read]")
    await desk.page.locator("[data-test=knowledge] [role=combobox]").fill(word)
    await expect(desk.page.locator("#knowledge-hits li").first).to_contain_text(title)
    async with desk.page.expect_response(lambda answer: answer.url.endswith("/knowledge") and answer.status == 204):
        await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("article th").first).to_have_text("地点")
    await shoot(desk.page, "knowledge-in-call")
    await desk.page.keyboard.press("F4")
    await desk.page.keyboard.press("Escape")
    await desk.finishes()
    caller.hang_up()

    await editor.goes("/calls?outcome=answered")
    await page.locator("tr[data-call]").first.click()
    seen = page.locator("[data-test=knowledge-seen]")
    await expect(seen).to_contain_text("第 1 版")
    await shoot(page, "call-knowledge")
    await seen.get_by_role("link", name=title).click()
    await expect(page.locator("article h1")).to_have_text(title)
    assert await serious_faults(page) + await too_wide(page) == []
    await shoot(page, "knowledge-table")
