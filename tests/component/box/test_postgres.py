"""A real embedded PostgreSQL: made, started, reached, stopped, and nobody else let in."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from callcenter.box import places, postgres
from callcenter.settings import Settings, load_secrets
from tests.support.instances import PROJECT

pytestmark = pytest.mark.component


@pytest.fixture
def short_home() -> Iterator[Path]:
    """A home whose way is open to the database's user: pytest's own folders are closed."""
    with tempfile.TemporaryDirectory(prefix="cc-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "home"


def rights_on_the_way(path: Path) -> dict[Path, int]:
    return {folder: stat.S_IMODE(folder.stat().st_mode) for folder in (path, *path.parents) if folder.exists()}


async def test_cluster_is_made_keeps_its_data_and_knows_chinese(short_home: Path) -> None:
    with postgres.running(short_home) as url:
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE EXTENSION pg_trgm")
        await connection.execute("CREATE TABLE kept (name text)")
        await connection.execute("INSERT INTO kept VALUES ('心内科')")
        assert await connection.fetchval("SELECT count(*) FROM unnest(show_trgm('心内科'))") > 0
        assert await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        await connection.close()
    with postgres.running(short_home) as url:
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT name FROM kept") == "心内科"
        await connection.close()


def test_nothing_is_left_of_a_stopped_server(short_home: Path) -> None:
    with postgres.running(short_home):
        data = postgres.plan(Settings(home=short_home)).data
        pid = int((data / "postmaster.pid").read_text().split()[0])
    assert not Path(f"/proc/{pid}").exists()
    assert not (data / "postmaster.pid").exists()
    assert not places.runtime_path(short_home).exists()


async def test_wrong_password_is_refused_and_the_socket_is_private(short_home: Path) -> None:
    with postgres.running(short_home) as url:
        secrets = load_secrets(short_home)
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(url.replace(secrets.database, "wrong"))
        cluster = postgres.plan(Settings(home=short_home))
        assert stat.S_IMODE(cluster.socket_folder.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as somebody else")
def test_another_system_user_does_not_reach_the_server(short_home: Path) -> None:
    with postgres.running(short_home):
        cluster = postgres.plan(Settings(home=short_home))
        command = [cluster.program("psql"), "-h", str(cluster.socket_folder), "-U", "postgres", "-c", "SELECT 1", "postgres"]
        refused = subprocess.run(command, capture_output=True, text=True, user="nobody", group="nogroup", extra_groups=[], cwd="/", check=False)
    assert refused.returncode != 0
    assert "Permission denied" in refused.stderr


async def test_server_has_no_network_port(short_home: Path) -> None:
    with postgres.running(short_home) as url:
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT current_setting('listen_addresses')") == ""
        await connection.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="another system user is needed for the server only when we are root")
def test_server_runs_as_a_user_of_its_own_and_no_folder_is_widened(short_home: Path) -> None:
    places.make_home(short_home)
    way, wheel = rights_on_the_way(short_home), postgres._wheel_folder()
    before = rights_on_the_way(wheel)
    with postgres.running(short_home):
        cluster = postgres.plan(Settings(home=short_home))
        assert cluster.user == postgres.SYSTEM_USER
        pid = (cluster.data / "postmaster.pid").read_text().split()[0]
        assert Path(f"/proc/{pid}").stat().st_uid == pwd.getpwnam(postgres.SYSTEM_USER).pw_uid
        assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700
    assert rights_on_the_way(short_home) == way
    assert rights_on_the_way(wheel) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root moves the data elsewhere")
def test_home_behind_closed_doors_stays_closed(short_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SYSTEM_STATE", short_home.parent / "system")
    closed = short_home.parent / "closed"
    closed.mkdir(mode=0o700)
    home = closed / "home"
    with postgres.running(home):
        cluster = postgres.plan(Settings(home=home))
        assert cluster.data.is_relative_to(places.SYSTEM_STATE)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert postgres.plan(Settings(home=home)).data == cluster.data


@pytest.mark.skipif(os.geteuid() != 0, reason="only root copies the programs")
def test_programs_behind_closed_doors_are_copied_and_run(short_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SYSTEM_STATE", short_home.parent / "system")
    monkeypatch.setattr(places, "reachable_by_others", lambda path: path.name != "postgres")
    with postgres.running(short_home):
        assert postgres.plan(Settings(home=short_home)).programs.is_relative_to(places.SYSTEM_STATE)


def test_cluster_of_another_version_is_refused(short_home: Path) -> None:
    with postgres.running(short_home):
        cluster = postgres.plan(Settings(home=short_home))
    (cluster.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(postgres.ConfigError, match="was made by PostgreSQL 12"):
        postgres.prepare(cluster)


_PREPARE = """
import sys
from pathlib import Path
from callcenter.box import places, postgres
system, home, user = map(Path, sys.argv[1:])
places.SYSTEM_STATE, postgres.SYSTEM_USER = system, user.name
places.reachable_by_others = lambda path: path.name != "postgres"
print(flush=True)
sys.stdin.readline()
settings = postgres.Settings(home=home)
places.make_home(home)
places.runtime_folder(home)
postgres.prepare(postgres.plan(settings))
"""


@pytest.fixture
def new_user() -> Iterator[str]:
    """The name of a system user that this machine does not have, nor afterwards."""
    name = f"cc-test-{os.getpid() % 100_000}"
    yield name
    subprocess.run(["userdel", name], capture_output=True, check=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a system user and copies the programs")
def test_products_that_start_first_at_the_same_moment_do_not_meet(short_home: Path, new_user: str) -> None:
    system = short_home.parent / "system"
    (system / "programs" / f"{postgres._version_of(postgres._wheel_folder())}.new" / "left").mkdir(parents=True)  # by a start that was killed
    for folder in (system, system / "programs"):
        folder.chmod(0o711)
    homes = [short_home.parent / name / "home" for name in ("one", "two", "three")]
    command = [sys.executable, "-c", _PREPARE, str(system)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": PROJECT}
    starts = [subprocess.Popen([*command, str(home), new_user], **pipes) for home in homes]
    for start in starts:
        assert start.stdout is not None and start.stdout.readline()
    for start in starts:
        assert start.stdin is not None
        start.stdin.write("go\n")
        start.stdin.flush()
    said = [start.communicate(timeout=120)[1] for start in starts]
    for home in homes:
        places.remove_runtime(home)
    assert [start.returncode for start in starts] == [0, 0, 0], said
    assert [one.name for one in (system / "programs").iterdir()] == [postgres._version_of(postgres._wheel_folder())]


@pytest.mark.skipif(os.geteuid() != 0, reason="the lock is for what root makes for all")
def test_a_start_that_never_ends_is_told_to_the_one_who_waits(short_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SYSTEM_STATE", short_home.parent / "system")
    with places.shared_by_all(1.0), pytest.raises(postgres.ConfigError, match="held by another start"), places.shared_by_all(0.1):
        pass
