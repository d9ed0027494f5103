"""Every situation in sipp-scenarios/, lived through by a SIPp caller on the whole product, and judged from outside.

Situations that do not disturb each other are lived through side by side, before all others; each is still a test of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support import scenario
from tests.support.product import Product, always_closed, always_open
from tests.telephony.conftest import is_left_alone

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="session")]

ALONE = [name for name in scenario.NAMES if scenario.disturbs(scenario.load(name))]
TOGETHER = [name for name in scenario.NAMES if name not in ALONE]


async def live(name: str, product: Product, folder: Path) -> None:
    script = scenario.load(name)
    number = script.get("number", f"+8613911{scenario.NAMES.index(name):06d}")
    scene = scenario.Scene(name, product, folder, number, script)
    try:
        await scenario.live_through(scene)
        await scenario.check(scene)
    finally:
        for desk in scene.desks:
            await desk.close()


async def queue_times(product: Product, wait_s: int = 120, ring_s: int = 20) -> None:
    await product.sql("UPDATE queue SET max_wait_s = $1, ring_s = $2", wait_s, ring_s)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def side_by_side(
    shared_product: Product, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[dict[str, asyncio.Task[None]]]:
    """Every wanted situation that disturbs nobody, begun at once; nothing of them is left at the end."""
    await always_open(shared_product)
    await queue_times(shared_product)
    wanted = {item.callspec.params["name"] for item in request.session.items if item.path == request.path and hasattr(item, "callspec")}
    begun = {
        name: asyncio.create_task(live(name, shared_product, tmp_path_factory.mktemp(name)), name=f"scenario:{name}")
        for name in TOGETHER
        if name in wanted
    }
    yield begun
    for task in begun.values():
        task.cancel()
    await asyncio.gather(*begun.values(), return_exceptions=True)


@pytest.mark.parametrize("name", TOGETHER)
async def test_side_by_side(side_by_side: dict[str, asyncio.Task[None]], name: str) -> None:
    await side_by_side[name]


async def test_of_those_side_by_side_nothing_is_left(side_by_side: dict[str, asyncio.Task[None]], shared_product: Product) -> None:
    if side_by_side:
        await asyncio.wait(side_by_side.values())
    await is_left_alone(shared_product)


@pytest.mark.parametrize("name", ALONE)
async def test_alone(product: Product, tmp_path: Path, name: str) -> None:
    script = scenario.load(name)
    if script.get("hours") == "closed":
        await always_closed(product)
    await queue_times(product, script.get("queue_wait_s", 120), script.get("ring_s", 20))
    await live(name, product, tmp_path)
