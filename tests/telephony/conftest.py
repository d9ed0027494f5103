"""One running product for all telephony tests of a session; after each test nothing of its calls may be left."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.instances import PBX, free_offset, open_home
from tests.support.product import Product, always_open, running_product
from tests.support.waiting import until


@pytest.fixture(scope="session", autouse=True)
def _asterisk_is_there() -> None:
    if not PBX.exists():
        pytest.skip(f"no Asterisk tree in {PBX}: run `callcenter fetch` first")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_product() -> AsyncIterator[Product]:
    with free_offset() as offset, open_home("product") as home:
        async with running_product(home, offset) as product:
            yield product


@pytest_asyncio.fixture(loop_scope="session")
async def product(shared_product: Product) -> AsyncIterator[Product]:
    """The product, open for patients; afterwards no channel, waiting caller, queue member or AGI connection is left."""
    await always_open(shared_product)
    yield shared_product
    await is_left_alone(shared_product)


async def is_left_alone(product: Product) -> None:
    """Returns when nothing of a call is left in Asterisk and at the controller."""
    left: list[str] = []

    async def is_quiet() -> bool:
        left[:] = await _left(product)
        return not left

    try:
        await until(is_quiet, 15, "no channel, queue entry, member or AGI connection left", every_s=0.2)
    except AssertionError as late:
        raise AssertionError(f"{late}: {left}") from late


async def _left(product: Product) -> list[str]:
    """What is still there, in words."""
    channels = await product.witness.channels()
    summary = await product.witness.listed("QueueSummary", "QueueSummary", "QueueSummaryComplete")
    busy = [row for row in summary if int(row["Callers"]) + int(row["Available"])]
    queues = [f"{row['Queue']}: {row['Callers']} callers, {row['Available']} agents" for row in busy]
    connections = product.agi_connections()
    return [*channels, *queues, *([f"{connections} AGI connections"] if connections else [])]
