"""`callcenter db`: psql and pg_dump on the product's database, with the programs that fit its version.

In: settings with the database's URL. Out: their exit code, or a dump file of mode 600. The password goes by the environment, not the command line.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from callcenter.box.postgres import DatabaseFailed, plan
from callcenter.errors import ConfigError
from callcenter.settings import Settings


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


def _reach(settings: Settings) -> tuple[str, dict[str, str]]:
    """The URL without its password, and an environment that carries it."""
    parts = urlsplit(settings.database_url)
    scheme = parts.scheme.split("+")[0]
    place = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}@" if parts.username else ""
    environment = dict(os.environ) | ({"PGPASSWORD": unquote(parts.password)} if parts.password else {})
    return urlunsplit((scheme, user + place, parts.path, parts.query, "")) if user + place else settings.database_url, environment
