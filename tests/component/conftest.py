"""One PostgreSQL for the whole run, and fresh migrated databases made from a template."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from callcenter.box import postgres
from callcenter.settings import Settings
from crm.database import Database
from crm.demo import load_demo
from crm.migrate import upgrade

_numbers = itertools.count(1)
DEMO_PATIENTS = 300


def _execute(url: str, statement: str) -> None:
    async def run() -> None:
        parts = make_url(url)
        host, port = parts.query["host"], int(str(parts.query["port"]))
        connection = await asyncpg.connect(host=host, port=port, user=parts.username, password=str(parts.password), database=parts.database)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


def named(url: str, name: str) -> str:
    """The same server's database `name`."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A running server; its role may make databases."""
    home = Path(tempfile.gettempdir()) / f"cc-db-{os.getpid()}"
    with contextlib.ExitStack() as held:
        url = held.enter_context(postgres.running(home))
        _need_not_survive_the_machine(home)
        yield url
    shutil.rmtree(home)


def _need_not_survive_the_machine(home: Path) -> None:
    """What these tests write may be lost with the machine's power: no commit waits for the disk, and no hundred databases are swept in turn."""
    cluster = postgres.plan(Settings(home=home))
    for name in ("fsync", "full_page_writes", "autovacuum"):
        postgres.as_superuser(cluster, f"ALTER SYSTEM SET {name} = off")
    postgres.as_superuser(cluster, "SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """A migrated, empty database; never connected to again."""
    _execute(server_url, "CREATE DATABASE template_empty TEMPLATE template0")
    upgrade(named(server_url, "template_empty"))
    return "template_empty"


@pytest.fixture(scope="session")
def demo_template(server_url: str, template: str) -> tuple[str, dict[str, str]]:
    """The same with a small invented hospital, and its passwords."""
    _execute(server_url, f"CREATE DATABASE template_demo TEMPLATE {template}")
    return "template_demo", load_demo(named(server_url, "template_demo"), patients=DEMO_PATIENTS)


@pytest.fixture(scope="session")
def make_database(server_url: str) -> Callable[[str], str]:
    """`make_database(template)`: the URL of a new copy."""

    def make(template_name: str) -> str:
        name = f"test_{next(_numbers)}"
        _execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template_name} STRATEGY file_copy")
        return named(server_url, name)

    return make


@pytest.fixture(scope="module")
def database_url(template: str, make_database: Callable[[str], str]) -> str:
    """A migrated, empty database for this module."""
    return make_database(template)


@pytest.fixture(scope="module")
def demo_url(demo_template: tuple[str, dict[str, str]], make_database: Callable[[str], str]) -> str:
    """The invented hospital for this module."""
    return make_database(demo_template[0])


@pytest.fixture(scope="session")
def passwords(demo_template: tuple[str, dict[str, str]]) -> dict[str, str]:
    """Of the invented hospital's users."""
    return demo_template[1]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url, timeout_s=10.0)
    yield opened
    await opened.close()


@pytest.fixture
async def demo(demo_url: str) -> AsyncIterator[Database]:
    opened = Database(demo_url, timeout_s=10.0)
    yield opened
    await opened.close()
