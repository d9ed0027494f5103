"""What a session meets outside, in memory: a scripted caller, a journal, people, lookups, hours.

In: a script of what the caller does at each thing he hears. Out: the commands he was given, the events that were told, the checkpoints kept.
A `Killed` in a script is the end of the process: it passes through the session as cancellation does.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from callcenter.commands import Command, Done, Found, Gather, Heard, Keys, Recorded, RecordMessage, Say, SetLanguage
from callcenter.errors import CallerHungUp, StoreUnavailable
from callcenter.events import Event
from callcenter.ivr import loader, prompts
from callcenter.ivr.actions import ACTIONS
from callcenter.ivr.flow import FlowBook
from callcenter.ivr.shelf import FlowShelf
from callcenter.ports import ActContext, PersonCard, QueueSettings
from callcenter.session import CallSession, SessionTools, Visit
from callcenter.settings import Timeouts
from tests.fakes.clock import VirtualClock

SOUNDS = Path(__file__).parents[3] / "sounds"
GONE = object()
KILLED = object()

DEPARTMENTS = [{"id": str(n), "name_zh": f"第{n}科", "name_en": f"Department {n}"} for n in range(1, 19)]
CLINICS = [
    {
        "doctor_zh": f"医生{n}",
        "doctor_en": f"Doctor {n}",
        "title_zh": "主任医师",
        "title_en": "Chief Physician",
        "weekday": n,
        "from": "08:00",
        "to": "11:30",
    }
    for n in (1, 3, 5)
]


@cache
def catalogue() -> prompts.Prompts:
    """The shipped texts."""
    return prompts.Prompts(prompts.parse(SOUNDS / "prompts.toml"))


def known() -> loader.Known:
    """What the shipped flows may name."""
    return loader.Known(catalogue().ids(), queues={"service_desk"}, extensions={"reception"}, templates=None)


@cache
def shipped() -> FlowBook:
    """The shipped flows."""
    return loader.load_folder(loader.SHIPPED, known())


class ScriptedChannel:
    """A caller: each Gather or RecordMessage takes the next entry of the script. GONE hangs up, KILLED ends the process."""

    def __init__(self, *script: Any) -> None:
        self.script, self.performed = list(script), []
        self.language = "zh"
        self.handed_over: list[tuple[str, Mapping[str, str]]] = []
        self.marks: list[str] = []
        self.left: dict[str, Heard] = {}

    def mark(self, mark: str) -> None:
        self.marks.append(mark)

    async def left_behind(self, mark: str, command: Command) -> Heard | None:
        return self.left.get(mark)

    async def perform(self, command: Command) -> Heard:
        self.performed.append(command)
        await asyncio.sleep(0)
        match command:
            case SetLanguage():
                self.language = command.language
                return Done()
            case Say():
                return Done()
            case Gather():
                return Keys(self._next())
            case RecordMessage():
                return self._next()
        raise AssertionError(f"{command} is nothing for a channel")

    def _next(self) -> Any:
        entry = self.script.pop(0) if self.script else GONE
        if entry is GONE:
            raise CallerHungUp("by script")
        if entry is KILLED:
            raise asyncio.CancelledError
        if isinstance(entry, Exception):
            raise entry
        return entry

    async def hand_over(self, done: str, variables: Mapping[str, str]) -> None:
        self.handed_over.append((done, dict(variables)))


class MemoryJournal:
    """Checkpoints as they would be read back: through JSON."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.history: list[str | None] = []

    def append_event(self, event: Event) -> int:
        return len(self.history)

    def append_checkpoint(self, session: str, state: Mapping[str, Any] | None) -> int:
        written = None if state is None else json.dumps(state)
        self.history.append(written)
        if written is None:
            self.kept.pop(session, None)
        else:
            self.kept[session] = written
        return len(self.history)

    def checkpoint(self, session: str) -> Mapping[str, Any] | None:
        return json.loads(self.kept[session]) if session in self.kept else None

    async def synced(self, number: int) -> None:
        return None


@dataclass
class People:
    """Who is behind a number. `away` raises, `hangs` never answers."""

    people: tuple[PersonCard, ...] = ()
    language: str | None = None
    away: bool = False
    hangs: bool = False
    kept: list[str] = field(default_factory=list)

    async def people_at(self, number: str) -> tuple[PersonCard, ...]:
        await self._answer()
        return self.people

    async def language_of(self, number: str) -> str | None:
        await self._answer()
        return self.language

    async def remember_language(self, number: str, language: str) -> None:
        await self._answer()
        self.kept.append(language)

    async def _answer(self) -> None:
        if self.away:
            raise StoreUnavailable("switched off by the test")
        if self.hangs:
            await asyncio.Event().wait()


@dataclass
class Answers:
    """Lookups with fixed answers."""

    answers: dict[str, Found] = field(
        default_factory=lambda: {
            "clinic_departments": Found("found", {"items": DEPARTMENTS}),
            "clinic_hours": Found("found", {"items": CLINICS}),
        }
    )
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def names(self) -> frozenset[str]:
        return frozenset(self.answers)

    async def ask(self, name: str, arguments: Mapping[str, str], now: datetime, session: str = "") -> Found:
        self.asked.append((name, dict(arguments)))
        return self.answers[name]


@dataclass
class Deeds:
    """Actions with fixed answers; `done` holds key, name and arguments. The first answer under a key is given again."""

    answers: dict[str, Found] = field(default_factory=lambda: {name: Found(one.exits[0], one.example) for name, one in ACTIONS.items()})
    done: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    hangs: bool = False
    dies: bool = False

    async def act(self, name: str, arguments: Mapping[str, str], context: ActContext) -> Found:
        if self.hangs:
            await asyncio.Event().wait()
        self.done.append((context.key, name, dict(arguments)))
        if self.dies:
            raise asyncio.CancelledError
        return self.answers[name]


@dataclass
class Opening:
    """Opening hours that a test sets."""

    state: str = "open"

    def state_at(self, calendar: str, now: datetime) -> str:
        return self.state


class Queues:
    """A directory with one queue."""

    def queues(self) -> Mapping[str, QueueSettings]:
        return {"service_desk": QueueSettings("service_desk", "综合服务台", "Service Desk", max_wait_s=240)}

    def agents(self) -> Mapping[int, Any]:
        return {}

    async def refresh(self) -> None:
        return None


class Told:
    """An event sink that remembers."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, event: Event) -> None:
        self.events.append(event)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


class World:
    """Everything around a session, and a line to start one."""

    def __init__(self, **changes: Any) -> None:
        self.people, self.answers, self.opening, self.deeds = People(), Answers(), Opening(), Deeds()
        self.journal, self.told = MemoryJournal(), Told()
        tools = SessionTools(
            flows=FlowShelf(shipped()),
            callers=self.people,
            lookups=self.answers,
            actions=self.deeds,
            hours=self.opening,
            directory=Queues(),
            journal=self.journal,
            events=self.told,
            clock=VirtualClock(),
            timeouts=Timeouts(caller_lookup_s=0.05, store_s=0.05, act_s=0.05),
        )
        self.tools = replace(tools, **changes)

    async def visit(
        self,
        *script: Any,
        attempt: int = 1,
        result: str = "",
        flow: str = "main_menu",
        number: str = "+8613900000001",
        left: Mapping[str, Heard] | None = None,
    ) -> ScriptedChannel:
        """One entry of the call into a controller. `left`: what the caller answered while none listened, by the mark of the step."""
        channel = ScriptedChannel(*script)
        channel.left = dict(left or {})
        visit = Visit("node1-1.1", attempt, result, flow, number, "95120", "node1-1.1")
        await CallSession(visit, channel, self.tools).run()
        return channel

    def checkpoint_state(self) -> dict[str, Any]:
        return dict(self.journal.checkpoint("node1-1.1") or {})

    def checkpoint(self) -> dict[str, Any] | None:
        saved = self.journal.checkpoint("node1-1.1")
        return None if saved is None else dict(saved["step"])


def spoken_ids(command: Command) -> list[str]:
    """Prompt ids of a command, names in angle brackets; readable in an assertion."""
    words = getattr(command, "spoken", ())
    return [getattr(one, "id", None) or (f"<{one.text}>" if hasattr(one, "text") else str(getattr(one, "value", one))) for one in words]


MESSAGE = Recorded("m1", "messages/m1.wav", 7.5)
NO_MESSAGE = Recorded("", "", 0.0)
