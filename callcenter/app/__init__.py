"""Composition root: the two processes of the product, begun and ended in order.

In: settings, secrets, the line to the supervisor (sd_notify). Out: `serve` and `work`, which return when cancelled. Must hold no behaviour: only what
begins after what. Invariant: AGI answers before the database was asked for anything, so a successor takes its callers back at once; on the way
down new calls are refused first, and the journal is closed last.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web

from callcenter import log
from callcenter.api.server import Runner
from callcenter.api.transfer import place_of
from callcenter.app.clock import SystemClock
from callcenter.app.controller import Controller, RenderQueues
from callcenter.crm_gateway import CrmGateway
from callcenter.crm_gateway.text_sender import TextSender, headers_of
from callcenter.recording import work as recordings
from callcenter.settings import Secrets, Settings
from crm import upkeep
from crm.booking import keeper
from crm.database import Database
from crm.engine import anchors
from crm.ivr import keeper as services
from crm.ivr import texts
from crm.job_runner import JobRunner
from crm.telephony import flow_statistics
from crm.transfer import work as transfers

_log = log.get("app")


class Notify(Protocol):
    """The process's line to its supervisor."""

    def ready(self) -> None: ...
    def alive(self) -> None: ...


# -- the processes -------------------------------------------------------------------------------------------------------------


async def serve(settings: Settings, secrets: Secrets, *, notify: Notify, render_queues: RenderQueues) -> None:
    """The controller until it is cancelled."""
    log.configure(settings.log_level)
    controller = Controller(settings, secrets, render_queues)
    controller.recovery.remember()
    controller.subscribe()
    try:
        async with _listening(controller), asyncio.TaskGroup() as group:
            _start_tasks(group, controller, notify)
    finally:
        await asyncio.shield(_close(controller))


@asynccontextmanager
async def _listening(controller: Controller) -> AsyncIterator[None]:
    """Callers first, then Asterisk's events, then pages."""
    settings = controller.settings
    await controller.agi.start()
    first = asyncio.create_task(controller.recovery.first_directory(), name="app:first-directory")
    await controller.ami.start()
    await first
    runner = Runner(controller.web(), access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, settings.network.bind, settings.port("http"), backlog=1024).start()
    try:
        yield
    finally:
        await controller.agi.stop()
        await runner.cleanup()


def _start_tasks(group: asyncio.TaskGroup, controller: Controller, notify: Notify) -> None:
    parts = {
        "name-hold": controller.name_hold.run(),
        "copier": controller.copier.run(),
        "directory": controller.gateway.run(),
        "flows": controller.releases.run(),
        "prompts": controller.own_prompts.run(),
        "names": controller.names.run(),
        "logins": controller.logins.run(),
        "agents": controller.agents.run(),
        "screen-pop": controller.screen_pop.run(),
        "live": controller.hub.run(),
        "health": controller.health.run(),
        "day": controller.recovery.remember_the_day(),
        "queues": controller.recovery.follow_queues(),
        "missed-calls": controller.recovery.take_in_missed_calls(),
        "conduct": controller.conduct.run(),
        "anonymous": controller.anonymous.run(),
        "hours-switch": controller.hours_switch.run(),
        "fallback-menu": controller.fallback_menu.run(),
        "heartbeat": _heartbeat(notify, controller.settings.timeouts.heartbeat_s),
    }
    for name, coroutine in parts.items():
        group.create_task(coroutine, name=f"app:{name}")
    notify.ready()


async def _heartbeat(notify: Notify, every_s: float) -> None:
    """From the loop that serves calls, so that a frozen loop is seen."""
    while True:
        notify.alive()
        await asyncio.sleep(every_s)


async def _close(controller: Controller) -> None:
    """Facts last: what the ending parts still tell is written."""
    await controller.rejoin.stop()
    await controller.ami.stop()
    await controller.ari.close()
    await controller.speech.close()
    await controller.database.close()
    controller.journal.close()


async def work(settings: Settings, secrets: Secrets, *, notify: Notify) -> None:
    """Durable jobs until cancelled."""
    log.configure(settings.log_level)
    clock = SystemClock()
    database = Database(settings.database_url, timeout_s=settings.timeouts.store_s)
    gateway, jobs = CrmGateway(database, settings, clock), JobRunner(settings.database_url)
    place, files = place_of(settings, database, clock), settings.transfer
    transfers.register(jobs, place)
    jobs.on(texts.JOB, TextSender(gateway.store, settings.sms, clock, headers_of(settings.sms)).send)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(recordings.run(jobs, gateway.recordings, settings, clock), name="work:recordings")
            group.create_task(transfers.housekeeping(place, files.keep_exports_h, files.keep_uploads_days), name="work:transfers")
            group.create_task(keeper.keep(database, clock.now, settings.hospital.zone), name="work:booking")
            group.create_task(services.keep(database, clock.now, settings.hospital.zone), name="work:services")
            group.create_task(anchors.keep(database, settings.audit_anchors, clock.now), name="work:audit-anchors")
            group.create_task(upkeep.keep(database, clock.now, settings.hospital.zone), name="work:upkeep")
            group.create_task(flow_statistics.keep(database, settings.hospital.zone), name="work:flow-statistics")
            group.create_task(jobs.run(), name="work:jobs")
            group.create_task(_heartbeat(notify, settings.timeouts.heartbeat_s), name="work:heartbeat")
            notify.ready()
    finally:
        await asyncio.shield(database.close())
