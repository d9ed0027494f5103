"""Who acts in these tests, over the invented hospital."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from crm.access import accounts
from crm.database import Database, Session
from crm.engine.registry import registry
from crm.engine.store import Actor
from crm.principal import Principal
from tests.component.api_data import conftest as api_data

AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
ActAs = Callable[[str], Awaitable[Actor]]


@pytest.fixture
def act_as(demo: Database) -> ActAs:
    """`await act_as("admin")`."""

    async def make(username: str) -> Actor:
        async def work(session: Session) -> Principal:
            return next(one for one in (await accounts.principals(session)).values() if one.username == username)

        return Actor(await demo.run(work), AT, AT.date(), registry())

    return make


home, product, visitor, sign_in = api_data.home, api_data.product, api_data.visitor, api_data.sign_in
