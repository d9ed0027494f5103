"""What the engine needs from outside, as Protocols. Pure.

`crm_gateway` implements the ones that read or write the hospital's data, `cti.agi_channel` the channel, `journal` the journal.
Each fake in tests/fakes passes the same contract test as the real one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from callcenter.commands import Command, Found, Heard
from callcenter.events import CallEvent, Event


class Clock(Protocol):
    """Time as a port."""

    def now(self) -> datetime:
        """The moment, timezone-aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...


@dataclass(frozen=True, slots=True)
class PersonCard:
    """What a screen-pop shows of one person before anything else. All fields are personal. `as_json` shapes: docs/api.md, "person card"."""

    id: int
    name: str
    gender: str = ""
    age: int | None = None
    mrn: str = ""
    tags: tuple[str, ...] = ()
    relation: str = ""
    language: str = "zh"
    last_contact_at: datetime | None = None
    alerts: tuple[str, ...] = ()
    visits: tuple[Mapping[str, Any], ...] = ()
    calls: tuple[Mapping[str, Any], ...] = ()
    open_items: tuple[Mapping[str, Any], ...] = ()
    relatives: tuple[Mapping[str, Any], ...] = ()
    carers: tuple[Mapping[str, Any], ...] = ()
    reached: Mapping[str, Any] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


class CallerDirectory(Protocol):
    """Who is behind a number."""

    async def people_at(self, number: str) -> tuple[PersonCard, ...]:
        """Everybody who uses `number` (E.164 or as dialled), the likeliest first. Empty: unknown. Raises StoreUnavailable."""
        ...

    async def language_of(self, number: str) -> str | None:
        """`zh` or `en` as chosen in an earlier call from `number`; None when never chosen. Raises StoreUnavailable."""
        ...

    async def remember_language(self, number: str, language: str) -> None:
        """Keep the choice for the next call. Raises StoreUnavailable."""
        ...


class Lookups(Protocol):
    """Named questions a flow may ask; a flow cannot name a table."""

    def names(self) -> frozenset[str]:
        """Every lookup there is; the loader refuses a flow that names another."""
        ...

    async def ask(self, name: str, arguments: Mapping[str, str], now: datetime, session: str = "") -> Found:
        """Never raises for the store: that is the exit `unavailable`. `session`: the call; own data only of whom it identified."""
        ...


@dataclass(frozen=True, slots=True)
class ActContext:
    """Whose action it is. `key` is the same when the step is played again after a crash: an action done under it gives its first answer."""

    key: str
    session: str
    caller_number: str
    language: str
    now: datetime


class Actions(Protocol):
    """Named deeds a flow may order."""

    async def act(self, name: str, arguments: Mapping[str, str], context: ActContext) -> Found:
        """Never raises for the store: that is the exit `unavailable`."""
        ...


class Hours(Protocol):
    """Opening hours with holidays, make-up working days and emergency closure; answers from a cache when the store is away."""

    def state_at(self, calendar: str, now: datetime) -> str:
        """open | closed | emergency."""
        ...


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """One row of table `queue`."""

    name: str
    title_zh: str
    title_en: str
    strategy: str = "leastrecent"
    ring_s: int = 20
    max_wait_s: int = 300
    max_callers: int = 50
    wrap_up_s: int = 60
    service_level_s: int = 20
    weight: int = 0
    announce_position: bool = True


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """A person who may take calls. `queues`: queue name -> penalty."""

    id: int
    username: str
    name: str
    queues: Mapping[str, int] = field(default_factory=dict)


class Directory(Protocol):
    """Queues and agents as administered; a snapshot that is kept when the store is away."""

    def queues(self) -> Mapping[str, QueueSettings]: ...

    def agents(self) -> Mapping[int, AgentProfile]: ...

    async def refresh(self) -> None:
        """Read them anew. Raises StoreUnavailable and keeps the old ones."""
        ...


class Channel(Protocol):
    """The caller's side of a driver. Raises CallerHungUp from any method once the caller is gone."""

    @property
    def language(self) -> str: ...

    async def perform(self, command: Command) -> Heard:
        """Do one of Say, Gather, RecordMessage, SetLanguage."""
        ...

    def mark(self, mark: str) -> None:
        """The commands that follow belong to the step `mark` (digits)."""
        ...

    async def left_behind(self, mark: str, command: Command) -> Heard | None:
        """What the caller answered to `command` of step `mark` after the controller that asked had died; None: ask again."""
        ...

    async def hand_over(self, done: str, variables: Mapping[str, str]) -> None:
        """Set dialplan variables, then the done-mark (`queue` | `hangup`) as last verb; the dialplan goes on there."""
        ...


class Journal(Protocol):
    """The fsynced local record that everything is written to first."""

    def append_event(self, event: Event) -> int:
        """Written when this returns (survives kill -9 of us); on disk within `journal_sync_s`. The record's number."""
        ...

    def append_checkpoint(self, session: str, state: Mapping[str, Any] | None) -> int:
        """The latest state of a session replaces earlier ones; None ends it."""
        ...

    def checkpoint(self, session: str) -> Mapping[str, Any] | None:
        """What a killed controller knew of `session`."""
        ...

    async def synced(self, number: int) -> None:
        """Returns when record `number` is on disk."""
        ...


class EventSink(Protocol):
    """Where facts go in: the bus."""

    def publish(self, event: Event) -> None: ...


class EventStore(Protocol):
    """Where journal records are copied to."""

    async def copied_up_to(self, node: str) -> int:
        """The highest journal number of `node` that is stored; 0 for none. Raises StoreUnavailable."""
        ...

    async def copy(self, node: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Store `records` (each with `number`, and `as_record` keys), fold the calls they touch and move the mark, in one transaction.

        Records at or below the mark are ignored, so a repeat changes nothing. Raises StoreUnavailable.
        """
        ...


class CallHistory(Protocol):
    """Stored events of one call, for a fold after a restart."""

    async def events_of(self, linkedid: str) -> tuple[CallEvent, ...]:
        """Raises StoreUnavailable."""
        ...
