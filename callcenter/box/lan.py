"""`up --lan`: Debian's nginx in front, as the one HTTPS origin for the browsers of a network.

In: settings. Out: an own certificate authority and certificate under `<home>/tls` (unless one is given), a plain nginx configuration under
`<home>/nginx`, the supervised part. Passes the application, its live websocket and the softphone's websocket; nothing else of Asterisk.
Browsers give no microphone without HTTPS. nginx: nginx.org, "ngx_http_proxy_module", "WebSocket proxying".
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import ssl
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from callcenter.box import places
from callcenter.box.certificates import ensure_certificate
from callcenter.box.parts import Part
from callcenter.errors import ConfigError
from callcenter.settings import Settings

_LOOPBACK = "127.0.0.1"
_CONNECT_WAIT_S = 1.0


def public_address(settings: Settings) -> str:
    """The configured address, else the one that the default route leaves from. Raises ConfigError when there is none."""
    if settings.network.public_address != _LOOPBACK:
        return settings.network.public_address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError as wrong:
            raise ConfigError("network", "this machine has no route to a network", "set network.public_address in callcenter.toml") from wrong
        return probe.getsockname()[0]


def part(settings: Settings) -> Part:
    """Writes certificate and configuration; the process to supervise. Raises ConfigError."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    if program is None:
        raise ConfigError("nginx", "is not installed", "apt-get install -y nginx-light")
    folder = settings.home / "nginx"
    places.make_way(folder)
    certificate, key = _certificate(settings)
    conf = folder / "nginx.conf"
    conf.write_text(render(settings, folder, certificate, key), encoding="utf-8")
    command = [program, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(conf), "-g", "daemon off;"]
    return Part("nginx", command, probe=lambda: _answers(settings), stop_signal=signal.SIGTERM, death_signal=signal.SIGTERM)


def render(settings: Settings, folder: Path, certificate: Path, key: Path) -> str:
    """The whole nginx.conf."""
    environment = Environment(loader=PackageLoader("callcenter.box"), undefined=StrictUndefined, autoescape=False)
    values = {
        "folder": folder,
        "certificate": certificate,
        "key": key,
        "https_port": settings.port("https"),
        "http_port": settings.port("http"),
        "asterisk_http_port": settings.port("asterisk_http"),
        "root": places.is_root(),
    }
    return environment.get_template("nginx.conf.j2").render(values)


def _certificate(settings: Settings) -> tuple[Path, Path]:
    given, key = settings.network.certificate, settings.network.certificate_key
    if given is None or key is None:
        return ensure_certificate(settings.home / "tls", [settings.network.public_address, _LOOPBACK], [socket.gethostname(), "localhost"])
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(given, key)
    except (OSError, ssl.SSLError) as wrong:
        mend = "name a PEM certificate chain and its unencrypted key in network.certificate and network.certificate_key"
        raise ConfigError(str(given), f"cannot be used with {key}: {wrong}", mend) from wrong
    return given, key


async def _answers(settings: Settings) -> bool:
    try:
        async with asyncio.timeout(_CONNECT_WAIT_S):
            _, writer = await asyncio.open_connection(_LOOPBACK, settings.port("https"))
            writer.close()
            return True
    except (OSError, TimeoutError):
        return False
