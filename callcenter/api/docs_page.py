"""The API's description, for programs and for people.

In: the declared routes. Out: `GET /api/openapi.json` and `GET /api/docs`, a page without scripts or foreign hosts.
Must not describe what is not declared. Invariant: both are made from the routes that the router serves.
OpenAPI 3.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from aiohttp import web

from callcenter.api.routing import PUBLIC, Route, route

ROUTES: web.AppKey[list[Route]] = web.AppKey("routes", list)
OPENAPI: web.AppKey[dict[str, object]] = web.AppKey("openapi", dict)


@route("GET", "/api/openapi.json", right=PUBLIC)
async def openapi_json(request: web.Request) -> web.Response:
    """This API in OpenAPI 3.1."""
    return web.json_response(request.app[OPENAPI])


@route("GET", "/api/docs", right=PUBLIC)
async def docs(request: web.Request) -> web.Response:
    """Every route with its right and its fields, as a page."""
    return web.Response(text=page(request.app[ROUTES]), content_type="text/html")


def page(routes: Iterable[Route]) -> str:
    """The whole page."""
    rows = "\n".join(_row(one) for one in sorted(routes, key=lambda one: (one.path, one.method)) if one.path.startswith("/api/"))
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>API</title><style>
body {{ font: 14px/1.5 system-ui; margin: 2rem auto; max-width: 70rem; color: #1f2933 }}
table {{ border-collapse: collapse; width: 100% }} td, th {{ text-align: left; vertical-align: top; padding: .4rem; border-bottom: 1px solid #ddd }}
code {{ background: #f1f4f5; padding: 0 .2rem; border-radius: 3px }}</style></head><body>
<h1>API</h1><p>Machine-readable: <a href="/api/openapi.json">openapi.json</a>. Errors are <code>application/problem+json</code>. State-changing
requests carry <code>X-CSRF-Token</code>.</p><table><tr><th>Route</th><th>Who</th><th>What</th><th>Fields</th></tr>
{rows}
</table></body></html>"""


def _row(one: Route) -> str:
    fields = [_field(name, spec.is_required()) for model in (one.query, one.body) if model is not None for name, spec in model.model_fields.items()]
    return (
        f"<tr><td><code>{one.method} {escape(one.path)}</code></td><td>{escape(one.right)}</td>"
        f"<td>{escape(one.summary)}</td><td>{' '.join(fields)}</td></tr>"
    )


def _field(name: str, required: bool) -> str:
    return f"<code>{escape(name)}{'' if required else '?'}</code>"
