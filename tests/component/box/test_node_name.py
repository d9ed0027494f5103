"""Two controllers of one name on one database: the second is refused with a way out, and if it runs all the same no fact of either is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from callcenter.box import doctor, node_name
from callcenter.box.findings import Level
from callcenter.crm_gateway.nodes import OneWriter, who
from callcenter.errors import StoreUnavailable
from callcenter.settings import Settings
from crm import nodes
from crm.database import Database
from crm.nodes import NodeHold
from tests.component.box.test_refusals import up
from tests.support.instances import PBX
from tests.support.waiting import until

pytestmark = pytest.mark.component


@asynccontextmanager
async def holding(url: str, word: str, node: str = "node1") -> AsyncIterator[NodeHold]:
    """Somebody who asks for the name, on connections of his own."""
    database = Database(url, timeout_s=10.0)
    hold = NodeHold(database, node, word)
    task = asyncio.create_task(hold.run(), name="test:hold")
    yield hold
    task.cancel()
    await asyncio.wait({task})
    await database.close()


class Kept:
    """A store that only counts."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    async def copied_up_to(self, node: str) -> int:
        return 0

    async def copy(self, node: str, records: Sequence[Mapping[str, Any]]) -> None:
        self.numbers += [one["number"] for one in records]


async def test_the_second_of_a_name_waits_until_the_first_is_gone(database_url: str, database: Database) -> None:
    async with holding(database_url, "second:/srv/b", "twin") as second:
        async with holding(database_url, "first:/srv/a", "other"):
            assert await second.held(10.0)
            assert await nodes.holder(database, "twin") == "second:/srv/b"
        async with holding(database_url, "third:/srv/c", "twin") as third:
            store = Kept()
            with pytest.raises(StoreUnavailable, match="second:/srv/b writes as twin"):
                await OneWriter(store, third).copy("twin", [{"number": 7}])
            assert store.numbers == []
    async with holding(database_url, "third:/srv/c", "twin") as third:
        await OneWriter(store, third).copy("twin", [{"number": 7}])
        assert (store.numbers, third.other) == ([7], "")


async def test_a_name_is_asked_for_again_when_the_server_cut_the_connection(database_url: str, database: Database) -> None:
    async with holding(database_url, "only:/srv/a", "cut") as hold:
        assert await hold.held(10.0)
        async with database.lasting_connection() as other:
            cut = await other.fetchval("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'only:/srv/a'")
        assert cut == 1
        await until(lambda: not hold.is_held, timeout_s=10)
        assert await hold.held(10.0)


async def test_up_and_doctor_refuse_a_name_that_is_in_use_and_say_the_way_out(tmp_path: Path, database_url: str) -> None:
    home = tmp_path / "home"
    settings = Settings(home=home, database_url=database_url)
    async with holding(database_url, "ward-7:/srv/callcenter") as first:
        assert await first.held(10.0)
        (found,) = [one for one in doctor.collect(settings) if one.id == "node-name"]
        assert (found.level, found.says) == (Level.STOP, "ward-7:/srv/callcenter runs as node1 on the same database")
        done = await asyncio.to_thread(up, home, DATABASE_URL=database_url, CALLCENTER_PBX=str(PBX))
        assert done.returncode == 2, done.stdout
        assert "ward-7:/srv/callcenter runs as node1" in done.stdout
        assert "CALLCENTER_NODE" in done.stdout
        assert node_name.check(settings.model_copy(update={"node": "node2"})).level is Level.GOOD


async def test_a_machine_is_not_kept_out_by_its_own_running_controller(tmp_path: Path, database_url: str) -> None:
    async with holding(database_url, who(tmp_path)) as own:
        assert await own.held(10.0)
        assert node_name.check(Settings(home=tmp_path, database_url=database_url)).level is Level.GOOD


def test_a_database_that_does_not_answer_is_told_with_its_mend(tmp_path: Path) -> None:
    found = node_name.check(Settings(home=tmp_path, database_url="postgresql://nobody@127.0.0.1:1/none"))
    assert (found.id, found.level) == ("database", Level.STOP)
    assert "DATABASE_URL" in found.mend


def test_the_word_for_a_home_is_one_that_a_server_shows(tmp_path: Path) -> None:
    word = who(tmp_path / ("家" * 50))
    assert len(word) <= 63
    assert word.isascii() and word.isprintable()
