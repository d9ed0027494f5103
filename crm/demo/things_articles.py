"""Loads the invented hospital's knowledge base: categories, articles with what they were before, drafts, standard answers.

In: the world of crm.demo.world. Out: rows. Must not publish what has no text. Invariant: an article's newest version is what readers find.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.demo.hours import ago, at
from crm.demo.things_knowledge import ANSWERS, ARTICLES, CATEGORIES, EARLIER, IN_REVISION, UNFINISHED
from crm.demo.world import World, added
from crm.models import KnowledgeArticle, KnowledgeCategory, KnowledgeVersion, StandardAnswer

Rows = list[dict[str, Any]]
OLDEST_DAYS, EACH_DAYS = 200, 70
REVIEWS = ("内容准确，同意发布。", "已与科室核对。", "")


async def load(session: AsyncSession, known: World) -> None:
    made = await added(session, KnowledgeCategory, [{"title_zh": zh, "title_en": en, "sort": n} for n, (zh, en) in enumerate(CATEGORIES)])
    shelves = dict(zip((zh for zh, _ in CATEGORIES), made, strict=True))
    rows = [_article(known, n, shelves) for n in range(len(ARTICLES))]
    articles = await added(session, KnowledgeArticle, rows)
    versions = [version for article, row in zip(articles, rows, strict=True) for version in _versions(known, article, row)]
    await session.execute(insert(KnowledgeVersion), versions)
    await _unfinished(session, known, shelves)
    by_title = {row["title"]: article for article, row in zip(articles, rows, strict=True)}
    await _revise(session, by_title[IN_REVISION[0]], next(row["body_html"] for row in rows if row["title"] == IN_REVISION[0]))
    await added(session, StandardAnswer, [
        {"category_id": shelves[shelf], "question": question, "answer": answer, "steps": list(steps), "article_id": by_title.get(article)}
        for shelf, question, answer, steps, article in ANSWERS
    ])  # fmt: skip


def _published(known: World, place: int, n: int) -> datetime:
    """When the version `place` of the article `n` was published."""
    return ago(known.now, OLDEST_DAYS - EACH_DAYS * place - 7 * (n % 8), 9 + n % 8, 7 * n % 60)


def _article(known: World, n: int, shelves: dict[str, int]) -> dict[str, Any]:
    shelf, title, words, body = ARTICLES[n]
    count = len(EARLIER.get(title, ())) + 1
    when = _published(known, count - 1, n)
    return {
        "category_id": shelves[shelf], "title": title, "keywords": list(words), "body_html": body, "state": "published", "versions": count,
        "live": count,
        "published_at": when, "changed_at": when, "created_by": known.user("agent05", "agent06"), "reviewer_id": known.user("supervisor01"),
        "review_note": REVIEWS[n % len(REVIEWS)],
        "expires_on": known.today.replace(month=12, day=31) + timedelta(days=365) if shelf == "医保与费用" else None,
    }  # fmt: skip


def _versions(known: World, article: int, row: dict[str, Any]) -> Rows:
    """What was published under this title, the oldest first."""
    place = next(n for n, one in enumerate(ARTICLES) if one[1] == row["title"])
    bodies = []
    for changes in EARLIER.get(row["title"], ()):
        body = row["body_html"]
        for now, then in changes:
            body = body.replace(now, then)
        bodies.append(body)
    return [
        {"article_id": article, "number": number, "title": row["title"], "keywords": row["keywords"], "body_html": body,
         "expires_on": row["expires_on"],
         "published_at": _published(known, number - 1, place), "published_by": row["reviewer_id"], "current": number == row["live"]}
        for number, body in enumerate((*bodies, row["body_html"]), 1)
    ]  # fmt: skip


async def _unfinished(session: AsyncSession, known: World, shelves: dict[str, int]) -> None:
    """One to review, one that was sent back, one whose time is over."""
    for n, (shelf, title, words, body, state, note) in enumerate(UNFINISHED):
        over = state == "expired"
        row = {
            "category_id": shelves[shelf], "title": title, "keywords": list(words), "body_html": body, "state": state, "review_note": note,
            "created_by": known.user("agent05"), "reviewer_id": known.user("supervisor01") if note or over else None, "versions": int(over),
            "expires_on": known.today - timedelta(days=30) if over else None, "published_at": at(known.now, -60, 9) if over else None,
            "changed_at": ago(known.now, n + 1, 15, 20),
        }  # fmt: skip
        (article,) = await added(session, KnowledgeArticle, [row])
        if over:
            shown = {name: row[name] for name in ("title", "keywords", "body_html", "expires_on", "published_at")}
            version = shown | {"article_id": article, "number": 1, "published_by": row["reviewer_id"], "current": False}
            await session.execute(insert(KnowledgeVersion).values(version))


async def _revise(session: AsyncSession, article: int, body: str) -> None:
    """Somebody is at work on an article that readers see as it was published."""
    for now, coming in IN_REVISION[1]:
        body = body.replace(now, coming)
    await session.execute(update(KnowledgeArticle).where(KnowledgeArticle.id == article).values(state="draft", body_html=body))
