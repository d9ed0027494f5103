"""The deeds of the hotline's automatic services, done once under the key of the call's step.

In: an action's arguments as text, whose it is. Out: `Found` in the shapes of callcenter/ivr/actions.py. Must not decide: crm.ivr does, in one
transaction with the remembered answer. Invariant: an argument that is no id is refused before the store is asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from zoneinfo import ZoneInfo

from callcenter import events as ev
from callcenter import log
from callcenter.commands import Found
from callcenter.crm_gateway.store import Store
from callcenter.errors import StoreUnavailable
from callcenter.ports import ActContext
from callcenter.settings import Settings
from crm.database import Session
from crm.ivr import acts, appointments, clinics, identification, texts, wishes
from crm.ivr.acts import Answer, Caller
from crm.ivr.identification import Claim
from crm.ivr.texts import Sender
from crm.numbers import NumberPlan, normalise

Arguments = Mapping[str, str]
Service = Callable[[Session, Caller, Arguments], Awaitable[Answer]]
LONGEST_ID = 9
# The session gives a deed `act_s`: a little less, so that the answer is ours and not its time-out.
ALMOST = 0.9
_log = log.get("services")


class HeldSeats:
    """Lets go of what a caller held when he hangs up. A hold that a killed controller knew of is let go by `crm.ivr.keeper`."""

    def __init__(self, store: Store, zone: ZoneInfo) -> None:
        self._store, self._zone = store, zone
        self._calls: set[str] = set()

    def may_hold(self, linkedid: str) -> None:
        """This call asked for a seat."""
        self._calls.add(linkedid)

    async def call_ended(self, event: ev.Event) -> None:
        """Subscriber to CallEnded."""
        if not isinstance(event, ev.CallEnded) or event.linkedid not in self._calls:
            return
        self._calls.discard(event.linkedid)
        caller = Caller(event.linkedid, "", "", event.at, self._zone)
        try:
            await self._store.ask(lambda session: appointments.release_all(session, caller))
        except StoreUnavailable:
            _log.warning("held seats are let go later", linkedid=event.linkedid)


class PhoneServices:
    """Every service by its name: `deed(store, arguments, context)`."""

    def __init__(self, settings: Settings, held: HeldSeats) -> None:
        hospital, self._held = settings.hospital, held
        self._patience_s = settings.timeouts.act_s * ALMOST
        self._zone, self._plan = hospital.zone, NumberPlan(hospital.country_calling_code, hospital.area_code)
        self._sender = Sender(hospital.name_zh, hospital.name_en, settings.did[0].number if settings.did else "", bool(settings.sms.url))

    def deeds(self) -> Mapping[str, Callable[[Store, Arguments, ActContext], Awaitable[Found]]]:
        return {name: self._deed(name, service) for name, service in {**SERVICES, "sms": self._text}.items()}

    def _deed(self, name: str, service: Service) -> Callable[[Store, Arguments, ActContext], Awaitable[Found]]:
        async def deed(store: Store, arguments: Arguments, context: ActContext) -> Found:
            caller = Caller(context.session, normalise(context.caller_number, self._plan), context.language, context.now, self._zone)

            if name == "book_hold":
                self._held.may_hold(context.session)

            async def work(session: Session) -> Answer:
                return await acts.once(session, context.key, name, context.now, lambda: service(session, caller, arguments))

            answer = await store.ask(work, self._patience_s)
            return Found(answer.exit, answer.values)

        return deed

    async def _text(self, session: Session, caller: Caller, given: Arguments) -> Answer:
        values = {name: value for name, value in given.items() if name != "template"}
        return await texts.text(session, caller, given["template"], values, self._sender)


def _id(given: Arguments, name: str) -> int:
    """0, which is nobody's, when it is no id."""
    text = given.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else 0


async def _identify(session: Session, caller: Caller, given: Arguments) -> Answer:
    return await identification.identify(session, Claim(given["birth_date"], given.get("card", "")), caller)


async def _hold(session: Session, caller: Caller, given: Arguments) -> Answer:
    return await appointments.hold(session, caller, _id(given, "person"), _id(given, "slot"))


async def _confirm(session: Session, caller: Caller, given: Arguments) -> Answer:
    return await appointments.confirm(session, caller, _id(given, "person"), _id(given, "hold"))


async def _release(session: Session, caller: Caller, given: Arguments) -> Answer:
    return await appointments.release(session, caller, _id(given, "hold"))


async def _move(session: Session, caller: Caller, given: Arguments) -> Answer:
    return await appointments.move(session, caller, _id(given, "person"), _id(given, "appointment"), _id(given, "slot"))


async def _cancel(session: Session, caller: Caller, given: Arguments) -> Answer:
    return await appointments.cancel(session, caller, _id(given, "person"), _id(given, "appointment"))


async def _attend(session: Session, caller: Caller, given: Arguments) -> Answer:
    return await appointments.attend(session, caller, _id(given, "person"), _id(given, "appointment"))


async def _soon(session: Session, caller: Caller, given: Arguments) -> Answer:
    when = await clinics.is_soon(session, caller)
    return Answer("soon", {"when": when}) if when else Answer("not_soon")


async def _callback(session: Session, caller: Caller, given: Arguments) -> Answer:
    return await wishes.callback(session, caller, given["queue"])


async def _rate(session: Session, caller: Caller, given: Arguments) -> Answer:
    return await wishes.rate(session, caller, given["score"])


SERVICES: Mapping[str, Service] = {
    "identify": _identify, "book_hold": _hold, "book_confirm": _confirm, "book_release": _release, "book_move": _move, "book_cancel": _cancel,
    "appointment_attend": _attend, "appointment_soon": _soon, "callback": _callback, "rate": _rate,
}  # fmt: skip
