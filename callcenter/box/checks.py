"""What must be so before anything is started: room on the disk, free ports, programs, a home we may write to.

In: settings. Out: findings. Looks only; changes nothing and opens no lasting socket.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

from callcenter.box import places
from callcenter.box.findings import Finding, good, note, stop
from callcenter.settings import Settings

MIN_FREE_MB = 500
COMFORTABLE_FREE_MB = 5_000
_STATIC = Path(__file__).parents[1] / "api" / "static" / "index.html"


def before_start(settings: Settings) -> list[Finding]:
    """Everything that `up` asks of the machine."""
    return [disk(settings), home_path(settings), *programs(settings), web_application(), *ports(settings)]


def disk(settings: Settings) -> Finding:
    folder = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < MIN_FREE_MB:
        mend = "free some space, or set CALLCENTER_HOME to a folder on a larger disk"
        return stop("disk", f"{folder} has {free_mb} MB free, {MIN_FREE_MB} MB are needed to start", mend)
    if free_mb < COMFORTABLE_FREE_MB:
        return note("disk", f"{folder} has only {free_mb} MB free; recordings need about 1 MB a minute", "plan for more space")
    return good("disk", f"{free_mb // 1024} GB free at {folder}")


def home_path(settings: Settings) -> Finding:
    if settings.home.exists() and not os.access(settings.home, os.W_OK):
        return stop("home", f"{settings.home} is not writable for this user", "change its owner, or set CALLCENTER_HOME")
    way = "" if places.private_base(settings.home) == settings.home else f"; the database lies in {places.private_base(settings.home)}"
    return good("home", f"{settings.home}{way}")


def programs(settings: Settings) -> Iterator[Finding]:
    wanted = [("ffmpeg", "makes recordings playable", "apt-get install -y ffmpeg")]
    if settings.lan:
        wanted.append(("nginx", "serves HTTPS to the network", "apt-get install -y nginx-light"))
    for name, why, mend in wanted:
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        yield good(name, found) if found else stop(name, f"{name} is not installed; it {why}", mend)


def web_application() -> Finding:
    if _STATIC.exists():
        return good("web", "the web application is built")
    return note("web", "the web application is not built: agents cannot sign in", "run `make web` (needs Node once; serving needs none)")


# -- ports ---------------------------------------------------------------------------------------------------------------


def ports(settings: Settings) -> Iterator[Finding]:
    """One finding for every port this instance will open."""
    bind = settings.network.bind
    yield port("port-http", "web", bind, settings.port("http"), socket.SOCK_STREAM)
    yield port("port-asterisk-http", "Asterisk HTTP", "127.0.0.1", settings.port("asterisk_http"), socket.SOCK_STREAM)
    yield port("port-ami", "AMI", "127.0.0.1", settings.port("ami"), socket.SOCK_STREAM)
    yield port("port-agi", "AGI", "127.0.0.1", settings.port("agi"), socket.SOCK_STREAM)
    if settings.lan:
        yield port("port-https", "HTTPS", "0.0.0.0", settings.port("https"), socket.SOCK_STREAM)
    yield port("port-sip", "SIP", bind, settings.port("sip"), socket.SOCK_DGRAM)


def port(name: str, title: str, address: str, number: int, kind: socket.SocketKind) -> Finding:
    """Tries to bind it for a moment."""
    protocol = "udp" if kind is socket.SOCK_DGRAM else "tcp"
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, number))
        except OSError as wrong:
            return _not_free(name, f"{title} port {number}/{protocol} on {address}", wrong, protocol, number)
    return good(name, f"{title} port {number}/{protocol} is free")


def _not_free(name: str, words: str, wrong: OSError, protocol: str, number: int) -> Finding:
    if wrong.errno == errno.EADDRINUSE:
        holder = holder_of(protocol, number)
        mend = f"stop {holder or 'the program that holds it'}, or start with another --offset (a multiple of 1000)"
        return stop(name, f"{words} is in use{f' by {holder}' if holder else ''}", mend)
    if wrong.errno == errno.EADDRNOTAVAIL:
        return stop(name, f"{words}: this machine has no such address", "correct network.bind in callcenter.toml")
    return stop(name, f"{words} cannot be opened: {wrong.strerror}", "choose a port above 1023, or start as a user who may open it")


def holder_of(protocol: str, number: int) -> str:
    """`name (pid n)` of the process that holds a port; empty when it cannot be seen."""
    inodes = set()
    for table in (Path(f"/proc/net/{protocol}"), Path(f"/proc/net/{protocol}6")):
        if table.exists():
            rows = [line.split() for line in table.read_text().splitlines()[1:]]
            inodes |= {row[9] for row in rows if int(row[1].rsplit(":", 1)[1], 16) == number}
    inodes.discard("0")
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = os.readlink(link)
        except OSError:
            continue
        if target.removeprefix("socket:[").removesuffix("]") in inodes:
            return f"{(link.parents[1] / 'comm').read_text().strip()} (pid {link.parents[1].name})"
    return ""
