"""Renders every Asterisk file of this instance from the templates of asterisk-conf/.

In: settings, secrets, the queues as administered. Out: the folder tree `$HOME/asterisk` and the path of its asterisk.conf.
Asterisk sees a data folder of our own with links to what we use: the links inside its package are absolute and broken.
A value that could carry another setting, section or dialplan function is refused, never cleaned.
Meaning of the files, numbers, contexts and variables: asterisk-conf/README.md.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from callcenter.box import asterisk_modules, asterisk_process, places
from callcenter.errors import ConfigError
from callcenter.ports import QueueSettings
from callcenter.settings import Secrets, Settings
from callcenter.speech.door import aeap_url

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATES = PROJECT / "asterisk-conf"
FALLBACK_QUEUE = "service_desk"
DEFAULT_QUEUES = (QueueSettings(FALLBACK_QUEUE, "综合服务台", "Service desk"),)
STRATEGIES = frozenset({"ringall", "leastrecent", "fewestcalls", "random", "rrmemory", "rrordered", "linear", "wrandom"})

_SAFE_VALUE = re.compile(r"[A-Za-z0-9 _./:+@,=&!*~|?^%-]*")
_QUEUE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FLOW_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NODE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:/-]{0,252})")
# A moment of silence: what is played while the caller is heard out.
_LISTENING = b"\xd5" * 400
_SUBFOLDERS = ("etc", "etc/queues.d", "etc/extensions.d", "lib/keys", "data", "data/sounds", "agi-bin", "spool", "log", "log/cdr-custom")


def render(settings: Settings, secrets: Secrets) -> Path:
    """Write the whole configuration anew and return the path of asterisk.conf. Raises ConfigError for a value that may not enter it."""
    _check(settings)
    folder = settings.asterisk_folder
    for part in _SUBFOLDERS:
        (folder / part).mkdir(parents=True, exist_ok=True)
    for part in (settings.recordings_folder / "raw", settings.recordings_folder / "messages", settings.fallback_folder):
        part.mkdir(parents=True, exist_ok=True)
    _link_data(settings)
    values = _values(settings, secrets)
    for template in sorted(TEMPLATES.glob("*.conf.j2")):
        if template.name != "queue-list.conf.j2":
            _render_file(template.name, folder / "etc" / template.stem, values)
    for template in sorted((TEMPLATES / "extensions.d").glob("*.conf.j2")):
        _render_file(f"extensions.d/{template.name}", folder / "etc/extensions.d" / template.stem, values)
    for name in asterisk_modules.EMPTY_FILES:
        _write(folder / "etc" / name, "")
    if not (folder / "etc/queues.d/queues.conf").exists():
        render_queues(settings, DEFAULT_QUEUES)
    _install_fallback_script(settings)
    return folder / "etc" / "asterisk.conf"


def render_queues(settings: Settings, queues: Iterable[QueueSettings]) -> None:
    """Write the list of queues; Asterisk reads it at its start and at `QueueReload`. Raises ConfigError for a queue that may not enter it."""
    chosen = {queue.name: queue for queue in (*DEFAULT_QUEUES, *queues)}
    for queue in chosen.values():
        _require(_QUEUE_NAME.fullmatch(queue.name), f"queue {queue.name!r}", "a name is a-z, 0-9 and _, 40 at most", "rename the queue")
        _require(queue.strategy in STRATEGIES, f"queue {queue.name}", "has an unknown strategy", f"take one of {', '.join(sorted(STRATEGIES))}")
    path = settings.asterisk_folder / "etc/queues.d/queues.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    _render_file("queue-list.conf.j2", path, {"queues": list(chosen.values())})


# -- values ------------------------------------------------------------------------------------------------------------


def _values(settings: Settings, secrets: Secrets) -> dict[str, Any]:
    first, last = settings.rtp_range
    trunk = settings.trunk
    return {
        "folder": str(settings.asterisk_folder),
        "run_folder": str(places.runtime_folder(settings.home)),
        "raw_folder": str(settings.recordings_folder / "raw"),
        "modules": str(asterisk_process.modules_folder(settings)),
        "sbin": str(settings.pbx_root / "usr/sbin"),
        "music_folder": str(_music_folder(settings)),
        "node": settings.node,
        "bind": settings.network.bind,
        "public_address": settings.network.public_address,
        "sip_port": settings.port("sip"),
        "ami_port": settings.port("ami"),
        "asterisk_http_port": settings.port("asterisk_http"),
        "agi_host": "127.0.0.1",
        "agi_port": settings.port("agi"),
        "aeap_url": aeap_url(settings, secrets),
        "rtp_first": first,
        "rtp_last": last,
        "ami_secret": secrets.ami,
        "ari_secret": secrets.ari,
        "ami_events": asterisk_modules.AMI_EVENTS,
        "module_names": asterisk_modules.MODULES,
        "trunk": trunk,
        "trunk_addresses": _trunk_addresses(settings),
        "trunk_contact": f"sip:{trunk.host}:{trunk.port}" if trunk.host else "",
        "trunk_password": _trunk_password(settings),
        "dids": settings.did,
        "extensions": settings.extension,
        "recording": settings.recording.enabled,
        "fallback_queue": FALLBACK_QUEUE,
        "extra_files": sorted(path.stem for path in (TEMPLATES / "extensions.d").glob("*.conf.j2")),
    }


def _trunk_addresses(settings: Settings) -> list[str]:
    addresses = list(settings.trunk.addresses)
    if settings.trunk.mode == "registration" and settings.trunk.host not in addresses:
        addresses.append(settings.trunk.host)
    return addresses


def _trunk_password(settings: Settings) -> str:
    trunk = settings.trunk
    if trunk.mode != "registration":
        return ""
    _require(trunk.host, "trunk.host", "is empty, but trunk.mode is registration", "name the provider's SIP server")
    _require(trunk.username, "trunk.username", "is empty, but trunk.mode is registration", "give the account's name")
    password = os.environ.get(trunk.password_env, "") if trunk.password_env else ""
    _require(password, "trunk.password_env", "names no environment variable with a password", "export the variable and start again")
    return password


def _check(settings: Settings) -> None:
    _require(_NODE_NAME.fullmatch(settings.node), "node", "is a-z, 0-9 and -, 31 at most", "rename the node")
    for did in settings.did:
        _require(_FLOW_NAME.fullmatch(did.flow), f"did {did.number}", f"names no possible flow: {did.flow!r}", "a flow is a-z, 0-9 and _")
    hosts = [("trunk.addresses", address) for address in settings.trunk.addresses]
    hosts += [("network.bind", settings.network.bind), ("network.public_address", settings.network.public_address)]
    hosts += [("trunk.host", settings.trunk.host)] if settings.trunk.host else []
    for where, host in hosts:
        _require(_HOST.fullmatch(host), where, f"is no address: {host!r}", "write an IP address, a network or a host name")
    _require("(" not in str(settings.home) and "," not in str(settings.home), "home", "holds a comma or a bracket", "choose another folder")


def _require(holds: object, where: str, rule: str, mend: str) -> None:
    if not holds:
        raise ConfigError(where, rule, mend)


# -- files -------------------------------------------------------------------------------------------------------------


def _refuse_unsafe(value: Any) -> str:
    """What jinja2 calls for each value that is printed into a template."""
    text = str(value)
    if not _SAFE_VALUE.fullmatch(text):
        rule = f"a value of {len(text)} characters holds one that Asterisk would read as syntax"
        raise ConfigError("asterisk configuration", rule, "use letters, digits and . _ - : / @ + in settings, names and passwords")
    return text


def _render_file(template: str, target: Path, values: dict[str, Any]) -> None:
    loader = FileSystemLoader(TEMPLATES)
    environment = Environment(loader=loader, undefined=StrictUndefined, finalize=_refuse_unsafe, keep_trailing_newline=True)
    _write(target, environment.get_template(template).render(values))


def _write(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace `path` at once, so that Asterisk never reads half a file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(temporary, mode)
    os.replace(temporary, path)


def _music_folder(settings: Settings) -> Path:
    own = PROJECT / "sounds" / "moh"
    return own if own.is_dir() and any(own.iterdir()) else settings.pbx_root / "usr/share/asterisk/moh"


def _link_data(settings: Settings) -> None:
    """Our data folder: prompts by language from sounds/, sounds made here as `own/`, and from the Asterisk package the beep and what ARI reads."""
    data, package = settings.asterisk_folder / "data", settings.pbx_root / "usr/share/asterisk"
    settings.sounds_folder.mkdir(parents=True, exist_ok=True)
    _link(data / "sounds" / "own", settings.sounds_folder)
    (data / "sounds" / "listening.alaw").write_bytes(_LISTENING)
    for language in ("zh", "en"):
        _link(data / "sounds" / language, PROJECT / "sounds" / language)
    beep = next((folder / "beep.wav" for folder in sorted((package / "sounds").glob("en_*")) if (folder / "beep.wav").exists()), None)
    if beep is not None:
        _link(data / "sounds" / "beep.wav", beep)
    for name in ("documentation", "rest-api", "static-http"):
        _link(data / name, package / name)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _install_fallback_script(settings: Settings) -> None:
    """A shell line in Asterisk's AGI folder, since a folder's path may be longer than the kernel allows behind `#!`."""
    command = [sys.executable, "-I", str(Path(__file__).with_name("fallback_agi.py")), str(settings.fallback_folder)]
    _write(settings.asterisk_folder / "agi-bin" / "fallback.agi", f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', 0o755)
