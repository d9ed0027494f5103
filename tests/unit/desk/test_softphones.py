"""Accounts of browsers: what a sweep after a restart may remove, and what it may not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import pytest

from callcenter.cti.ari import Ari
from callcenter.cti.softphone import Softphones
from callcenter.settings import Settings
from tests.fakes.clock import VirtualClock
from tests.unit.desk.world import NOON

pytestmark = pytest.mark.unit


class MemoryAri:
    """Endpoints of Asterisk; `while_asked` happens between the question and its answer."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)
        self.while_asked: Any = None

    async def put_object(self, kind: str, object_id: str, fields: Mapping[str, str]) -> None:
        if kind == "endpoint":
            self.names.add(object_id)

    async def delete_object(self, kind: str, object_id: str) -> None:
        if kind == "endpoint":
            self.names.discard(object_id)

    async def endpoints(self) -> list[str]:
        if self.while_asked is not None:
            await self.while_asked()
        return sorted(self.names)


def softphones(ari: MemoryAri) -> Softphones:
    return Softphones(cast(Ari, ari), Settings(), VirtualClock(NOON), lambda agent_id: f"agent {agent_id}")


async def test_sweep_removes_what_nobody_uses_and_keeps_the_trunk_and_the_signed_in():
    ari = MemoryAri("trunk", "agent-1", "agent-2", "visitor-5")
    await softphones(ari).sweep(frozenset({2}))
    assert ari.names == {"trunk", "agent-2"}


async def test_an_account_made_while_the_sweep_asks_is_kept():
    ari = MemoryAri("trunk", "agent-1")
    phones = softphones(ari)

    async def signs_in() -> None:
        await phones.issue(7, "session", NOON + timedelta(hours=1))

    ari.while_asked = signs_in
    await phones.sweep(frozenset())
    assert ari.names == {"trunk", "agent-7"}
