"""Rows and files agree, and both end when they are old."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from callcenter.errors import UnsafeArgument
from callcenter.recording import work
from callcenter.recording.audit import GRACE_S, Report, audit
from callcenter.recording.files import inside
from callcenter.recording.ports import RecordingFacts
from callcenter.recording.retention import purge
from callcenter.settings import Settings
from tests.component.recording.conftest import RawMaker
from tests.component.recording.memory_store import MemoryStore
from tests.fakes.clock import VirtualClock

pytestmark = pytest.mark.component
CALLS = tuple(f"node1-1795262400.{number}" for number in range(5))


@pytest.fixture
async def kept(raw: RawMaker, store: MemoryStore, settings: Settings, clock: VirtualClock) -> MemoryStore:
    """Five finished recordings."""
    for linkedid in CALLS:
        raw(linkedid, patient_s=0.3, ours_s=0.3, expected_s=0.3)
    await work.sweep(store, settings, clock)
    return store


def _age(settings: Settings, clock: VirtualClock) -> None:
    """Every file is older than the audit's grace."""
    moment = clock.now().timestamp() - 2 * GRACE_S
    for path in settings.recordings_folder.rglob("*.*"):
        if path.is_file():
            os.utime(path, (moment, moment))


async def test_what_agrees_is_reported_as_clean(kept: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    _age(settings, clock)
    report = await audit(kept, settings, clock.now(), hashes=True)
    assert report == Report()
    assert report.clean


async def test_each_difference_is_named(kept: MemoryStore, raw: RawMaker, settings: Settings, clock: VirtualClock) -> None:
    folder = settings.recordings_folder
    (folder / kept.rows[CALLS[0]].file).unlink()
    (folder / kept.rows[CALLS[1]].file).write_bytes(b"other")
    await kept.save(RecordingFacts(CALLS[2], "", 0.0, 0, "", "There is no audio."))
    (folder / "raw" / f"{CALLS[3]}-rx.wav").write_bytes(b"left over")
    raw("node1-1795262400.9", patient_s=0.3, ours_s=0.3)
    kept.calls["node1-1795262400.9"] = kept.calls["node1-1795262400.9"].__class__("node1-1795262400.9", "", 1.0, clock.now() - timedelta(hours=1))
    _age(settings, clock)
    report = await audit(kept, settings, clock.now(), hashes=True)
    assert report.rows_without_file == (CALLS[0],)
    assert report.rows_with_other_bytes == (CALLS[1],)
    assert report.calls_without_audio == (CALLS[2],)
    assert report.files_without_row == (f"2026/11/21/{CALLS[2]}.ogg",)
    assert report.raw_left_over == (f"raw/{CALLS[3]}-rx.wav",)
    assert report.calls_without_row == ("node1-1795262400.9",)
    assert not report.clean


async def test_only_what_is_older_than_the_limit_is_purged(kept: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    kept.created[CALLS[0]] = clock.now() - timedelta(days=settings.recording.keep_days, seconds=1)
    kept.created[CALLS[1]] = clock.now() - timedelta(days=settings.recording.keep_days, seconds=-1)
    assert await purge(kept, settings, clock.now()) == 1
    assert list(kept.purged) == [CALLS[0]]
    assert not (settings.recordings_folder / kept.rows[CALLS[0]].file).exists()
    assert (settings.recordings_folder / kept.rows[CALLS[1]].file).exists()


async def test_purging_goes_through_every_page_and_leaves_the_proof(kept: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    clock.advance((settings.recording.keep_days + 1) * 86_400)
    assert await purge(kept, settings, clock.now()) == len(CALLS)
    assert set(kept.purged) == set(CALLS)
    assert {reason for _, reason in kept.purged.values()} == {"older than 365 days"}
    assert all(kept.rows[key].sha256 for key in CALLS)
    assert list(settings.recordings_folder.rglob("*.ogg")) == []
    assert await purge(kept, settings, clock.now()) == 0


async def test_killed_between_file_and_mark_is_marked_by_the_next_run(kept: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    clock.advance((settings.recording.keep_days + 1) * 86_400)
    (settings.recordings_folder / kept.rows[CALLS[0]].file).unlink()
    assert await purge(kept, settings, clock.now()) == len(CALLS)
    assert CALLS[0] in kept.purged


async def test_a_row_that_names_a_file_outside_purges_nothing(kept: MemoryStore, settings: Settings, clock: VirtualClock) -> None:
    secret = settings.home / "secrets.json"
    secret.write_text("{}")
    await kept.save(RecordingFacts("node1-1795262400.8", "../secrets.json", 1.0, 2, "x"))
    clock.advance((settings.recording.keep_days + 1) * 86_400)
    await purge(kept, settings, clock.now())
    assert secret.exists()
    assert "node1-1795262400.8" not in kept.purged


def test_a_link_out_of_the_folder_is_refused(settings: Settings) -> None:
    (settings.home / "secret.ogg").write_bytes(b"x")
    (settings.recordings_folder / "link.ogg").symlink_to(settings.home / "secret.ogg")
    with pytest.raises(UnsafeArgument):
        inside(settings.recordings_folder, "link.ogg")
