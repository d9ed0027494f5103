"""The controller, built: every object of one `serve` process and what it is built from.

In: settings, secrets. Out: `Controller`, not begun. Must hold no behaviour of its own beyond wiring: who hears of an event and in which order.
Invariant: journal, live calls, agents, screen-pop, board, in this order. How it comes to agree with Asterisk and the store: recovery.py.
Order of life: docs/architecture.md, "Truth".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from callcenter import events as ev
from callcenter import log
from callcenter.api import application
from callcenter.api.desk_keys import DeskContext
from callcenter.api.desk_people import DeskPeople
from callcenter.api.flow_desk import FlowDesk
from callcenter.api.health import Health, disk_check
from callcenter.api.live_hub import HOURS, LiveHub
from callcenter.api.logins import LoginSessions
from callcenter.app import shipped_flows
from callcenter.app.clock import SystemClock
from callcenter.app.recovery import Recovery
from callcenter.bus import Bus
from callcenter.crm_gateway import CrmGateway
from callcenter.crm_gateway.flows import CrmFlows
from callcenter.crm_gateway.nodes import OneWriter, who
from callcenter.crm_gateway.prompts import CrmPrompts
from callcenter.cti.agents import Agents
from callcenter.cti.agi_channel import AgiChannel, message_left
from callcenter.cti.agi_protocol import AgiRequest, AgiSocket
from callcenter.cti.agi_server import AgiServer
from callcenter.cti.ami import AmiLink
from callcenter.cti.ami_events import WANTED, AgentReachable, AmiTranslator, Notice, PatientHeld, TransferEnded
from callcenter.cti.ami_words import number
from callcenter.cti.ari import Ari
from callcenter.cti.calls import LiveCalls
from callcenter.cti.cdr_catchup import CdrCatchup
from callcenter.cti.desk_view import DeskView
from callcenter.cti.fallback_messages import FallbackMessages
from callcenter.cti.queues import Queues
from callcenter.cti.rejoin import Rejoin
from callcenter.cti.screen_pop import PopNames, ScreenPop
from callcenter.cti.softphone import Softphones
from callcenter.cti.supervision import Supervision
from callcenter.cti.transfer import Transfers
from callcenter.errors import UnsafeArgument
from callcenter.hotline.anonymous import AnonymousCalls
from callcenter.hotline.conduct import ConductLine, WithConductLine
from callcenter.hotline.fallback_menu import FallbackMenu
from callcenter.hotline.hours_switch import HoursSwitch
from callcenter.hotline.left_messages import LeftMessages
from callcenter.ivr import prompts
from callcenter.ivr.flow import FlowBook
from callcenter.ivr.loader import SHIPPED, Known, load_folder
from callcenter.ivr.shelf import FlowShelf
from callcenter.journal import FileJournal
from callcenter.journal_copier import Copier
from callcenter.ports import QueueSettings
from callcenter.session import CallSession, SessionTools, Visit
from callcenter.settings import Secrets, Settings
from callcenter.speech.client import SpeechClient
from callcenter.speech.names import NameCache
from crm.database import Database
from crm.nodes import NodeHold

SOUNDS = Path(__file__).resolve().parents[2] / "sounds"
RenderQueues = Callable[[Settings, Iterable[QueueSettings]], None]
_UNIQUEID = re.compile(r"[A-Za-z0-9._-]{1,80}")
_log = log.get("app")


class Controller:
    """Everything of one `serve` process, built but not begun."""

    def __init__(self, settings: Settings, secrets: Secrets, render_queues: RenderQueues) -> None:
        self.settings, self.clock, self._render_queues = settings, SystemClock(), render_queues
        self.journal = FileJournal(settings.journal_folder, settings.node)
        self.bus = Bus(record_first=self.journal.append_event, mask=lambda event: self.anonymous.masked(event))
        self.database = Database(settings.database_url, timeout_s=settings.timeouts.store_s)
        self.gateway = CrmGateway(self.database, settings, self.clock)
        self.name_hold = NodeHold(self.database, settings.node, who(settings.home))
        self.copier = Copier(self.journal, OneWriter(self.gateway.facts, self.name_hold))
        self.recovery = Recovery(self)
        self.prompts = prompts.load(SOUNDS)
        self.speech = SpeechClient(settings, secrets)
        self.names = NameCache(settings, self.speech, lambda text, language: bool(self.prompts.name(text, language)))
        self.voice = prompts.Voice(self.prompts, self.names)
        self.own_prompts = CrmPrompts(self.gateway.store, settings.sounds_folder, self.voice.put_over, lambda words: self.names.learn(*words))
        self.flows = FlowShelf(self._shipped())
        self.releases = CrmFlows(
            self.gateway.store, self.flows, self.clock, settings.run_folder / "flows.json", self._releases_in_use, shipped_flows.shipment()
        )
        self._build_telephony(secrets)
        self._build_desk(secrets)

    def _shipped(self) -> FlowBook:
        """The shipped flows, checked: what is served until a release is known. Raises ConfigError with file, line and mend."""
        return load_folder(SHIPPED, Known(self.prompts.ids(), extensions={one.name for one in self.settings.extension}))

    def _releases_in_use(self) -> set[int]:
        """Releases that live calls came in with."""
        return {int(state["step"].get("release", 0)) for state in self.journal.sessions().values()}

    def _build_telephony(self, secrets: Secrets) -> None:
        settings, publish = self.settings, self.bus.publish
        self.translator = AmiTranslator(settings.node, self.clock, publish, self._noticed)
        self.cdr = CdrCatchup(settings)
        self.ami = AmiLink(settings, secrets, self.translator.handle, self.recovery.asterisk_up, self._asterisk_down, WANTED)
        self.agi = AgiServer(settings, self._visit)
        self.calls = LiveCalls()
        self.anonymous = AnonymousCalls(settings, self.journal, self.calls, self.ami, self.clock)
        self.conduct = ConductLine(
            settings, secrets.session_key, self.anonymous, self.gateway.conduct, self.calls, self.clock, publish
        )
        self.agents = Agents(self.gateway.directory, self.ami, publish, self.clock, settings.desk)
        self.queues = Queues(self.gateway.directory, self.ami, partial(self._render_queues, settings))
        self.transfers = Transfers(self.calls, self.agents, self.gateway.directory, self.ami, publish, self.clock)
        self.rejoin = Rejoin(self.calls, self.agents, self.ami, self.translator.found_out, self.clock, settings.desk)
        self.fallback = FallbackMessages(settings, publish, lambda: self.journal.synced(self.journal.last_number))
        self.fallback_menu = FallbackMenu(settings.fallback_folder, self.flows, self.voice, [did.flow for did in settings.did])
        self.left_messages = LeftMessages(self.flows, partial(message_left, settings), publish, self.clock)
        self.hours_switch = HoursSwitch(self.gateway.directory.modes, self.flows, self.journal, self.calls, self.ami, self.anonymous.knows)
        self.visits = SessionTools(
            flows=self.flows,
            callers=self.gateway.callers,
            lookups=self.gateway.lookups,
            actions=WithConductLine(self.conduct, self.gateway.actions),
            hours=self.gateway.hours,
            directory=self.gateway.directory,
            journal=self.journal,
            events=self.bus,
            clock=self.clock,
            timeouts=settings.timeouts,
            switched=self.hours_switch.wanted,
        )

    def _build_desk(self, secrets: Secrets) -> None:
        settings, gateway = self.settings, self.gateway
        self.logins = LoginSessions(self.database, settings.desk, self.clock)
        self.ari = Ari(settings, secrets)
        self.softphones = Softphones(self.ari, settings, self.clock, self.agents.name)
        names = PopNames(self.agents.name, self.transfers.transferring_agent)
        self.screen_pop = ScreenPop(gateway.callers, gateway.directory, self.calls, names, settings.timeouts.caller_lookup_s)
        self.supervision = Supervision(self.calls, self.agents, gateway.directory, settings.hospital.zone, self.clock)
        self.view = DeskView(self.agents, self.screen_pop, self.supervision)
        self.hub = LiveHub(self.view.agent, self.supervision.board, settings.desk.live_ping_s)
        self.hub.add_topic(HOURS, lambda _client: {"modes": dict(gateway.directory.modes())})
        self.health = Health(self._checks(), self.clock, optional=("speech",))
        self.supervision.parts = self.health.needed

    def _checks(self) -> dict[str, Callable[[], Coroutine[Any, Any, str]]]:
        settings = self.settings

        async def asterisk() -> str:
            return "ok" if self.ami.up else "not connected"

        async def database() -> str:
            await self.gateway.facts.copied_up_to(settings.node)
            return "ok"

        async def journal() -> str:
            if self.name_hold.other:
                return f"facts wait in it: another controller writes as {settings.node} on this database"
            return "ok" if self.journal.healthy else "the disk refuses the journal; facts wait in memory"

        return {"asterisk": asterisk, "database": database, "journal": journal, "disk": disk_check(settings), "speech": self.speech.state}

    def subscribe(self) -> None:
        """Who hears of an event, in this order; the journal has it already."""
        self.calls.subscribe(self.bus)
        self.agents.subscribe(self.bus)
        self.rejoin.subscribe(self.bus)
        self.screen_pop.subscribe(self.bus)
        self.supervision.subscribe(self.bus)
        self.bus.subscribe("left-messages", self.left_messages.call_ended, (ev.CallEnded,))
        self.bus.subscribe("held-seats", self.gateway.held_seats.call_ended, (ev.CallEnded,))
        self.bus.subscribe("conduct", self.conduct.message_recorded, (ev.MessageRecorded,))
        self.bus.subscribe("conduct-ended", self.conduct.call_ended, (ev.CallEnded,))
        self.bus.subscribe("live", self._show)
        self.bus.subscribe("anonymous", self.anonymous.call_ended, (ev.CallEnded,))
        self.anonymous.watch(self.screen_pop.forget)
        self.agents.watch(self.hub.touch_agent)
        self.screen_pop.watch(self._show_call)
        self.health.watch(self.hub.touch_all)
        self.gateway.directory.watch(self._directory_changed)
        self.releases.watch(self.fallback_menu.published)

    def web(self) -> web.Application:
        """The HTTP side."""
        desk = DeskContext(
            settings=self.settings,
            clock=self.clock,
            publish=self.bus.publish,
            directory=self.gateway.directory,
            calls=self.calls,
            agents=self.agents,
            screen_pop=self.screen_pop,
            supervision=self.supervision,
            view=self.view,
            softphones=self.softphones,
            transfers=self.transfers,
            choices=self.gateway.directory,
            people=DeskPeople(self.database, self.gateway.callers, self.settings, self.clock),
        )
        context = application.AppContext(
            self.settings, self.clock, self.database, self.gateway, self.logins, desk, self.hub, self.health,
            flows=self._flow_desk(), speech=self.speech,
        )  # fmt: skip
        return application.build(context)

    def _flow_desk(self) -> FlowDesk:
        gateway = self.gateway
        return FlowDesk(self.settings, self.releases, self.voice, gateway.lookups, gateway.callers, gateway.hours, SOUNDS)

    # -- what Asterisk does ------------------------------------------------------------------------------------------------

    async def _visit(self, request: AgiRequest, socket: AgiSocket) -> None:
        """A caller comes in from the dialplan."""
        visit = visit_of(request, self.settings.did[0].flow, self.anonymous.knows)
        self.left_messages.came_back(visit.session)
        channel = AgiChannel(request, socket, self.settings, self.voice.files, self.speech.listen)
        await CallSession(visit, channel, self.visits).run()

    def _noticed(self, notice: Notice) -> None:
        match notice:
            case AgentReachable():
                self.agents.phone_registered(notice.agent_id, notice.reachable)
                if notice.reachable:
                    self.rejoin.phone_back(notice.agent_id, another=notice.another)
                else:
                    self.rejoin.phone_gone(notice.agent_id)
            case PatientHeld():
                self.rejoin.patient_held(notice.linkedid, notice.talk)
            case TransferEnded(result="transfer_failed"):
                self.agents.transfer_failed(notice.linkedid)

    def _asterisk_down(self) -> None:
        self.hub.touch_all()

    # -- what the pages see --------------------------------------------------------------------------------------------------

    async def _show(self, event: ev.Event) -> None:
        if isinstance(event, ev.CallEvent):
            self._show_call(event.linkedid)
        self.hub.touch_all()

    def _show_call(self, linkedid: str) -> None:
        """Whose pages show this call."""
        call = self.calls.get(linkedid)
        for leg in call.legs if call else ():
            self.hub.touch_agent(leg.agent_id)

    def _directory_changed(self) -> None:
        self.recovery.directory_moved.set()
        self.hours_switch.directory_changed()
        self.agents.directory_changed()
        self.supervision.directory_changed()
        self.hub.touch_all()


def visit_of(request: AgiRequest, usual_flow: str, is_anonymous: Callable[[str], bool]) -> Visit:
    """What the dialplan asks for. Raises UnsafeArgument for what ours never says: whoever sends it is no Asterisk of ours."""
    session, attempt, result, flow = (*request.arguments, "", "", "", "")[:4]
    if not _UNIQUEID.fullmatch(request.uniqueid) or session not in ("", request.uniqueid):
        raise UnsafeArgument("no session of this channel")
    return Visit(
        session=request.uniqueid,
        attempt=number(attempt) or 1,
        result=result,
        flow=flow or usual_flow,
        caller_number="" if is_anonymous(request.uniqueid) else request.caller_number,
        dialled_number=request.dialled_number,
        uniqueid=request.uniqueid,
    )
