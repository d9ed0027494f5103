"""The named questions a flow may ask: the port Lookups.

In: a lookup's name and arguments. Out: `Found` in the shapes of docs/flows.md. Must not raise for the store: that is the exit `unavailable`.
Invariant: an answer that was once given for this week is given again, within `store_patience_s`, while the database is away.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from callcenter import log
from callcenter.commands import Found
from callcenter.crm_gateway.store import Store
from callcenter.errors import StoreUnavailable
from crm import clinics

_log = log.get("lookups")
NAMES = frozenset({"clinic_departments", "clinic_hours"})
MOST_REMEMBERED = 500
Items = list[dict[str, Any]]


class CrmLookups:
    """Implements ports.Lookups."""

    def __init__(self, store: Store, zone: ZoneInfo) -> None:
        self._store, self._zone = store, zone
        self._known: dict[tuple[str, str, str], Items] = {}

    def names(self) -> frozenset[str]:
        return NAMES

    async def ask(self, name: str, arguments: Mapping[str, str], now: datetime, session: str = "") -> Found:
        today = now.astimezone(self._zone).date()
        argument = arguments.get("department", "")
        key = (name, argument, f"{today:%G-%V}")
        try:
            items = await self._items(name, argument, today, self._store.patience_s if key in self._known else None)
        except StoreUnavailable:
            if key not in self._known:
                return Found("unavailable")
            items = self._known[key]
        except ValueError as refused:
            _log.error("lookup refused", lookup=name, reason=str(refused))
            return Found("unavailable")
        self._remember(key, items)
        return Found("found", {"items": items}) if items else Found("not_found")

    def _remember(self, key: tuple[str, str, str], items: Items) -> None:
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[key] = items

    async def _items(self, name: str, argument: str, today: date, timeout_s: float | None) -> Items:
        if name == "clinic_departments":
            return await self._store.ask_for_caller(lambda session: clinics.departments(session, today), timeout_s)
        if name == "clinic_hours" and argument.isascii() and argument.isdigit() and len(argument) < 10:
            return await self._store.ask_for_caller(lambda session: clinics.hours(session, int(argument), today), timeout_s)
        raise ValueError("no such lookup, or an argument that is no id")
