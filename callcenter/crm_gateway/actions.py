"""The deeds a flow may order: the port Actions.

In: an action's name, arguments, whose it is. Out: `Found` in the shapes of callcenter/ivr/actions.py. Must not raise for the store: that is the exit
`unavailable`. Invariant: an action that nobody declared is `unavailable`; one that was done under a key is not done again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from callcenter.commands import Found
from callcenter.crm_gateway.store import Store
from callcenter.errors import StoreUnavailable
from callcenter.ports import ActContext

Deed = Callable[[Store, Mapping[str, str], ActContext], Awaitable[Found]]


class CrmActions:
    """Implements ports.Actions."""

    def __init__(self, store: Store, deeds: Mapping[str, Deed]) -> None:
        self._store, self._deeds = store, deeds

    async def act(self, name: str, arguments: Mapping[str, str], context: ActContext) -> Found:
        deed = self._deeds.get(name)
        if deed is None:
            return Found("unavailable")
        try:
            return await deed(self._store, arguments, context)
        except StoreUnavailable:
            return Found("unavailable")
