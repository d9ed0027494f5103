"""Finds the Asterisk to run: the configured tree, the host's own, or one fetched into the home.

In: settings. Out: the root of a tree with `usr/sbin/asterisk` of a good version ("/" for the host's own).
Fetching unpacks Debian packages with mmdebstrap; their signatures are checked always, only the index's expiry date is let pass, with a warning.
Never runs an Asterisk below MINIMUM: older ones lack security fixes. Rules: mmdebstrap(1), apt.conf(5) "Check-Valid-Until".
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from callcenter.box import asterisk_process
from callcenter.box.child import die_with_parent
from callcenter.errors import ConfigError
from callcenter.settings import Settings

MINIMUM = (22, 10, 1)
PACKAGES = "libc6,base-files,asterisk,asterisk-modules,sip-tester,asterisk-core-sounds-en-wav,asterisk-moh-opsound-wav"
SUITE = "forky"
_EXPIRED = re.compile(r"(Release file .* (is expired|is not valid)|Valid-Until|expired)", re.IGNORECASE)
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tree:
    """An Asterisk that may be run."""

    root: Path
    version: str


def version_of(settings: Settings, root: Path) -> str:
    """The version of the Asterisk in `root`; empty when there is none. Raises ConfigError when it cannot be run."""
    if not (root / "usr/sbin/asterisk").exists():
        return ""
    return ".".join(str(part) for part in asterisk_process.version(settings.model_copy(update={"pbx": root})))


def is_new_enough(version: str) -> bool:
    return tuple(int(part) for part in version.split(".")) >= MINIMUM


def find(settings: Settings) -> Tree | None:
    """A tree that may be run, or None when one has to be fetched. Raises ConfigError for a configured tree that is too old."""
    root = settings.pbx_root
    version = version_of(settings, root)
    if version and not is_new_enough(version):
        mend = f"point CALLCENTER_PBX at a newer tree, or remove {root} to have one fetched"
        raise ConfigError(str(root), f"holds Asterisk {version}, {'.'.join(str(part) for part in MINIMUM)} or newer is needed", mend)
    if version:
        return Tree(root, version)
    host = Path("/")
    host_version = version_of(settings, host) if settings.pbx is None else ""
    return Tree(host, host_version) if host_version and is_new_enough(host_version) else None


# -- fetching ---------------------------------------------------------------------------------------------------------------


def fetch(settings: Settings, tell: Tell) -> Tree:
    """Unpack a fresh tree at `settings.pbx_root`, in about half a minute. `tell` hears of progress and may raise to end it. Raises ConfigError."""
    for name, package in (("mmdebstrap", "mmdebstrap"), ("tar", "tar")):
        if shutil.which(name) is None:
            raise ConfigError(name, "is needed to fetch Asterisk and is not installed", f"apt-get install -y {package} uidmap")
    target = settings.pbx_root
    fresh = target.with_name(f"{target.name}.{os.getpid()}.part")
    fresh.mkdir(parents=True)
    try:
        words = _unpack(fresh, (), settings.timeouts.fetch_s, tell)
        if words is not None and _EXPIRED.search(words):
            tell("the package index is past its date: going on without the date check, signatures are still checked")
            shutil.rmtree(fresh)
            fresh.mkdir()
            words = _unpack(fresh, ('Acquire::Check-Valid-Until "false"',), settings.timeouts.fetch_s, tell)
        if words is not None:
            mend = "check the network and the apt mirror, or set CALLCENTER_PBX to a tree that is there"
            raise ConfigError("mmdebstrap", f"failed: {words[-600:]}", mend)
        _put_in_place(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    found = find(settings)
    if found is None:
        raise ConfigError(str(target), "holds no Asterisk after fetching", "remove the folder and try again")
    return found


def _put_in_place(fresh: Path, target: Path) -> None:
    if target.exists() and not any(target.iterdir()):
        target.rmdir()
    fresh.rename(target)


def _unpack(target: Path, apt_options: Sequence[str], limit_s: float, tell: Tell) -> str | None:
    """None when it worked, else what mmdebstrap said."""
    mode = "root" if os.geteuid() == 0 else "unshare"
    options = [f"--aptopt={option}" for option in apt_options]
    content = [f"--include={PACKAGES}", "--dpkgopt=path-exclude=/usr/share/doc/*"]
    command = ["mmdebstrap", f"--mode={mode}", "--variant=extract", *options, *content, SUITE, "-"]
    unpack = ["tar", "x", "--no-same-owner", "--exclude=./dev/*", "-C", str(target)]
    bind = die_with_parent(signal.SIGTERM)
    with (target.parent / f"{target.name}.log").open("w+") as said:
        source = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL, preexec_fn=bind)
        tar = subprocess.Popen(unpack, stdin=source.stdout, stderr=said, preexec_fn=bind)
        assert source.stdout is not None
        source.stdout.close()
        codes = _both_ended(source, tar, limit_s, said.name, tell)
        said.seek(0)
        words = said.read()
    Path(said.name).unlink()
    return None if codes == (0, 0) else words


def _both_ended(source: subprocess.Popen[bytes], tar: subprocess.Popen[bytes], limit_s: float, said: str, tell: Tell) -> tuple[int, int]:
    deadline = time.monotonic() + limit_s
    try:
        while time.monotonic() < deadline:
            tell(_last_line(said))
            with contextlib.suppress(subprocess.TimeoutExpired):
                return source.wait(1.0), tar.wait(60.0)
    finally:
        for process in (source, tar):
            process.terminate()
    return source.wait(), tar.wait()


def _last_line(path: str) -> str:
    lines = Path(path).read_text(errors="replace").replace("\r", "\n").strip().splitlines()
    return lines[-1][:100] if lines else "asking the package index"
