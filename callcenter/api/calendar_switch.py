"""Night mode and emergency closure over HTTP.

In: a calendar, a mode, a note. Out: the calendars as they are. Must not move callers: every controller does that when it hears of the change.
Invariant: the answer comes after the switch is stored; `before` in it is what to switch back to. Routes: docs/ivr.md, "HTTP".
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.api.calls import as_json
from callcenter.api.keys import CLOCK, SETTINGS, stored
from callcenter.api.problems import not_found
from callcenter.api.routing import body_of, route
from callcenter.api.security import principal_of
from crm.database import Session
from crm.telephony import calendar_switch

Mode = Literal["normal", "night", "emergency"]


class Switch(BaseModel):
    """What holds from now on, and why."""

    model_config = ConfigDict(extra="forbid")
    mode: Mode
    note: str = Field(default="", max_length=200)


class Switched(BaseModel):
    """Who switched last; `from` is the mode before."""

    model_config = ConfigDict(populate_by_name=True)
    at: datetime
    by: str
    mode_before: Mode = Field(alias="from")
    mode: Mode = Field(alias="to")
    note: str


class CalendarState(BaseModel):
    """`state`: open, closed or emergency at this moment."""

    name: str
    title_zh: str
    title_en: str
    mode: Mode
    state: str
    switched: Switched | None


class Calendars(BaseModel):
    items: list[CalendarState]


class SwitchDone(BaseModel):
    name: str
    mode: Mode
    before: Mode


@route("GET", "/api/calendar-modes", right="board.read", answer=Calendars)
async def calendars(request: web.Request) -> web.Response:
    """Every calendar with its mode."""
    now, zone = request.app[CLOCK].now(), request.app[SETTINGS].hospital.zone
    return as_json({"items": await stored(request, lambda session: calendar_switch.listed(session, now, zone))})


@route("POST", "/api/calendars/{name}/switch", right="calendar.switch", body=Switch, answer=SwitchDone)
async def switch_calendar(request: web.Request) -> web.Response:
    """Switch to night, to emergency, or back to the hours; new callers and callers in menus hear it within a second."""
    name, sent = request.match_info["name"], body_of(request, Switch)
    if not name.isascii() or len(name) > 40 or "\0" in name:
        raise not_found("calendar")
    who, now = principal_of(request).id, request.app[CLOCK].now()

    async def work(session: Session) -> str:
        return await calendar_switch.switch(session, name, sent.mode, sent.note.strip(), who, now)

    return as_json({"name": name, "mode": sent.mode, "before": await stored(request, work)})
