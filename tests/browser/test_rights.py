"""Who may do what, made in the pages: a role, a user of one department, a token for another system."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.pages import once, serious_faults, shoot, sign_in, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PASSWORD = "Changeme-2026x"


def asks(url: str, token: str, path: str, body: object = None) -> tuple[int, Any]:
    """As a program does it, with the token."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}{path}", data, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


async def test_user_of_one_department_sees_it_alone(product, chromium):
    word = once()
    role, name = f"文员{word}", f"李{word}"
    admin = await sign_in(chromium, product, "admin")
    page = admin.page
    await admin.goes("/admin/roles/new")
    await page.fill("#field-role-code", f"clerk_{word}")
    await page.fill("#field-role-title_zh", role)
    await page.fill("#field-role-title_en", f"Clerk {word}")
    await page.locator("[data-field=scope] .el-select").click()
    await page.get_by_role("option", name="本科室").click()
    for right in ("patient.read", "complaint.read"):
        await page.check(f"[data-right='{right}']")
    await page.click("[data-test=save]")
    await admin.arrives(r"/admin/roles/clerk_")

    await admin.visits("/admin/users/new")
    await page.fill("#field-user-username", f"clerk.{word}")
    await page.fill("#field-user-name", name)
    await page.fill("#field-user-password", PASSWORD)
    await page.click("[data-test=save]")
    await expect(page.locator("[data-field=roles]").get_by_role("alert")).to_be_visible()
    await admin.picks("roles", role)
    await expect(page.locator("[data-field=roles]").get_by_role("alert")).to_have_count(0)
    await admin.picks("department_ids", "心内科")
    await shoot(page, "user-form")
    await page.click("[data-test=save]")
    await admin.arrives(r"/admin/users/[0-9]+$")
    await expect(page.locator("dd[data-field=department_ids]")).to_contain_text("心内科")

    product.passwords[f"clerk.{word}"] = PASSWORD
    clerk = await sign_in(chromium, product, f"clerk.{word}")
    await clerk.visits("/admin/complaints")
    cells = clerk.page.locator("tr[data-row] td")
    await expect(cells.first).to_be_visible()
    rows = await clerk.page.locator("tr[data-row]").all_inner_texts()
    assert rows and all("心内科" in row for row in rows)
    await expect(clerk.page.locator("[data-test=add]")).to_have_count(0)
    await clerk.visits("/admin/users")
    await expect(clerk.page.locator("h1")).to_have_text("没有这个页面")


async def test_token_is_shown_once_and_does_what_the_page_does_until_it_is_ended(product, chromium):
    word = once()
    admin = await sign_in(chromium, product, "admin")
    page = admin.page
    await admin.goes("/admin")
    await page.click("a[href='/admin/api-tokens']")
    await page.click("[data-test=add]")
    await page.click("[data-test=make-token]")
    await expect(page.locator("[data-test=new-token]").get_by_role("alert")).to_have_count(2)
    await page.fill("#token-title", f"体检 {word}")
    for right in ("patient.read", "patient.add", "see.name"):
        await page.check(f"[data-right='{right}']")
    assert await serious_faults(page) == []
    await page.click("[data-test=make-token]")
    token = (await page.locator("[data-test=token]").inner_text()).strip()
    await shoot(page, "token")
    assert await serious_faults(page) == []
    await page.click("[data-test=token-kept]")

    status, made = asks(product.url, token, "/api/patients", {"name": f"令牌{word}", "gender": "female"})
    assert (status, made["name"]) == (201, f"令牌{word}")
    assert asks(product.url, token, f"/api/patients?ids={made['id']}")[1]["total"] == 1
    assert asks(product.url, token, "/api/users")[0] == 403

    await page.reload()
    line = page.locator("tbody[data-token]", has_text=f"体检 {word}")
    await expect(line).to_contain_text("有效")
    await expect(page.locator("main")).not_to_contain_text(token)
    await line.locator("[data-test=deeds]").click()
    await expect(page.locator("[data-test=of-token]")).to_contain_text(f"体检 {word}")
    await expect(page.locator("[data-action]")).to_have_count(1)
    await expect(page.locator("[data-action='patient.add']")).to_contain_text(f"令牌{word}")
    assert await serious_faults(page) + await too_wide(page) == []
    await shoot(page, "audit-of-token")
    await page.go_back()
    await line.get_by_role("button", expanded=False).first.click()
    await expect(line).to_contain_text("查看完整姓名")
    assert await too_wide(page) == []
    await line.locator("[data-test=end-token]").click()
    await page.locator(".el-message-box").get_by_role("button", name="停用").click()
    await expect(line).to_have_count(0)
    assert asks(product.url, token, "/api/patients")[0] == 401
    await admin.visits("/admin/audit")
    await expect(page.locator("[data-action='api_token.end']").first).to_contain_text("系统管理员")
