"""The engine over the invented hospital: everybody's rights, and actors that ask the store directly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from crm.access import accounts
from crm.database import Database, Session
from crm.engine.registry import registry
from crm.engine.store import Actor
from crm.models import UserAccount
from crm.principal import Principal
from tests.component.api_data.conftest import home, product, sign_in, visitor

__all__ = ["home", "product", "sign_in", "visitor"]

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
As = Callable[..., Awaitable[Actor]]


@pytest.fixture
def acting(demo: Database) -> As:
    """`await acting("agent01", more=["see.phone"], less=[...], scope="department", departments=(1,))`."""

    async def make(
        username: str, *, more: tuple[str, ...] = (), less: tuple[str, ...] = (), scope: str = "", departments: tuple[int, ...] = ()
    ) -> Actor:
        async def work(session: Session) -> Principal:
            user_id = await session.scalar(select(UserAccount.id).where(UserAccount.username == username))
            assert user_id is not None
            return (await accounts.principals(session, [user_id]))[user_id]

        who = await demo.run(work)
        rights = (who.rights | set(more)) - set(less)
        scopes = dict.fromkeys(rights, scope) if scope else {}
        return Actor(replace(who, rights=rights, scopes=scopes, department_ids=departments), NOW, TODAY, registry())

    return make
