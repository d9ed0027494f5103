"""Every situation in sipp-scenarios/ without agents, lived through by a SIPp caller on the whole product, and judged from outside.

Situations that do not disturb each other are lived through side by side, before all others; each is still a test of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support import scenario
from tests.support.product import Product, always_open
from tests.support.together import lived_through, wanted
from tests.telephony.conftest import is_left_alone

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="session")]

WITHOUT_AGENTS = [name for name in scenario.NAMES if "agents" not in scenario.load(name)]
ALONE = [name for name in WITHOUT_AGENTS if scenario.disturbs(scenario.load(name))]
TOGETHER = [name for name in WITHOUT_AGENTS if name not in ALONE]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def side_by_side(
    shared_product: Product, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[dict[str, asyncio.Task[None]]]:
    """Every wanted situation that disturbs nobody, begun at once; nothing of them is left at the end."""
    await always_open(shared_product)
    await scenario.queue_times(shared_product)

    async def live(name: str) -> None:
        await scenario.live(name, shared_product, tmp_path_factory.mktemp(name))

    async with lived_through(wanted(TOGETHER, request), live, len(TOGETHER)) as begun:
        yield begun


@pytest.mark.parametrize("name", TOGETHER)
async def test_side_by_side(side_by_side: dict[str, asyncio.Task[None]], name: str) -> None:
    await side_by_side[name]


async def test_of_those_side_by_side_nothing_is_left(side_by_side: dict[str, asyncio.Task[None]], shared_product: Product) -> None:
    if side_by_side:
        await asyncio.wait(side_by_side.values())
    await is_left_alone(shared_product)


@pytest.mark.parametrize("name", ALONE)
async def test_alone(product: Product, tmp_path: Path, name: str) -> None:
    await scenario.live_alone(name, product, tmp_path)
