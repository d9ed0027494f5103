"""A backup is whole, private, and comes back."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from callcenter.box import database_tools, postgres
from callcenter.box.up import instance_lock
from callcenter.errors import ConfigError
from callcenter.settings import Settings

pytestmark = pytest.mark.component


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cc-backup-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "home"


async def _run(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_restored_backup_holds_what_was_dumped_and_nothing_later(home: Path) -> None:
    settings, target = Settings(home=home), home.parent / "backup.dump"
    with postgres.running(home) as url:
        await _run(url, "CREATE EXTENSION pg_trgm")
        await _run(url, "CREATE TABLE kept AS SELECT '王芳' AS name")
        database_tools.dump(settings.model_copy(update={"database_url": url}), target)
        await _run(url, "INSERT INTO kept VALUES ('later')")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    database_tools.restore(settings, target)
    with postgres.running(home) as url:
        assert await _run(url, "SELECT string_agg(name, ',') FROM kept") == "王芳"


def test_nothing_is_restored_under_a_running_product(home: Path) -> None:
    settings, source = Settings(home=home), home.parent / "backup.dump"
    source.touch()
    settings.run_folder.mkdir(parents=True)
    with instance_lock(settings.run_folder), pytest.raises(ConfigError, match="is in use by"):
        database_tools.restore(settings, source)


def test_dump_never_replaces_a_file(home: Path) -> None:
    target = home.parent / "there"
    target.write_text("kept")
    with pytest.raises(ConfigError, match="is there already"):
        database_tools.dump(Settings(home=home), target)
    assert target.read_text() == "kept"
