"""Prompts as people change them, and as running calls then hear them."""

from __future__ import annotations

import asyncio
import io
import subprocess
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from callcenter.commands import Prompt
from callcenter.speech import shape
from tests.component.flows.conftest import Person
from tests.component.prompts.conftest import SOUNDS, Hall
from tests.support.waiting import until

pytestmark = pytest.mark.component
TEXT = {"zh": "今天下雪, 门诊照常。", "en": "It snows today; the clinics are open."}


def wav(seconds: float, rate: int = 16_000, level: float = 0.2, channels: int = 1) -> bytes:
    """A voice-like sound: a tone that comes and goes."""
    at = np.arange(int(seconds * rate)) / rate
    samples = (level * np.sin(2 * np.pi * 440 * at) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * at)) * 32767).astype("<i2")
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(samples, channels).tobytes())
    return made.getvalue()


async def test_the_list_names_every_shipped_prompt_with_its_length_and_its_uses(admin: Person) -> None:
    everything = await admin.fine("GET", "/api/prompts?limit=1000")
    menu = next(one for one in everything["items"] if one["id"] == "main_menu")
    assert everything["total"] == len(everything["items"]) > 300 and everything["next"] is None
    assert menu["shipped"] and menu["version"] == 0 and menu["source"] == {"zh": "shipped", "en": "shipped"}
    assert menu["duration_s"]["zh"] == pytest.approx((SOUNDS / "zh/main_menu.alaw").stat().st_size / 8000, abs=0.01)
    assert any(place["flow"] == "main_menu" for place in menu["used_in"])
    page = await admin.fine("GET", "/api/prompts?limit=2")
    assert page["next"] == page["items"][-1]["id"] and page["total"] == everything["total"]
    after = await admin.fine("GET", f"/api/prompts?limit=2&after={page['next']}")
    assert [one["id"] for one in after["items"]] == [one["id"] for one in everything["items"][2:4]]
    found = await admin.fine("GET", "/api/prompts?q=main_menu&flow=main_menu&used=yes")
    assert "main_menu" in [one["id"] for one in found["items"]]


async def test_a_new_prompt_is_spoken_at_once_and_heard_within_a_second(hall: Hall, admin: Person) -> None:
    await hall.start_speech()
    await until(lambda: admin.fine("GET", "/api/prompts?q=goodbye"), 5)
    made = await admin.fine("POST", "/api/prompts", {"id": "snow", "text": TEXT})
    assert made["source"] == {"zh": "tts", "en": "tts"} and made["faults"] == {} and made["version"] == 3
    began = time.monotonic()
    await until(lambda: "snow" in hall.node_voice.ids(), 5, "the running node speaks it")
    assert time.monotonic() - began < 5
    (file,) = await hall.node_voice.files((Prompt("snow"),), "zh")
    assert file == "own/zh/custom/snow-1" and (hall.settings.home / "sounds/zh/custom/snow-1.alaw").exists()
    heard = await admin.fine("GET", "/api/prompts/snow/audio/zh")
    with wave.open(io.BytesIO(heard)) as played:
        assert (played.getframerate(), played.getnchannels()) == (8000, 1)


async def test_without_a_voice_a_prompt_is_kept_and_what_is_missing_is_said(admin: Person) -> None:
    made = await admin.fine("POST", "/api/prompts", {"text": TEXT})
    assert made["source"] == {"zh": "none", "en": "none"} and set(made["faults"]) == {"zh", "en"} and made["id"].startswith("own_")
    status, told = await admin.ask("POST", f"/api/prompts/{made['id']}/speak", {"language": "zh"})
    assert (status, told["type"]) == (503, "speech_unavailable") and "mend" in told["detail"]


async def test_a_brought_sound_is_as_loud_as_the_shipped_ones_and_can_be_taken_back(hall: Hall, admin: Person) -> None:
    changed = await admin.fine("PUT", "/api/prompts/goodbye/audio/zh?source=recorded", data=wav(2.0, rate=96_000, level=0.01, channels=2))
    assert changed["source"]["zh"] == "recorded" and changed["duration_s"]["zh"] == pytest.approx(2.0, abs=0.2) and changed["version"] == 2
    await until(lambda: hall.node_voice.overlay.files.get("zh", {}).get("goodbye"), 5, "heard by callers")
    level = shape.measure((hall.settings.home / "sounds/zh/custom/goodbye-1.alaw").read_bytes())
    assert abs(level.rms_db - shape.SPEECH_RMS_DB) < 2.5 and level.peak_db <= shape.PEAK_DB + 0.6
    again = await admin.fine("PUT", "/api/prompts/goodbye/audio/zh", data=wav(1.0))
    assert again["source"]["zh"] == "upload"
    await until(lambda: hall.node_voice.overlay.files["zh"].get("goodbye") == "own/zh/custom/goodbye-2", 5)
    await admin.fine("DELETE", "/api/prompts/goodbye/audio/zh")
    await until(lambda: "goodbye" not in hall.node_voice.overlay.files["zh"], 5, "the shipped sound is back")
    assert await hall.node_voice.files((Prompt("goodbye"),), "zh") == ("goodbye",)
    told = await admin.fine("GET", "/api/prompts/goodbye/history")
    assert [one["action"] for one in told["items"]] == ["restore", "upload", "recorded"]


def film(path: Path, *, sound: bool) -> bytes:
    tone = ["-f", "lavfi", "-i", "sine=frequency=500:duration=1.5"] if sound else []
    picture = ["-f", "lavfi", "-i", "color=c=red:s=64x64:d=1.5"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *picture, *tone, "-shortest", str(path)], check=True, timeout=60)
    return path.read_bytes()


async def test_what_cannot_be_a_prompt_is_refused_with_the_reason(admin: Person, tmp_path: Path) -> None:
    refused = {
        "empty": b"",
        "not_audio": b"this is no sound at all, but a letter to the hospital\n" * 50,
        "too_short": wav(0.1),
        "too_long": wav(600, rate=8000),
        "no_sound": film(tmp_path / "mute.mp4", sound=False),
    }
    for code, body in refused.items():
        status, told = await admin.ask("PUT", "/api/prompts/goodbye/audio/zh", data=io.BytesIO(body))
        assert (status, told["type"]) == (422, code), told
        assert told["errors"][0]["field"] == "audio" and told["errors"][0]["mend"]
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n"
    status, told = await admin.ask("PUT", "/api/prompts/goodbye/audio/zh", data=playlist)
    assert (status, told["type"]) == (422, "not_audio")
    assert (await admin.fine("GET", "/api/prompts/goodbye"))["version"] == 0


async def test_a_film_with_sound_is_its_sound(admin: Person, tmp_path: Path) -> None:
    changed = await admin.fine("PUT", "/api/prompts/goodbye/audio/en", data=film(tmp_path / "film.mp4", sound=True))
    assert changed["duration_s"]["en"] == pytest.approx(1.5, abs=0.3)


async def test_a_file_of_a_gigabyte_is_refused_before_it_is_read(hall: Hall, admin: Person) -> None:
    url = hall.server.make_url("/api/prompts/goodbye/audio/zh")
    cookies = "; ".join(f"{name}={one.value}" for name, one in admin.client.session.cookie_jar.filter_cookies(url).items())
    reader, writer = await asyncio.open_connection("127.0.0.1", url.port)
    writer.write(
        f"PUT {url.path} HTTP/1.1\r\nHost: 127.0.0.1:{url.port}\r\nCookie: {cookies}\r\nX-CSRF-Token: {admin.csrf}\r\n"
        f"Content-Type: audio/wav\r\nContent-Length: {2**30}\r\n\r\n".encode()
    )
    async with asyncio.timeout(10):
        told = await reader.readuntil(b"}]}") if b" 413 " in await reader.readline() else b""
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)
    assert b"too_large" in told
    status, told = await admin.ask("PUT", "/api/prompts/goodbye/audio/zh", data=io.BytesIO(bytes(21_000_000)))
    assert (status, told["type"]) == (413, "too_large")
    assert not list((hall.settings.home / "sounds/incoming").glob("*"))


async def test_other_words_are_spoken_anew_and_a_stale_change_is_refused(hall: Hall, admin: Person) -> None:
    await hall.start_speech()
    changed = await admin.fine("PATCH", "/api/prompts/goodbye", {"version": 0, "text": TEXT})
    assert changed["text"] == TEXT and changed["source"] == {"zh": "tts", "en": "tts"}
    status, told = await admin.ask("PATCH", "/api/prompts/goodbye", {"version": 0, "text": TEXT})
    assert (status, told["type"]) == (409, "stale") and told["current"]["version"] == changed["version"]
    said = [line.text for line in hall.tones.said]
    assert TEXT["zh"] in said and TEXT["en"] in said


async def test_what_a_person_recorded_is_not_replaced_by_the_voice(hall: Hall, admin: Person) -> None:
    await hall.start_speech()
    brought = await admin.fine("PUT", "/api/prompts/goodbye/audio/zh?source=recorded", data=wav(1.0))
    changed = await admin.fine("PATCH", "/api/prompts/goodbye", {"version": brought["version"], "text": TEXT})
    assert changed["source"] == {"zh": "recorded", "en": "tts"}


async def test_only_what_nothing_names_can_be_deleted(hall: Hall, admin: Person) -> None:
    await admin.fine("POST", "/api/prompts", {"id": "snow", "text": TEXT})
    status, told = await admin.ask("POST", "/api/prompts", {"id": "snow", "text": TEXT})
    assert (status, told["type"]) == (409, "taken")
    status, told = await admin.ask("POST", "/api/prompts", {"id": "goodbye", "text": TEXT})
    assert (status, told["type"]) == (409, "taken")
    status, told = await admin.ask("DELETE", "/api/prompts/goodbye")
    assert (status, told["type"]) == (409, "shipped")
    await hall.database.run(lambda session: _draft(session, "snow"))
    status, told = await admin.ask("DELETE", "/api/prompts/snow")
    assert (status, told["type"]) == (409, "in_use") and told["by"] == [{"flow": "winter", "node": "hello"}]
    await hall.database.run(lambda session: _draft(session, "goodbye"))
    status, _ = await admin.ask("DELETE", "/api/prompts/snow")
    assert status == 204
    status, _ = await admin.ask("GET", "/api/prompts/snow")
    assert status == 404


async def _draft(session: object, prompt: str) -> None:
    """A draft that names `prompt`."""
    from crm.telephony import flows
    from tests.fakes.clock import VirtualClock

    by = flows.By(None, VirtualClock().now())
    known = await flows.titles(session)  # type: ignore[arg-type]
    if "winter" not in known:
        await flows.create(session, by, "winter", ("冬天", "Winter"))  # type: ignore[arg-type]
    source = {"flow": "winter", "start": "hello", "node": {"hello": {"verb": "hang_up", "say": [f"zh:{prompt}"]}}}
    lock = (await flows.drafts(session))["winter"].lock  # type: ignore[arg-type]
    await flows.save_draft(session, by, "winter", flows.Draft(source, {}, lock), 0)  # type: ignore[arg-type]


async def test_who_may_not_change_prompts_is_told_so(hall: Hall) -> None:
    agent, supervisor = await hall.person("agent01"), await hall.person("supervisor01")
    assert (await agent.ask("GET", "/api/prompts"))[0] == 403
    assert (await supervisor.ask("GET", "/api/prompts"))[0] == 200
    assert (await supervisor.ask("DELETE", "/api/prompts/goodbye"))[0] == 403
    assert (await agent.ask("PUT", "/api/prompts/goodbye/audio/zh", data=wav(1)))[0] == 403


async def test_a_restart_without_a_database_speaks_what_was_spoken_last(hall: Hall, admin: Person) -> None:
    from callcenter.crm_gateway.prompts import CrmPrompts
    from callcenter.ivr import prompts

    await admin.fine("PUT", "/api/prompts/goodbye/audio/zh", data=wav(1.0))
    await until(lambda: hall.node_voice.overlay.files.get("zh", {}).get("goodbye"), 5)
    later = prompts.Voice(hall.node_voice.shipped)
    CrmPrompts(None, hall.settings.sounds_folder, later.put_over, lambda _words: None)  # type: ignore[arg-type]
    assert await later.files((Prompt("goodbye"),), "zh") == ("own/zh/custom/goodbye-1",)


async def test_a_name_is_rendered_ahead_and_again_when_somebody_says_how_it_is_read(hall: Hall, admin: Person) -> None:
    await hall.start_speech()
    hall.tasks.append(asyncio.create_task(hall.names.run(), name="test:names"))
    await admin.fine("POST", "/api/departments", {"code": "snow", "name_zh": "冰雪科", "name_en": "Snow"})
    await until(lambda: hall.names.kept("冰雪科", "zh"), 20, "rendered ahead")
    first = hall.names.kept("冰雪科", "zh")
    await admin.fine("POST", "/api/pronunciations", {"text": "冰雪科", "language": "zh", "say": "bing1 xue3 ke1"})
    await until(lambda: hall.names.told_how("冰雪科", "zh"), 5, "the reading is known")
    await until(lambda: hall.names.kept("冰雪科", "zh"), 20, "rendered with it")
    assert hall.names.kept("冰雪科", "zh") != first
    assert "冰{bing1}雪{xue3}科{ke1}" in [line.spoken for line in hall.tones.said]


async def test_a_reading_that_does_not_fit_its_text_is_refused(admin: Person) -> None:
    status, told = await admin.ask("POST", "/api/pronunciations", {"text": "单小红", "language": "zh", "say": "shan4 xiao3"})
    assert (status, told["errors"][0]["field"]) == (422, "say") and "2" in told["errors"][0]["rule"]
    await admin.fine("POST", "/api/pronunciations", {"text": "单小红", "language": "zh", "say": "善小红"})


async def test_a_name_nobody_rendered_is_there_for_the_next_caller(hall: Hall) -> None:
    began = time.monotonic()
    assert await hall.names.asked("赵钱孙", "zh") == ""
    assert time.monotonic() - began < 2
    await hall.start_speech()
    await until(lambda: hall.names.asked("赵钱孙", "zh"), 10, "spoken")
    assert hall.names.kept("赵钱孙", "zh").startswith("own/zh/tts/")
