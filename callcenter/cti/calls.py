"""Every call there is now, folded from its events.

In: call events from the bus, after the journal. Out: `Call` by linkedid; `live` while the patient's channel exists, and for a while the
ended ones, because an agent's wrap-up is about them. Must not open a call for a late event: only an arrival, a queue entry or a
conversation proves that a channel exists. Status moves: callcenter/call.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from callcenter import events as ev
from callcenter.bus import Bus
from callcenter.call import Call, CallStatus, apply

KEPT_AFTER_END = 500
_PROOFS = (ev.CallArrived, ev.QueueJoined, ev.AgentConnected)


class LiveCalls:
    """The fold of what is running. One writer: the bus."""

    def __init__(self) -> None:
        self._live: dict[str, Call] = {}
        self._ended: OrderedDict[str, Call] = OrderedDict()

    def subscribe(self, bus: Bus) -> None:
        """To be called before every subscriber that reads calls."""
        bus.subscribe("live_calls", self.on_event)

    def at_start(self, calls: Iterable[Call]) -> None:
        """What was known before this process began."""
        for call in calls:
            self._put(call)

    @property
    def live(self) -> Mapping[str, Call]:
        return MappingProxyType(self._live)

    def get(self, linkedid: str) -> Call | None:
        """A running call, or one that ended lately."""
        return self._live.get(linkedid) or self._ended.get(linkedid)

    async def on_event(self, event: ev.Event) -> None:
        if not isinstance(event, ev.CallEvent):
            return
        known = self.get(event.linkedid)
        if known is not None or isinstance(event, _PROOFS):
            self._put(apply(known or Call(event.linkedid), event))

    def _put(self, call: Call) -> None:
        if call.status is not CallStatus.ENDED:
            self._live[call.linkedid] = call
            return
        self._live.pop(call.linkedid, None)
        self._ended[call.linkedid] = call
        while len(self._ended) > KEPT_AFTER_END:
            self._ended.popitem(last=False)
