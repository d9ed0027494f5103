"""What the designer's handlers work with: the releases, the voice, and what a flow may name just now.

In: values of the composition root. Out: `FlowDesk` as a typed key, `Drawn`: everything that is live or drawn, and checked books of it. Must not
hold up calls: flows are checked in a thread, and a book that was checked is kept. Invariant: a check sees queues, calendars, templates and
prompts as they are at this moment.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from callcenter.api.keys import CLOCK
from callcenter.api.problems import Problem, not_found
from callcenter.api.resources import asked
from callcenter.api.security import principal_of
from callcenter.ivr import loader
from callcenter.ivr.faults import Fault, fault
from callcenter.ivr.flow import ReturnNode
from callcenter.ivr.loader import Checked, Known
from callcenter.ivr.prompts import Voice
from callcenter.ports import CallerDirectory, Hours, Lookups
from callcenter.settings import Settings
from crm.database import Session
from crm.telephony import flow_surroundings, flows
from crm.telephony.flow_surroundings import Surroundings
from crm.telephony.flows import By, Draft, Release

MOST_CHECKED = 8


class Releases(Protocol):
    """What callers are served from."""

    async def refresh(self) -> None:
        """Read what was published. Raises StoreUnavailable, ValueError."""
        ...


@dataclass(frozen=True, slots=True)
class FlowDesk:
    """Everything of it. `sounds`: the shipped sounds, by language."""

    settings: Settings
    releases: Releases
    voice: Voice
    lookups: Lookups
    callers: CallerDirectory
    hours: Hours
    sounds: Path
    checked: OrderedDict[str, Checked] = field(default_factory=OrderedDict)


FLOWS: web.AppKey[FlowDesk] = web.AppKey("flows", FlowDesk)


def desk_of(request: web.Request) -> FlowDesk:
    """Raises Problem where no telephone side runs."""
    desk = request.app.get(FLOWS)
    if desk is None:
        raise Problem(503, "flows unavailable", "This process serves no telephone calls.")
    return desk


def by_of(request: web.Request) -> By:
    """Who asks, now."""
    return By(principal_of(request).id, request.app[CLOCK].now())


# -- what is live and what is drawn -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drawn:
    """The newest release, the drafts over it, and what both may name."""

    live: Release | None
    drafts: Mapping[str, Draft]
    titles: Mapping[str, tuple[str, str]]
    around: Surroundings

    def sources(self, *drafts: str) -> dict[str, Any]:
        """What is live with these drafts over it."""
        live = dict(self.live.sources) if self.live else {}
        return live | {name: self.drafts[name].source for name in drafts}

    def with_drafts(self) -> dict[str, Any]:
        """What is live with every draft over it; empty drafts of new flows stay out."""
        return self.sources(*(name for name, draft in self.drafts.items() if draft.source.get("node")))


async def drawn(request: web.Request) -> Drawn:
    """Everything at this moment, in one transaction."""

    async def work(session: Session) -> Drawn:
        return Drawn(await flows.newest(session), await flows.drafts(session), await flows.titles(session), await flow_surroundings.read(session))

    return await asked(request, work)


async def released(request: web.Request, number: int) -> Release:
    """An older release. Raises Problem."""
    found = await asked(request, lambda session: flows.release(session, number))
    if found is None:
        raise not_found("release")
    return found


# -- checking ---------------------------------------------------------------------------------------------------------------------


def known(desk: FlowDesk, around: Surroundings) -> Known:
    """What a flow may name now."""
    return Known(
        desk.voice.ids(), calendars=frozenset(around.calendars), queues=frozenset(around.queues), templates=frozenset(around.templates),
        extensions=frozenset(one.name for one in desk.settings.extension),
    )  # fmt: skip


async def checked(desk: FlowDesk, around: Surroundings, sources: Mapping[str, Any], release: int = 0) -> Checked:
    """These flows together. Kept for the next to ask: a simulation asks at each key."""
    names = known(desk, around)
    return await asyncio.to_thread(_checked, desk, names, dict(sources), release)


def _checked(desk: FlowDesk, names: Known, sources: dict[str, Any], release: int) -> Checked:
    around = [sorted(names.prompts), sorted(names.calendars), sorted(names.queues or ()), sorted(names.templates or ()), sorted(names.extensions)]
    key = hashlib.sha256(json.dumps([sources, around, release], sort_keys=True).encode()).hexdigest()
    found = desk.checked.get(key)
    if found is None:
        found = loader.check_sources(sources, names, release=release)
        desk.checked[key] = found
        while len(desk.checked) > MOST_CHECKED:
            desk.checked.popitem(last=False)
    return found


def entry_faults(desk: FlowDesk, found: Checked) -> list[Fault]:
    """Numbers that lead nowhere, or into a flow that is made to be called."""
    faults: list[Fault] = []
    for did in desk.settings.did:
        flow = found.book.flows.get(did.flow)
        if flow is None:
            faults.append(fault("no_entry", flow=did.flow, number=did.number))
        elif any(isinstance(node, ReturnNode) for node in flow.nodes.values()):
            faults.append(fault("entry_returns", flow=did.flow, number=did.number))
    return faults


def entries(settings: Settings) -> frozenset[str]:
    """Flows that a number leads to."""
    return frozenset(did.flow for did in settings.did)


def iso(at: datetime | None) -> str | None:
    """As the API writes moments."""
    return at.isoformat() if at else None
