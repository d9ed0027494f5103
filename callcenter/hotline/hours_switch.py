"""Brings callers who are in a menu to the hours again, when somebody switched a calendar to night, to emergency, or back.

In: the calendars' modes at each change of the directory. Out: `wanted(session)`, asked by the sessions themselves; a key `#` from us, so that
who listens to a menu need not wait for its end. Must not touch who waits, talks, records a message or is anonymous. Invariant: a caller is moved
at most once for a switch; a new caller needs no moving: he asks for the hours himself. Key from our side: AMI `PlayDTMF` with `Receive`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping

from callcenter import log
from callcenter.call import Call, CallStatus
from callcenter.commands import Gather, Say
from callcenter.cti.calls import LiveCalls
from callcenter.cti.queue_members import Ami
from callcenter.errors import CallCenterError
from callcenter.ivr import engine
from callcenter.ivr.shelf import FlowShelf
from callcenter.journal import FileJournal

AT_ONCE = 20
KEY = "#"
NUDGES, NUDGE_EVERY_S = 3, 0.25
_log = log.get("hours_switch")


class HoursSwitch:
    """One a node. `modes`: calendar -> normal | night | emergency."""

    def __init__(
        self, modes: Callable[[], Mapping[str, str]], flows: FlowShelf, journal: FileJournal, calls: LiveCalls, ami: Ami,
        leave_alone: Callable[[str], bool],
    ) -> None:  # fmt: skip
        self._modes, self._flows, self._journal, self._calls, self._ami, self._leave_alone = modes, flows, journal, calls, ami, leave_alone
        self._known = dict(modes())
        self._wanted: dict[str, frozenset[str]] = {}
        self._switched: asyncio.Queue[frozenset[str]] = asyncio.Queue()

    def directory_changed(self) -> None:
        """Called at each change; what is heard of for the first time was not switched."""
        modes = dict(self._modes())
        changed = frozenset(name for name, mode in modes.items() if self._known.get(name, mode) != mode)
        self._known = modes
        if changed:
            self._switched.put_nowait(changed)

    def wanted(self, session: str) -> frozenset[str]:
        """The calendars for which this caller should be asked anew; afterwards none."""
        return self._wanted.pop(session, frozenset())

    async def run(self) -> None:
        """Move callers until cancelled."""
        while True:
            changed = await self._switched.get()
            places = {session: call for session in self._journal.sessions() if (call := self._in_menu(session, changed)) is not None}
            _log.info("a calendar was switched", calendars=sorted(changed), callers_to_move=len(places))
            await self._nudge_all(places)

    async def _nudge_all(self, places: Mapping[str, Call]) -> None:
        """A key that comes between two menus is heard by nobody, so who has not moved gets another."""
        for _ in range(NUDGES):
            waiting = [call for session, call in places.items() if session in self._wanted]
            for start in range(0, len(waiting), AT_ONCE):
                await asyncio.gather(*(self._nudge(call) for call in waiting[start : start + AT_ONCE]))
            await asyncio.sleep(NUDGE_EVERY_S)

    def _in_menu(self, session: str, changed: Collection[str]) -> Call | None:
        """The call, when it is to be moved; then it is noted."""
        saved, call = self._journal.checkpoint(session), self._calls.live.get(session)
        if saved is None or saved.get("queued") or call is None or not call.channel or self._leave_alone(session):
            return None
        if call.status not in (CallStatus.ARRIVED, CallStatus.IN_FLOW):
            return None
        book = self._flows.at(saved["step"].get("release", 0)) or self._flows.newest
        step = engine.restore(book, saved["step"])
        if step is None or not isinstance(step.commands[-1], Gather | Say) or engine.to_hours(book, step, changed) is None:
            return None
        self._wanted[session] = self._wanted.get(session, frozenset()) | frozenset(changed)
        return call

    async def _nudge(self, call: Call) -> None:
        try:
            await self._ami.send("PlayDTMF", Channel=call.channel, Digit=KEY, Receive="true")
        except CallCenterError as wrong:
            _log.warning("a caller hears of the switch at his next step", linkedid=call.linkedid, error=type(wrong).__name__)
