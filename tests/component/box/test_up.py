"""`callcenter up` from nothing to the ready line and back, with real PostgreSQL, Asterisk, controller and worker."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callcenter.box import checks, places
from tests.component.box.instances import instance

pytestmark = pytest.mark.component
ROOT = Path(__file__).parents[3]
PBX = Path(os.environ.get("CALLCENTER_PBX") or ROOT / "var" / "pbx")
START_S = 120.0
STOP_S = 60.0


@pytest.fixture
def home() -> Iterator[Path]:
    if not (PBX / "usr/sbin/asterisk").exists():
        pytest.skip(f"no Asterisk tree in {PBX}: run `make pbx`")
    with tempfile.TemporaryDirectory(prefix="cc-up-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "home"


@contextmanager
def running(home: Path) -> Iterator[subprocess.Popen[str]]:
    """An `up` that has said `ready`; killed at the end when the test has not ended it."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "CALLCENTER_HOME": str(home), "CALLCENTER_PBX": str(PBX)}
    command = [sys.executable, "-m", "callcenter", "up", "--offset", str(instance().offset)]
    with (home.parent / "said").open("w+") as said:
        process = subprocess.Popen(command, cwd=home.parent, env=environment, stdout=said, stderr=subprocess.STDOUT, text=True)
        try:
            wait_for(lambda: process.poll() is not None or re.search(r"^ready in", words(home), re.MULTILINE), START_S)
            assert process.poll() is None, words(home)
            yield process
        finally:
            process.kill()
            process.wait()


def words(home: Path) -> str:
    return (home.parent / "said").read_text()


def parts(home: Path) -> list[str]:
    """Those that have a process; speech, without which a hotline is ready too, comes last."""
    return sorted(path.stem for path in (home / "run").glob("*.pid"))


def wait_for(condition: Callable[[], object], limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        os.sched_yield()
        signal.sigtimedwait([], 0.05)


def left_behind(home: Path) -> list[str]:
    """Processes that name this home, and ports of the instance that are not free."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes() + b"\0" + (folder / "environ").read_bytes()
            state = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if str(home).encode() in line and state != "Z":
            found.append(f"process {folder.name}: {line[:120]!r}")
    return found + [one.says for one in checks.ports(instance()) if one.level != "good"]


def test_term_ends_everything_in_order_and_leaves_nothing(home: Path) -> None:
    with running(home) as process:
        with urllib.request.urlopen(f"http://127.0.0.1:{instance().port('http')}/api/health", timeout=10) as answer:
            assert answer.status == 200
        wait_for(lambda: parts(home) == ["asterisk", "postgres", "serve", "speech", "work"], START_S)
        process.terminate()
        assert process.wait(STOP_S) == 0
    order = re.findall(r'"name": "(\w+)", "event": "part stopped"', words(home))
    assert order == ["speech", "serve", "work", "asterisk", "postgres"]
    assert left_behind(home) == []
    assert [path.name for path in (home / "run").iterdir() if path.suffix in (".pid", ".lock")] == []
    assert not places.runtime_path(home).exists()


def test_kill_leaves_no_process_and_no_port_and_the_next_start_works(home: Path) -> None:
    with running(home) as process:
        process.kill()
        process.wait()
        wait_for(lambda: not left_behind(home), 20.0)
    with running(home) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_S) == 0
    assert left_behind(home) == []


def test_killed_asterisk_and_database_come_back(home: Path) -> None:
    with running(home) as process:
        for name in ("asterisk", "postgres"):
            pid_file = home / "run" / f"{name}.pid"
            before = int(pid_file.read_text())
            os.kill(before, signal.SIGKILL)
            wait_for(lambda path=pid_file, old=before: int(path.read_text() or old) != old, 30.0)
        with socket.create_connection(("127.0.0.1", instance().port("ami")), timeout=10) as ami:
            assert ami.recv(64).startswith(b"Asterisk Call Manager")
        process.terminate()
        assert process.wait(STOP_S) == 0
    assert left_behind(home) == []
