"""`callcenter doctor`: every part and setting of this machine, and the mend for what is not well.

In: settings. Out: one line a finding, exit code 0 when nothing stops the product, else 2. Works with the product running or not;
changes nothing. While it runs, its own ports are of course taken, so then what listens on them is judged instead.
"""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

from rich.console import Console

from callcenter.box import audit, checks, node_name, pbx, places, postgres
from callcenter.box.findings import Finding, Level, allowed, good, note, show, stop
from callcenter.errors import ConfigError
from callcenter.settings import Settings
from callcenter.speech import models

_ANSWER_S = 3.0


def examine(settings: Settings, console: Console) -> int:
    """Prints all findings; 2 when one would stop the start."""
    findings = allowed(collect(settings))
    show(console, findings)
    bad = sum(one.level is Level.STOP for one in findings)
    remarks = sum(one.level is Level.NOTE for one in findings)
    result = f"{bad} to mend" if bad else f"nothing to mend, {remarks} remark{'s' * (remarks > 1)}" if remarks else "all well"
    console.print(f"{len(findings)} checks, {result}")
    return 2 if bad else 0


def collect(settings: Settings) -> list[Finding]:
    """Everything that can be looked at from here."""
    running = places.is_locked(settings.run_folder)
    findings = [checks.disk(settings), checks.home_path(settings), *checks.programs(settings)]
    findings += list(_running_parts(settings)) if running else list(checks.ports(settings))
    findings += [_asterisk(settings), *_database(settings), checks.web_application(), *_speech_packages(settings), *_addresses(settings)]
    conf = settings.asterisk_folder / "etc"
    findings += audit.rendered(settings, conf) if (conf / "asterisk.conf").exists() else [note("configuration", "is rendered at the first start")]
    return findings


def _running_parts(settings: Settings) -> Iterator[Finding]:
    yield from audit.listening(settings)
    url = f"http://127.0.0.1:{settings.port('http')}/api/health"
    try:
        with urllib.request.urlopen(url, timeout=_ANSWER_S) as answer:
            parts = json.load(answer)["parts"]
    except urllib.error.HTTPError as wrong:
        parts = json.load(wrong).get("parts", {})
    except (OSError, ValueError, KeyError) as wrong:
        yield stop("controller", f"does not answer at {url}: {wrong}", f"read {settings.home / 'log' / 'serve.log'}")
        return
    for name, says in sorted(parts.items()):
        if name == "speech":
            yield _speech(says)
            continue
        yield good(f"part-{name}", says) if says == "ok" else stop(f"part-{name}", says, f"read the logs in {settings.home / 'log'}")


def _speech_packages(settings: Settings) -> Iterator[Finding]:
    if settings.speech.enabled and not models.installed():
        yield note("speech", "is not installed; callers use keys and hear rendered prompts", models.MEND.removeprefix("run ").strip("`"))


def _speech(says: str) -> Finding:
    """Calls go on without it."""
    words, _, mend = says.partition("; mend: ")
    return good("part-speech", words) if words == "ok" else note("part-speech", f"{words}; callers use keys and hear rendered prompts", mend)


def _asterisk(settings: Settings) -> Finding:
    try:
        tree = pbx.find(settings)
    except ConfigError as wrong:
        return stop("asterisk-version", f"{wrong.where} {wrong.rule}", wrong.mend)
    return good("asterisk-version", f"Asterisk {tree.version} in {tree.root}") if tree else note("asterisk-version", "is fetched at the first start")


def _database(settings: Settings) -> Iterator[Finding]:
    if settings.database_url:
        yield audit.database(settings, None)
        yield node_name.check(settings)
        return
    try:
        cluster = postgres.plan(settings)
    except ConfigError as wrong:
        yield stop("postgres", f"{wrong.where}: {wrong.rule}", wrong.mend)
        return
    yield audit.database(settings, cluster)
    if not (cluster.data / "PG_VERSION").exists():
        yield note("postgres", f"a new cluster is made at the first start in {cluster.data}")
    elif cluster.data.stat().st_mode & 0o077:
        yield stop("postgres", f"{cluster.data} can be read by others", f"chmod 700 {cluster.data}")
    else:
        yield good("postgres", f"cluster of PostgreSQL {(cluster.data / 'PG_VERSION').read_text().strip()} in {cluster.data}")


def _addresses(settings: Settings) -> Iterator[Finding]:
    network = settings.network
    if network.bind != "127.0.0.1" or settings.lan:
        first, last = settings.rtp_range
        mend = f"let in SIP {settings.port('sip')}/udp and RTP {first}-{last}/udp only"
        yield note("firewall", "Asterisk opens one more random UDP port on every address", mend)
    for address in settings.trunk.addresses:
        try:
            socket.getaddrinfo(address.split("/")[0], None)
        except OSError:
            yield stop("trunk-addresses", f"trunk.addresses: {address} has no address", "write an IP address or a name that resolves")
    if settings.home.exists() and (settings.home / "secrets.json").exists() and (settings.home / "secrets.json").stat().st_mode & 0o077:
        yield stop("secrets", "secrets.json can be read by others", f"chmod 600 {settings.home / 'secrets.json'}")
    if places.is_root():
        yield note("user", "runs as root", "in production run the units of deploy/ with their own user")
