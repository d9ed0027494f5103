"""The API's description, for programs and for people.

In: the declared routes. Out: `GET /api/openapi.json` and `GET /api/docs`, a page without scripts or foreign hosts.
Must not describe what is not declared. Invariant: both are made from the routes that the router serves.
OpenAPI 3.1.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from html import escape

from aiohttp import web

from callcenter.api.openapi import openapi
from callcenter.api.routing import PUBLIC, Route, model_of, route


class Described:
    """The description, made once, in a thread, when it is first asked for: it takes seconds that calls must not wait."""

    def __init__(self, routes: Iterable[Route], version: str) -> None:
        self._routes, self._version = list(routes), version
        self._made: asyncio.Task[bytes] | None = None

    async def openapi(self) -> bytes:
        if self._made is None:
            self._made = asyncio.create_task(asyncio.to_thread(self._make), name="api:openapi")
        return await asyncio.shield(self._made)

    def _make(self) -> bytes:
        return json.dumps(openapi(self._routes, "callcenter", self._version), ensure_ascii=False).encode()


ROUTES: web.AppKey[list[Route]] = web.AppKey("routes", list)
DESCRIBED: web.AppKey[Described] = web.AppKey("described", Described)


@route("GET", "/api/openapi.json", right=PUBLIC, media=("application/json",))
async def openapi_json(request: web.Request) -> web.Response:
    """This API in OpenAPI 3.1."""
    return web.Response(body=await request.app[DESCRIBED].openapi(), content_type="application/json")


@route("GET", "/api/docs", right=PUBLIC, media=("text/html",))
async def docs(request: web.Request) -> web.Response:
    """Every route with its right and its fields, as a page."""
    return web.Response(text=await asyncio.to_thread(page, request.app[ROUTES]), content_type="text/html")


def page(routes: Iterable[Route]) -> str:
    """The whole page."""
    rows = "\n".join(_row(one) for one in sorted(routes, key=lambda one: (one.path, one.method)) if one.path.startswith("/api/"))
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>API</title><style>
body {{ font: 14px/1.5 system-ui; margin: 2rem auto; max-width: 70rem; color: #1f2933 }}
table {{ border-collapse: collapse; width: 100% }} td, th {{ text-align: left; vertical-align: top; padding: .4rem; border-bottom: 1px solid #ddd }}
code {{ background: #f1f4f5; padding: 0 .2rem; border-radius: 3px }}</style></head><body>
<h1>API</h1><p>Machine-readable: <a href="/api/openapi.json">openapi.json</a>.
Machines send <code>Authorization: Bearer &lt;token&gt;</code> and nothing else;
the token is made on <a href="/admin/api-tokens">the page of tokens</a>,
acts as its user with the rights listed in it, and stands in the audit trail.
Pages send their cookie and, with every change, <code>X-CSRF-Token</code> of the login answer.</p>
<p>Lists answer <code>items</code>, <code>next</code>, <code>total</code>; ask again with <code>cursor</code> = <code>next</code> until it is null.
A row is changed with the <code>version</code> it was read with.
Errors are <code>application/problem+json</code> with field, rule and way out; 429 and 503 say in <code>Retry-After</code> how many seconds to wait.
<code>?</code> marks what may be left out.</p>
<table><tr><th>Route</th><th>Who</th><th>What</th><th>Fields</th></tr>
{rows}
</table></body></html>"""


def _row(one: Route) -> str:
    models = [model for shape in (one.query, one.body) if (model := model_of(shape)) is not None]
    fields = [_field(spec.alias or name, spec.is_required()) for model in models for name, spec in model.model_fields.items()]
    return (
        f"<tr><td><code>{one.method} {escape(one.path)}</code></td><td>{escape(one.right)}</td>"
        f"<td>{escape(one.summary)} <small>{escape(one.words)}</small></td><td>{' '.join(fields)}</td></tr>"
    )


def _field(name: str, required: bool) -> str:
    return f"<code>{escape(name)}{'' if required else '?'}</code>"
