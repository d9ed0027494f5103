"""Live topics: a snapshot, then numbered merge patches, pushed to every page that asked for them.

In: `touch_agent`, `touch_all` when something changed; clients that join and leave. Out: JSON texts into each client's bounded queue.
Must not wait for any client: one whose queue is full is cut, and has a fresh snapshot when it comes back. Invariant: snapshot n plus the patches
n+1..m is what a snapshot m would be. Merge patch: RFC 7386; wire form: docs/api.md, "Live".
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from prometheus_client import Counter, Gauge

COALESCE_S = 0.1
PING = json.dumps({"type": "ping"})
BOARD = "board"
HOURS = "hours"
_cut = Counter("callcenter_live_clients_cut", "Pages that read too slowly")
_open = Gauge("callcenter_live_clients", "Open live connections")


class Client(Protocol):
    """A page with a live connection."""

    agent_id: int
    session: str
    rights: frozenset[str]

    def offer(self, text: str) -> bool:
        """Queue for sending; False: too much waits already."""
        ...

    def cut(self) -> None:
        """End the connection at once."""
        ...


def merge_patch(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """What RFC 7386 has to apply to `old` to give `new`; empty when nothing differs. A None in `new` is the absence of a value."""
    patch: dict[str, Any] = dict.fromkeys(old.keys() - new.keys())
    for key, value in new.items():
        before = old.get(key)
        if key in old and before == value:
            continue
        if isinstance(before, dict) and isinstance(value, dict):
            patch[key] = merge_patch(before, value)
        elif value is not None or before is not None:
            patch[key] = value
    return patch


@dataclass
class Topic:
    """One thing that pages follow. `name` is what they call it."""

    name: str
    read: Callable[[], dict[str, Any]]
    n: int = 1
    last: dict[str, Any] = field(default_factory=dict)
    clients: set[Client] = field(default_factory=set)

    def snapshot(self) -> str:
        return json.dumps({"type": "snapshot", "topic": self.name, "n": self.n, "data": self.last}, ensure_ascii=False)

    def change(self, patch: dict[str, Any]) -> str:
        return json.dumps({"type": "change", "topic": self.name, "n": self.n, "data": patch}, ensure_ascii=False)


class LiveHub:
    """All topics and clients of this process."""

    def __init__(self, read_agent: Callable[[int], dict[str, Any]], read_board: Callable[[], dict[str, Any]], ping_s: float) -> None:
        self._read_agent, self._read_board, self._ping_s = read_agent, read_board, ping_s
        self._others: dict[str, Callable[[Client], dict[str, Any]]] = {}
        self._topics: dict[str, Topic] = {}
        self._clients: set[Client] = set()
        self._touched = asyncio.Event()

    def add_topic(self, name: str, read: Callable[[Client], dict[str, Any]]) -> None:
        """A further thing to follow; each person has his own view of it. It changes with `touch_all`."""
        self._others[name] = read

    # -- clients -----------------------------------------------------------------------------------------------------------

    def join(self, client: Client) -> None:
        self._clients.add(client)
        _open.set(len(self._clients))

    def leave(self, client: Client) -> None:
        self._clients.discard(client)
        _open.set(len(self._clients))
        for key, topic in list(self._topics.items()):
            topic.clients.discard(client)
            if not topic.clients:
                del self._topics[key]

    def subscribe(self, client: Client, name: str) -> None:
        """Send a snapshot now and every change from here on. Subscribing again is a resync."""
        key = _key(name, client.agent_id)
        topic = self._topics.get(key)
        if topic is None:
            read = self._reader(client, name)
            topic = self._topics[key] = Topic(name, read, last=read())
        else:
            self._refresh(topic)
        topic.clients.add(client)
        self._send(client, topic.snapshot())

    def _reader(self, client: Client, name: str) -> Callable[[], dict[str, Any]]:
        other = self._others.get(name)
        if other is not None:
            return lambda: other(client)
        return self._read_board if name == BOARD else lambda: self._read_agent(client.agent_id)

    def end_session(self, session: str) -> None:
        """The login session is over: so are its live connections."""
        for client in [one for one in self._clients if one.session == session]:
            client.cut()

    def following(self, agent_id: int) -> bool:
        """Has this agent a page open?"""
        return any(client.agent_id == agent_id for client in self._clients)

    # -- changes -----------------------------------------------------------------------------------------------------------

    def touch_agent(self, agent_id: int) -> None:
        """This agent's desk changed: tell his pages before doing anything else."""
        topic = self._topics.get(_key("agent", agent_id))
        if topic is not None:
            self._refresh(topic)
        self._touched.set()

    def touch_all(self) -> None:
        """Figures changed: tell everybody within `COALESCE_S`."""
        self._touched.set()

    async def run(self) -> None:
        """Coalesced changes and pings, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._refresh_forever(), name="live:changes")
            group.create_task(self._ping_forever(), name="live:pings")

    # -- inner -------------------------------------------------------------------------------------------------------------

    async def _refresh_forever(self) -> None:
        while True:
            await self._touched.wait()
            await asyncio.sleep(COALESCE_S)
            self._touched.clear()
            for topic in list(self._topics.values()):
                self._refresh(topic)

    async def _ping_forever(self) -> None:
        while True:
            await asyncio.sleep(self._ping_s)
            for client in list(self._clients):
                self._send(client, PING)

    def _refresh(self, topic: Topic) -> None:
        fresh = topic.read()
        patch = merge_patch(topic.last, fresh)
        if not patch.keys() - {"at"}:
            return
        topic.n, topic.last = topic.n + 1, fresh
        text = topic.change(patch)
        for client in list(topic.clients):
            self._send(client, text)

    def _send(self, client: Client, text: str) -> None:
        if not client.offer(text):
            _cut.inc()
            self.leave(client)
            client.cut()


def _key(name: str, agent_id: int) -> str:
    return BOARD if name == BOARD else f"{name}:{agent_id}"
