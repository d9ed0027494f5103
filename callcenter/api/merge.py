"""Merging of two files of one person over HTTP: look at both, merge, undo.

In: ids and versions as they were seen. Out: what would be and was carried over. Must not decide which person is which.
Invariant: needs the rights to change and to remove files; both files' audit shows it.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.api.calls import as_json
from callcenter.api.keys import id_of, stored
from callcenter.api.problems import FieldError, Problem
from callcenter.api.resources import actor_of
from callcenter.api.routing import body_of, query_of, route
from callcenter.api.security import forbidden
from crm.database import Session, Work
from crm.engine.registry import registry
from crm.engine.store_rows import Actor
from crm.errors import MergeRefused
from crm.patients import merge

T = TypeVar("T")
RIGHT = "patient.delete"
LARGEST = 2**31 - 1


class MergeQuery(BaseModel):
    """Which file stays, and which goes into it."""

    model_config = ConfigDict(extra="forbid")
    kept_id: int = Field(ge=1, le=LARGEST)
    dropped_id: int = Field(ge=1, le=LARGEST)


class MergeWish(MergeQuery):
    """`take`: fields whose value is the one of the file that goes."""

    kept_version: int = Field(ge=1, le=LARGEST)
    dropped_version: int = Field(ge=1, le=LARGEST)
    take: list[Literal["name", "gender", "birth_date", "mrn", "language"]] = []
    reason: str = Field(default="", max_length=400)


class MergePreview(BaseModel):
    """Both files' values, and how many rows would be carried over, by table."""

    kept: dict[str, Any]
    dropped: dict[str, Any]
    links: dict[str, int]


class MergeLine(BaseModel):
    id: int
    kept_id: int
    dropped_id: int
    reason: str
    at: str
    by: int | None
    undone_at: str | None
    moved: dict[str, int]


class MergeList(BaseModel):
    items: list[MergeLine]


def _actor(request: web.Request) -> Actor:
    actor = actor_of(request)
    if not actor.principal.may("patient.change"):
        raise forbidden("patient.change")
    return actor


async def _settled(request: web.Request, work: Work[T]) -> T:
    """`work` in one transaction; what excludes each other is named with its title and the way out."""
    try:
        return await stored(request, work)
    except Problem as told:
        refused = told.__cause__
        if not isinstance(refused, MergeRefused):
            raise
        thing = registry().by_table.get(refused.table)
        zh, en = thing.title if thing else (refused.table, refused.table)
        error = FieldError(thing.name if thing else refused.table, refused.rule, refused.mend)
        more = {"thing": {"name": error.field, "title": {"zh": zh, "en": en}, "path": thing.path if thing and thing.served else ""}}
        raise Problem(409, "conflict", f"{zh} / {en}: {refused.rule}. {refused.mend}.", [error], kind="merge_conflict", more=more) from refused


@route("GET", "/api/patient-merges/preview", right=RIGHT, query=MergeQuery, answer=MergePreview, also=(404,))
async def preview(request: web.Request) -> web.Response:
    """Both files beside each other."""
    asked, actor = query_of(request, MergeQuery), _actor(request)
    return as_json(await stored(request, lambda session: merge.preview(session, actor, asked.kept_id, asked.dropped_id)))


@route("POST", "/api/patient-merges", right=RIGHT, body=MergeWish, answer=MergeList, also=(404,))
async def merge_files(request: web.Request) -> web.Response:
    """Make them one file."""
    sent, actor = body_of(request, MergeWish), _actor(request)
    versions = (sent.kept_version, sent.dropped_version)
    wanted = merge.Wanted(sent.kept_id, sent.dropped_id, versions, tuple(sent.take), sent.reason)

    async def work(session: Session) -> list[dict[str, Any]]:
        await merge.merge(session, actor, wanted)
        return await merge.of_patient(session, actor, sent.kept_id)

    return as_json({"items": await _settled(request, work)})


@route("GET", "/api/patients/{id}/merges", right="patient.read", answer=MergeList)
async def merges(request: web.Request) -> web.Response:
    """Merges this file was part of."""
    patient_id, actor = id_of(request, "patient"), actor_of(request)
    return as_json({"items": await stored(request, lambda session: merge.of_patient(session, actor, patient_id))})


@route("POST", "/api/patient-merges/{id}/undo", right=RIGHT, status=204)
async def unmerge(request: web.Request) -> web.Response:
    """Make them two files again."""
    merge_id, actor = id_of(request, "merge"), _actor(request)
    await _settled(request, lambda session: merge.undo(session, actor, merge_id))
    return web.Response(status=204)
