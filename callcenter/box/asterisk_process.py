"""How the programs of the Asterisk tree are run: without chroot and without root rights, through the tree's own loader.

In: settings. Out: command lines for Asterisk, its console and SIPp, and Asterisk's version. Starts nothing that stays.
A host's own Asterisk (tree `/`) is run directly.
Why the loader: the tree's programs need its libc, not the host's.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from callcenter.errors import ConfigError
from callcenter.settings import Settings

_LOADERS = ("usr/lib64/ld-linux-x86-64.so.2", "usr/lib/ld-linux-aarch64.so.1", "usr/lib/*/ld-linux-*.so.*")
_VERSION = re.compile(r"Asterisk (?:certified[/-])?(\d+)\.(\d+)(?:\.(\d+))?")


def command(settings: Settings, conf: Path) -> list[str]:
    """Asterisk in the foreground with the configuration `conf`."""
    return [*_through_loader(settings, "usr/sbin/asterisk"), "-C", str(conf), "-f", "-n"]


def console_command(settings: Settings, conf: Path, line: str) -> list[str]:
    """One console line on the running Asterisk of `conf`; an empty line attaches."""
    base = [*_through_loader(settings, "usr/sbin/asterisk"), "-C", str(conf)]
    return [*base, "-rx", line] if line else [*base, "-r"]


def sipp_command(settings: Settings) -> list[str]:
    """SIPp 3.8; arguments follow."""
    return _through_loader(settings, "usr/bin/sipp")


def version(settings: Settings) -> tuple[int, int, int]:
    """Of the Asterisk in the tree. Raises ConfigError when it does not run."""
    program = [*_through_loader(settings, "usr/sbin/asterisk"), "-V"]
    try:
        said = subprocess.run(program, capture_output=True, text=True, timeout=settings.timeouts.program_s, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as wrong:
        raise ConfigError(str(settings.pbx_root), f"Asterisk does not run: {wrong}", "remove the folder and start again to fetch it anew") from wrong
    found = _VERSION.search(said)
    if not found:
        raise ConfigError(str(settings.pbx_root), "Asterisk does not tell its version", "remove the folder and start again to fetch it anew")
    major, minor, patch = found.groups()
    return int(major), int(minor), int(patch or 0)


def modules_folder(settings: Settings) -> Path:
    """Where the tree keeps Asterisk's modules. Raises ConfigError when there are none."""
    for pattern in ("usr/lib/*/asterisk/modules", "usr/lib/asterisk/modules", "usr/lib64/asterisk/modules"):
        found = next(iter(sorted(settings.pbx_root.glob(pattern))), None)
        if found is not None:
            return found
    raise ConfigError(str(settings.pbx_root), "holds no Asterisk modules", "set CALLCENTER_PBX to a tree that does, or remove it to have one fetched")


def _through_loader(settings: Settings, program: str) -> list[str]:
    root = settings.pbx_root
    if root == Path("/"):
        return [f"/{program}"]
    loader = next((path for pattern in _LOADERS for path in sorted(root.glob(pattern))), None)
    if loader is None or not (root / program).exists():
        raise ConfigError(str(root), f"is no Asterisk tree: {program} or its loader is missing", "remove the folder and start again to fetch it anew")
    libraries = sorted(str(path) for path in root.glob("usr/lib/*-linux-gnu"))
    return [str(loader), "--library-path", ":".join(libraries), str(root / program)]
