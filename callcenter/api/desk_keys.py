"""What the desk's and board's handlers work with, as one typed value in the application.

In: built once by the composition root. Out: `desk_of(request)`, `hub_of(request)`, `own_call`. Must not be changed while serving.
Invariant: handlers reach everything through these keys, never through module globals. Other keys: callcenter/api/keys.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from aiohttp import web

from callcenter.api.live_hub import LiveHub
from callcenter.api.problems import Problem
from callcenter.cti.agents import Agents
from callcenter.cti.calls import LiveCalls
from callcenter.cti.desk_view import DeskView
from callcenter.cti.screen_pop import ScreenPop
from callcenter.cti.softphone import Softphones
from callcenter.cti.supervision import Supervision
from callcenter.cti.transfer import Transfers
from callcenter.events import Event
from callcenter.ports import Clock, Directory, PersonCard
from callcenter.settings import Settings


class Choices(Protocol):
    """What an agent may choose from; kept in memory, so it answers while the store is away."""

    def dispositions(self) -> Sequence[Mapping[str, Any]]:
        """Tree of `{code, title_zh, title_en, children}`."""
        ...

    def pause_reasons(self) -> Sequence[Mapping[str, Any]]:
        """`{code, title_zh, title_en, limit_min}`."""
        ...


@dataclass(frozen=True, slots=True)
class FirstFile:
    """What an agent writes of somebody who calls for the first time."""

    name: str
    number: str
    gender: str = ""
    birth_date: date | None = None
    language: str = "zh"


class People(Protocol):
    """People's files, as far as the desk changes them. Raises StoreUnavailable, and Problem for a value or id that is wrong."""

    async def card(self, patient_id: int, number: str, by: int) -> PersonCard: ...

    async def open_file(self, first: FirstFile, by: int) -> PersonCard: ...

    async def plan_contact(self, patient_id: int, on: date, linkedid: str, by: int) -> None: ...


@dataclass(frozen=True, slots=True)
class DeskContext:
    """Everything of the desk."""

    settings: Settings
    clock: Clock
    publish: Callable[[Event], None]
    directory: Directory
    calls: LiveCalls
    agents: Agents
    screen_pop: ScreenPop
    supervision: Supervision
    view: DeskView
    softphones: Softphones
    transfers: Transfers
    choices: Choices
    people: People


DESK: web.AppKey[DeskContext] = web.AppKey("desk", DeskContext)
HUB: web.AppKey[LiveHub] = web.AppKey("hub", LiveHub)


def desk_of(request: web.Request) -> DeskContext:
    return request.app[DESK]


def hub_of(request: web.Request) -> LiveHub:
    return request.app[HUB]


def own_call(desk: DeskContext, linkedid: str, agent_id: int) -> None:
    """The agent's present call, or one he talked in lately. Raises Problem for any other."""
    call = desk.calls.get(linkedid)
    talked = call is not None and any(leg.agent_id == agent_id and leg.connected_at for leg in call.legs)
    if not talked and desk.agents.get(agent_id).linkedid != linkedid:
        raise Problem(409, "not your call", "You are not on this call, and were not lately.")
