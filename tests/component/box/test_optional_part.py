"""A part that may be away: nothing waits for it, its failures stop nothing, it is tried again for ever."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from callcenter.box.doctor import _speech
from callcenter.box.findings import Level
from callcenter.box.parts import Part
from callcenter.box.supervisor import Supervisor
from callcenter.settings import Timeouts
from tests.support.waiting import until

pytestmark = pytest.mark.component


async def test_an_optional_part_that_always_fails_holds_nobody_up_and_is_tried_again(tmp_path: Path) -> None:
    supervisor = Supervisor(Timeouts(part_start_s=5, shutdown_grace_s=1), tmp_path, tmp_path, tmp_path)
    note = tmp_path / "tries"
    tries = f"open({str(note)!r}, 'a').write('x'); raise SystemExit(3)"
    await supervisor.start(Part("fails", [sys.executable, "-c", tries], heartbeat=True, optional=True))
    await until(lambda: note.exists() and len(note.read_text()) >= 3, 20, "tried again")
    assert supervisor.keepers["fails"].restarts >= 2
    await supervisor.stop()


async def test_an_optional_program_that_is_not_there_stops_nothing(tmp_path: Path) -> None:
    supervisor = Supervisor(Timeouts(part_start_s=5, shutdown_grace_s=1), tmp_path, tmp_path, tmp_path)
    await supervisor.start(Part("absent", ["/nowhere/speech"], heartbeat=True, optional=True))
    await until(lambda: supervisor.keepers["absent"].restarts >= 2, 20, "tried again")
    await supervisor.stop()


def test_doctor_never_calls_speech_a_fault_and_tells_the_mend() -> None:
    assert _speech("ok").level is Level.GOOD
    told = _speech("not installed yet; mend: run `tools/bootstrap.sh speech`")
    assert told.level is Level.NOTE and told.mend == "run `tools/bootstrap.sh speech`"
