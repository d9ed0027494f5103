"""The AMI connection: panoramisk behind one adapter that never blocks, never resends and always comes back.

In: actions from any coroutine; the instance's AMI account. Out: events in arrival order to `on_event`; `on_up` and `on_down` tell of the link.
Must not run a handler while reading: messages are queued, one task hands them on. An action in flight when the link drops fails with
AsteriskUnavailable and is not sent again. CR, LF and NUL are refused, not removed.
Invariant: `up` is True only between FullyBooted and the loss of the link. AMI rights and traps: docs/architecture.md.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from panoramisk import Manager
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message
from prometheus_client import Counter

from callcenter import log
from callcenter.cti.ami_parser import AmiMessage, AmiParser, MessageTooLong
from callcenter.errors import AsteriskUnavailable, CommandRefused, CommandTimedOut, UnsafeArgument
from callcenter.settings import Secrets, Settings

ACCOUNT = "callcenter"
FIRST_RETRY_S, LONGEST_RETRY_S = 0.05, 0.4
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_FORBIDDEN = re.compile(r"[\r\n\0\v\f\x1c-\x1e\x85\u2028\u2029]")

_messages = Counter("callcenter_ami_messages", "Messages read from Asterisk")
_drops = Counter("callcenter_ami_drops", "Times the link to Asterisk was lost")
_failures = Counter("callcenter_ami_handler_failures", "Event handlers that raised")
_log = log.get("ami")

OnEvent = Callable[[AmiMessage], object]
OnUp = Callable[[], Awaitable[object]]
OnDown = Callable[[], object]


def checked(name: str, value: object) -> str:
    """`value` as it may stand in a header. Raises UnsafeArgument."""
    text = str(value)
    if not _NAME.fullmatch(name):
        raise UnsafeArgument("not the name of an AMI header")
    if _FORBIDDEN.search(text):
        raise UnsafeArgument(f"the value of {name} has a line end or NUL")
    return text


class _Asked(Action):
    """An action that is complete at its response, or, with `end_event`, at the event that ends its list."""

    def __init__(self, headers: dict[str, Any], end_event: str) -> None:
        super().__init__(headers)
        self.end_event = end_event

    def add_message(self, message: AmiMessage) -> bool:
        self.responses.append(message)
        refused = message.get("Response") not in (None, *Message.success_responses)
        if not refused and self.end_event and message.get("Event") != self.end_event:
            return False
        if not self.future.done():
            self.future.set_result(self.responses)
        return True


class _Protocol(AMIProtocol):
    """panoramisk's protocol with our parser, and without its habit of keeping actions for the next connection."""

    transport: asyncio.Transport

    def __init__(self, parser: AmiParser, on_message: Callable[[AmiMessage], None], on_lost: Callable[[], None]) -> None:
        self._parser, self._on_message, self._on_lost = parser, on_message, on_lost
        self._lists = 0

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._parser.feed(data)
        except MessageTooLong as torn:
            _log.error("AMI stream is torn", reason=str(torn))
            self.transport.abort()
            return
        _messages.inc(len(messages))
        for message in messages:
            self.handle_message(message)

    def handle_message(self, message: AmiMessage) -> None:
        action = self.responses.get(message.get("ActionID"))
        if action is not None:
            if action.add_message(message):
                self.forget(action)
        elif "Event" in message:
            self._on_message(message)

    def ask(self, action: _Asked) -> None:
        """Send it; its future has the answer."""
        self._lists += bool(action.end_event)
        self._parser.everything = self._lists > 0
        self.send(action)

    def forget(self, action: _Asked) -> None:
        """No answer is awaited any more."""
        if self.responses.pop(action.id, None) is not None:
            self._lists -= bool(action.end_event)
            self._parser.everything = self._lists > 0

    def connection_lost(self, exc: Exception | None) -> None:
        self.close()
        self._on_lost()

    def close(self) -> None:
        for action in self.responses.values():
            if not action.future.done():
                action.future.set_exception(AsteriskUnavailable("the AMI link dropped; the action may have run"))
                action.future.exception()
        self.responses.clear()
        if not self.closed:
            self.closed = True
            self.transport.close()


class AmiLink:
    """One account's link to Asterisk. `on_up` runs as a task after each FullyBooted; events go on meanwhile."""

    def __init__(
        self, settings: Settings, secrets: Secrets, on_event: OnEvent, on_up: OnUp, on_down: OnDown, wanted: frozenset[str] | None = None
    ) -> None:
        self._settings, self._secrets = settings, secrets
        self._on_event, self._on_up, self._on_down = on_event, on_up, on_down
        self._wanted = frozenset(name.encode() for name in wanted | {"FullyBooted"}) if wanted is not None else None
        self._protocol: _Protocol | None = None
        self._inbox: deque[AmiMessage] = deque()
        self._arrived, self._lost = asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._retry_s = FIRST_RETRY_S
        self.up = False

    async def start(self) -> None:
        """Begin to connect, for ever, until `stop`."""
        self._own(self._deliver(), "ami:events")
        self._own(self._keep_connected(), "ami:link")

    async def stop(self) -> None:
        """Close the link and end every task."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._went_down()

    async def send(self, action: str, **headers: Any) -> AmiMessage:
        """The response. A list of values repeats the header. Raises CommandRefused, AsteriskUnavailable, CommandTimedOut, UnsafeArgument."""
        return (await self._ask(action, "", headers))[0]

    async def collect(self, action: str, end_event: str, **headers: Any) -> list[AmiMessage]:
        """The events of a list action, without its response and `end_event`."""
        answers = await self._ask(action, end_event, headers)
        return [one for one in answers if "Event" in one and one["Event"] != end_event]

    # -- one action ----------------------------------------------------------------------------------------------------

    async def _ask(self, action: str, end_event: str, headers: dict[str, Any]) -> list[AmiMessage]:
        asked = _Asked(_headers(action, headers), end_event)
        protocol = self._protocol
        if protocol is None or protocol.closed:
            raise AsteriskUnavailable("no AMI link")
        protocol.ask(asked)
        try:
            async with asyncio.timeout(self._settings.timeouts.ami_action_s):
                answers = await asked.future
        except TimeoutError as late:
            raise CommandTimedOut(f"no answer to {action}") from late
        finally:
            protocol.forget(asked)
        first = answers[0]
        if first.get("Response") not in Message.success_responses:
            raise CommandRefused(action, str(first.get("Message", "no reason given")), str(headers.get("ChannelId", "")))
        return answers

    # -- the link ------------------------------------------------------------------------------------------------------

    async def _keep_connected(self) -> None:
        while True:
            try:
                await self._one_connection()
            except (OSError, TimeoutError, AsteriskUnavailable, CommandRefused) as failed:
                _log.warning("no AMI link", error=type(failed).__name__, reason=str(failed))
            finally:
                self._went_down()
            await asyncio.sleep(self._retry_s)
            self._retry_s = min(self._retry_s * 2, LONGEST_RETRY_S)

    async def _one_connection(self) -> None:
        """From connect to loss."""
        self._lost.clear()
        manager = await self._log_in()
        try:
            await self._watch()
        finally:
            manager.close()

    async def _log_in(self) -> Manager:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._settings.timeouts.ami_connect_s):
            protocol = _Protocol(AmiParser(self._wanted), self._enqueue, self._lost.set)
            made = loop.create_future()
            made.set_result(await loop.create_connection(lambda: protocol, "127.0.0.1", self._settings.port("ami")))
            manager = Manager(loop=loop, host="127.0.0.1", port=self._settings.port("ami"))
            manager.connection_made(made)
            if manager.pinger is not None:
                manager.pinger.cancel()
            self._protocol = protocol
            try:
                await self.send("Login", Username=ACCOUNT, Secret=self._secrets.ami, Events="on")
            except BaseException:
                manager.close()
                raise
        self._retry_s = FIRST_RETRY_S
        return manager

    async def _watch(self) -> None:
        """Ping until the link is lost; raises when Asterisk does not answer."""
        while not self._lost.is_set():
            try:
                async with asyncio.timeout(self._settings.timeouts.ami_ping_s):
                    await self._lost.wait()
            except TimeoutError:
                await self.send("Ping")

    def _went_down(self) -> None:
        self._protocol = None
        if self.up:
            self.up = False
            _drops.inc()
            _log.warning("AMI link lost")
            self._on_down()

    # -- events --------------------------------------------------------------------------------------------------------

    def _enqueue(self, message: AmiMessage) -> None:
        self._inbox.append(message)
        self._arrived.set()

    async def _deliver(self) -> None:
        """Hands on what was read, a handful at a time, so that reading goes on."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._inbox:
                for _ in range(min(50, len(self._inbox))):
                    self._hand_on(self._inbox.popleft())
                await asyncio.sleep(0)

    def _hand_on(self, message: AmiMessage) -> None:
        if message.get("Event") == "FullyBooted":
            self.up = self._protocol is not None
            self._own(self._run_on_up(), "ami:up")
        try:
            self._on_event(message)
        except Exception:  # noqa: BLE001 - one message that cannot be handled must not stop the others
            _failures.inc()
            _log.exception("event handler failed", event_name=message.get("Event"))

    async def _run_on_up(self) -> None:
        try:
            await self._on_up()
        except AsteriskUnavailable as gone:
            _log.warning("link lost while taking up work", reason=str(gone))
        except Exception:  # noqa: BLE001 - the task's outermost frame
            _failures.inc()
            _log.exception("taking up work failed")

    def _own(self, coroutine: Any, name: str) -> None:
        task = asyncio.create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _headers(action: str, headers: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"Action": checked("Action", action)}
    for name, value in headers.items():
        if value is None:
            continue
        if isinstance(value, list | tuple):
            found[name] = [checked(name, one) for one in value]
        else:
            found[name] = checked(name, value)
    return found
