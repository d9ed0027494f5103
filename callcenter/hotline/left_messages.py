"""Keeps the spoken message of a caller who hung up while no controller listened.

In: the checkpoints of the process before, the visits that come back, the end of calls. Out: MessageRecorded for a session that stood in a
recording and never came back. A session that comes back finds its message itself (callcenter/session.py).
Invariant: a message has the id of its step, so however often it is told the store has it once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from callcenter import events as ev
from callcenter.commands import Recorded, RecordMessage
from callcenter.ivr import engine
from callcenter.ivr.shelf import FlowShelf
from callcenter.ports import Clock

KeptMessage = Callable[[str, str], Recorded]
"""Session and mark of the step -> what was recorded there; without `message_id` nothing was."""


class LeftMessages:
    """Knows who was speaking when the controller before died."""

    def __init__(self, flows: FlowShelf, kept: KeptMessage, publish: Callable[[ev.Event], None], clock: Clock) -> None:
        self._flows, self._kept, self._publish, self._clock = flows, kept, publish, clock
        self._speaking: dict[str, tuple[str, str]] = {}

    def at_start(self, checkpoints: Mapping[str, Mapping[str, Any]]) -> None:
        """The sessions that had not ended."""
        for session, saved in checkpoints.items():
            book = self._flows.at(saved["step"].get("release", 0)) or self._flows.newest
            step = engine.restore(book, saved["step"])
            command = step.commands[-1] if step is not None and step.commands else None
            if isinstance(command, RecordMessage):
                self._speaking[session] = (str(saved.get("serial", 0)), command.purpose)

    def came_back(self, session: str) -> None:
        """This caller is with us again."""
        self._speaking.pop(session, None)

    async def call_ended(self, event: ev.Event) -> None:
        """Subscriber to CallEnded."""
        if not isinstance(event, ev.CallEnded) or event.linkedid not in self._speaking:
            return
        mark, purpose = self._speaking.pop(event.linkedid)
        kept = self._kept(event.linkedid, mark)
        if kept.message_id:
            self._publish(
                ev.MessageRecorded(
                    at=self._clock.now(),
                    linkedid=event.linkedid,
                    message_id=kept.message_id,
                    purpose=purpose,
                    file=kept.file,
                    duration_s=kept.duration_s,
                )
            )
