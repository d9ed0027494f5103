"""Reports over HTTP: who may do what, who can open what, and what the trail says of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from callcenter.cti.calls import LiveCalls
from callcenter.events import MessageRecorded
from callcenter.hotline.anonymous import AnonymousCalls
from callcenter.hotline.conduct import ConductLine, Digests
from callcenter.ports import ActContext
from crm.database import Database, Session
from tests.component.api_data.conftest import Product, SignIn
from tests.component.conduct.test_sealed import a_wav

pytestmark = pytest.mark.component
SECRET, PASSPHRASE = "the instance's secret", "an officer's sentence"
AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)


class NoAsterisk:
    """Answers every action."""

    async def send(self, action: str, **headers: Any) -> dict[str, str]:
        return {"Response": "Success"}


class NoJournal:
    """Nothing was written before."""

    told: tuple[dict[str, Any], ...] = ()

    def erase_caller(self, linkedid: str) -> None:
        return

    def records(self, start: int) -> tuple[dict[str, Any], ...]:
        return self.told


def line_of(product: Product) -> ConductLine:
    calls = LiveCalls()
    anonymous = AnonymousCalls(product.settings, NoJournal(), calls, NoAsterisk(), product.clock)  # type: ignore[arg-type]
    return ConductLine(product.settings, SECRET, anonymous, product.gateway.conduct, calls, product.clock, lambda _event: None)


async def report(product: Product, line: ConductLine, linkedid: str) -> str:
    """Somebody spoke; his code."""
    message = f"{linkedid}-5"
    a_wav(product.settings.recordings_folder / f"messages/{message}.wav", 2.0)
    event = MessageRecorded(
        at=product.clock.now(), linkedid=linkedid, message_id=message, purpose="conduct_report", file=f"messages/{message}.wav", duration_s=2.0
    )
    await line.message_recorded(event)
    found = await line.act("conduct_file", {}, context(product, linkedid))
    assert found.exit == "filed", found
    return found.values["code"]


def context(product: Product, linkedid: str) -> ActContext:
    return ActContext(f"{linkedid}-9", linkedid, "", "zh", product.clock.now())


async def with_key(sign_in: SignIn) -> Any:
    officer = await sign_in("ethics01")
    made = await officer.post("/api/conduct-key", {"passphrase": PASSPHRASE})
    assert made.status == 201, await made.text()
    return officer


async def test_only_officers_see_reports_and_others_may_count_them(product: Product, sign_in: SignIn) -> None:
    await with_key(sign_in)
    await report(product, line_of(product), "node1-1700000100.1")
    for who in ("admin", "supervisor01", "agent01"):
        someone = await sign_in(who)
        for path in ("/api/conduct-reports", "/api/conduct-reports/1", "/api/conduct-key"):
            assert (await someone.get(path)).status == 403, (who, path)
        for path, body in (("1/open", {"passphrase": PASSPHRASE}), ("1/handle", {"version": 1, "state": "closed"})):
            assert (await someone.post(f"/api/conduct-reports/{path}", body)).status == 403, (who, path)
        assert (await someone.post("/api/conduct-key", {"passphrase": PASSPHRASE})).status == 403
    assert (await (await sign_in("supervisor01")).json("/api/conduct-reports/counts"))["received"] >= 1
    assert (await (await sign_in("agent01")).get("/api/conduct-reports/counts")).status == 403


async def test_an_administrator_can_neither_take_nor_give_the_right(product: Product, sign_in: SignIn, demo: Database) -> None:
    async def rights(session: Session) -> dict[str, list[str]]:
        return {code: list(held) for code, held in await session.execute(text("SELECT code, rights FROM role"))}

    held = await product.database.run(rights)
    assert [code for code, names in held.items() if "conduct_report.read" in names] == ["ethics_officer"]
    admin = await sign_in("admin")
    given = {"username": "newofficer", "name": "新人", "password": "a long password", "roles": ["ethics_officer"]}
    assert (await admin.post("/api/users", given)).status == 422


async def test_the_officer_hears_it_with_the_passphrase_and_each_try_is_in_the_trail(product: Product, sign_in: SignIn) -> None:
    officer = await with_key(sign_in)
    await report(product, line_of(product), "node1-1700000200.1")
    newest = (await officer.json("/api/conduct-reports"))["items"][0]
    refused = await officer.post(f"/api/conduct-reports/{newest['id']}/open", {"passphrase": "another sentence"})
    assert refused.status == 422 and (await refused.json())["errors"][0]["field"] == "passphrase"
    heard = await officer.post(f"/api/conduct-reports/{newest['id']}/open", {"passphrase": PASSPHRASE})
    sound = await heard.read()
    assert heard.status == 200 and sound[:4] == b"RIFF" and len(sound) > 30_000
    assert "no-store" in heard.headers["Cache-Control"] and heard.headers["Content-Type"] == "audio/wav"
    tries = await product.database.run(lambda session: _trail(session, "conduct_report.open", str(newest["id"])))
    assert len(tries) == 2
    assert not list((product.settings.recordings_folder / "messages").glob("*"))


async def _trail(session: Session, action: str, object_id: str) -> list[Any]:
    query = text("SELECT data, pii FROM audit_entry WHERE action = :action AND object_id = :id")
    return list(await session.execute(query, {"action": action, "id": object_id}))


async def test_guessing_a_passphrase_gets_slow(product: Product, sign_in: SignIn) -> None:
    officer = await with_key(sign_in)
    await report(product, line_of(product), "node1-1700000300.1")
    newest = (await officer.json("/api/conduct-reports"))["items"][0]["id"]
    tries = [(await officer.post(f"/api/conduct-reports/{newest}/open", {"passphrase": f"guess {n}"})).status for n in range(5)]
    assert tries == [422, 422, 422, 429, 429]


async def test_a_later_key_opens_later_reports_and_the_earlier_one_earlier_ones(product: Product, sign_in: SignIn) -> None:
    officer, line = await with_key(sign_in), line_of(product)
    await report(product, line, "node1-1700000400.1")
    first = (await officer.json("/api/conduct-reports"))["items"][0]["id"]
    assert (await officer.post("/api/conduct-key", {"passphrase": "a second sentence"})).status == 201
    await report(product, line, "node1-1700000401.1")
    second = (await officer.json("/api/conduct-reports"))["items"][0]["id"]
    for which, words, status in ((first, PASSPHRASE, 200), (second, "a second sentence", 200), (first, "a second sentence", 409)):
        assert (await officer.post(f"/api/conduct-reports/{which}/open", {"passphrase": words})).status == status
    assert (await officer.post("/api/conduct-key", {"passphrase": "short"})).status == 422


async def test_states_answers_and_a_stale_page(product: Product, sign_in: SignIn) -> None:
    officer = await with_key(sign_in)
    line = line_of(product)
    code = await report(product, line, "node1-1700000500.1")
    newest = (await officer.json("/api/conduct-reports"))["items"][0]
    path = f"/api/conduct-reports/{newest['id']}/handle"
    told = {"version": newest["version"], "state": "inquiry", "answer": "已约谈", "note": "第二次"}
    assert (await officer.post(path, told)).status == 200
    assert (await officer.post(path, told)).status == 422, "somebody else was faster"
    assert (await officer.post(path, told | {"version": 2, "state": "received"})).status == 409
    found = await line.act("conduct_ask", {"code": code}, context(product, "asker"))
    assert (found.exit, found.values) == ("found", {"state": "inquiry", "answer": "已约谈", "answered": "yes"})
    (changed,) = await product.database.run(lambda session: _trail(session, "conduct_report.change", str(newest["id"])))
    assert "已约谈" not in str(changed) and "第二次" not in str(changed)


async def test_a_report_has_one_code_however_often_it_is_filed_and_nothing_leads_back_to_the_call(product: Product, sign_in: SignIn) -> None:
    await with_key(sign_in)
    linkedid = "node1-1700000600.1"
    code = await report(product, line_of(product), linkedid)
    again = await line_of(product)._file(f"{linkedid}-5", 0.0, "zh", AT)  # a successor that knows nothing of the first
    assert again == code

    async def stored(session: Session) -> str:
        return str([tuple(row) for row in await session.execute(text("SELECT * FROM conduct_report"))])

    rows = await product.database.run(stored)
    assert code not in rows and linkedid not in rows
    names = [path.name for path in (product.settings.recordings_folder / "sealed").iterdir()]
    assert all(linkedid not in name for name in names)


async def test_two_messages_that_draw_the_same_code_get_two(product: Product, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    await with_key(sign_in)
    draw = Digests.code
    monkeypatch.setattr(Digests, "code", lambda self, message, n: draw(self, "same" if n == 0 else message, n))
    line = line_of(product)
    codes = [await report(product, line, f"node1-17000007{n:02}.1") for n in range(3)]
    assert len(set(codes)) == 3


async def test_guessing_codes_ends_for_the_call_and_for_everybody(product: Product) -> None:
    line, digests = line_of(product), Digests("somebody else's secret")
    exits = [(await line.act("conduct_ask", {"code": digests.code(f"g{n}", 0)}, context(product, "one"))).exit for n in range(4)]
    assert exits == ["not_found", "not_found", "not_found", "locked"]
    for n in range(60):
        await line.act("conduct_ask", {"code": digests.code(f"h{n}", 0)}, context(product, f"many{n}"))
    assert (await line.act("conduct_ask", {"code": digests.code("i", 0)}, context(product, "late"))).exit == "locked"
    product.clock.advance(timedelta(hours=1, minutes=1).total_seconds())
    assert (await line.act("conduct_ask", {"code": digests.code("i", 0)}, context(product, "later"))).exit == "not_found"
    assert (await line.act("conduct_ask", {"code": "12345678"}, context(product, "typo"))).exit == "not_found"


async def test_without_an_officer_s_key_no_report_is_taken(product: Product) -> None:
    await product.database.run(lambda session: session.execute(text("UPDATE conduct_key SET retired_at = now()")))
    line = line_of(product)
    assert (await line.act("conduct_begin", {"for": "report"}, context(product, "x"))).exit == "not_set_up"


async def test_sweep_files_what_a_dead_process_left_and_leaves_the_rest(product: Product, sign_in: SignIn) -> None:
    """Who still speaks, messages of others, and ordinary messages that an anonymous caller left, known to the journal or to the store."""
    await with_key(sign_in)
    line = line_of(product)
    folder = product.settings.recordings_folder / "messages"
    names = ("left", "spoken", "foreign", "journaled", "stored")
    paths = {name: folder / f"node1-170000080{n}.1-7.wav" for n, name in enumerate(names)}
    for name, path in paths.items():
        a_wav(path, 2.0)
        _aged(path, product.clock.now() - timedelta(minutes=0 if name == "spoken" else 2))
    line._anonymous._known.update(path.stem.rpartition("-")[0] for name, path in paths.items() if name != "foreign")
    linkedid = paths["journaled"].stem.rpartition("-")[0]
    told = {"kind": "message_recorded", "linkedid": linkedid, "data": {"message_id": paths["journaled"].stem, "purpose": "complaint"}}
    line._anonymous._journal.told = (told,)  # type: ignore[attr-defined]
    kept = "INSERT INTO voice_message (id, linkedid, purpose, file, duration_s, source, left_at) VALUES (:id, '', 'complaint', 'f', 2, 'ivr', now())"
    await product.database.run(lambda session: session.execute(text(kept), {"id": paths["stored"].stem}))
    assert await line.sweep() == 1
    assert [name for name, path in paths.items() if path.exists()] == ["spoken", "foreign", "journaled", "stored"]


def _aged(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


# -- the switch of calendars -----------------------------------------------------------------------------------------------


async def test_a_switch_is_for_supervisors_is_noted_and_tells_what_was_before(product: Product, sign_in: SignIn) -> None:
    supervisor, agent = await sign_in("supervisor01"), await sign_in("agent01")
    assert (await agent.post("/api/calendars/hotline/switch", {"mode": "night"})).status == 403
    done = await supervisor.post("/api/calendars/hotline/switch", {"mode": "emergency", "note": "停电"})
    assert await done.json() == {"name": "hotline", "mode": "emergency", "before": "normal"}
    await product.gateway.directory.refresh()
    assert product.gateway.directory.state_at("hotline", product.clock.now()) == "emergency"
    assert product.gateway.directory.modes()["hotline"] == "emergency"
    (state,) = [one for one in (await supervisor.json("/api/calendar-modes"))["items"] if one["name"] == "hotline"]
    assert (state["mode"], state["state"], state["switched"]["note"]) == ("emergency", "emergency", "停电")
    again = await supervisor.post("/api/calendars/hotline/switch", {"mode": "emergency"})
    assert (await again.json())["before"] == "emergency"
    await supervisor.post("/api/calendars/hotline/switch", {"mode": "night"})
    await product.gateway.directory.refresh()
    assert product.gateway.directory.state_at("hotline", product.clock.now()) == "closed"
    await supervisor.post("/api/calendars/hotline/switch", {"mode": "normal"})
    entries = await product.database.run(lambda session: _trail(session, "calendar.switch", "hotline"))
    assert [one[0]["to"] for one in entries] == ["emergency", "night", "normal"], "a switch to what is was not noted"
    for name, body, status in (("nowhere", {"mode": "night"}, 404), ("hotline", {"mode": "later"}, 422), ("hotline", {}, 422)):
        assert (await supervisor.post(f"/api/calendars/{name}/switch", body)).status == status
