"""Reads the rendered configuration the way an attacker would, before it is used.

In: settings and the folder of rendered Asterisk files. Out: findings; what stands open stops the start, unless let pass by name.
Looks at the files that are really given to Asterisk, not at the templates. What is checked and why: docs/security.md.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path

from callcenter.box import pbx
from callcenter.box.findings import Finding, good, note, stop
from callcenter.box.postgres import Cluster
from callcenter.settings import Settings

WRITE_RIGHTS = frozenset({"call", "originate", "agent", "user", "reporting"})
_FOREIGN_RIGHTS = "system, command and config are code execution"
_LISTENING = "0A"
Section = tuple[str, list[tuple[str, str]]]


def rendered(settings: Settings, folder: Path) -> list[Finding]:
    """All findings on the files in `folder`."""
    manager, http = sections(folder / "manager.conf"), sections(folder / "http.conf")
    return [
        _bound("ami-bound", "AMI", manager),
        *_ami_rights(manager),
        _bound("ari-bound", "Asterisk HTTP (ARI, websocket)", http),
        _ari_users(sections(folder / "ari.conf")),
        _dangerous_functions(sections(folder / "asterisk.conf")),
        _guests(sections(folder / "pjsip.conf")),
        *_trunk(settings, sections(folder / "pjsip.conf")),
    ]


def sections(path: Path) -> list[Section]:
    """An Asterisk file as sections in order; a name may come more than once. A missing file is empty."""
    found: list[Section] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        text = line.split(";", 1)[0].strip()
        if text.startswith("["):
            found.append((text[1:].split("]", 1)[0], []))
        elif "=" in text and found:
            key, value = text.split("=", 1)
            found[-1][1].append((key.strip(), value.lstrip("> ").strip()))
    return found


def _values(conf: list[Section], key: str, section: str | None = None) -> list[str]:
    return [value for name, pairs in conf if section in (None, name) for found, value in pairs if found == key]


def _is_loopback(address: str) -> bool:
    host = address.rsplit(":", 1)[0] if address.count(":") == 1 else address.strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bound(name: str, title: str, conf: list[Section]) -> Finding:
    addresses = _values(conf, "bindaddr", "general")
    open_to = [address for address in addresses if not _is_loopback(address)]
    if open_to or not addresses:
        where = ", ".join(open_to) or "every address"
        return stop(name, f"{title} listens on {where}", "bind it to 127.0.0.1; whoever reaches it can place and redirect calls")
    return good(name, f"{title} listens on {', '.join(addresses)} only")


def _ami_rights(manager: list[Section]) -> Iterator[Finding]:
    for name, pairs in manager:
        if name == "general":
            continue
        rights = {right.strip() for key, value in pairs if key == "write" for right in value.split(",")}
        foreign = rights - WRITE_RIGHTS
        if foreign:
            mend = f"leave write={','.join(sorted(WRITE_RIGHTS))}; {_FOREIGN_RIGHTS}"
            yield stop("ami-rights", f"AMI account {name} may also {', '.join(sorted(foreign))}", mend)
        else:
            yield good("ami-rights", f"AMI account {name} may {', '.join(sorted(rights))}")


def _ari_users(ari: list[Section]) -> Finding:
    weak = [name for name, pairs in ari if ("type", "user") in pairs and len(dict(pairs).get("password", "")) < 16]
    if weak:
        mend = "remove secrets.json of the home folder, to have one made"
        return stop("ari-password", f"ARI account {', '.join(weak)} has a short or no password", mend)
    return good("ari-password", "ARI accounts have generated passwords")


def _dangerous_functions(conf: list[Section]) -> Finding:
    value = (_values(conf, "live_dangerously", "options") or ["no"])[-1]
    if value.lower() in ("yes", "true", "1", "on"):
        return stop("live-dangerously", "live_dangerously is on: AMI and dialplan values may run programs", "set live_dangerously = no")
    return good("live-dangerously", "dangerous dialplan functions are closed to AMI")


def _guests(pjsip: list[Section]) -> Finding:
    endpoints = [name for name, pairs in pjsip if ("type", "endpoint") in pairs]
    open_doors = [name for name in endpoints if name.startswith("anonymous")]
    order = ",".join(_values(pjsip, "endpoint_identifier_order", "global"))
    if open_doors or "anonymous" in order:
        mend = "remove the endpoint `anonymous` and its place in endpoint_identifier_order"
        return stop("guest-endpoint", "unknown SIP senders are let in as guests", mend)
    return good("guest-endpoint", "no guest may call in")


def _trunk(settings: Settings, pjsip: list[Section]) -> Iterator[Finding]:
    for match in _values(pjsip, "match"):
        try:
            network = ipaddress.ip_network(match, strict=False)
        except ValueError:
            continue
        if network.num_addresses > 65_536:
            yield stop("trunk-addresses", f"the trunk takes calls from all of {match}", "name your provider's addresses in trunk.addresses")
    if settings.trunk.transport == "udp" and any(not _is_loopback(address) for address in settings.trunk.addresses):
        yield note("trunk-transport", "calls on the trunk are not encrypted", "ask your provider for trunk.transport = tls")


# -- what stands beside Asterisk ------------------------------------------------------------------------------------------------


def asterisk_version(settings: Settings) -> Finding:
    """The tree that is going to run."""
    version = pbx.version_of(settings, settings.pbx_root)
    wanted = ".".join(str(part) for part in pbx.MINIMUM)
    if not version:
        return note("asterisk-version", f"no Asterisk at {settings.pbx_root} yet", "`callcenter up` fetches it")
    if not pbx.is_new_enough(version):
        return stop("asterisk-version", f"Asterisk {version} lacks security fixes", f"use {wanted} or newer: set CALLCENTER_PBX")
    return good("asterisk-version", f"Asterisk {version}")


def listening(settings: Settings) -> list[Finding]:
    """What really listens on the ports that only this machine may reach. FastAGI knows no password at all."""
    return [
        _listener("agi-bound", "AGI", settings.port("agi")),
        _listener("ami-bound", "AMI", settings.port("ami")),
        _listener("ari-bound", "ARI", settings.port("asterisk_http")),
    ]


def _listener(name: str, title: str, number: int) -> Finding:
    addresses = [address for address, port in _listening_sockets() if port == number]
    open_to = [str(address) for address in addresses if not address.is_loopback]
    if open_to:
        return stop(name, f"{title} port {number} is open on {', '.join(open_to)}", "bind it to 127.0.0.1; whoever reaches it can take over calls")
    return good(name, f"{title} port {number}: {'this machine only' if addresses else 'nobody listens'}")


def _listening_sockets() -> Iterator[tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]]:
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            local, state = line.split()[1], line.split()[3]
            if state == _LISTENING:
                address, number = local.split(":")
                yield _address(address), int(number, 16)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The kernel writes each 32-bit word in host order."""
    words = [bytes.fromhex(text[i : i + 8])[::-1] for i in range(0, len(text), 8)]
    address = ipaddress.ip_address(b"".join(words))
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address


def database(settings: Settings, cluster: Cluster | None) -> Finding:
    """The embedded server has no TCP port at all; a given one should be asked through TLS when it is far."""
    if cluster is None:
        far = "@localhost" not in settings.database_url and "@127.0.0.1" not in settings.database_url and "host=/" not in settings.database_url
        if far and "ssl" not in settings.database_url:
            return note("postgres-bound", "the database is asked over the network without sslmode", "add ?sslmode=verify-full to DATABASE_URL")
        return good("postgres-bound", "DATABASE_URL names the database")
    conf = cluster.data / "callcenter.conf"
    if conf.exists() and "listen_addresses = ''" not in conf.read_text():
        return stop("postgres-bound", "PostgreSQL listens on a network address", f"set listen_addresses = '' in {conf}")
    return good("postgres-bound", f"PostgreSQL has no TCP port; its socket is in {cluster.socket_folder}")
