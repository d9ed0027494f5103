"""The routes of every declared thing: list, detail, add, change, delete, restore, moves, bulk, reveal, its audit trail.

In: the registry. Out: `routes(...)` for the router, one handler a route, so that rights and OpenAPI are as exact as hand-written ones.
Must not know a thing by name. Invariant: every handler does one unit of work of crm.engine.store; what that refuses leaves as problem+json.
What is asked and answered: docs/crm.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict
from functools import lru_cache, partial
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel

from callcenter.api import resource_words as words
from callcenter.api.calls import as_json
from callcenter.api.keys import CLOCK, DATABASE, SETTINGS, plan_of, problem_of, today_of
from callcenter.api.problems import FieldError, Problem
from callcenter.api.resource_bodies import BulkDone, Gathered, Gathering, Revealed, Revealing, RowTrailQuery, TrailPage, Versioned
from callcenter.api.resource_models import Shapes
from callcenter.api.routing import Handler, Route, body_of, query_of
from callcenter.api.security import forbidden, principal_of
from callcenter.errors import StoreUnavailable
from crm.database import Session
from crm.engine import gather, store, trail
from crm.engine.registry import Registry, registry
from crm.engine.resource import Resource
from crm.engine.store import Actor, Ask
from crm.errors import CrmError, Forbidden, InUse, InvalidValues, Stale, Taken, WrongState

T = TypeVar("T")
READ_TIMEOUT_S = 10.0
_OF_A_PAGE = frozenset({"sort", "limit", "cursor", "removed"})
LANGUAGES = ("zh", "en")
STANDARD = frozenset({"q", "sort", "limit", "cursor", "ids", "removed"})

# -- asking the store -------------------------------------------------------------------------------------------------


def actor_of(request: web.Request) -> Actor:
    """Who asks, with everything the store needs to know of it."""
    plan, who = plan_of(request.app[SETTINGS]), principal_of(request)
    language = request.headers.get("X-Language", who.language)
    if language not in LANGUAGES:
        raise Problem(422, "invalid input", "The header breaks 1 rule(s).", [FieldError("X-Language", "is zh or en", "correct it, or leave it out")])
    return Actor(who, request.app[CLOCK].now(), today_of(request), registry(), plan, language)


async def asked(request: web.Request, work: Callable[[Session], Awaitable[T]]) -> T:
    """Do `work` in one transaction; what the store refuses becomes a Problem."""
    try:
        return await request.app[DATABASE].run(work, timeout_s=READ_TIMEOUT_S)
    except (CrmError, StoreUnavailable) as wrong:
        raise refusal(wrong) from wrong


def refusal(wrong: Exception) -> Problem:
    """The answer to what the store refuses."""
    for kind, answer in _REFUSALS:
        if isinstance(wrong, kind):
            return answer(wrong)
    return problem_of(wrong)


def _invalid(wrong: InvalidValues) -> Problem:
    errors = [FieldError(one.field, one.rule, one.mend) for one in wrong.faults]
    return Problem(422, "invalid input", f"{len(errors)} value(s) break a rule.", errors)


def _taken(wrong: Taken) -> Problem:
    error = FieldError(wrong.field, "belongs to another entry", "use another value, or open that entry")
    return Problem(409, "taken", "Another entry has this value.", [error], kind="taken")


def _in_use(wrong: InUse) -> Problem:
    return Problem(409, "in use", f"Other entries refer to this one ({wrong.table}).", kind="in_use", more={"by": wrong.table})


def _wrong_state(wrong: WrongState) -> Problem:
    return Problem(409, "wrong state", "This step is not possible in the present state.", kind="state", more={"current": wrong.current})


def _stale(wrong: Stale) -> Problem:
    error = FieldError("version", f"is {wrong.current.get('version')}", "look at what changed, then send it again with that version")
    at = wrong.at.isoformat() if wrong.at else None
    more = {"current": wrong.current, "changed": list(wrong.changed), "changed_by": wrong.by, "changed_at": at}
    return Problem(409, "stale version", "Somebody changed this entry after you opened it.", [error], kind="stale", more=more)


_REFUSALS: tuple[tuple[type[Exception], Callable[[Any], Problem]], ...] = (
    (Forbidden, lambda wrong: forbidden(wrong.right)), (InvalidValues, _invalid), (Stale, _stale), (Taken, _taken), (InUse, _in_use),
    (WrongState, _wrong_state),
)  # fmt: skip


# -- routes -----------------------------------------------------------------------------------------------------------


def routes(declared: Registry | None = None) -> list[Route]:
    """Of every thing whose routes are not hand-written."""
    return list(_standard()) if declared is None else _made(declared)


@lru_cache(maxsize=1)
def _standard() -> tuple[Route, ...]:
    return tuple(_made(registry()))


def _made(known: Registry) -> list[Route]:
    return [made for one in known.resources if one.served for made in _of(one, Shapes(one, known), known)]


def _of(resource: Resource, shapes: Shapes, registered: Registry) -> Iterable[Route]:
    """The routes that its actions and moves make."""
    can, name, title = resource.can, resource.right, resource.title[1].lower()

    def made(method: str, rest: str, right: str, handler: Handler, summary: str, words: str = "", **more: Any) -> Route:
        key = shapes.key if rest.startswith("/{id}") else None
        address, summary = f"/api/{resource.path}{rest}", f"{summary}: {title}."
        declared = Route(method, address, right, handler, summary=summary, key=key, words=words, labels=more.get("status") != 204, **more)
        handler.__dict__["routes"] = [declared]
        return declared

    yield made("GET", "", name("read"), _list(resource), "A page of", words.LIST, query=lambda: shapes.query, answer=lambda: shapes.page)
    if "add" in can:
        yield made("POST", "", name("add"), _add(resource), "Add", words.ADD, body=lambda: shapes.add, answer=lambda: shapes.detail, status=201)
    if "bulk" in can:
        yield made("POST", "/bulk", name("bulk"), _bulk(resource), "Change many at once", words.BULK, body=lambda: shapes.bulk, answer=BulkDone)
    yield made("GET", "/{id}", name("read"), _detail(resource), "One", words.DETAIL, answer=lambda: shapes.detail)
    if "change" in can:
        handler = _change(resource)
        yield made("PATCH", "/{id}", name("change"), handler, "Change", words.CHANGE, body=lambda: shapes.change, answer=lambda: shapes.detail)
    if "delete" in can:
        yield made("DELETE", "/{id}", name("delete"), _remove(resource), "Delete", words.DELETE, query=lambda: shapes.removal, status=204)
    if "delete" in can and resource.removable:
        handler = _restore(resource)
        yield made("POST", "/{id}/restore", name("delete"), handler, "Bring back", words.RESTORE, body=Versioned, answer=lambda: shapes.detail)
    if "reveal" in can:
        yield made("POST", "/{id}/reveal", name("reveal"), _reveal(resource), "Show a masked value", words.REVEAL, body=Revealing, answer=Revealed)
    yield made("GET", "/{id}/audit", trail.READ, _trail(resource), "Who saw and changed", words.TRAIL, query=RowTrailQuery, answer=TrailPage)
    for related in (one for one in resource.related if one.sources):
        right, handler = registered.by_name[related.resource].right("add"), _gather(resource, related.name)
        title = f"Fill {related.title[1].lower()} from a list"
        yield made("POST", f"/{{id}}/{related.name}/fill", right, handler, title, words.FILL, body=Gathering, answer=Gathered)
    for step in resource.moves:
        body = partial(lambda step: shapes.moves[step], step.name)
        handler, path = _move(resource, step.name), f"/{{id}}/{step.name}"
        yield made("POST", path, name(step.name), handler, step.title[1], words.of_move(step), body=body, answer=lambda: shapes.detail)


def _key(request: web.Request) -> str:
    return request.match_info["id"]


def _sent(request: web.Request, *, without: frozenset[str] = frozenset({"version"})) -> dict[str, Any]:
    """The body's values that were sent."""
    values: dict[str, Any] = body_of(request, BaseModel).model_dump(by_alias=True, exclude_unset=True)
    return {name: value for name, value in values.items() if name not in without}


def _version(request: web.Request) -> int:
    model = body_of(request, BaseModel)
    return getattr(model, "f_version", None) or getattr(model, "version", 0) or 0


def _list(resource: Resource) -> Handler:
    async def listed(request: web.Request) -> web.Response:
        ask, actor = ask_of(request.query), actor_of(request)
        page = await asked(request, lambda session: store.find(session, resource, actor, ask))
        return as_json({"items": page.items, "next": page.next, "total": page.total, "exact": page.exact})

    return listed


def ask_of(query: Mapping[str, str]) -> Ask:
    """What a list is asked, from parameters that fit its model."""
    filters: list[tuple[str, str, str]] = []
    for name, value in query.items():
        if name not in STANDARD:
            field, _, operator = name.partition("__")
            filters.append((field, operator, value))
    ids = tuple(one for one in query.get("ids", "").split(",") if one)
    return Ask(
        q=query.get("q", ""), filters=tuple(filters), sort=query.get("sort", ""), limit=int(query.get("limit", 50)), cursor=query.get("cursor", ""),
        ids=ids[:200], removed=query.get("removed", "").lower() in ("true", "1", "yes", "on", "t", "y"),
    )  # fmt: skip


def _detail(resource: Resource) -> Handler:
    async def opened(request: web.Request) -> web.Response:
        actor = actor_of(request)
        return as_json(await asked(request, lambda session: store.detail(session, resource, actor, _key(request))))

    return opened


def _add(resource: Resource) -> Handler:
    async def added(request: web.Request) -> web.Response:
        actor, values = actor_of(request), _sent(request, without=frozenset())
        row = await asked(request, lambda session: store.add(session, resource, actor, values))
        response = as_json(row)
        response.set_status(201)
        response.headers["Location"] = f"/api/{resource.path}/{row['id']}"
        return response

    return added


def _change(resource: Resource) -> Handler:
    async def changed(request: web.Request) -> web.Response:
        actor, values, version = actor_of(request), _sent(request), _version(request)

        async def work(session: Session) -> dict[str, Any]:
            return await store.change(session, resource, actor, _key(request), version, values)

        return as_json(await _with_sent(asked(request, work), values, version))

    return changed


async def _with_sent(doing: Awaitable[T], values: Mapping[str, Any], version: int) -> T:
    """A conflict also says what was sent, so that a page can show both."""
    try:
        return await doing
    except Problem as wrong:
        if wrong.kind == "stale":
            wrong.more["sent"] = {"version": version, **{name: _plain(value) for name, value in values.items()}}
        raise


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, list, dict, type(None))) else str(value)


def _remove(resource: Resource) -> Handler:
    async def removed(request: web.Request) -> web.Response:
        actor, given = actor_of(request), query_of(request, BaseModel).model_dump(by_alias=True)
        version, reason = given.get("version") or 0, given.get("reason") or ""
        await asked(request, lambda session: store.remove(session, resource, actor, _key(request), version, reason))
        return web.Response(status=204)

    return removed


def _restore(resource: Resource) -> Handler:
    async def restored(request: web.Request) -> web.Response:
        actor, version = actor_of(request), _version(request)
        return as_json(await asked(request, lambda session: store.restore(session, resource, actor, _key(request), version)))

    return restored


def _reveal(resource: Resource) -> Handler:
    async def revealed(request: web.Request) -> web.Response:
        actor, name = actor_of(request), body_of(request, Revealing).field
        value = await asked(request, lambda session: store.reveal(session, resource, actor, _key(request), name))
        return as_json({"field": name, "value": value})

    return revealed


def _move(resource: Resource, step: str) -> Handler:
    async def moved(request: web.Request) -> web.Response:
        actor, values, version = actor_of(request), _sent(request), _version(request)

        async def work(session: Session) -> dict[str, Any]:
            return await store.move(session, resource, actor, _key(request), version, step, values)

        return as_json(await _with_sent(asked(request, work), values, version))

    return moved


def _bulk(resource: Resource) -> Handler:
    async def bulk_changed(request: web.Request) -> web.Response:
        actor, given = actor_of(request), _sent(request, without=frozenset())
        changes, step = given.get("changes"), given.get("move", "")
        if (changes is None) == (not step):
            error = FieldError("changes", "or move is needed, not both", "send one of them")
            raise Problem(422, "invalid input", "Send either changes or a move.", [error])
        items = [(str(one["id"]), one.get("version", 0)) for one in given["items"]]
        values = given.get("values", {}) if step else changes or {}

        async def work(session: Session) -> list[dict[str, Any]]:
            return await store.bulk(session, resource, actor, items, values, step)

        done = await asked(request, work)
        return as_json({"changed": len(done), "items": done})

    return bulk_changed


def _gather(resource: Resource, related: str) -> Handler:
    async def filled(request: web.Request) -> web.Response:
        actor, given = actor_of(request), body_of(request, Gathering)
        ask = ask_of({name: value for name, value in given.query.items() if name not in _OF_A_PAGE})

        async def work(session: Session) -> gather.Gathered:
            return await gather.gather(session, resource, actor, _key(request), gather.source_of(resource, related, given.source), ask)

        return as_json(asdict(await asked(request, work)))

    return filled


def _trail(resource: Resource) -> Handler:
    async def trailed(request: web.Request) -> web.Response:
        actor, asking = actor_of(request), query_of(request, RowTrailQuery)

        async def work(session: Session) -> dict[str, Any]:
            store.require(actor, resource, "read")
            await store.row_of(session, resource, actor, _key(request))
            return await trail.of_row(session, resource, actor, _key(request), trail.TrailAsk(cursor=asking.cursor, limit=asking.limit))

        return as_json(await asked(request, work))

    return trailed
