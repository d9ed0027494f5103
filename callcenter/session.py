"""One caller's visit to the hotline's flow, top to bottom.

In: a `Visit` (what the dialplan tells of the call), the caller's `Channel`, `SessionTools` (ports). Out: events, a checkpoint a step, and the
done-mark with which the dialplan goes on: into a queue, or to the end. Must not know digits, SQL, AMI headers or verbs of AGI.
Invariant: whatever happens to this process, the journal holds the place from which a successor plays the same node again; and no fault of
a flow leaves the caller in silence: he is handed to a queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from callcenter import events as ev
from callcenter import log
from callcenter.commands import (
    Act,
    CheckHours,
    Command,
    Dial,
    Done,
    Found,
    Gather,
    Hangup,
    Heard,
    JoinQueue,
    Lookup,
    Prompt,
    QueueResult,
    Recorded,
    Said,
    Say,
    SetLanguage,
    WhoCalls,
)
from callcenter.errors import CallCenterError, CallerHungUp, StoreUnavailable
from callcenter.ivr import actions, engine, lookups
from callcenter.ivr.shelf import FlowShelf
from callcenter.ivr.step import Entered, Move, Step
from callcenter.ports import ActContext, Actions, CallerDirectory, Channel, Clock, Directory, EventSink, Hours, Journal, Lookups, QueueSettings
from callcenter.settings import Timeouts
from callcenter.speech import match

TOP_PRIORITY = 10
WAIT_PROMPT = "one_moment"
_log = log.get("session")


@dataclass(frozen=True, slots=True)
class Visit:
    """One entry of a call into the controller. `result`: how a queue or transfer before it ended; empty at first."""

    session: str
    attempt: int
    result: str
    flow: str
    caller_number: str
    dialled_number: str
    uniqueid: str


@dataclass(frozen=True, slots=True)
class SessionTools:
    """Everything a session needs from outside."""

    flows: FlowShelf
    callers: CallerDirectory
    lookups: Lookups
    actions: Actions
    hours: Hours
    directory: Directory
    journal: Journal
    events: EventSink
    clock: Clock
    timeouts: Timeouts
    default_queue: str = "service_desk"
    switched: Callable[[str], frozenset[str]] = lambda _session: frozenset()


class CallSession:
    """A caller's visit from AGI connect until the dialplan takes over again.

    Owns its channel while in AGI: nothing else sends it commands. Suspends at a queue; a later session of the same id goes on with the result.
    """

    def __init__(self, visit: Visit, channel: Channel, tools: SessionTools) -> None:
        self._visit, self._channel, self._tools = visit, channel, tools
        self._book = tools.flows.newest
        self._identified, self._callers = False, -1
        self._language: str | None = None
        self._remembered: str | None = None
        self._serial = 0

    async def run(self) -> None:
        """The whole visit. Returns when the dialplan goes on or the caller is gone; raises only when cancelled, or by a fault of ours."""
        async with asyncio.TaskGroup() as beside, self._leaving():
            self._beside = beside
            step = await self._resume_or_enter()
            self._identify_beside()
            await self._walk(step)

    # -- coming in -----------------------------------------------------------------------------------------------------

    async def _resume_or_enter(self) -> Step:
        saved = self._tools.journal.checkpoint(self._visit.session)
        step = self._restored(saved["step"]) if saved else None
        if saved is None or step is None:
            return await self._enter()
        self._identified, self._serial = bool(saved["identified"]), int(saved.get("serial", 0))
        self._language = self._remembered = step.language
        if self._visit.result and saved["queued"]:
            return engine.advance(self._book, step, QueueResult(self._visit.result))
        self._publish(ev.SessionRecovered(at=self._now(), linkedid=self._visit.session, attempt=self._visit.attempt, node=step.node))
        heard = await self._channel.left_behind(str(self._serial), step.commands[-1])
        return step if heard is None else self._advance(step, heard)

    def _restored(self, saved: Mapping[str, Any]) -> Step | None:
        """In the flows he came in with; in the newest when those are gone."""
        self._book = self._tools.flows.at(saved.get("release", 0)) or self._book
        step = engine.restore(self._book, saved)
        return None if step is None else replace(step, release=self._book.release)

    async def _enter(self) -> Step:
        """A new caller, or one whom the local fallback sent to the queue before we saw him."""
        self._remembered = await self._remembered_language()
        if self._visit.result:
            return engine.returned_from_queue(self._book, self._visit.flow, self._remembered, QueueResult(self._visit.result))
        return engine.begin(self._book, self._visit.flow, self._remembered)

    async def _remembered_language(self) -> str | None:
        if not self._visit.caller_number:
            return None
        try:
            async with asyncio.timeout(self._tools.timeouts.caller_lookup_s):
                return await self._tools.callers.language_of(self._visit.caller_number)
        except (StoreUnavailable, TimeoutError):
            _log.warning("language of caller not known", uniqueid=self._visit.uniqueid)
            return None

    def _identify_beside(self) -> None:
        """Beside the walk, so that it never delays the greeting; not after a queue, where an agent may have chosen the person."""
        if not self._identified and not self._visit.result:
            self._start("identify", self._identify)

    async def _identify(self) -> None:
        number, people = self._visit.caller_number, ()
        if number:
            async with asyncio.timeout(self._tools.timeouts.caller_lookup_s):
                people = await self._tools.callers.people_at(number)
        ids = tuple(person.id for person in people)
        self._identified, self._callers = True, len(ids)
        self._publish(ev.CallerMatched(at=self._now(), linkedid=self._visit.session, patient_ids=ids))
        if len(ids) == 1:
            self._publish(ev.PatientChosen(at=self._now(), linkedid=self._visit.session, patient_id=ids[0], how="number"))

    # -- the walk ------------------------------------------------------------------------------------------------------

    async def _walk(self, step: Step) -> None:
        while True:
            self._tell(step.moves)
            self._serial += 1
            self._checkpoint(step)
            self._channel.mark(str(self._serial))
            heard = await self._perform(step)
            if heard is None:
                return
            step = self._switched(step) or self._advance(step, heard)

    def _switched(self, step: Step) -> Step | None:
        """To the hours, when somebody switched them while the caller listened; a deed, a message, a wait are finished first."""
        if not isinstance(step.commands[-1], Gather | Say):
            return None
        calendars = self._tools.switched(self._visit.session)
        return engine.to_hours(self._book, step, calendars) if calendars else None

    def _advance(self, step: Step, heard: Heard) -> Step:
        if isinstance(heard, Recorded):
            self._tell_message(heard, getattr(step.commands[-1], "purpose", ""))
        if isinstance(heard, Said):
            heard = _understood(heard, step.commands[-1])
        return engine.advance(self._book, step, heard)

    async def _perform(self, step: Step) -> Heard | None:
        """Do a step's commands in order; what the last one heard. None: the dialplan has the call now."""
        heard: Heard | None = None
        for command in step.commands:
            heard = await self._do(command, step)
        return heard

    async def _do(self, command: Command, step: Step) -> Heard | None:  # noqa: PLR0911 - one line a command
        match command:
            case CheckHours():
                return Found(self._tools.hours.state_at(command.calendar, self._now()))
            case Lookup():
                return await self._look_up(command)
            case Act():
                return await self._act(command, step)
            case WhoCalls():
                return Found(await self._who_calls())
            case SetLanguage():
                return await self._set_language(command)
            case JoinQueue():
                return await self._join_queue(command, step)
            case Dial():
                return await self._dial(command, step)
            case Hangup():
                return await self._hang_up()
        return await self._channel.perform(command)

    async def _look_up(self, command: Lookup) -> Found:
        return await self._without_silence(f"lookup:{command.name}", self._found(command))

    async def _without_silence(self, name: str, work: Coroutine[Any, Any, Found]) -> Found:
        """What `work` finds; a caller for whom it takes long is asked to wait."""
        working = asyncio.create_task(work, name=f"session:{self._visit.session}:{name}")
        try:
            await asyncio.wait({working}, timeout=self._tools.timeouts.silence_s)
            if not working.done():
                await self._channel.perform(Say((Prompt(WAIT_PROMPT),)))
            return await working
        finally:
            working.cancel()

    async def _found(self, command: Lookup) -> Found:
        try:
            async with asyncio.timeout(self._tools.timeouts.store_s):
                found = await self._tools.lookups.ask(command.name, command.arguments, self._now(), self._visit.session)
        except TimeoutError:
            _log.warning("lookup timed out", lookup=command.name, uniqueid=self._visit.uniqueid)
            return Found("unavailable")
        problem = lookups.problem_of(command.name, found)
        if problem:
            _log.error("lookup answered wrongly", lookup=command.name, problem=problem, uniqueid=self._visit.uniqueid)
            return Found("unavailable")
        return found

    async def _act(self, command: Act, step: Step) -> Found:
        """Under the key of this entry of the node, so that a successor who plays the step again gets the first answer."""
        key, visit = f"{self._visit.session}-{step.entry}", self._visit
        context = ActContext(key, visit.session, visit.caller_number, step.language, self._now())
        return await self._without_silence(f"act:{command.name}", self._acted(command, context))

    async def _acted(self, command: Act, context: ActContext) -> Found:
        try:
            async with asyncio.timeout(self._tools.timeouts.act_s):
                found = await self._tools.actions.act(command.name, command.arguments, context)
        except TimeoutError:
            _log.warning("action timed out", action=command.name, uniqueid=self._visit.uniqueid)
            return Found(actions.UNAVAILABLE)
        problem = actions.problem_of(command.name, found)
        if problem:
            _log.error("action answered wrongly", action=command.name, problem=problem, uniqueid=self._visit.uniqueid)
            return Found(actions.UNAVAILABLE)
        if actions.forgets(command.name, found):
            self._visit, self._identified, self._callers = replace(self._visit, caller_number=""), True, 0
        return found

    async def _who_calls(self) -> str:
        """known | several | unknown, as the number tells; a store that does not answer knows nobody."""
        if self._callers < 0:
            await self._contained("identify", self._count_callers)
        return ("unknown", "known", "several")[min(max(self._callers, 0), 2)]

    async def _count_callers(self) -> None:
        if not self._visit.caller_number:
            return
        async with asyncio.timeout(self._tools.timeouts.caller_lookup_s):
            self._callers = len(await self._tools.callers.people_at(self._visit.caller_number))

    async def _set_language(self, command: SetLanguage) -> Heard:
        await self._channel.perform(command)
        if command.language != self._language:
            self._publish(ev.LanguageChosen(at=self._now(), linkedid=self._visit.session, language=command.language))
        if command.language != self._remembered and self._visit.caller_number:
            self._remembered = command.language
            self._start("remember-language", partial(self._remember, command.language))
        self._language = command.language
        return Done()

    async def _remember(self, language: str) -> None:
        async with asyncio.timeout(self._tools.timeouts.caller_lookup_s):
            await self._tools.callers.remember_language(self._visit.caller_number, language)

    # -- going out -----------------------------------------------------------------------------------------------------

    async def _join_queue(self, command: JoinQueue, step: Step) -> None:
        """Suspend the flow here. The mark `queued` says that a result belongs to this wait."""
        self._checkpoint(step, queued=True)
        await self._channel.hand_over("queue", self._queue_variables(command, step.language))

    def _queue_variables(self, command: JoinQueue, language: str) -> Mapping[str, str]:
        queue = self._tools.directory.queues().get(command.queue) or QueueSettings(command.queue, "", "")
        return {
            "CC_QUEUE": command.queue,
            "CC_QUEUE_TIMEOUT": str(queue.max_wait_s),
            "CC_PRIORITY": str(command.priority),
            "CC_POSITION": "1" if command.priority >= TOP_PRIORITY else "",
            "CC_LANGUAGE": language,
        }

    async def _dial(self, command: Dial, step: Step) -> None:
        """Suspend the flow here; the dialplan rings the extension of that name, if it has one, and comes back with the result."""
        self._checkpoint(step, queued=True)
        await self._channel.hand_over("dial", {"CC_EXTENSION": command.extension, "CC_LANGUAGE": step.language})

    async def _hang_up(self) -> None:
        await self._channel.hand_over("hangup", {})
        self._forget()

    @asynccontextmanager
    async def _leaving(self) -> AsyncIterator[None]:
        """Hang-up is an outcome. A fault of a flow or a verb sends the caller to a queue. Cancelled: the checkpoint stays for a successor."""
        try:
            yield
        except CallerHungUp:
            self._forget()
        except CallCenterError as fault:
            _log.exception("visit failed", uniqueid=self._visit.uniqueid, fault=type(fault).__name__)
            await self._rescue()

    async def _rescue(self) -> None:
        """After a queue there is nothing to offer but an orderly end: another round could go on for ever."""
        self._forget()
        try:
            if self._visit.result:
                await self._channel.hand_over("hangup", {})
            else:
                await self._channel.hand_over("queue", self._queue_variables(JoinQueue(self._tools.default_queue), self._channel.language))
        except CallCenterError:
            _log.warning("caller could not be handed over", uniqueid=self._visit.uniqueid)

    # -- facts ---------------------------------------------------------------------------------------------------------

    def _checkpoint(self, step: Step, *, queued: bool = False) -> None:
        state = {"step": step.as_json(), "serial": self._serial, "identified": self._identified, "queued": queued}
        self._tools.journal.append_checkpoint(self._visit.session, state)

    def _forget(self) -> None:
        self._tools.journal.append_checkpoint(self._visit.session, None)

    def _tell(self, moves: tuple[Move, ...]) -> None:
        for move in moves:
            common = {"at": self._now(), "linkedid": self._visit.session, "flow": move.flow, "node": move.node}
            if isinstance(move, Entered):
                self._publish(ev.NodeEntered(**common, version=move.version))
            else:
                self._publish(ev.InputHeard(**common, exit=move.exit, digits=move.digits))

    def _tell_message(self, message: Recorded, purpose: str) -> None:
        if not message.message_id:
            return
        told = ev.MessageRecorded(
            at=self._now(),
            linkedid=self._visit.session,
            message_id=message.message_id,
            purpose=purpose,
            file=message.file,
            duration_s=message.duration_s,
        )
        self._publish(told)

    def _publish(self, event: ev.Event) -> None:
        self._tools.events.publish(event)

    def _now(self) -> datetime:
        return self._tools.clock.now()

    def _start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._beside.create_task(self._contained(name, work), name=f"session:{self._visit.session}:{name}")

    async def _contained(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """What is done beside the walk must not end it."""
        try:
            await work()
        except (StoreUnavailable, TimeoutError):
            _log.warning("store did not answer", work=name, uniqueid=self._visit.uniqueid)
        except Exception:  # noqa: BLE001 - outermost frame of a side task
            _log.exception("side task failed", work=name, uniqueid=self._visit.uniqueid)


def _understood(said: Said, command: Command) -> Said:
    """The words, with the answer of the closed list that they mean."""
    meant = match.best(said.text, getattr(command, "answers", ()))
    return Said(said.text, meant.value, meant.score)
