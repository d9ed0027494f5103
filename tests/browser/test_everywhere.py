"""Every screen: usable by everybody, no wider than the smallest screen we serve, in words of the chosen language."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.pages import WIDER, Desk, open_page, serious_faults, shoot, sign_in, too_wide

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
META = "fetch('/api/meta').then(answer => answer.json())"
FIRST = "path => fetch(`/api/${path}?limit=1`).then(answer => answer.json()).then(page => page.items[0]?.id ?? null)"
UNNAMED = """[...document.querySelectorAll('#main input:not([type=hidden]), #main textarea, #main button')]
  .filter(one => one.checkVisibility() && !one.labels?.length && !one.ariaLabel && !one.innerText?.trim() && !one.title && !one.placeholder)
  .map(one => `nobody says what this is: ${one.outerHTML.slice(0, 120)}`)"""
SEEN = f"() => [({WIDER})(), document.querySelector('#main').innerText, {UNNAMED}]"
RAW = re.compile(
    r"\b(?:undefined|null|NaN|Invalid Date)\b|\[object \w+\]|\d{4}-\d\d-\d\dT\d\d:\d\d"
    r"|(?<![@\w.])(?:admin|action|audit|nav|patient|problem|rights|state|transfer|word)\.[a-z_.]+"
)
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


def drawn(meta: dict[str, Any]) -> list[dict[str, Any]]:
    """The things whose pages this person may open."""
    return [one for one in meta["resources"].values() if one["served"] and "read" in one["allowed"]]


def home_of(thing: dict[str, Any]) -> str:
    return "/patients" if thing["name"] == "patient" else f"/admin/{thing['path']}"


async def test_every_list_fits_the_screen_and_speaks_english(product, chromium):
    """What is drawn from descriptions: titles, headings and buttons have English words, none is a code."""
    errors: list[str] = []
    admin = await sign_in(chromium, product, "admin", errors)
    await admin.speaks("en")
    await admin.page.wait_for_selector("#main h1")
    faults: list[str] = []
    for thing in drawn(await admin.page.evaluate(META)):
        await admin.visits(home_of(thing))
        faults += await too_wide(admin.page)
        labels = await admin.page.evaluate(LABELS)
        faults += [f"{thing['name']}: {one}" for one in labels if CHINESE.search(one) or A_CODE.match(one.strip())]
    assert faults == [], "\n".join(faults)
    assert errors == []


async def test_every_form_and_page_that_is_drawn_shows_words_and_fits_the_screen(product, chromium):
    """A form, the page of its first row, the form of that row, the empty list: no code, no missing value, no fault in the console."""
    errors: list[str] = []
    admin = await sign_in(chromium, product, "admin", errors)
    page = admin.page
    await page.wait_for_selector("#main h1")
    page.on("console", lambda said: errors.append(f"{page.url} {said.text}") if said.type in ("error", "warning") else None)
    faults: list[str] = []
    for thing in drawn(await page.evaluate(META)):
        first = await page.evaluate(FIRST, thing["path"])
        for path in pages_of(thing, first):
            await admin.visits(path)
            wide, text, unnamed = await page.evaluate(SEEN)
            faults += [f"{path} is wider than the screen"] if wide else []
            faults += [f"{path}: {one}" for one in [*RAW.findall(text), *unnamed]]
    assert faults == [], "\n".join(faults)
    assert errors == [], "\n".join(errors)


def pages_of(thing: dict[str, Any], first: object) -> list[str]:
    home, may = home_of(thing), thing["allowed"]
    new = [f"{home}/new"] if "add" in may else []
    row = [] if first is None else [f"{home}/{first}", *([f"{home}/{first}/edit"] if "change" in may else [])]
    return [*new, *row, *([f"{home}?q=nobodycalledthis"] if thing["search"] else [])]
