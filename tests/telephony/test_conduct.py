"""The conduct line with real calls: nothing tells afterwards who reported, also when the controller dies meanwhile; the officer alone hears it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from callcenter.box import g711, postgres
from callcenter.journal_files import read_segment, segments
from tests.support.guest import Guest, calling
from tests.support.product import Product
from tests.support.waiting import until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]


def dumped(product: Product) -> bytes:
    """The whole database as pg_dump tells it."""
    url = postgres.database_url(product.settings, product.secrets).replace("postgresql+asyncpg", "postgresql")
    return subprocess.run([postgres.plan(product.settings).program("pg_dump"), url], check=True, capture_output=True, timeout=60).stdout


def traces(product: Product, number: str) -> list[str]:
    """Where the number still stands: files of the instance but those of the database's server, and the database's own content."""
    words = [number.encode(), number.removeprefix("+86").encode()]
    found: list[str] = []
    for folder, folders, names in os.walk(product.settings.home):
        folders[:] = [one for one in folders if one != "postgres"]
        for path in (Path(folder) / name for name in names):
            if path.is_file() and any(word in path.read_bytes() for word in words):
                found.append(str(path.relative_to(product.settings.home)))
    return [*found, *(["database"] if any(word in dumped(product) for word in words) else [])]


async def nothing_tells(product: Product, reporter: Guest, number: str) -> None:
    await until(lambda: not traces(product, number), 20, f"no trace of the caller: {traces(product, number)}", every_s=1.0)
    recordings = product.settings.recordings_folder
    left = [str(path) for path in recordings.rglob(f"*{reporter.linkedid}*") if path.is_file()]
    assert not left, left
    record = await reporter.record()
    assert (record["anonymous"], record["caller_number"], record["number"], record["patient_id"], record["candidate_ids"]) == (True, "", "", None, [])


async def start_report(product: Product, reporter: Guest) -> None:
    """The caller has made his call anonymous and Asterisk waits for his words."""
    await reporter.press("9", "choice")
    await reporter.press("1", "report")
    await until(lambda: open_sound(product, reporter), 60, "the message is being recorded", every_s=0.1)


def open_sound(product: Product, reporter: Guest) -> list[Path]:
    """Words of the caller that lie unsealed on disk."""
    return list((product.settings.recordings_folder / "messages").glob(f"{reporter.linkedid}-*.wav"))


def code_of(product: Product, reporter: Guest) -> str:
    """The code the caller is being told, as his session's checkpoint has it."""
    found = ""
    for _, path in segments(product.settings.journal_folder / product.settings.node):
        for record in read_segment(path):
            if record["kind"] == "checkpoint" and record["session"] == reporter.linkedid and record["state"]:
                found = record["state"]["step"]["memory"].get("report", {}).get("code", found)
    return found


async def test_a_report_leaves_no_trace_of_who_reported_and_its_officer_alone_hears_it(product: Product, tmp_path: Path) -> None:
    number = "+8613977770001"
    async with calling(product, number, tmp_path) as reporter:
        assert (product.settings.recordings_folder / "raw" / f"{reporter.linkedid}-rx.wav").exists()
        await start_report(product, reporter)
        await reporter.speak(4.0)
        await reporter.press("#", "code")
        assert not open_sound(product, reporter)
        seen = (await (await product.api("supervisor01")).get("/api/call-records", status="in_flow"))["items"]
        assert all(number not in str(one) for one in seen)
        await reporter.hang_up()
    await nothing_tells(product, reporter, number)
    await _officer_hears_it(product)


async def _officer_hears_it(product: Product) -> None:
    officer, passphrase = await product.api("ethics01"), product.passwords["ethics01-passphrase"]
    newest = (await officer.get("/api/conduct-reports"))["items"][0]
    assert newest["state"] == "received" and 2.0 < newest["duration_s"] < 30.0
    sound = await officer.content_of_post(f"/api/conduct-reports/{newest['id']}/open", {"passphrase": passphrase})
    assert sound[:4] == b"RIFF" and len(sound) > 2 * 2 * g711.RATE
    await officer.post(f"/api/conduct-reports/{newest['id']}/open", {"passphrase": "not this one, no"}, expect=422)
    sealed = list((product.settings.recordings_folder / "sealed").glob("*.sealed"))
    assert sealed and all(sound[1000:1200] not in path.read_bytes() for path in sealed)
    for other in ("admin", "supervisor01", "agent01"):
        await (await product.api(other)).get("/api/conduct-reports", expect=403)
        await (await product.api(other)).post(f"/api/conduct-reports/{newest['id']}/open", {"passphrase": passphrase}, expect=403)


async def test_a_controller_that_dies_in_the_report_loses_neither_the_report_nor_the_secret(product: Product, tmp_path: Path) -> None:
    number, officer = "+8613977770002", await product.api("ethics01")
    before = (await officer.get("/api/conduct-reports"))["total"]

    def told() -> bool:
        """The report was taken and its code is told."""
        return "code" in product.nodes(reporter.linkedid)

    async with calling(product, number, tmp_path) as reporter:
        await start_report(product, reporter)
        product.kill("serve")
        await reporter.speak(4.0)
        await until(lambda: product.facts(reporter.linkedid, "session_recovered"), 30, "a new controller has the caller", every_s=0.1)
        await until(lambda: open_sound(product, reporter) or told(), 30, "recorded anew, or taken as it was", every_s=0.1)
        if not told():
            await reporter.speak(3.0)
            await reporter.press("#", "code")
        await reporter.hang_up()
    await product.answers()
    await nothing_tells(product, reporter, number)

    async def filed() -> bool:
        return (await (await product.api("ethics01")).get("/api/conduct-reports"))["total"] > before

    await until(filed, 60, "the report is filed", every_s=1.0)


async def test_who_hangs_up_after_his_words_has_reported_and_who_goes_back_before_is_an_ordinary_caller(product: Product, tmp_path: Path) -> None:
    number, ordinary, officer = "+8613977770003", "+8613977770004", await product.api("ethics01")
    before = (await officer.get("/api/conduct-reports"))["total"]
    async with calling(product, number, tmp_path) as reporter:
        await start_report(product, reporter)
        await reporter.speak(3.0)
        await reporter.hang_up()
    await nothing_tells(product, reporter, number)
    assert (await officer.get("/api/conduct-reports"))["total"] == before + 1
    async with calling(product, ordinary, tmp_path) as caller:
        await caller.press("9", "choice")
        await caller.press("*", "choices", times=2)
        await caller.hang_up()
    record = await caller.record()
    assert (record["anonymous"], record["number"]) == (False, ordinary)


async def test_the_code_leads_to_the_answer_and_guessing_does_not(product: Product, tmp_path: Path) -> None:
    async with calling(product, "+8613977770005", tmp_path) as reporter:
        await start_report(product, reporter)
        await reporter.speak(3.0)
        await reporter.press("#", "code")
        code = code_of(product, reporter)
        await reporter.hang_up()
    officer = await product.api("ethics01")
    report = (await officer.get("/api/conduct-reports"))["items"][0]
    told = {"version": report["version"], "state": "inquiry", "answer": "已经约谈当事人", "note": "第二次了"}
    await officer.post(f"/api/conduct-reports/{report['id']}/handle", told)
    asker = "+8613977770006"
    async with calling(product, asker, tmp_path) as caller:
        await caller.press("9", "choice")
        await caller.press("2", "enter_code")
        await caller.press(code, "answer")
        assert "in_inquiry" in product.nodes(caller.linkedid)
        await caller.hang_up()
    await nothing_tells(product, caller, asker)
    async with calling(product, "+8613977770007", tmp_path) as guesser:
        await guesser.press("9", "choice")
        await guesser.press("2", "enter_code")
        for times in (1, 2, 3):
            await guesser.press("12345678", "wrong_code", times)
            await guesser.reach("enter_code", times + 1)
        await guesser.press(code, "locked")
        await guesser.hang_up()
