"""Requests from foreign pages are refused.

In: a request. Out: nothing, or Problem 403. Must not trust a page just because the cookie came along. Invariant: a request that names an
origin names ours. No origin: no browser page of another site can have sent it. Fetch standard, "Origin header".
"""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from callcenter.api.problems import Problem


def is_ours(request: web.Request) -> bool:
    """True when the request names no origin, or this one."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    host = urlsplit(origin).netloc
    return bool(host) and host in {request.host, request.headers.get("X-Forwarded-Host", "")}


def refuse_foreign_origin(request: web.Request) -> None:
    """Raises Problem 403."""
    if not is_ours(request):
        raise Problem(403, "foreign origin", "This request came from a page of another site.")
