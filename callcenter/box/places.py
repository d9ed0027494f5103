"""Where one instance keeps what cannot lie in its home: sockets with short paths, and what another system user must reach.

In: the home folder. Out: folders, made when asked for, never with wider rights than 711 for a way through and 700 for content.
Rights of a folder that is already there are never changed.
A unix socket's path may have 107 bytes: unix(7).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callcenter.errors import ConfigError

_WAY_THROUGH = 0o711
_PRIVATE = 0o700
LOCK = "up.lock"
SYSTEM_STATE = Path("/var/lib/callcenter")
_LOOK_AGAIN_S = 0.05


def is_root() -> bool:
    return os.geteuid() == 0


def instance_id(home: Path) -> str:
    """Short and stable for one home."""
    return hashlib.sha256(str(home.absolute()).encode()).hexdigest()[:10]


def make_home(home: Path) -> None:
    """The home folder; content below it is private, root's home can be passed through by the database's user."""
    _make(home, _WAY_THROUGH if is_root() else _PRIVATE)


def make_way(path: Path) -> None:
    """Folders that any user may pass and none may list."""
    _make(path, _WAY_THROUGH)


def private_folder(path: Path) -> Path:
    """`path`, made with mode 700 when absent; the way to it too, passable when we are root."""
    _make(path.parent, _WAY_THROUGH if is_root() else _PRIVATE)
    _make(path, _PRIVATE)
    return path


def private_base(home: Path) -> Path:
    """Where another system user can have data of this instance: the home, or a system folder when the home lies behind closed doors."""
    system = SYSTEM_STATE / instance_id(home)
    if not is_root() or (home / "postgres").exists():
        return home
    return system if system.exists() or not reachable_by_others(home) else home


def runtime_path(home: Path) -> Path:
    """A short path for sockets of this instance; may not exist yet."""
    return _runtime_base()[0] / instance_id(home)


def runtime_folder(home: Path) -> Path:
    """`runtime_path`, made. Raises ConfigError when somebody else has made it."""
    base, mode = _runtime_base()
    _make(base, mode)
    folder = base / instance_id(home)
    _make(folder, _WAY_THROUGH if is_root() else _PRIVATE)
    for one in (base, folder):
        if one.is_symlink() or one.stat().st_uid != os.geteuid():
            raise ConfigError(str(one), "belongs to another user", "remove it, it is a left-over runtime folder")
    return folder


def remove_runtime(home: Path) -> None:
    """Sockets go when an instance ends in order; the base stays when another instance lives there."""
    folder = runtime_path(home)
    shutil.rmtree(folder, ignore_errors=True)
    if folder.parent.is_dir() and not any(folder.parent.iterdir()):
        folder.parent.rmdir()


def _runtime_base() -> tuple[Path, int]:
    if is_root() and Path("/run").is_dir():
        return Path("/run/callcenter"), _WAY_THROUGH
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given and Path(given).is_dir():
        return Path(given) / "callcenter", _PRIVATE
    return Path(tempfile.gettempdir()) / f"callcenter-{os.geteuid()}", _PRIVATE


def is_locked(run_folder: Path) -> bool:
    """Whether an `up` holds this instance."""
    try:
        with (run_folder / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def shared_by_all(limit_s: float) -> Iterator[None]:
    """Alone among the instances of this machine with what they share (root only). Raises ConfigError when another one is not done in `limit_s`."""
    make_way(SYSTEM_STATE)
    path = SYSTEM_STATE / ".first-start.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait_for(handle, path, limit_s)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, path: Path, limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ConfigError(str(path), f"is held by another start for more than {limit_s:.0f} s", "wait until that one is ready") from None
        time.sleep(_LOOK_AGAIN_S)


def reachable_by_others(path: Path) -> bool:
    """Whether any system user may pass every folder on the way to `path` (and read it, when it is a file)."""
    path = path.absolute()
    if path.is_file() and not path.stat().st_mode & stat.S_IROTH:
        return False
    folders = [folder for folder in (path, *path.parents) if folder.is_dir()]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def _make(path: Path, mode: int) -> None:
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)
