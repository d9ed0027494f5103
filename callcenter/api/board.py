"""The supervisor's board over plain HTTP: the same object that the live topic sends.

In: a supervisor's request. Out: the snapshot. Must not compute anything of its own. Invariant: equal to the live topic at that moment.
Shape: docs/api.md, "board".
"""

from __future__ import annotations

from aiohttp import web

from callcenter.api.desk_keys import desk_of
from callcenter.api.desk_models import BoardSnapshot
from callcenter.api.routing import route


@route("GET", "/api/board", right="board.read", answer=BoardSnapshot)
async def board(request: web.Request) -> web.Response:
    """Queues, agents, calls and the figures of today."""
    return web.json_response(desk_of(request).supervision.board())
