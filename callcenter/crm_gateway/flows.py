"""Keeps the shelf of flows as it is published: reads releases at start and on the database's notice, and keeps them on disk.

In: releases of crm.telephony.flows, the file of the process before. Out: books on the `FlowShelf`; the sources of the newest for who wants to look.
Must not put a release there that the engine cannot walk: it stays with what it has, and says so. Invariant: a start without the database serves
the newest release that was ever here, and the ones live calls are in.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from callcenter import log
from callcenter.crm_gateway import notices
from callcenter.crm_gateway.store import Store
from callcenter.ivr import loader
from callcenter.ivr.flow import FlowBook
from callcenter.ivr.shelf import FlowShelf
from callcenter.ports import Clock
from crm.database import Session
from crm.telephony import flows
from crm.telephony.flows import Release

_log = log.get("flows")


class Anything(Collection[str]):
    """Every name is known: what a release names was there when it was published, and is not judged again at each start."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Shipment:
    """The flows that came with the product: flow -> source, flow -> Chinese and English title."""

    sources: Mapping[str, Any]
    titles: Mapping[str, tuple[str, str]]
    note: str = ""


class CrmFlows:
    """The releases of one process. `in_use`: releases that live calls name."""

    def __init__(self, store: Store, shelf: FlowShelf, clock: Clock, kept: Path, in_use: Callable[[], Collection[int]], shipment: Shipment) -> None:
        self.shelf, self._store, self._clock, self._kept, self._in_use = shelf, store, clock, kept, in_use
        self._shipment: Shipment | None = shipment
        self._compared = False  # what lay on disk with what the store holds: it may be another store
        self._releases: dict[int, Release] = {}
        self._watchers: list[Callable[[], None]] = []
        for one in _needed(_read(kept), in_use()):
            self._put(one)

    @property
    def newest(self) -> Release | None:
        """What callers get now, as it is stored; None: the shipped flows, as nothing else is known."""
        return self._releases.get(self.shelf.newest.release)

    def watch(self, callback: Callable[[], None]) -> None:
        """`callback()` after each new release, synchronously."""
        self._watchers.append(callback)

    async def _ship(self, shipment: Shipment) -> None:
        by = flows.By(None, self._clock.now())

        async def work(session: Session) -> Release | None:
            return await flows.ship(session, by, shipment.sources, shipment.titles, shipment.note)

        made = await self._store.ask(work)
        self._shipment = None
        if made is not None:
            _log.info("the product's flows are live", release=made.number)

    async def refresh(self) -> None:
        """Hand in the product's flows, once, and read what is new. Raises StoreUnavailable and keeps what is known."""
        if self._shipment is not None:
            await self._ship(self._shipment)
        number = await self._store.ask(flows.newest_number)
        known = self._releases.keys() if self._compared else ()
        for one in sorted({number, *self._in_use()} - {0, *known}):
            found = await self._store.ask(lambda session, one=one: flows.release(session, one))
            if found is not None and found != self._releases.get(one):
                await self._take(found)
        self._compared = True
        if number in self._releases and self.shelf.newest.release != number:
            self.shelf.turn_to(number)
            self._tell()

    async def _take(self, one: Release) -> None:
        book = await asyncio.to_thread(_book, one)
        if book is None:
            return
        self._place(one, book)
        await asyncio.to_thread(_write, self._kept, [self._releases[number] for number in self.shelf.releases() if number in self._releases])
        _log.info("flows loaded", release=one.number)
        self._tell()

    def _tell(self) -> None:
        for callback in self._watchers:
            callback()

    def _put(self, one: Release) -> None:
        book = _book(one)
        if book is not None:
            self._place(one, book)

    def _place(self, one: Release, book: FlowBook) -> None:
        self.shelf.put(book, self._in_use())
        self._releases[one.number] = one
        for gone in self._releases.keys() - set(self.shelf.releases()):
            del self._releases[gone]

    async def run(self) -> None:
        """Follow the database's notices until cancelled; whatever was missed is read after each reconnect."""
        await notices.follow(self._store.database, flows.RELEASED, self._refresh_or_keep)

    async def _refresh_or_keep(self) -> None:
        try:
            await self.refresh()
        except ValueError as refused:
            _log.error("releases could not be read, the flows that are known stay in use", reason=str(refused))


def _book(one: Release) -> FlowBook | None:
    known = loader.Known(Anything(), calendars=Anything(), extensions=Anything())
    checked = loader.check_sources(one.sources, known, one.versions, one.number)
    if checked.faults or not checked.book.flows:
        first = checked.faults[0].as_json() if checked.faults else {}
        _log.error("a release cannot be walked and is not used", release=one.number, faults=len(checked.faults), first=first)
        return None
    return checked.book


# -- on disk ------------------------------------------------------------------------------------------------------------------


def _write(path: Path, releases: list[Release]) -> None:
    """Errors of the disk are logged: the copy is a help, no truth."""
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump([asdict(one) for one in releases], file, ensure_ascii=False)
        fresh.replace(path)
    except OSError as full:
        _log.warning("copy of the flows not written", error=str(full))


def _needed(kept: list[Release], in_use: Collection[int]) -> list[Release]:
    """Of what lies on disk the newest, and those live calls are in: a successor has callers waiting."""
    last = max((one.number for one in kept), default=0)
    return [one for one in kept if one.number == last or one.number in in_use]


def _read(path: Path) -> list[Release]:
    """What `_write` wrote last."""
    try:
        return [Release(int(one["number"]), dict(one["versions"]), dict(one["sources"])) for one in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as damaged:
        _log.warning("copy of the flows is damaged and not used", error=type(damaged).__name__)
        return []
