"""Every screen: usable by everybody, no wider than the smallest screen we serve, in words of the chosen language."""

from __future__ import annotations

import re

import pytest

from tests.browser.pages import Desk, open_page, serious_faults, shoot, sign_in, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PUBLIC = ("/login", "/try")
SCREENS = {
    "agent03": ("/desk", "/calls", "/messages", "/patients/1", "/knowledge", "/booking"),
    "supervisor01": ("/board", "/calls", "/booking"),
    "admin": (
        "/admin", "/patients", "/patients/1", "/patients/1/edit", "/patients/new", "/import/patient", "/admin/roles/agent", "/admin/users/new",
        "/admin/audit", "/admin/api-tokens", "/admin/knowledge-articles/new", "/admin/complaints", "/admin/complaints/1", "/admin/clinic-rosters/new",
        "/admin/knowledge-categories", "/admin/clinic-sessions/1",
    ),
}  # fmt: skip
LABELS = """() => {
  const said = '#main h2, #main th, #main label, #main dt, #main .button, #main [role=tab], nav a'
  return [...document.querySelectorAll(said)].map(one => one.innerText)
}"""
CHINESE = re.compile(r"[\u4e00-\u9fff]")
A_CODE = re.compile(r"^[a-z]+(_[a-z]+)+$")


async def faults_of(person: Desk, paths: tuple[str, ...], language: str) -> list[str]:
    found: list[str] = []
    for path in paths:
        await person.visits(path)
        found += await serious_faults(person.page) + await too_wide(person.page)
        await shoot(person.page, f"{path.strip('/').replace('/', '-')}-{language}")
    return found


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_every_screen_can_be_used_by_everybody(product, chromium, language):
    errors: list[str] = []
    faults: list[str] = []
    for user, paths in SCREENS.items():
        person = await sign_in(chromium, product, user, errors)
        await person.speaks(language)
        await person.page.wait_for_selector("#main h1")
        faults += await faults_of(person, paths, language)
        await person.page.context.close()
    assert faults == [], "\n".join(faults)
    assert errors == []


@pytest.mark.parametrize("path", [*PUBLIC, "/wall"])
async def test_screens_without_a_frame_can_be_used_by_everybody(product, chromium, path):
    page = await open_page(chromium) if path in PUBLIC else (await sign_in(chromium, product, "supervisor01")).page
    await page.goto(f"{product.url}{path}")
    await page.wait_for_selector("h1, [data-test=wall] b")
    assert await serious_faults(page) + await too_wide(page) == []
    await shoot(page, path.strip("/"))


async def test_every_list_fits_the_screen_and_speaks_english(product, chromium):
    """What is drawn from descriptions: titles, headings and buttons have English words, none is a code."""
    errors: list[str] = []
    admin = await sign_in(chromium, product, "admin", errors)
    await admin.speaks("en")
    await admin.page.wait_for_selector("#main h1")
    things = await admin.page.evaluate("fetch('/api/meta').then(answer => answer.json()).then(meta => Object.values(meta.resources))")
    faults: list[str] = []
    for thing in things:
        if not thing["served"] or "read" not in thing["allowed"]:
            continue
        await admin.visits("/patients" if thing["name"] == "patient" else f"/admin/{thing['path']}")
        faults += await too_wide(admin.page)
        labels = await admin.page.evaluate(LABELS)
        faults += [f"{thing['name']}: {one}" for one in labels if CHINESE.search(one) or A_CODE.match(one.strip())]
    assert faults == [], "\n".join(faults)
    assert errors == []
