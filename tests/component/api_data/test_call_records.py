"""Calls, recordings, messages and patients, read through the gate."""

from __future__ import annotations

import math
import wave
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from callcenter.cti.supervision import Key, share
from callcenter.events import AgentDisconnected, CallEnded
from callcenter.recording.ports import RecordingFacts
from crm.database import Database
from crm.engine import audit
from crm.telephony.calls import start_of_day
from tests.component.api_data.conftest import Product, SignIn, Someone
from tests.component.crm.calls import NODE, abandoned_call, answered_call, message_call, numbered

pytestmark = pytest.mark.component
AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)


def tone(path: Path, seconds: float = 2.0) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        frames = (int(8000 * math.sin(n / 8)).to_bytes(2, "little", signed=True) * 2 for n in range(int(8000 * seconds)))
        file.writeframes(b"".join(frames))
    return path.read_bytes()


@pytest.fixture
async def calls(product: Product, demo: Database, passwords: dict[str, str]) -> dict[str, int]:
    """Four calls of two agents and nobody, one of them with a recording; user name -> id."""
    tables = "call_event, call_record, journal_mark, voice_message, recording"
    await demo.run(lambda session: session.execute(text(f"TRUNCATE {tables}")))
    found = await demo.run(lambda session: session.execute(text("SELECT username, id FROM user_account")))
    ids = {str(name): int(key) for name, key in found}
    told = [
        *answered_call("node1-1.1", AT, agent=ids["agent01"], patient=1),
        *answered_call("node1-2.1", AT + timedelta(minutes=5), agent=ids["agent02"], caller="+8613900000002", queue="outpatient"),
        *message_call("node1-3.1", AT + timedelta(minutes=10)),
        *abandoned_call("node1-4.1", AT + timedelta(minutes=15)),
    ]
    await product.gateway.facts.copy(NODE, numbered(told))
    peaks = {"peaks_per_s": 10, "left": [0.1, 0.5], "right": [0.2, 0.3]}
    facts = RecordingFacts("node1-1.1", "2026/11/16/node1-1.1.wav", 76.0, 1000, "0" * 64, peaks=peaks)
    await product.gateway.recordings.save(facts)
    return ids


async def listed(someone: Someone, query: str = "") -> list[dict[str, Any]]:
    return (await someone.json(f"/api/call-records{query}"))["items"]


async def test_supervisor_sees_all_the_newest_first(sign_in: SignIn, calls: dict[str, int]) -> None:
    items = await listed(await sign_in("supervisor01"))
    assert [one["outcome"] for one in items] == ["abandoned", "message_left", "answered", "answered"]
    first = items[-1]
    assert first["patient"] == {"id": 1, "name": "张伟"}
    assert first["agent"] == {"id": calls["agent01"], "name": "张晓琳"}
    assert first["recording"] == {"available": True, "duration_s": 76.0, "problem": None}
    assert (first["caller_number"], first["queue"], first["wait_s"], first["talk_s"]) == ("139****0001", "service_desk", 5.0, 60.0)
    assert [step["exit"] for step in first["ivr_path"]] == ["0"]


async def test_agent_sees_only_calls_in_which_he_talked(sign_in: SignIn, calls: dict[str, int]) -> None:
    boss, agent = await sign_in("supervisor01"), await sign_in("agent01")
    everybody = {one["linkedid"]: one["id"] for one in await listed(boss)}
    assert [one["linkedid"] for one in await listed(agent)] == ["node1-1.1"]
    assert [one["linkedid"] for one in await listed(agent, f"?agent_id={calls['agent02']}")] == []
    for part in ("", "/events", "/recording", "/waveform"):
        assert (await agent.get(f"/api/call-records/{everybody['node1-2.1']}{part}")).status == 404
    assert (await agent.get(f"/api/call-records/{everybody['node1-1.1']}")).status == 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?queue=outpatient", ["node1-2.1"]),
        ("?outcome=abandoned", ["node1-4.1"]),
        ("?q=13900000001", ["node1-1.1"]),
        ("?q=%E5%BC%A0%E4%BC%9F", ["node1-1.1"]),
        ("?q=zw", ["node1-1.1"]),
        ("?q=node1-4.1", ["node1-4.1"]),
        ("?q=%25", []),
        ("?from=2026-11-16T01:07:00Z&to=2026-11-16T01:12:00Z", ["node1-3.1"]),
        ("?status=talking", []),
        ("?patient_id=1", ["node1-1.1"]),
    ],
)
async def test_filters(sign_in: SignIn, calls: dict[str, int], query: str, expected: list[str]) -> None:
    assert [one["linkedid"] for one in await listed(await sign_in("supervisor01"), query)] == expected


async def test_part_of_a_number_finds_calls_only_for_who_sees_whole_numbers(sign_in: SignIn, calls: dict[str, int]) -> None:
    """Asked digit by digit, a list that shows masked numbers would tell them."""
    admin, boss = await sign_in("admin"), await sign_in("supervisor01")
    assert [one["linkedid"] for one in await listed(admin, "?q=139000000")] == ["node1-3.1", "node1-2.1", "node1-1.1"]
    for part in ("139000000", "1390000000", "%2B8613900", "3900000001", "9000000"):
        assert await listed(boss, f"?q={part}") == [], part


async def test_numbers_are_masked_in_every_answer_for_who_may_not_see_them(sign_in: SignIn, calls: dict[str, int]) -> None:
    admin, boss, agent = await sign_in("admin"), await sign_in("supervisor01"), await sign_in("agent01")
    ids = {one["linkedid"]: one["id"] for one in await listed(admin)}
    assert {one["caller_number"] for one in await listed(admin)} >= {"+8613900000001", "+8613900000002"}
    message = (await boss.json("/api/messages"))["items"][0]
    handled = await (await boss.post(f"/api/messages/{message['id']}/handle", {"note": "已回电"})).json()
    answers: list[Any] = [await listed(boss), await listed(agent), message, handled]
    for someone, linkedid in ((boss, "node1-1.1"), (boss, "node1-3.1"), (agent, "node1-1.1")):
        answers += [await someone.json(f"/api/call-records/{ids[linkedid]}{part}") for part in ("", "/events")]
    assert "39000000" not in str(answers)
    whole = await admin.json(f"/api/call-records/{ids['node1-1.1']}/events")
    assert whole["items"][0]["pii"] == {"caller_number": "013900000001"}


async def test_agent_sees_the_number_of_who_he_talks_with(product: Product, sign_in: SignIn, calls: dict[str, int]) -> None:
    told = answered_call("node1-9.1", AT + timedelta(hours=1), agent=calls["agent01"])
    running = [one for one in told if not isinstance(one, (CallEnded, AgentDisconnected))]
    await product.gateway.facts.copy(NODE, numbered(running, 500))
    agent, boss = await sign_in("agent01"), await sign_in("supervisor01")
    seen = [(await listed(someone, "?status=talking"))[0]["caller_number"] for someone in (agent, boss)]
    assert seen == ["+8613900000001", "139****0001"]


@pytest.mark.parametrize("query", ["?limit=0", "?limit=201", "?outcome=nonsense", "?from=yesterday", "?sort=1", "?cursor=zzz", "?cursor=MjAyNnx4"])
async def test_wrong_filter_is_refused_with_the_field(sign_in: SignIn, calls: dict[str, int], query: str) -> None:
    response = await (await sign_in("supervisor01")).get(f"/api/call-records{query}")
    assert response.status == 422
    assert (await response.json())["errors"][0]["field"]


async def test_pages_give_every_call_once(sign_in: SignIn, calls: dict[str, int]) -> None:
    boss, seen, cursor = await sign_in("supervisor01"), [], ""
    for _ in range(4):
        page = await boss.json(f"/api/call-records?limit=1&cursor={cursor}")
        seen += [one["linkedid"] for one in page["items"]]
        cursor = page["next"]
    assert seen == ["node1-4.1", "node1-3.1", "node1-2.1", "node1-1.1"]
    assert (cursor, page["total"]) == (None, 4)


async def test_call_page_and_timeline(sign_in: SignIn, calls: dict[str, int]) -> None:
    agent = await sign_in("agent01")
    (call,) = await listed(agent)
    page = await agent.json(f"/api/call-records/{call['id']}")
    assert (page["note"], page["hold_s"], page["language"], page["transfers"]) == ("问门诊时间", 20.0, "zh", 0)
    assert [leg["agent"]["name"] for leg in page["legs"]] == ["张晓琳"]
    events = (await agent.json(f"/api/call-records/{call['id']}/events"))["items"]
    assert [one["kind"] for one in events][:3] == ["call_arrived", "patient_chosen", "call_answered"]
    assert events[0]["pii"] == {"caller_number": "013*****0001"}
    wave_form = await agent.json(f"/api/call-records/{call['id']}/waveform")
    assert (wave_form["peaks_per_s"], wave_form["left"]) == (10, [0.1, 0.5])


@pytest.mark.parametrize("wrong", ["0", "x", "-1", "99999999999999999999", "1.5", "%00"])
async def test_id_that_is_none_is_not_found(sign_in: SignIn, calls: dict[str, int], wrong: str) -> None:
    assert (await (await sign_in("supervisor01")).get(f"/api/call-records/{wrong}")).status == 404


# -- recordings -------------------------------------------------------------------------------------------------------


async def deeds(demo: Database) -> list[tuple[str, int]]:
    found = await demo.run(lambda s: s.execute(text("SELECT action, user_id FROM audit_entry WHERE action LIKE 'recording.%' ORDER BY id")))
    return [(str(action), int(user)) for action, user in found]


async def test_recording_is_played_in_ranges_and_audited(sign_in: SignIn, calls: dict[str, int], home: Path, demo: Database) -> None:
    sound = tone(home / "recordings/2026/11/16/node1-1.1.wav")
    agent = await sign_in("agent01")
    (call,) = await listed(agent)
    url, before = f"/api/call-records/{call['id']}/recording", len(await deeds(demo))
    whole = await agent.get(url)
    assert (whole.status, whole.content_type, await whole.read()) == (200, "audio/wav", sound)
    part = await agent.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status, part.headers["Content-Range"], await part.read()) == (206, f"bytes 100-199/{len(sound)}", sound[100:200])
    assert (await agent.get(url, headers={"Range": f"bytes={len(sound)}-"})).status == 416
    assert (await agent.get(url, headers={"Range": "bytes=-10"})).status == 206
    assert (await agent.get(f"{url}?download=1")).status == 403
    boss = await sign_in("supervisor01")
    kept = await boss.get(f"{url}?download=1")
    assert (kept.status, kept.headers["Content-Disposition"]) == (200, f'attachment; filename="call-{call["id"]}.wav"')
    other = await sign_in("agent02")
    assert (await other.get(url)).status == 404
    written = (await deeds(demo))[before:]
    assert written == [
        *[("recording.play", agent.id)] * 4, ("recording.refused", agent.id), ("recording.download", boss.id), ("recording.refused", other.id)
    ]  # fmt: skip
    assert await demo.run(audit.verify) is None


@pytest.mark.parametrize("file", ["../../secrets.json", "/etc/passwd", "2026/../../secrets.json", "link/secrets.json", "2026/11/16"])
async def test_file_outside_the_folder_is_never_served(
    product: Product, sign_in: SignIn, calls: dict[str, int], home: Path, demo: Database, file: str
) -> None:
    (home / "secrets.json").write_text("secret")
    (home / "recordings/2026/11/16").mkdir(parents=True)
    (home / "recordings/link").symlink_to(home)
    await demo.run(lambda session: session.execute(text("UPDATE recording SET file = :file"), {"file": file}))
    boss = await sign_in("supervisor01")
    call = next(one for one in await listed(boss) if one["linkedid"] == "node1-1.1")
    assert (await boss.get(f"/api/call-records/{call['id']}/recording")).status == 404


async def test_purged_recording_is_gone_with_one_audit_entry(product: Product, sign_in: SignIn, calls: dict[str, int], demo: Database) -> None:
    for _ in range(2):
        await product.gateway.recordings.mark_purged("node1-1.1", AT, "older than 365 days")
    boss = await sign_in("supervisor01")
    call = next(one for one in await listed(boss) if one["linkedid"] == "node1-1.1")
    assert call["recording"] == {"available": False, "duration_s": 76.0, "problem": "purged"}
    assert (await boss.get(f"/api/call-records/{call['id']}/recording")).status == 404
    query = text("SELECT count(*) FROM audit_entry WHERE action = 'recording.purge'")
    assert await demo.run(lambda session: session.scalar(query)) == 1
    facts = RecordingFacts("node1-1.1", "2026/11/16/node1-1.1.wav", 76.0, 1000, "0" * 64)
    await product.gateway.recordings.save(facts)
    assert await product.gateway.recordings.known() == ()


async def test_calls_waiting_for_their_recording(product: Product, calls: dict[str, int]) -> None:
    pending = await product.gateway.recordings.pending()
    assert [one.linkedid for one in pending] == ["node1-2.1", "node1-3.1", "node1-4.1"]
    wanted = await product.gateway.recordings.wanted("node1-2.1")
    assert wanted is not None
    assert (wanted.raw_file, round(wanted.expected_s, 1)) == ("raw/node1-2.1", 75.9)
    assert await product.gateway.recordings.wanted("node1-1.1") is None


async def test_looking_at_a_whole_number_is_written_down(sign_in: SignIn, calls: dict[str, int], demo: Database) -> None:
    boss, agent = await sign_in("supervisor01"), await sign_in("agent01")
    ids = {one["linkedid"]: one["id"] for one in await listed(boss)}
    shown = await agent.post(f"/api/call-records/{ids['node1-1.1']}/number")
    assert (shown.status, await shown.json()) == (200, {"number": "+8613900000001"})
    assert (await agent.post(f"/api/call-records/{ids['node1-2.1']}/number")).status == 404
    (message,) = (await agent.json("/api/messages"))["items"]
    assert (await (await agent.post(f"/api/messages/{message['id']}/number")).json()) == {"number": "+8613900000002"}
    assert (await agent.post("/api/messages/nobody-1/number")).status == 404
    query = text("SELECT action, object_id, user_id FROM audit_entry WHERE action LIKE '%.reveal' ORDER BY id DESC LIMIT 2")
    rows = [tuple(row) for row in await demo.run(lambda session: session.execute(query))]
    assert rows == [("message.reveal", message["id"], agent.id), ("call_record.reveal", str(ids["node1-1.1"]), agent.id)]


# -- messages ---------------------------------------------------------------------------------------------------------


async def test_message_is_heard_and_handled_once(product: Product, sign_in: SignIn, calls: dict[str, int], home: Path) -> None:
    sound = tone(home / "recordings/messages/node1-3.1.wav", 0.5)
    first, second = await sign_in("agent01"), await sign_in("agent02")
    (message,) = (await first.json("/api/messages?state=open"))["items"]
    assert (message["purpose"], message["caller_number"], message["duration_s"]) == ("complaint", "139****0002", 12.5)
    heard = await first.get(f"/api/messages/{message['id']}/audio")
    assert (heard.content_type, await heard.read()) == ("audio/wav", sound)
    assert (await first.post(f"/api/messages/{message['id']}/handle", {"note": "已回电"})).status == 200
    product.clock.advance(60)
    again = await (await second.post(f"/api/messages/{message['id']}/handle", {"note": "再次回电"})).json()
    assert (again["handled_by"]["id"], again["note"]) == (first.id, "再次回电")
    assert (await first.json("/api/messages?state=open"))["items"] == []
    assert [one["id"] for one in (await first.json("/api/messages?state=handled"))["items"]] == [message["id"]]


@pytest.mark.parametrize("wrong", ["nothing", "..%2f..%2fsecrets.json", "a" * 81])
async def test_unknown_message(sign_in: SignIn, calls: dict[str, int], wrong: str) -> None:
    someone = await sign_in("agent01")
    assert (await someone.get(f"/api/messages/{wrong}/audio")).status == 404
    assert (await someone.post(f"/api/messages/{wrong}/handle", {})).status == 404


# -- patients ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["张伟", "zw", "0000001", "13900000001", "+86 139-0000-0001"])
async def test_patient_is_found_by_what_people_type(sign_in: SignIn, words: str) -> None:
    page = await (await sign_in("agent01")).json("/api/patients", params={"q": words})
    assert page["items"][0]["name"] == "张伟"


async def test_patient_file_has_everything_and_its_opening_is_audited(sign_in: SignIn, calls: dict[str, int], demo: Database) -> None:
    file = await (await sign_in("agent01")).json("/api/patients/1")
    assert (file["name"], file["age"], file["alerts"]) == ("张伟", 62, ["青霉素过敏"])
    assert {one["department"] for one in file["visits"]} == {"心内科"}
    assert [one["outcome"] for one in file["calls"]] == ["answered"]
    assert [one["title"] for one in file["open_items"]] == ["出院第7天电话随访"]
    query = text("SELECT count(*) FROM audit_entry WHERE action = 'patient.view' AND object_id = '1'")
    assert (await demo.run(lambda session: session.scalar(query)) or 0) > 0


async def test_new_file_is_found_by_its_number(product: Product, sign_in: SignIn) -> None:
    someone = await sign_in("agent01")
    body = {"name": "欧阳文", "gender": "female", "birth_date": "1990-02-03", "number": "0139 0000 0098"}
    made = await (await someone.post("/api/patients", body)).json()
    assert made["contacts"][0]["number"] == "139****0098"
    (card,) = await product.gateway.callers.people_at("013900000098")
    assert (card.id, card.name, card.age, card.relation) == (made["id"], "欧阳文", 36, "本人")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "   "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "王", "gender": "other"}, "gender"),
        ({"name": "王", "birth_date": "2126-01-01"}, "birth_date"),
        ({"name": "王", "birth_date": "1990-02-30"}, "birth_date"),
        ({"name": "王", "number": "12"}, "number"),
        ({"name": "王", "language": "fr"}, "language"),
        ({"name": "王", "salary": 1}, "salary"),
        ({}, "name"),
    ],
)
async def test_wrong_value_is_named_and_nothing_is_made(sign_in: SignIn, demo: Database, body: dict[str, object], field: str) -> None:
    counted = text("SELECT count(*) FROM patient")
    before = await demo.run(lambda session: session.scalar(counted))
    response = await (await sign_in("agent01")).post("/api/patients", body)
    assert response.status == 422
    assert (await response.json())["errors"][0]["field"] == field
    assert await demo.run(lambda session: session.scalar(counted)) == before


async def test_second_file_with_one_record_number_is_a_conflict(sign_in: SignIn) -> None:
    response = await (await sign_in("agent01")).post("/api/patients", {"name": "王", "mrn": "0000001"})
    assert response.status == 409


async def test_users_are_listed_without_secrets(sign_in: SignIn) -> None:
    response = await (await sign_in("supervisor01")).get("/api/users")
    assert "argon2" not in await response.text()
    assert {one["username"] for one in (await response.json())["items"]} >= {"agent01", "supervisor01", "admin"}


# -- figures ----------------------------------------------------------------------------------------------------------


async def test_figures_of_the_board_equal_the_lists_behind_them(product: Product, sign_in: SignIn, calls: dict[str, int]) -> None:
    since = start_of_day(product.settings.hospital.zone, product.clock.now())
    figures: Counter[Key] = Counter()
    for call in await product.gateway.facts.calls_since(since):
        figures += share(call, {"service_desk": 20, "outpatient": 20})
    boss = await sign_in("supervisor01")

    async def total(**words: str) -> int:
        return (await boss.json("/api/call-records", params={"from": since.isoformat()} | words))["total"]

    assert figures["today", "", "calls"] == await total() == 4
    for outcome in ("answered", "abandoned", "self_served"):
        assert figures["today", "", outcome] == await total(outcome=outcome), outcome
        for queue in ("service_desk", "outpatient"):
            if outcome != "self_served":
                assert figures["queue", queue, outcome] == await total(queue=queue, outcome=outcome), (queue, outcome)
    assert figures["agent", str(calls["agent01"]), "answered"] == await total(agent_id=str(calls["agent01"])) == 1
    assert figures["today", "", "messages"] == len((await boss.json("/api/messages"))["items"]) == 1
