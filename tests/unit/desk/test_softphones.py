"""Accounts of browsers: what a sweep after a restart may remove, and what it may not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import pytest

from callcenter.cti.ari import Ari
from callcenter.cti.softphone import KINDS, Softphones
from callcenter.settings import Settings
from tests.fakes.clock import VirtualClock
from tests.unit.desk.world import NOON

pytestmark = pytest.mark.unit


class MemoryAri:
    """Endpoints of Asterisk; `while_asked` happens between the question and its answer."""

    def __init__(self, *names: str) -> None:
        self.objects = {(kind, name) for name in names for kind in KINDS}
        self.while_asked: Any = None

    @property
    def names(self) -> set[str]:
        """Of accounts that are whole; half of one is a fault."""
        names = {name for _, name in self.objects}
        assert self.objects == {(kind, name) for name in names for kind in KINDS}, self.objects
        return names

    async def put_object(self, kind: str, object_id: str, fields: Mapping[str, str]) -> None:
        await asyncio.sleep(0)
        self.objects.add((kind, object_id))

    async def delete_object(self, kind: str, object_id: str) -> None:
        await asyncio.sleep(0)
        self.objects.discard((kind, object_id))

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


@pytest.mark.parametrize("lead", range(8))
async def test_signing_in_again_while_the_account_before_is_still_being_deleted_leaves_a_whole_account(lead: int):
    ari = MemoryAri("trunk")
    phones = softphones(ari)
    await phones.issue(7, "morning", NOON + timedelta(hours=1))
    async with asyncio.TaskGroup() as group:
        group.create_task(phones.revoke(7, "morning"))
        for _ in range(lead):
            await asyncio.sleep(0)
        group.create_task(phones.issue(7, "noon", NOON + timedelta(hours=1)))
    assert ari.names == {"trunk", "agent-7"}
    await phones.expire()
    assert ari.names == {"trunk", "agent-7"}


@pytest.mark.parametrize("lead", range(8))
async def test_signing_out_while_the_account_is_still_being_made_leaves_none(lead: int):
    ari = MemoryAri("trunk")
    phones = softphones(ari)
    async with asyncio.TaskGroup() as group:
        group.create_task(phones.issue(7, "morning", NOON + timedelta(hours=1)))
        for _ in range(lead + 1):
            await asyncio.sleep(0)
        group.create_task(phones.revoke(7, "morning"))
    assert ari.names == {"trunk"}
    await phones.push_all()
    assert ari.names == {"trunk"}
