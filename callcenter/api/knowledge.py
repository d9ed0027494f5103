"""The knowledge base for readers: search while speaking, the article as it was published, what was read for a call.

In: words, ids. Out: hits, the best first; one version of an article; the fact that it was read. Must not show drafts. Invariant: an answer
names the version it is from, and what was read in a call stays with the call as it was read.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.api.desk_keys import desk_of, own_call
from callcenter.api.keys import id_of, stored, today_of
from callcenter.api.routing import body_of, query_of, route
from callcenter.api.security import principal_of
from callcenter.events import KnowledgeRead
from crm.things import knowledge

READ = "knowledge_version.read"


class KnowledgeQuery(BaseModel):
    """Empty `q`: the newest articles."""

    model_config = ConfigDict(extra="forbid")
    q: str = Field(default="", max_length=knowledge.LONGEST)
    category_id: int | None = Field(default=None, ge=1, le=2**31 - 1)
    limit: int = Field(default=20, ge=1, le=100)


class ArticleQuery(BaseModel):
    """`version`: as it was then; without: the current one."""

    model_config = ConfigDict(extra="forbid")
    version: int | None = Field(default=None, ge=1, le=10_000)


class Reading(BaseModel):
    """What an agent opened for a call. `version`: of an article; without: the current one."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["article", "answer"]
    id: int = Field(ge=1, le=2**31 - 1)
    version: int | None = Field(default=None, ge=1, le=10_000)


class KnowledgeHit(BaseModel):
    """An article or a standard answer. `steps`: what to do, of a standard answer."""

    kind: Literal["article", "answer"]
    id: int
    version: int | None
    title: str
    category: str
    snippet: str
    steps: list[str]
    at: datetime
    score: int


class KnowledgeHits(BaseModel):
    items: list[KnowledgeHit]


class Article(BaseModel):
    """One version of an article; `body_html` was cleaned when it was written."""

    id: int
    version: int
    title: str
    category: str
    keywords: list[str]
    body_html: str
    at: datetime
    expires_on: date | None
    current: bool


def _answer(body: BaseModel) -> web.Response:
    return web.Response(text=body.model_dump_json(), content_type="application/json")


@route("GET", "/api/knowledge/search", right=READ, query=KnowledgeQuery, answer=KnowledgeHits)
async def search_knowledge(request: web.Request) -> web.Response:
    """Published articles and standard answers that fit the words."""
    asked, today = query_of(request, KnowledgeQuery), today_of(request)
    found = await stored(request, lambda session: knowledge.search(session, asked.q, today, category_id=asked.category_id, limit=asked.limit))
    return _answer(KnowledgeHits.model_validate({"items": found}))


@route("GET", "/api/knowledge/articles/{id}", right=READ, query=ArticleQuery, answer=Article)
async def read_article(request: web.Request) -> web.Response:
    """An article as readers see it, or one of its earlier versions."""
    article, today, version = id_of(request, "article"), today_of(request), query_of(request, ArticleQuery).version
    return _answer(Article.model_validate(await stored(request, lambda session: knowledge.read(session, article, today, version))))


@route("POST", "/api/agent/calls/{linkedid}/knowledge", right=READ, body=Reading, status=204, also=(404, 409))
async def read_for_call(request: web.Request) -> web.Response:
    """Keep with the call what its agent read, in the version he read."""
    desk, body, agent_id, today = desk_of(request), body_of(request, Reading), principal_of(request).id, today_of(request)
    linkedid = request.match_info["linkedid"]
    own_call(desk, linkedid, agent_id)
    seen = await stored(request, lambda session: knowledge.seen(session, body.kind, body.id, body.version, today))
    desk.publish(
        KnowledgeRead(
            at=desk.clock.now(), linkedid=linkedid, agent_id=agent_id, entry=body.kind, entry_id=body.id, version=seen.version, title=seen.title,
            text=seen.text,
        )
    )  # fmt: skip
    return web.Response(status=204)
