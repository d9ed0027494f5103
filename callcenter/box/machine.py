"""The parts of one machine as the supervisor sees them: their commands, environments and signs of life.

In: settings, the chosen Asterisk tree, the database cluster. Out: `Part`s, and the few blocking steps between their starts.
Children get their settings through the environment, so that `serve` here and under systemd is the same program; secrets never stand on a command
line or in the environment, each process reads them from the home.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

import callcenter
from callcenter.box import asterisk_process, audit, node_name, pbx
from callcenter.box.asterisk_conf import render as render_asterisk
from callcenter.box.findings import refuse_bad
from callcenter.box.parts import Part
from callcenter.box.postgres import Cluster, DatabaseFailed, answers
from callcenter.errors import ConfigError
from callcenter.settings import Secrets, Settings

_BANNER_WAIT_S = 1.0
_VOICE_FIRST, _SPEECH_BESIDE, _JOBS_LAST = -5, 5, 10
_SPEECH_SILENCE_S = 20.0


def with_tree(settings: Settings, root: Path) -> Settings:
    """The same settings with the Asterisk that was found."""
    return settings.model_copy(update={"pbx": root})


def render(settings: Settings, secrets: Secrets) -> Path:
    """Writes Asterisk's files; the path of asterisk.conf."""
    return render_asterisk(settings, secrets)


def chosen(settings: Settings) -> Settings:
    """The same settings with the Asterisk that may be run. Raises ConfigError when there is none."""
    tree = pbx.find(settings)
    if tree is None:
        raise ConfigError(str(settings.pbx_root), "holds no Asterisk", "run `callcenter fetch` first")
    return with_tree(settings, tree.root)


def prepare(settings: Settings, secrets: Secrets) -> Path:
    """Tables, configuration and its audit, for machines where systemd keeps the parts. Raises ConfigError, NotFit, DatabaseFailed."""
    settings = chosen(settings)
    node_name.refuse_taken(settings)
    migrate(settings.database_url)
    conf = render(settings, secrets)
    audit_configuration(settings, conf, None)
    return conf


def audit_configuration(settings: Settings, conf: Path, cluster: Cluster | None) -> None:
    """Raises NotFit for what stands open in the files that Asterisk and PostgreSQL are going to read."""
    refuse_bad([audit.asterisk_version(settings), audit.database(settings, cluster), *audit.rendered(settings, conf.parent)])


def migrate(url: str) -> None:
    """Brings the tables up to date."""
    from crm.migrate import upgrade

    try:
        upgrade(url)
    except (OSError, asyncpg.PostgresError, SQLAlchemyError) as wrong:
        raise DatabaseFailed(f"the tables cannot be brought up to date: {wrong}\n  mend: check DATABASE_URL and the log of PostgreSQL") from wrong


# -- parts ------------------------------------------------------------------------------------------------------------------


def postgres_part(cluster: Cluster) -> Part:
    async def probe() -> bool:
        return await asyncio.to_thread(answers, cluster)

    return Part(
        "postgres",
        cluster.server_command,
        environment={"LC_ALL": "C.UTF-8"},
        identity={**cluster.identity, "cwd": "/"},
        probe=probe,
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGINT,
    )


def asterisk_part(settings: Settings, conf: Path) -> Part:
    return Part("asterisk", asterisk_process.command(settings, conf), probe=_ami_answers(settings), niceness=_VOICE_FIRST)


def _ami_answers(settings: Settings) -> Callable[[], Awaitable[bool]]:
    async def probe() -> bool:
        try:
            async with asyncio.timeout(_BANNER_WAIT_S):
                reader, writer = await asyncio.open_connection("127.0.0.1", settings.port("ami"))
                try:
                    return (await reader.readline()).startswith(b"Asterisk Call Manager")
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return False

    return probe


def serve_part(settings: Settings) -> Part:
    return Part("serve", [*own_command(), "serve"], environment=child_environment(settings), heartbeat=True, standby=True, niceness=_VOICE_FIRST)


def work_part(settings: Settings) -> Part:
    return Part("work", [*own_command(), "work"], environment=child_environment(settings), heartbeat=True, niceness=_JOBS_LAST)


def speech_part(settings: Settings) -> Part:
    """Listens and speaks when its packages are there, waits for them when they are not. Loading a model may hold its loop up for seconds."""
    return Part(
        "speech", [*own_command(), "speech"], environment=child_environment(settings), heartbeat=True, niceness=_SPEECH_BESIDE, optional=True,
        silence_limit_s=_SPEECH_SILENCE_S,
    )  # fmt: skip


def own_command() -> list[str]:
    return [sys.executable, "-m", "callcenter"]


def child_environment(settings: Settings, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What `serve` and `work` need to load these same settings."""
    checkout = str(Path(callcenter.__file__).parent.parent)
    values = {
        "CALLCENTER_HOME": str(settings.home),
        "CALLCENTER_PBX": str(settings.pbx_root),
        "CALLCENTER_OFFSET": str(settings.offset),
        "CALLCENTER_DEMO": "1" if settings.demo else "0",
        "CALLCENTER_LAN": "1" if settings.lan else "0",
        "CALLCENTER_PUBLIC_ADDRESS": settings.network.public_address,
        "PYTHONPATH": os.pathsep.join(part for part in (checkout, environment.get("PYTHONPATH", "")) if part),
    }
    config = Path(environment.get("CALLCENTER_CONFIG", "callcenter.toml"))
    return values | ({"CALLCENTER_CONFIG": str(config.absolute())} if config.exists() else {})


# -- the ready line ------------------------------------------------------------------------------------------------------------


def ready_line(settings: Settings, logins: Mapping[str, str], took_s: float) -> str:
    """One line: where everything is and, in a demo, who may sign in."""
    host = settings.network.public_address
    web = f"https://{host}:{settings.port('https')}" if settings.lan else f"http://127.0.0.1:{settings.port('http')}"
    words = [f"[bold green]ready[/] in {took_s:.0f} s", f"desk {web}"]
    words += [f"hotline sip:{did.number}@{settings.network.bind}:{settings.port('sip')}" for did in settings.did]
    if settings.demo:
        words.append(f"visitors {web}/try")
        words += [f"{name} {password}" for name, password in logins.items()]
    return "   ".join(words)
