"""Every situation in sipp-scenarios/ with agents, lived through by a SIPp caller and the agents' telephones, and judged from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import scenario
from tests.support.product import Product

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("name", [name for name in scenario.NAMES if "agents" in scenario.load(name)])
async def test_conversation(product: Product, tmp_path: Path, name: str) -> None:
    await scenario.live_alone(name, product, tmp_path)
