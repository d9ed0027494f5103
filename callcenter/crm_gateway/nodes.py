"""Lets one controller a name write facts: a second one with the name of the first keeps its own in its journal.

In: settings, a hold on the node's name, the store of facts. Out: the same port EventStore, refused while somebody else has the name.
Must not end a call: what cannot be stored waits. Invariant: of two journals of one name at most one is copied at a time, so no number of the one
is taken for a number of the other.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from callcenter.errors import StoreUnavailable
from callcenter.ports import EventStore
from crm.nodes import NodeHold

_HOST_CHARS, _HOME_CHARS = 20, 40
PATIENCE_S = 2.0


def who(home: Path) -> str:
    """Host and home in 63 printable ASCII characters at most, as a PostgreSQL server shows who is connected."""
    word = f"{socket.gethostname()[:_HOST_CHARS]}:{str(home.absolute())[-_HOME_CHARS:]}"
    return "".join(one if one.isascii() and one.isprintable() else "?" for one in word)


class OneWriter:
    """Implements ports.EventStore."""

    def __init__(self, store: EventStore, hold: NodeHold) -> None:
        self._store, self._hold = store, hold

    async def copied_up_to(self, node: str) -> int:
        await self._name_is_ours()
        return await self._store.copied_up_to(node)

    async def copy(self, node: str, records: Sequence[Mapping[str, Any]]) -> None:
        await self._name_is_ours()
        await self._store.copy(node, records)

    async def _name_is_ours(self) -> None:
        if not await self._hold.held(PATIENCE_S):
            raise StoreUnavailable(f"{self._hold.other} writes as {self._hold.node}" if self._hold.other else "the node's name cannot be asked for")
