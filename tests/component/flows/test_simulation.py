"""The simulator is the engine: same places as on the telephone, real data read only, nothing done, and nothing a stranger sends breaks it."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from crm.database import Session
from tests.component.flows.conftest import Designers, Person

pytestmark = pytest.mark.component


@pytest.fixture(scope="module")
def own_url(demo_template: tuple[str, dict[str, str]], make_database: Callable[[str], str]) -> str:
    """One hospital for all of them: nothing here goes live."""
    return make_database(demo_template[0])


OPEN = {"flow": "main_menu", "language": "zh", "at": "2026-11-16T02:00:00Z", "caller": {"number": "+8613900000001"}}
END = {"verb": "hang_up", "say": ["goodbye"]}
SERVICES = {
    "flow": "main_menu", "start": "ask", "node": {
        "ask": {"verb": "gather", "say": ["goodbye"], "store": "born", "min_digits": 8, "max_digits": 8, "confirm": ["goodbye", "{born:digits}"],
                "on": {"entered": "who", "no_input": "again", "invalid": "again", "failed": "end"}},
        "who": {"verb": "identify", "birth_date": "{born}", "on": {"identified": "back", "refused": "end", "locked": "end", "unavailable": "end"}},
        "back": {"verb": "callback", "queue": "service_desk", "on": {"requested": "ring", "already": "end", "unavailable": "end"}},
        "ring": {"verb": "transfer", "to": "reception", "on": {"answered": "end", "busy": "note", "no_answer": "note", "failed": "note"}},
        "note": {"verb": "record", "purpose": "p", "on": {"recorded": "end", "too_short": "end"}},
        "end": END,
    },
}  # fmt: skip


async def step(person: Person, situation: dict[str, Any], before: dict[str, Any] | None = None, **heard: Any) -> dict[str, Any]:
    """One request; with `before`, one step on."""
    more = {"state": before["state"], "heard": heard} if before else {}
    return await person.fine("POST", "/api/flow-simulation", situation | more)


async def test_a_caller_is_walked_as_on_the_telephone(designers: Designers, admin: Person) -> None:
    await designers.gateway.directory.refresh()
    begun = await step(admin, OPEN)
    assert begun["place"] == {"flow": "main_menu", "node": "choices", "version": 1} and begun["asks"]["kind"] == "keys" and not begun["ended"]
    assert [one["exit"] for one in begun["moves"]] == ["chosen", "open"]
    assert all(one["text"]["zh"] and one["text"]["en"] for one in begun["plays"])
    silent = await step(admin, OPEN, begun, keys="")
    assert silent["plays"][0]["prompt"] == "heard_nothing" and silent["place"] == begun["place"]
    staff = await step(admin, OPEN, silent, keys="0")
    assert (staff["asks"]["kind"], staff["asks"]["name"]) == ("queue", "service_desk")
    bye = await step(admin, OPEN, staff, queue="answered")
    assert bye["asks"]["kind"] in ("end", "keys")


async def test_it_names_the_version_that_is_played(designers: Designers, admin: Person) -> None:
    """A number while it is what was published; the draft as soon as something is drawn, and back."""
    source = (await admin.fine("GET", "/api/flows/main_menu/versions/1"))["source"]
    same = await step(admin, OPEN | {"sources": {"main_menu": source}})
    assert same["place"]["version"] == 1
    drawn = source | {"node": source["node"] | {"bye": source["node"]["bye"] | {"say": ["rate_thanks"]}}}
    assert (await step(admin, OPEN | {"sources": {"main_menu": drawn}}))["place"]["version"] == "draft"
    kept = await admin.fine("PUT", "/api/flows/main_menu/draft", {"source": drawn, "layout": {}, "version": None})
    begun = await step(admin, OPEN)
    assert begun["place"]["version"] == "draft"
    inside = await step(admin, OPEN, begun, keys="1")
    assert inside["place"] == {"flow": "hospital_guide", "node": "topics", "version": 1}
    live = (await admin.fine("GET", "/api/flows"))["release"]
    assert (await step(admin, OPEN | {"release": live}))["place"]["version"] == 1
    published = await admin.fine("POST", "/api/flows/publish", {"flows": ["main_menu"], "note": "test"})
    assert kept["faults"] == [] and (await step(admin, OPEN))["place"]["version"] == published["versions"]["main_menu"] == 2
    await admin.fine("POST", "/api/flows/publish", {"rollback": {"flow": "main_menu", "number": 1}, "note": "test over"})
    assert (await step(admin, OPEN))["place"]["version"] == 1


async def test_sounds_are_played_as_callers_hear_them(designers: Designers, admin: Person) -> None:
    begun = await step(admin, OPEN)
    for url in [url for one in begun["plays"] for url in one["audio"]]:
        with wave.open(io.BytesIO(await admin.fine("GET", url))) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2) and sound.getnframes() > 4000
    for odd in ("../secrets", "..%2F..%2Fsecrets.json", "/etc/passwd", "own/../../secrets", "", "a" * 300, "zh/../../x"):
        assert (await admin.ask("GET", f"/api/sounds?language=zh&file={odd}"))[0] in (404, 422), odd


async def test_lookups_read_real_data_and_are_told(designers: Designers, admin: Person) -> None:
    begun = await step(admin, OPEN)
    clinics = await step(admin, OPEN, begun, keys="2")
    found = {one["name"]: one for one in clinics["found"]}
    assert found["clinic_departments"]["exit"] == "found" and found["clinic_departments"]["values"]["items"]
    given = {"clinic_departments": {"exit": "found", "values": {"items": [{"id": "1", "name_zh": "心内科", "name_en": "Cardiology"}]}}}
    other = await step(admin, OPEN | {"answers": given}, begun, keys="2")
    assert other["found"][0]["values"] == given["clinic_departments"]["values"]


async def test_actions_are_asked_of_the_tester_and_never_done(designers: Designers, admin: Person) -> None:
    async def rows(session: Session) -> int:
        counted = await session.execute(text("SELECT (SELECT count(*) FROM callback_request) + (SELECT count(*) FROM audit_entry)"))
        return int(counted.scalar_one())

    before = await designers.database.run(rows)
    drawn = OPEN | {"sources": {"main_menu": SERVICES}}
    asked = await step(admin, drawn)
    back = await step(admin, drawn, asked, keys="19700101")
    assert [one["text"]["zh"] for one in back["plays"]][-1] == "幺九七零零幺零幺"
    who = await step(admin, drawn, back, keys="1")
    assert (who["asks"]["kind"], who["asks"]["name"], who["asks"]["arguments"]) == ("act", "identify", {"birth_date": "19700101"})
    assert who["asks"]["default"]["exit"] == "identified" and "locked" in who["asks"]["exits"]
    wish = await step(admin, drawn, who, found=who["asks"]["default"])
    ring = await step(admin, drawn, wish, found={"exit": "requested"})
    assert (ring["asks"]["kind"], ring["asks"]["name"]) == ("transfer", "reception")
    note = await step(admin, drawn, ring, queue="busy")
    assert note["asks"]["kind"] == "record"
    assert (await step(admin, drawn, note, recorded=3.5))["ended"]
    assert await designers.database.run(rows) == before


async def test_words_are_matched_and_confirmed(designers: Designers, admin: Person) -> None:
    menu = {"verb": "menu", "say": ["main_menu"], "voice": {"1": ["预约挂号", "appointment"]}, "on": {
        "1": "end", "no_input": "again", "invalid": "again", "failed": "end"}}  # fmt: skip
    drawn = OPEN | {"sources": {"main_menu": {"flow": "main_menu", "start": "a", "node": {"a": menu, "end": END}}}}
    asked = await step(admin, drawn)
    assert asked["asks"]["answers"] == [{"value": "1", "words": ["预约挂号", "appointment"]}]
    said = await step(admin, drawn, asked, said="我要预约挂号")
    assert said["state"]["pending"] == "1" and said["plays"][0]["prompt"] == "you_said"
    assert (await step(admin, drawn, said, said="对"))["ended"]


async def test_a_draft_with_faults_is_walked_as_far_as_it_goes(designers: Designers, admin: Person) -> None:
    menu = {"verb": "menu", "say": ["main_menu"], "on": {"1": "end", "2": "nowhere", "no_input": "again", "invalid": "again", "failed": "end"}}
    drawn = OPEN | {"sources": {"main_menu": {"flow": "main_menu", "start": "a", "node": {"a": menu, "end": END}}}}
    asked = await step(admin, drawn)
    assert (await step(admin, drawn, asked, keys="1"))["ended"]
    status, told = await admin.ask("POST", "/api/flow-simulation", drawn | {"state": asked["state"], "heard": {"keys": "2"}})
    assert (status, told["type"]) == (409, "faults") and told["faults"][0]["code"] == "exit_nowhere"
    loop = {"flow": "main_menu", "start": "a", "node": {"a": {"verb": "say", "say": ["goodbye"], "on": {"done": "a"}}}}
    assert (await admin.ask("POST", "/api/flow-simulation", OPEN | {"sources": {"main_menu": loop}}))[0] == 409


HOSTILE: list[dict[str, Any]] = [
    {"state": {}}, {"state": {"flow": "main_menu"}}, {"flow": 7}, {"node": "nowhere"}, {"stack": "abc"}, {"stack": [["main_menu", "choices"]] * 5},
    {"stack": [["hospital_guide", "x"]]}, {"trail": [1]}, {"trail": [{"spot": ["main_menu", "choices"], "stack": [["a", "b"]]}]}, {"tries": -1},
    {"index": 10**30}, {"index": "1"}, {"language": "fr"}, {"memory": []}, {"memory": {"_introduced": 5}}, {"memory": {"_introduced": [[]]}},
    {"release": True}, {"entry": None}, {"pending": 5}, {"version": 1.5}, {"flow": "<script>"}, {"memory": "x" * 100},
]  # fmt: skip


async def test_a_hostile_state_is_refused_in_words(designers: Designers, admin: Person) -> None:
    begun = await step(admin, OPEN)
    for damage in HOSTILE:
        state = damage["state"] if "state" in damage else begun["state"] | damage
        status, told = await admin.ask("POST", "/api/flow-simulation", OPEN | {"state": state, "heard": {"keys": "1"}})
        assert status == 422 and told["errors"][0]["mend"], (damage, status, told)


ODD_HEARD = [
    {"keys": "1", "said": "x"}, {}, {"keys": "abc"}, {"keys": "1" * 99}, {"recorded": -1}, {"recorded": "NaN"}, {"found": "x"}, {"queue": "answered"},
    {"found": {"exit": "found"}}, {"recorded": 3}, {"said": "没有打开识别"}, {"extra": 1},
]  # fmt: skip


async def test_an_answer_that_is_none_is_refused_in_words(designers: Designers, admin: Person) -> None:
    begun = await step(admin, OPEN)
    for odd in ODD_HEARD:
        status, told = await admin.ask("POST", "/api/flow-simulation", OPEN | {"state": begun["state"], "heard": odd})
        assert status == 422 and told["errors"], (odd, status, told)


async def test_values_of_any_shape_are_remembered_without_harm(designers: Designers, admin: Person) -> None:
    forms = ("name", "number", "digits", "date", "time", "money", "weekday")
    say = {"verb": "say", "say": [*(f"{{x.a:{form}}}" for form in forms), "goodbye"], "on": {"done": "end"}}
    ask = {"verb": "act", "do": "rate", "arguments": {"score": "5"}, "store": "x", "on": {"rated": "say", "invalid": "say", "unavailable": "say"}}
    drawn = OPEN | {"sources": {"main_menu": {"flow": "main_menu", "start": "a", "node": {"a": ask, "say": say, "end": END}}}}
    asked = await step(admin, drawn)
    for value in ("NaN", "Infinity", "1e999", -1, 10**40, 1.5, True, None, [], {}, "x" * 5000, "\u0001", "2026-02-30", "25:00", 9, "日"):
        done = await step(admin, drawn, asked, found={"exit": "rated", "values": {"a": value}})
        assert done["ended"] and done["plays"][-1]["prompt"] == "goodbye", value


ODD_SOURCES: list[Any] = [
    {}, {"flow": "main_menu"}, {"flow": "main_menu", "start": "a", "node": []}, {"flow": "main_menu", "start": "a", "node": {"a": None}},
    {"flow": "main_menu", "start": "<img src=x>", "node": {"<img src=x>": {"verb": "hang_up"}}}, {"flow": "other", "start": "a", "node": {"a": END}},
    {"flow": "main_menu", "start": ["a"], "node": {"a": {"verb": ["say"]}}}, {"node": {"a": {"verb": "menu", "on": {"1": {"x": 1}}}}},
    {"flow": "main_menu", "start": "a", "node": {"a": {"verb": "say", "say": "\u0001", "on": 5}}},
]  # fmt: skip


async def test_a_hostile_source_is_kept_or_refused_but_never_live(designers: Designers, admin: Person) -> None:
    live = (await admin.fine("GET", "/api/flows"))["release"]
    for source in ODD_SOURCES:
        checked = await admin.fine("POST", "/api/flows/check", {"sources": {"main_menu": source}})
        assert checked["faults"] and all(one["rule"]["zh"] and one["mend"]["en"] for one in checked["faults"]), source
        status, told = await admin.ask("PUT", "/api/flows/main_menu/draft", {"source": source, "layout": {}})
        assert status in (200, 422), (source, told)
        if status == 200:
            assert (await admin.ask("POST", "/api/flows/publish", {"flows": ["main_menu"], "note": ""}))[0] == 409
            await admin.fine("DELETE", "/api/flows/main_menu/draft")
    assert (await admin.fine("GET", "/api/flows"))["release"] == live


async def test_a_text_with_a_nul_is_refused_by_its_field(designers: Designers, admin: Person) -> None:
    source = {"flow": "main_menu", "start": "a", "node": {"a": {"verb": "say", "say": "\u0000"}}}
    for method, path, body in (
        ("POST", "/api/flows/check", {"sources": {"main_menu": source}}),
        ("PUT", "/api/flows/main_menu/draft", {"source": source, "layout": {}}),
    ):
        status, told = await admin.ask(method, path, body)
        assert status == 422 and told["errors"][0]["field"].endswith("node.a.say"), (path, told)


async def test_what_is_no_request_is_refused(designers: Designers, admin: Person) -> None:
    for raw in (b"", b"{", b"[" * 5000, b"null", b'{"sources": {"main_menu": 3}}', b'{"sources": {"Bad Name": {}}}', b"\xff\xfe"):
        for path in ("/api/flows/check", "/api/flow-simulation", "/api/flow-cases", "/api/flows/publish"):
            status, _ = await admin.ask("POST", path, data=raw, headers={"Content-Type": "application/json"})
            assert status in (400, 422), (path, raw, status)
    for body in (b"flow = 1", b"\xff", b"[[[[", b'flow = "main_menu"\nx = ' + b"[" * 5000):
        status, _ = await admin.ask("PUT", "/api/flows/main_menu/toml", data=body, headers={"Content-Type": "text/plain"})
        assert status == 422, body[:20]
    big = io.BytesIO(b"#" * 2_000_001)
    assert (await admin.ask("PUT", "/api/flows/main_menu/toml", data=big, headers={"Content-Type": "text/plain"}))[0] == 413


async def test_two_thousand_nodes_are_drawn_checked_and_live_while_others_are_served(designers: Designers, admin: Person) -> None:
    nodes: dict[str, Any] = {f"n{one}": {"verb": "say", "say": ["goodbye"], "on": {"done": f"n{one + 1}"}} for one in range(1999)}
    source = {"flow": "main_menu", "start": "n0", "node": nodes | {"n1999": END}}
    assert (await admin.fine("PUT", "/api/flows/main_menu/draft", {"source": source, "layout": {}}))["faults"] == []
    more = source | {"node": source["node"] | {f"m{one}": END for one in range(8000)}}
    refused = await admin.fine("POST", "/api/flows/check", {"sources": {"main_menu": more}})
    assert [one["code"] for one in refused["faults"]] == ["too_many_nodes"]
