"""A place for one running instance: an offset nobody else uses, and a home of its own.

In: a folder. Out: settings. The offset is held by a lock of the kernel, so test runs side by side do not meet; it is free when its holder dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from callcenter import settings as settings_module
from callcenter.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
PBX = Path(os.environ.get("CALLCENTER_PBX", PROJECT / "var" / "pbx"))
_TCP = ("http", "asterisk_http", "ami", "agi", "aeap")


@contextlib.contextmanager
def free_offset() -> Iterator[int]:
    """An offset whose ports are free, ours until the block ends."""
    for offset in range(10000, 0, -1000):
        path = Path(tempfile.gettempdir()) / f"callcenter-offset-{offset}.lock"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if _taken(handle) or not _ports_are_free(offset):
                continue
            yield offset
            return
        finally:
            os.close(handle)
    raise RuntimeError("no offset is free: stop other instances of this product first")


@contextlib.contextmanager
def open_home(name: str) -> Iterator[Path]:
    """A home that the database's system user can reach, so that all of an instance lies in it; gone with everything when the block ends."""
    with tempfile.TemporaryDirectory(prefix=f"cc-{name}-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "home"


# Where it is not the waiting that is tried out: on a machine that many tests share, a store that is slow is not away,
# and a controller that is slow not frozen.
UNHURRIED = "[timeouts]\ncaller_lookup_s = 4.0\nstore_patience_s = 3.0\nstore_s = 6.0\nheartbeat_limit_s = 20.0\n"


def configuration(home: Path, more: str = "") -> dict[str, str]:
    """The environment of an instance in `home`. Without its speech part: reading models and names in would take the machine from those that ring.
    `more`: TOML."""
    home.parent.mkdir(parents=True, exist_ok=True)
    file = home.parent / "callcenter.toml"
    file.write_text("[speech]\nenabled = false\n" + more, encoding="utf-8")
    return {"CALLCENTER_HOME": str(home), "CALLCENTER_PBX": str(PBX), "CALLCENTER_CONFIG": str(file)}


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _ports_are_free(offset: int) -> bool:
    settings = Settings(offset=offset)
    wanted = [(socket.SOCK_STREAM, settings.port(name)) for name in _TCP] + [(socket.SOCK_DGRAM, settings.port("sip"))]
    return all(_is_free(kind, port) for kind, port in wanted)


def _is_free(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def settings_for(home: Path, offset: int) -> Settings:
    """Of an instance in `home`; the environment of the test run does not count."""
    return settings_module.load({"home": home, "pbx": PBX, "offset": offset}, environment={})
