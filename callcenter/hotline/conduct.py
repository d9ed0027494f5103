"""The conduct line: makes the call anonymous, seals what was said, gives a code, tells the state of a report.

In: the actions `conduct_*` of a flow, spoken reports, the clock for the sweep. Out: sealed files, rows without a caller, `Found`. Must not keep a
code, nor a way from a report to its call: `ref` and `code_hash` are digests under the instance's secret. Invariant: a report that was spoken is
sealed and its sound shredded, however often we are killed meanwhile; asked twice, it has one code. Check digit: ISO/IEC 7064, MOD 11,10.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from callcenter import events as ev
from callcenter import log
from callcenter.commands import Found
from callcenter.cti.calls import LiveCalls
from callcenter.errors import StoreUnavailable
from callcenter.hotline.anonymous import PURPOSE, AnonymousCalls
from callcenter.ports import ActContext, Actions, Clock
from callcenter.recording.files import inside
from callcenter.recording.sealed import seal_file, shred
from callcenter.settings import Settings

CODE_DIGITS = 8
WRONG_A_CALL = 3
SWEEP_EVERY_S = 30.0
QUIET_S = 15.0
SHORTEST_BYTES = 44 + 16_000
STATES = ("received", "inquiry", "closed")
UNAVAILABLE = Found("unavailable")
_log = log.get("conduct")


@dataclass(frozen=True, slots=True)
class SealedReport:
    """A report as it is stored: neither caller, call nor code. `file`: below the recordings folder."""

    ref: bytes
    code_hash: bytes
    file: str
    duration_s: float
    language: str
    received_at: datetime


class ConductStore(Protocol):
    """What the line asks of the database. Every method raises StoreUnavailable."""

    async def officers(self) -> Mapping[str, bytes]: ...
    async def is_free(self, code_hash: bytes, ref: bytes) -> bool: ...
    async def add(self, report: SealedReport) -> None: ...
    async def ordinary(self, message_ids: Sequence[str]) -> frozenset[str]: ...
    async def ask(self, code_hash: bytes, now: datetime) -> tuple[str, Mapping[str, str]]: ...
    async def forget_language(self, number: str, since: datetime) -> None: ...


# -- codes (pure) ----------------------------------------------------------------------------------------------------------


def check_digit(digits: str) -> str:
    """ISO/IEC 7064, MOD 11,10: finds every wrong digit and nearly every swap of neighbours."""
    product = 10
    for one in digits:
        total = (int(one) + product) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def is_code(digits: str) -> bool:
    """Whether this could have been given as a code."""
    return len(digits) == CODE_DIGITS and digits.isascii() and digits.isdigit() and check_digit(digits[:-1]) == digits[-1]


class Digests:
    """What is stored in the place of a message's name and of a code."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def _of(self, kind: str, text: str) -> bytes:
        return hmac.digest(self._secret, f"conduct {kind} {text}".encode(), sha256)

    def ref(self, message_id: str) -> bytes:
        return self._of("ref", message_id)

    def hashed(self, code: str) -> bytes:
        return self._of("code", code)

    def code(self, message_id: str, draw: int) -> str:
        """The same each time it is asked for; another for each `draw`."""
        digits = f"{int.from_bytes(self._of(f'draw {draw}', message_id)) % 10 ** (CODE_DIGITS - 1):0{CODE_DIGITS - 1}d}"
        return digits + check_digit(digits)


# -- the line --------------------------------------------------------------------------------------------------------------


class ConductLine:
    """Implements the three actions. One object a node."""

    def __init__(
        self, settings: Settings, secret: str, anonymous: AnonymousCalls, store: ConductStore, calls: LiveCalls, clock: Clock,
        publish: Callable[[ev.Event], None],
    ) -> None:  # fmt: skip
        self._settings, self._anonymous, self._store, self._calls, self._clock, self._publish = settings, anonymous, store, calls, clock, publish
        self._digests = Digests(secret)
        self._spoken: dict[str, str] = {}
        self._wrong: Counter[str] = Counter()
        self._one_at_a_time = asyncio.Lock()

    async def act(self, name: str, arguments: Mapping[str, str], context: ActContext) -> Found:
        """Never raises for the store: that is the exit `unavailable`."""
        try:
            match name:
                case "conduct_begin":
                    return await self._begin(arguments.get("for", "report"), context)
                case "conduct_file":
                    return await self._file_latest(context)
                case "conduct_ask":
                    return await self._ask(arguments.get("code", ""), context)
        except (StoreUnavailable, OSError) as wrong:
            _log.error("the conduct line is not available", action=name, error=type(wrong).__name__)
        return UNAVAILABLE

    async def _begin(self, purpose: str, context: ActContext) -> Found:
        if purpose == "report" and not await self._store.officers():
            _log.error("no ethics officer has a key, so no report can be taken")
            return Found("not_set_up")
        if context.caller_number:
            call = self._calls.get(context.session)
            await self._store.forget_language(context.caller_number, (call and call.started_at) or context.now)
        return Found("anonymous") if await self._anonymous.make(context.session, self._publish) else UNAVAILABLE

    async def _ask(self, code: str, context: ActContext) -> Found:
        """A code that cannot be one counts for this call only: it tells nobody anything."""
        if self._wrong[context.session] >= WRONG_A_CALL:
            return Found("locked")
        exit_, told = await self._store.ask(self._digests.hashed(code), context.now) if is_code(code) else ("not_found", {})
        self._wrong[context.session] += exit_ == "not_found"
        return Found(exit_, {**told, "answered": "yes" if told["answer"] else "no"} if told else {})

    async def call_ended(self, event: ev.Event) -> None:
        """Subscriber to CallEnded."""
        if isinstance(event, ev.CallEnded):
            self._wrong.pop(event.linkedid, None)
            self._spoken.pop(event.linkedid, None)

    # -- filing a report -------------------------------------------------------------------------------------------------

    async def message_recorded(self, event: ev.Event) -> None:
        """Subscriber to MessageRecorded: sealed at once, whether or not the reporter waits for his code."""
        if not isinstance(event, ev.MessageRecorded) or event.purpose != PURPOSE:
            return
        self._spoken[event.linkedid] = event.message_id
        try:
            await self._file(event.message_id, event.duration_s, self._language(event.linkedid), event.at)
        except (StoreUnavailable, OSError) as wrong:
            _log.error("a report waits to be sealed", linkedid=event.linkedid, error=type(wrong).__name__)

    def _language(self, linkedid: str) -> str:
        call = self._calls.get(linkedid)
        return call.language if call else "zh"

    async def _file_latest(self, context: ActContext) -> Found:
        """The last report of this call. Known from its events, so a successor of ours files the same one."""
        call = self._calls.get(context.session)
        message_id = self._spoken.get(context.session) or (call.message_ids[-1] if call and call.message_ids else "")
        if not message_id:
            return UNAVAILABLE
        return Found("filed", {"code": await self._file(message_id, 0.0, context.language, context.now)})

    async def _file(self, message_id: str, duration_s: float, language: str, at: datetime) -> str:
        """Seal, shred, store; its code. Raises StoreUnavailable, OSError."""
        async with self._one_at_a_time:
            ref = self._digests.ref(message_id)
            target = self._settings.recordings_folder / "sealed" / f"{ref.hex()[:32]}.sealed"
            wav = inside(self._settings.recordings_folder, f"messages/{message_id}.wav")
            if wav.exists():
                duration_s = duration_s or round(max(0, wav.stat().st_size - 44) / 16_000, 1)
                officers = await self._store.officers()
                if not officers:
                    raise StoreUnavailable("no ethics officer has a key")
                await asyncio.to_thread(seal_file, wav, target, officers)
            elif not target.exists():
                raise FileNotFoundError("the report's sound is gone")
            return await self._stored(message_id, SealedReport(ref, b"", f"sealed/{target.name}", duration_s, language, at))

    async def _stored(self, message_id: str, report: SealedReport) -> str:
        draw = 0
        while not await self._store.is_free(self._digests.hashed(code := self._digests.code(message_id, draw)), report.ref):
            draw += 1
        await self._store.add(replace(report, code_hash=self._digests.hashed(code)))
        return code

    # -- what a kill left ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Seal what waits, at the start and from time to time, until cancelled."""
        while True:
            try:
                await self.sweep()
            except (StoreUnavailable, OSError) as wrong:
                _log.warning("reports wait to be sealed", error=type(wrong).__name__)
            await asyncio.sleep(SWEEP_EVERY_S)

    async def sweep(self) -> int:
        """File every report whose sound still lies open and at which nobody speaks any more; how many."""
        waiting = [wav for wav in sorted((self._settings.recordings_folder / "messages").glob("*.wav")) if self._may_be_report(wav)]
        if not waiting:
            return 0
        told = self._anonymous.purposes({_call_of(wav) for wav in waiting})
        ordinary = {name for name, purpose in told.items() if purpose != PURPOSE} | await self._store.ordinary([wav.stem for wav in waiting])
        return sum([await self._file_left(wav) for wav in waiting if wav.stem not in ordinary])

    def _may_be_report(self, wav: Path) -> bool:
        """An anonymous caller may leave an ordinary message, too."""
        return self._anonymous.knows(_call_of(wav)) and wav.stem.rpartition("-")[2].isdecimal() and self._is_quiet(wav)

    async def _file_left(self, wav: Path) -> bool:
        status = await asyncio.to_thread(wav.stat)
        if status.st_size < SHORTEST_BYTES:
            await asyncio.to_thread(shred, wav)
            return False
        await self._file(wav.stem, 0.0, self._language(_call_of(wav)), datetime.fromtimestamp(status.st_mtime, UTC))
        return True

    def _is_quiet(self, wav: Path) -> bool:
        return self._clock.now().timestamp() - wav.stat().st_mtime > QUIET_S


def _call_of(wav: Path) -> str:
    return wav.stem.rpartition("-")[0]


class WithConductLine:
    """The port Actions: the conduct line's own, and everybody else's."""

    def __init__(self, line: ConductLine, others: Actions) -> None:
        self._line, self._others = line, others

    async def act(self, name: str, arguments: Mapping[str, str], context: ActContext) -> Found:
        return await (self._line if name.startswith("conduct_") else self._others).act(name, arguments, context)
