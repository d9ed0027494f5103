"""The knowledge base as readers and editors meet it: search, reading, and what publishing does.

In: words, ids, moves of articles. Out: hits and articles as plain values. Must not show a draft to a reader. Invariant: readers see the current
version of an article until it is withdrawn or its last day is over, whatever the editor does to the draft.
Search: pairs of neighbouring characters in an index, so 医保报销 is found without a dictionary of words (crm_bigrams, migration 0102).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, RowMapping, Select, Text, and_, case, cast, desc, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.resource import Written
from crm.engine.search import escaped
from crm.errors import InvalidValue, NotFound
from crm.models import KnowledgeArticle, KnowledgeCategory, KnowledgeVersion, StandardAnswer

LONGEST = 100
SNIPPET = 90
_INLINE = re.compile(r"</?(?:a|abbr|b|code|em|i|mark|s|small|span|strong|sub|sup|u)(?:\s[^>]*)?>", re.IGNORECASE)
_WRITTEN_IN_DRAFT = ("title", "keywords", "body_html", "category_id", "department_id")


def plain(html: str) -> str:
    """The text of cleaned HTML, in one line: a space where a block ends, none around a word that is only bold."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", _INLINE.sub("", html)))).strip()


def snippet(text: str, words: str) -> str:
    """A piece of `text` around the first place of `words`, else of two neighbouring characters of them, or its beginning."""
    whole, sought = text.lower(), words.lower().strip()
    pairs = (whole.find(sought[n : n + 2]) for n in range(len(sought) - 1) if sought[n : n + 2].isalnum())
    place = max(whole.find(sought), 0) or next((one for one in pairs if one > 0), 0)
    begin = max(place - SNIPPET // 3, 0)
    return ("…" if begin else "") + text[begin : begin + SNIPPET] + ("…" if begin + SNIPPET < len(text) else "")


# -- readers ----------------------------------------------------------------------------------------------------------


async def search(session: AsyncSession, words: str, today: date, *, category_id: int | None = None, limit: int = 20) -> list[dict[str, Any]]:
    """Published articles and standard answers that fit, the best first; without words the newest articles."""
    text = words.strip()[:LONGEST]
    pairs: Sequence[str] = await session.scalar(select(func.crm_bigrams(text))) or []
    hits = await _ranked(session, _articles(today, category_id), KnowledgeVersion.grams, KnowledgeVersion.title, text, pairs, limit)
    found = [_article_hit(row, text) for row in hits]
    if text:
        rows = await _ranked(session, _answers(category_id), StandardAnswer.grams, StandardAnswer.question, text, pairs, limit)
        found += [_answer_hit(row, text) for row in rows]
    return sorted(found, key=lambda one: -one["score"])[:limit]


def _readable(today: date) -> ColumnElement[bool]:
    return and_(KnowledgeVersion.current, or_(KnowledgeVersion.expires_on.is_(None), KnowledgeVersion.expires_on >= today))


def _articles(today: date, category_id: int | None) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            KnowledgeVersion.article_id, KnowledgeVersion.number, KnowledgeVersion.title, KnowledgeVersion.body_html, KnowledgeVersion.published_at,
            KnowledgeVersion.expires_on, KnowledgeCategory.title_zh.label("category"),
        )
        .join(KnowledgeArticle, KnowledgeArticle.id == KnowledgeVersion.article_id)
        .join(KnowledgeCategory, KnowledgeCategory.id == KnowledgeArticle.category_id)
        .where(_readable(today), KnowledgeArticle.removed_at.is_(None))
    )  # fmt: skip
    return query if category_id is None else query.where(KnowledgeArticle.category_id == category_id)


def _answers(category_id: int | None) -> Select[*tuple[Any, ...]]:
    query = select(
        StandardAnswer.id, StandardAnswer.question, StandardAnswer.answer, StandardAnswer.steps, StandardAnswer.article_id,
        StandardAnswer.changed_at, func.coalesce(KnowledgeCategory.title_zh, "").label("category"),
    ).outerjoin(KnowledgeCategory, KnowledgeCategory.id == StandardAnswer.category_id).where(StandardAnswer.active)  # fmt: skip
    return query if category_id is None else query.where(StandardAnswer.category_id == category_id)


async def _ranked(
    session: AsyncSession, query: Select[*tuple[Any, ...]], grams: Any, title: Any, text: str, pairs: Sequence[str], limit: int
) -> Sequence[RowMapping]:
    """Rows that hold all pairs of `text`, and when these are few, those that hold some of them; a hit in the title counts more."""
    in_title = title.ilike(f"%{escaped(text)}%")
    if not pairs:
        plain_list = query.add_columns(literal(10).label("score")).order_by(desc(query.selected_columns[0])).limit(limit)
        return (await session.execute(plain_list.where(in_title) if text else plain_list)).mappings().all()
    sought = cast(list(pairs), ARRAY(Text()))
    shared = func.crm_shared_pairs(grams, sought)
    scored = query.add_columns((shared + case((in_title, 10), else_=0)).label("score")).order_by(desc("score"), desc(query.selected_columns[0]))
    whole = (await session.execute(scored.where(grams.op("@>")(sought)).limit(limit))).mappings().all()
    chinese = [one for one in pairs if not one.isascii()]
    if len(whole) >= min(limit, 3) or not chinese:
        return whole
    some = cast(chinese, ARRAY(Text()))
    enough = func.crm_shared_pairs(grams, some) >= _fewest(chinese)
    return (await session.execute(scored.where(grams.op("&&")(some), enough).limit(limit))).mappings().all()


def _fewest(pairs: Sequence[str]) -> int:
    """How many pairs must be there: half of a term, a fifth of a question."""
    return -(-len(pairs) // (2 if len(pairs) <= 4 else 5))


def _article_hit(row: RowMapping, text: str) -> dict[str, Any]:
    return {
        "kind": "article", "id": row["article_id"], "version": row["number"], "title": row["title"], "category": row["category"],
        "snippet": snippet(plain(row["body_html"]), text), "steps": [], "at": row["published_at"], "score": row["score"],
    }  # fmt: skip


def _answer_hit(row: RowMapping, text: str) -> dict[str, Any]:
    return {
        "kind": "answer", "id": row["id"], "version": None, "title": row["question"], "category": row["category"],
        "snippet": snippet(row["answer"], text), "steps": row["steps"], "at": row["changed_at"], "score": row["score"],
    }  # fmt: skip


async def read(session: AsyncSession, article_id: int, today: date, number: int | None = None) -> dict[str, Any]:
    """The current version of an article, or the one that was current when somebody read it. Raises NotFound."""
    columns = (KnowledgeVersion.article_id, KnowledgeVersion.number, KnowledgeVersion.title, KnowledgeVersion.keywords, KnowledgeVersion.body_html)
    query = (
        select(*columns, KnowledgeVersion.published_at, KnowledgeVersion.expires_on, KnowledgeVersion.current, KnowledgeCategory.title_zh)
        .join(KnowledgeArticle, KnowledgeArticle.id == KnowledgeVersion.article_id)
        .join(KnowledgeCategory, KnowledgeCategory.id == KnowledgeArticle.category_id)
        .where(KnowledgeVersion.article_id == article_id, KnowledgeArticle.removed_at.is_(None))
    )
    query = query.where(_readable(today)) if number is None else query.where(KnowledgeVersion.number == number)
    row = (await session.execute(query)).mappings().first()
    if row is None:
        raise NotFound("article")
    return {
        "id": article_id, "version": row["number"], "title": row["title"], "category": row["title_zh"], "keywords": row["keywords"],
        "body_html": row["body_html"], "at": row["published_at"], "expires_on": row["expires_on"], "current": row["current"],
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry as somebody saw it. `text`: of a standard answer, which has no versions of its own to look up later."""

    title: str
    version: int
    text: str = ""


async def seen(session: AsyncSession, kind: str, key: int, number: int | None, today: date) -> Seen:
    """What the reader has before him. Raises NotFound."""
    if kind == "article":
        article = await read(session, key, today, number)
        return Seen(article["title"], article["version"])
    answer = await session.get(StandardAnswer, key)
    if answer is None or not answer.active:
        raise NotFound("standard answer")
    return Seen(answer.question, answer.version, "\n".join((answer.answer, *(f"{n}. {step}" for n, step in enumerate(answer.steps, 1)))))


# -- editors ----------------------------------------------------------------------------------------------------------


async def only_drafts_change(session: AsyncSession, written: Written) -> None:
    """After an article was written: what is under review or published stays as it was read. Also lets expire what is due."""
    before, after = written.before, written.after
    if written.action in ("change", "bulk") and before is not None and after is not None and before["state"] != "draft":
        for name in _WRITTEN_IN_DRAFT:
            if before[name] != after[name]:
                raise InvalidValue(name, "is changed in a draft only", "revise the article first; readers keep the published version")
    await expire_due(session, written.at.date())


async def publish(session: AsyncSession, written: Written) -> None:
    """Effect of the move: the text becomes the next version, and what readers see."""
    article = await session.get(KnowledgeArticle, written.id, populate_existing=True)
    if article is None:
        raise NotFound("article")
    if not plain(article.body_html):
        raise InvalidValue("body_html", "is not empty", "write the article first")
    if article.expires_on is not None and article.expires_on <= written.at.date():
        raise InvalidValue("expires_on", "lies in the future", "choose a later day or none")
    await _retire(session, [article.id])
    article.versions += 1
    article.live = article.versions
    row = {
        "article_id": article.id, "number": article.versions, "title": article.title, "keywords": article.keywords, "body_html": article.body_html,
        "expires_on": article.expires_on, "published_at": written.at, "published_by": written.by, "current": True,
    }  # fmt: skip
    await session.execute(insert(KnowledgeVersion).values(row))
    await session.flush()


async def withdraw(session: AsyncSession, written: Written) -> None:
    """Effect of the move: readers do not find it any more."""
    await _retire(session, [written.id])
    await session.execute(update(KnowledgeArticle).where(KnowledgeArticle.id == written.id).values(live=None))


async def expire_due(session: AsyncSession, today: date) -> int:
    """Articles whose last day is over are expired; how many."""
    due = select(KnowledgeArticle.id).where(KnowledgeArticle.state == "published", KnowledgeArticle.expires_on < today)
    ids = list(await session.scalars(due.with_for_update(skip_locked=True)))
    if ids:
        await _retire(session, ids)
        values = {"state": "expired", "live": None, "version": KnowledgeArticle.version + 1, "changed_at": func.now()}
        await session.execute(update(KnowledgeArticle).where(KnowledgeArticle.id.in_(ids)).values(values))
    return len(ids)


async def _retire(session: AsyncSession, ids: Sequence[int]) -> None:
    current = update(KnowledgeVersion).where(KnowledgeVersion.article_id.in_(ids), KnowledgeVersion.current)
    await session.execute(current.values(current=False))
