"""`callcenter db`: psql, pg_dump and pg_restore on the product's database, with the programs that fit its version.

In: settings with the database's URL. Out: their exit code, or a dump file of mode 600. The password goes by the environment, not the command line.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from callcenter.box.places import is_locked
from callcenter.box.postgres import DATABASE, DatabaseFailed, as_superuser, ensure_database, plan, running
from callcenter.errors import ConfigError
from callcenter.settings import Settings, load_secrets


def psql(settings: Settings, arguments: Sequence[str]) -> int:
    """Runs in this terminal."""
    address, environment = _reach(settings)
    return subprocess.run([plan(settings).program("psql"), *arguments, address], env=environment, check=False).returncode


def dump(settings: Settings, target: Path) -> None:
    """A custom-format dump; appears under its name only when it is whole. Raises ConfigError, DatabaseFailed."""
    if target.exists():
        raise ConfigError(str(target), "is there already", "name a new file")
    address, environment = _reach(settings)
    fresh = target.with_name(target.name + ".part")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        done = subprocess.run([plan(settings).program("pg_dump"), "-Fc", address], stdout=file, stderr=subprocess.PIPE, env=environment, check=False)
        os.fsync(file.fileno())
    if done.returncode:
        fresh.unlink()
        raise DatabaseFailed(f"pg_dump: {done.stderr.decode(errors='replace').strip()}")
    fresh.replace(target)


def restore(settings: Settings, source: Path) -> None:
    """Puts a dump in the place of what is there. The product must not run. Raises ConfigError, DatabaseFailed."""
    if not source.is_file():
        raise ConfigError(str(source), "is no file", "name a file that `callcenter db dump` wrote")
    if is_locked(settings.run_folder):
        raise ConfigError(str(settings.home), "is in use by `callcenter up`", "stop it, restore, start it again")
    if settings.database_url:
        _load(settings, source, ("--clean", "--if-exists"))
        return
    with running(settings.home, may_create=False) as url:
        secrets, cluster = load_secrets(settings.home), plan(settings)
        as_superuser(cluster, f"DROP DATABASE {DATABASE} WITH (FORCE)")
        ensure_database(cluster, secrets.database)
        _load(settings.model_copy(update={"database_url": url}), source, ("--exit-on-error",))


def _load(settings: Settings, source: Path, options: Sequence[str]) -> None:
    address, environment = _reach(settings)
    command = [plan(settings).program("pg_restore"), "--no-owner", "--no-privileges", *options, "-d", address, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise DatabaseFailed(f"pg_restore: {done.stderr.strip()[-600:]}")


def _reach(settings: Settings) -> tuple[str, dict[str, str]]:
    """The URL without its password, and an environment that carries it."""
    parts = urlsplit(settings.database_url)
    scheme = parts.scheme.split("+")[0]
    place = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}@" if parts.username else ""
    environment = dict(os.environ) | ({"PGPASSWORD": unquote(parts.password)} if parts.password else {})
    return urlunsplit((scheme, user + place, parts.path, parts.query, "")) if user + place else settings.database_url, environment
