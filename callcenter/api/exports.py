"""Exports over HTTP: a wish, its progress, the file.

In: what a list was asked for, and columns. Out: the shapes of docs/import.md. Must not write a file itself: that is a job. Invariant: nobody but who
asked sees or takes an export; wish and download are in the audit trail.
"""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.api.calls import as_json
from callcenter.api.keys import id_of, stored
from callcenter.api.problems import not_found
from callcenter.api.routing import FILE, SIGNED_IN, body_of, route
from callcenter.api.security import forbidden, principal_of
from callcenter.api.transfer import place_for
from crm.database import Session
from crm.transfer import export

TABLES = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


class ExportWish(BaseModel):
    """`query`: q, sort and filters as in the address of the list; `columns` empty: as the list shows."""

    model_config = ConfigDict(extra="forbid")
    resource: str = Field(min_length=1, max_length=60)
    format: Literal["xlsx", "csv"] = "xlsx"
    language: Literal["zh", "en"] = "zh"
    query: dict[str, str] = Field(default_factory=dict, max_length=40)
    columns: list[str] = Field(default_factory=list, max_length=100)


class ExportLine(BaseModel):
    id: int
    resource: str
    format: str
    columns: list[str]
    state: Literal["waiting", "running", "done", "failed", "expired"]
    rows_total: int
    rows_done: int
    bytes: int
    fault: str | None
    created_at: str
    finished_at: str | None


class ExportList(BaseModel):
    items: list[ExportLine]


@route("POST", "/api/exports", right=SIGNED_IN, body=ExportWish, answer=ExportLine, also=(404,))
async def wish(request: web.Request) -> web.Response:
    """Ask for a list as a file; it is made in the background."""
    sent, place = body_of(request, ExportWish), place_for(request)
    if not principal_of(request).may(f"{sent.resource}.export"):
        raise forbidden(f"{sent.resource}.export")
    wanted = export.Wish(sent.resource, sent.format, sent.language, sent.query, sent.columns)

    async def work(session: Session) -> dict[str, Any]:
        return export.view(await export.wish(session, principal_of(request), place, wanted))

    return as_json(await stored(request, work))


@route("GET", "/api/exports", right=SIGNED_IN, answer=ExportList)
async def exports(request: web.Request) -> web.Response:
    """One's own exports, the newest first."""
    return as_json({"items": await stored(request, lambda session: export.recent(session, principal_of(request).id))})


@route("GET", "/api/exports/{id}", right=SIGNED_IN, answer=ExportLine)
async def one_export(request: web.Request) -> web.Response:
    """How far it is."""
    export_id = id_of(request, "export")

    async def work(session: Session) -> dict[str, Any]:
        return export.view(await export.mine(session, principal_of(request).id, export_id))

    return as_json(await stored(request, work))


@route("GET", "/api/exports/{id}/file", right=SIGNED_IN, also=FILE, media=TABLES)
async def export_file(request: web.Request) -> web.StreamResponse:
    """The file, for whoever asked for it."""
    export_id, place = id_of(request, "export"), place_for(request)
    path, name = await stored(request, lambda session: export.fetch(session, principal_of(request), place, export_id))
    if not path.is_file():
        raise not_found("file")
    headers = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"', hdrs.CACHE_CONTROL: "private, no-store"}
    return web.FileResponse(path, headers=headers)
