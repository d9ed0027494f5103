"""`callcenter up` on machines that cannot carry it: which part, what to do, and an exit code that is not 0."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.box import checks
from callcenter.box.up import instance_lock
from tests.component.box.instances import instance

pytestmark = pytest.mark.component
ROOT = Path(__file__).parents[3]


def up(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    base = {"PATH": os.environ["PATH"], "CALLCENTER_HOME": str(home), "CALLCENTER_OFFSET": str(instance().offset), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "callcenter", "up", *arguments]
    return subprocess.run(command, cwd=home.parent, env=base | environment, capture_output=True, text=True, timeout=60, check=False)


def tree_that_says(folder: Path, words: str) -> Path:
    """An Asterisk tree whose loader only prints a version."""
    loader = folder / "usr/lib64/ld-linux-x86-64.so.2"
    loader.parent.mkdir(parents=True)
    loader.write_text(f"#!/bin/sh\necho '{words}'\n")
    loader.chmod(0o755)
    for name in ("usr/sbin/asterisk", "usr/lib/x86_64-linux-gnu/asterisk/modules/app_queue.so"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


@pytest.fixture
def taken_port() -> Iterator[int]:
    number = instance().port("http")
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", number))
        holder.listen()
        yield number


def test_occupied_port_names_the_port_its_holder_and_the_way_out(tmp_path: Path, taken_port: int) -> None:
    done = up(tmp_path / "home")
    assert done.returncode == 2
    assert f"web port {taken_port}/tcp on 127.0.0.1 is in use by" in done.stdout
    assert f"(pid {os.getpid()})" in done.stdout
    assert "--offset" in done.stdout


def test_old_asterisk_is_refused_by_its_version(tmp_path: Path) -> None:
    old = tree_that_says(tmp_path / "pbx", "Asterisk 20.9.2")
    done = up(tmp_path / "home", CALLCENTER_PBX=str(old))
    assert done.returncode == 2
    assert "holds Asterisk 20.9.2, 22.10.1 or newer is needed" in done.stdout
    assert "CALLCENTER_PBX" in done.stdout


def test_missing_ffmpeg_is_named_with_its_package(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    done = up(tmp_path / "home", PATH=str(tmp_path / "bin"))
    assert done.returncode == 2
    assert "ffmpeg is not installed" in done.stdout
    assert "apt-get install -y ffmpeg" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_full_disk_is_refused_with_what_is_free(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        done = up(disk / "home")
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert done.returncode == 2
    assert "MB free, 500 MB are needed to start" in done.stdout
    assert "CALLCENTER_HOME" in done.stdout


def test_second_instance_in_one_home_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "run"
    folder.mkdir(parents=True)
    with instance_lock(folder):
        done = up(tmp_path / "home")
    assert done.returncode == 2
    assert f"is in use by another `callcenter up` (pid {os.getpid()})" in done.stdout
    assert not (folder / "up.lock").exists()


def test_wrong_setting_names_file_line_and_mend(tmp_path: Path) -> None:
    config = tmp_path / "callcenter.toml"
    config.write_text('[hospital]\nname_en = "Anhe"\n\n[network]\nhttp_prot = 8080\n')
    done = up(tmp_path / "home", CALLCENTER_CONFIG=str(config))
    assert done.returncode == 2
    assert f"{config}:5: network.http_prot" in done.stdout
    assert "mend: remove it or correct its name" in done.stdout


def test_unreachable_database_is_named(tmp_path: Path) -> None:
    pbx = os.environ.get("CALLCENTER_PBX") or str(ROOT / "var" / "pbx")
    if not Path(pbx, "usr/sbin/asterisk").exists():
        pytest.skip(f"no Asterisk tree in {pbx}")
    done = up(tmp_path / "home", CALLCENTER_PBX=pbx, DATABASE_URL="postgresql://callcenter@127.0.0.1:1/none")
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stdout
    assert "nothing of this instance is left running" in done.stdout


def test_refused_start_leaves_no_lock_and_no_process(tmp_path: Path, taken_port: int) -> None:
    home = tmp_path / "home"
    assert up(home).returncode == 2
    assert list((home / "run").iterdir()) == []
    alive = [link.parent.name for link in Path("/proc").glob("[0-9]*/cwd") if str(home) in _command_line(link.parent)]
    assert alive == []


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_text()
    except OSError:
        return ""


def test_free_port_is_found_free_and_stays_free() -> None:
    found = checks.port("port-test", "test", "127.0.0.1", instance().port("agi"), socket.SOCK_STREAM)
    assert found.level == "good"
    again = checks.port("port-test", "test", "127.0.0.1", instance().port("agi"), socket.SOCK_STREAM)
    assert again.level == "good"
