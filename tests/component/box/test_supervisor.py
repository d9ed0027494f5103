"""The supervisor with real processes: they die, freeze, refuse to start, refuse to stop."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.box.parts import Part, trim_log
from callcenter.box.supervisor import PartFailed, Supervisor
from callcenter.settings import Timeouts
from tests.fakes.waiting import until

pytestmark = pytest.mark.component
FAKE = Path(__file__).with_name("fake_part.py")
ROOT = Path(__file__).parents[3]
TIMEOUTS = Timeouts(heartbeat_limit_s=0.6, shutdown_grace_s=0.3, part_start_s=5.0)


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    made = Supervisor(TIMEOUTS, tmp_path, tmp_path, tmp_path)
    yield made
    await made.stop()


def fake(folder: Path, *words: str, standby: bool = False) -> Part:
    environment = {"FAKE_PIDS": str(folder / "pids"), "PYTHONPATH": str(ROOT)}
    return Part("fake", [sys.executable, str(FAKE), *words], environment=environment, heartbeat=True, standby=standby)


def pids(folder: Path) -> list[int]:
    path = folder / "pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state not in ("Z", "X")


async def test_part_that_dies_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(fake(tmp_path, "beat"))
    first = pids(tmp_path)[0]
    os.kill(first, signal.SIGKILL)
    await until(lambda: len(pids(tmp_path)) == 2)
    assert not lives(first)
    assert lives(pids(tmp_path)[1])


async def test_part_whose_pid_cannot_be_noted_works_all_the_same(tmp_path: Path) -> None:
    supervisor = Supervisor(TIMEOUTS, tmp_path, tmp_path, tmp_path / "no such folder")
    try:
        await supervisor.start(fake(tmp_path, "beat"))
        assert [lives(pid) for pid in pids(tmp_path)] == [True]
    finally:
        await supervisor.stop()


def test_log_that_has_no_room_for_an_older_one_is_emptied(tmp_path: Path) -> None:
    log = tmp_path / "serve.log"
    log.write_bytes(b"x" * 5000)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, usual[1]))
        trim_log(log, limit=2000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert log.stat().st_size == 0
    assert [path.name for path in tmp_path.iterdir()] == ["serve.log"]


async def test_frozen_part_is_killed_and_replaced_within_its_limit(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(fake(tmp_path, "beat"))
    first = pids(tmp_path)[0]
    os.kill(first, signal.SIGSTOP)
    frozen_at = time.monotonic()
    await until(lambda: not lives(first))
    assert time.monotonic() - frozen_at < TIMEOUTS.heartbeat_limit_s + 0.5
    await until(lambda: len(pids(tmp_path)) == 2)


async def test_silent_part_is_replaced_even_though_it_runs(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(fake(tmp_path, "mute"))
    await until(lambda: len(pids(tmp_path)) >= 2)
    assert not lives(pids(tmp_path)[0])


async def test_living_part_is_left_alone(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(fake(tmp_path, "beat"))
    began = time.monotonic()
    await until(lambda: time.monotonic() - began > 2.5 * TIMEOUTS.heartbeat_limit_s)
    assert len(pids(tmp_path)) == 1
    assert supervisor.keepers["fake"].restarts == 0


async def test_standby_takes_over_faster_than_a_fresh_start(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(fake(tmp_path, "beat", standby=True))
    keeper = supervisor.keepers["fake"]
    await until(lambda: keeper.standby is not None)
    warm = keeper.standby
    assert warm is not None
    first = pids(tmp_path)[0]
    os.kill(first, signal.SIGKILL)
    await until(lambda: len(pids(tmp_path)) == 2)
    assert pids(tmp_path)[1] == warm.process.pid
    await until(lambda: keeper.standby is not None and keeper.standby is not warm)


async def test_dead_standby_is_replaced_before_it_is_needed(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(fake(tmp_path, "beat", standby=True))
    keeper = supervisor.keepers["fake"]
    await until(lambda: keeper.standby is not None)
    assert keeper.standby is not None
    dead = keeper.standby.process.pid
    os.kill(dead, signal.SIGKILL)
    await until(lambda: keeper.standby is not None and keeper.standby.process.pid != dead)
    assert len(pids(tmp_path)) == 1


async def test_part_that_cannot_start_says_why(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(PartFailed, match=r"fake: ended with exit code 7\s+the last words of a fake"):
        await supervisor.start(fake(tmp_path, "exit", "7"))


async def test_part_without_a_program_says_so(supervisor: Supervisor) -> None:
    with pytest.raises(PartFailed, match=r"fake: cannot be run: .*No such file"):
        await supervisor.start(Part("fake", ["/nonexistent/program"]))


async def test_part_that_never_gets_ready_is_given_up(tmp_path: Path) -> None:
    supervisor = Supervisor(Timeouts(part_start_s=0.5, shutdown_grace_s=0.3), tmp_path, tmp_path, tmp_path)
    with pytest.raises(PartFailed, match=r"was not ready after 0\.5 s"):
        await supervisor.start(fake(tmp_path, "never"))
    await supervisor.stop()
    assert not any(lives(pid) for pid in pids(tmp_path))


async def test_part_that_ignores_the_stop_signal_is_ended_all_the_same(tmp_path: Path) -> None:
    supervisor = Supervisor(TIMEOUTS, tmp_path, tmp_path, tmp_path)
    await supervisor.start(fake(tmp_path, "stubborn"))
    await supervisor.stop()
    assert not lives(pids(tmp_path)[0])
    assert sorted(os.listdir(tmp_path)) == ["fake.log", "pids"]


def test_children_die_with_a_killed_parent(tmp_path: Path) -> None:
    code = f"""
import asyncio, pathlib
from callcenter.box.supervisor import Supervisor
from callcenter.settings import Timeouts
from tests.component.box.test_supervisor import fake
async def main():
    folder = pathlib.Path({str(tmp_path)!r})
    await Supervisor(Timeouts(), folder, folder, folder).start(fake(folder, "stubborn", standby=True))
    print("up", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        try:
            assert parent.stdout is not None
            assert b"up\n" in iter(parent.stdout.readline, b"")
            children = [int(pid) for pid in Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()]
        finally:
            parent.kill()
    deadline = time.monotonic() + 5
    while any(lives(pid) for pid in children) and time.monotonic() < deadline:
        os.sched_yield()
    assert children
    assert not [pid for pid in children if lives(pid)]


async def test_removed_log_file_does_not_end_supervision(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(fake(tmp_path, "beat"))
    os.unlink(tmp_path / "fake.log")
    began = time.monotonic()
    await until(lambda: time.monotonic() - began > 1.5 * TIMEOUTS.heartbeat_limit_s)
    assert len(pids(tmp_path)) == 1
    os.kill(pids(tmp_path)[0], signal.SIGKILL)
    await until(lambda: len(pids(tmp_path)) == 2)


def test_grown_log_is_cut_and_one_older_file_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    log.write_bytes(b"x" * 1000)
    trim_log(log, limit=1000)
    assert log.stat().st_size == 1000
    trim_log(log, limit=999)
    assert log.stat().st_size == 0
    assert (tmp_path / "part.log.1").stat().st_size == 1000
