"""The named questions a flow may ask: the port Lookups.

In: a lookup's name and arguments, the call that asks. Out: `Found` in the shapes of callcenter/ivr/lookups.py. Must not raise for the store: that
is the exit `unavailable`. Invariant: own data is answered only for a person whom this call identified, and never kept; a public answer that was once
given for this week is given again, within `store_patience_s`, while the database is away.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callcenter import log
from callcenter.commands import Found
from callcenter.crm_gateway import questions
from callcenter.crm_gateway.questions import Asked, NotAllowed
from callcenter.crm_gateway.store import Store
from callcenter.errors import StoreUnavailable

_log = log.get("lookups")
MOST_REMEMBERED = 500
Values = Mapping[str, Any]
Key = tuple[str, tuple[tuple[str, str], ...], str]


class CrmLookups:
    """Implements ports.Lookups."""

    def __init__(self, store: Store, zone: ZoneInfo) -> None:
        self._store, self._zone = store, zone
        self._known: dict[Key, Values] = {}

    def names(self) -> frozenset[str]:
        return frozenset({*questions.PUBLIC, *questions.LIVE, *questions.OWN})

    async def ask(self, name: str, arguments: Mapping[str, str], now: datetime, session: str = "") -> Found:
        asked = Asked(dict(arguments), now, self._zone, session)
        try:
            values = await (self._ask_public(name, asked) if name in questions.PUBLIC else self._ask_store(name, asked))
        except StoreUnavailable:
            return Found("unavailable")
        except (ValueError, NotAllowed) as refused:
            _log.error("lookup refused", lookup=name, reason=str(refused) or type(refused).__name__)
            return Found("unavailable")
        return Found("found", values) if values.get("items") else Found("not_found")

    async def _ask_public(self, name: str, asked: Asked) -> Values:
        key: Key = (name, tuple(sorted(asked.arguments.items())), f"{asked.today:%G-%V}")
        try:
            values = await self._ask_store(name, asked, impatient=key in self._known)
        except StoreUnavailable:
            if key not in self._known:
                raise
            return self._known[key]
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[key] = values
        return values

    async def _ask_store(self, name: str, asked: Asked, *, impatient: bool = False) -> Values:
        """What has no other answer is asked even of a store that seems to be away: it may only be slow, and the caller is told to wait."""
        question = questions.find(name)
        if question is None:
            raise ValueError("there is no such lookup")
        if impatient:
            return await self._store.ask_for_caller(lambda session: question(session, asked), self._store.patience_s)
        return await self._store.ask(lambda session: question(session, asked))
