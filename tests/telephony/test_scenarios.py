"""Every situation in sipp-scenarios/, lived through by a SIPp caller on the whole product, and judged from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import scenario
from tests.support.product import Product, always_closed

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("name", scenario.NAMES)
async def test_scenario(product: Product, tmp_path: Path, name: str) -> None:
    script = scenario.load(name)
    number = script.get("number", f"+8613911{scenario.NAMES.index(name):06d}")
    if script.get("hours") == "closed":
        await always_closed(product)
    wait_s = script.get("queue_wait_s", 120)
    await product.sql("UPDATE queue SET max_wait_s = $1, ring_s = $2", wait_s, script.get("ring_s", 20))
    scene = scenario.Scene(name, product, tmp_path, number, script)
    try:
        await scenario.live_through(scene)
        await scenario.check(scene)
    finally:
        for desk in scene.desks:
            await desk.close()
