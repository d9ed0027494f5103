"""Whoever names a patient in a request that does not go through the store names one within his reach.

In: a request whose right is settled, who asks. Out: nothing, or Problem 404. Must not know a handler: it reads the address and the words
`patient_id`, `kept_id`, `dropped_id` of query and body. Invariant: nothing is asked about somebody whose rights reach every patient.
How far rights reach: docs/security.md; things of the registry are limited by crm.engine.store.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from callcenter.api.keys import stored
from callcenter.api.problems import not_found
from callcenter.api.routing import Route
from crm.access.reach import Booked, beyond
from crm.engine.registry import registry
from crm.principal import Principal

LARGEST = 2**31 - 1
WORDS = ("patient_id", "kept_id", "dropped_id")
BOOKED = {"/api/booking/appointments": "appointment", "/api/booking/holds": "appointment", "/api/booking/waiting": "waiting_entry"}


async def check_reach(request: web.Request, declared: Route, who: Principal) -> None:
    """Raises Problem 404: a patient out of reach does not exist."""
    right = _right_of(declared)
    everywhere = who.scope_of("patient.read") == who.scope_of(right) == "hospital"
    if everywhere or not declared.path.startswith("/api/") or declared.path.split("/")[2] in registry().by_path:
        return
    named, booked = await _named(request, declared), _booked(request, declared)
    if (named or booked) and await stored(request, lambda session: beyond(session, who, named, booked, right)):
        raise not_found("patient")


def _right_of(declared: Route) -> str:
    """The right that settles how far the deed reaches: of a thing that has a patient, else to see the patient."""
    thing = registry().by_name.get(declared.right.partition(".")[0])
    return declared.right if thing is not None and thing.person else "patient.read"


async def _named(request: web.Request, declared: Route) -> list[int]:
    """Ids of patients in query and body."""
    found = [request.query.get(word) for word in WORDS]
    if request.can_read_body and not declared.raw and request.content_type == "application/json":
        body = _of_body(await request.read())
        found += [body.get(word) for word in WORDS]
    return list(_ids(found))


def _of_body(raw: bytes) -> dict[str, Any]:
    """What no JSON is, the check of the input refuses."""
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _ids(written: Iterable[Any]) -> Iterable[int]:
    for text in map(str, written):
        if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= LARGEST:
            yield int(text)


def _booked(request: web.Request, declared: Route) -> Booked | None:
    """What the address names by its own id, or by the number that a patient knows."""
    for path, thing in BOOKED.items():
        if declared.path.startswith(path + "/{id}"):
            return next((Booked(thing, "id", one) for one in _ids([request.match_info["id"]])), None)
        if declared.path == path and "number" in request.query:
            return Booked(thing, "number", request.query["number"][:20])
    return None
