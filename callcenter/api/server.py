"""Connections of the HTTP server: what cannot be read as a request is answered like every other refusal.

In: an application. Out: a runner for it. Must not know a route. Invariant: a request line or header that is too long, or is no HTTP at all, gets
problem+json, its bytes stand in no log, and its connection ends. Hook: aiohttp, `RequestHandler.handle_error`.
"""

from __future__ import annotations

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from callcenter import log
from callcenter.api.problems import FieldError, Problem

LONGEST_LINE = 8190
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Server": "callcenter"}
_log = log.get("http")


def unreadable(wrong: BaseException | None) -> Problem:
    """The answer to bytes that are no request."""
    if isinstance(wrong, LineTooLong):
        rule, mend = f"has an address and headers of at most {LONGEST_LINE} bytes each", "ask for less at once, or send the values in the body"
        return Problem(400, "request too long", "The address or a header is too long.", [FieldError("", rule, mend)])
    error = FieldError("", "is written as HTTP/1.1 says", "look at the address, its headers and the length of its body")
    return Problem(400, "unreadable request", "This is no HTTP request.", [error])


class Connection(web.RequestHandler):
    """One connection; aiohttp asks it for an answer where no handler can be asked."""

    __slots__ = ()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError("the answer had begun")
        if status == 400:
            response = unreadable(exc).response()
        else:
            _log.error("a request failed outside its handler", status=status, kind=type(exc).__name__)
            response = Problem(status, "internal error", "Something went wrong on our side; it is in the log.").response()
        response.headers.update(HEADERS)
        response.force_close()
        return response


class Server(web.Server):
    """Makes our connections."""

    def __call__(self) -> Connection:
        return Connection(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs an application behind our connections."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return Server(made.request_handler, request_factory=made.request_factory, **self._kwargs)
