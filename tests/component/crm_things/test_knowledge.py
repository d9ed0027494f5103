"""The knowledge base: the way from draft to expiry, what readers see meanwhile, and search in Chinese."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from crm import upkeep
from crm.database import Database, Session
from crm.engine import store
from crm.engine.registry import registry
from crm.engine.store import Actor
from crm.errors import InvalidValue, NotFound, WrongState
from crm.models import KnowledgeArticle, KnowledgeCategory, StandardAnswer
from crm.things import knowledge
from tests.component.crm_things.conftest import AT, ActAs

pytestmark = pytest.mark.component
TODAY = AT.date()


class Editor:
    """Writes and moves one article."""

    def __init__(self, database: Database, actor: Actor) -> None:
        self._database, self._actor, self._thing = database, actor, registry().by_name["knowledge_article"]
        self.row: dict[str, Any] = {}

    async def write(self, title: str, body: str, **more: Any) -> int:
        shelf = await self._database.run(lambda session: session.scalar(select(KnowledgeCategory.id).limit(1)))
        values = {"category_id": shelf, "title": title, "body_html": body, **more}
        self.row = await self._database.run(lambda session: store.add(session, self._thing, self._actor, values))
        return self.row["id"]

    async def change(self, **values: Any) -> None:
        key, version = str(self.row["id"]), self.row["version"]
        self.row = await self._database.run(lambda session: store.change(session, self._thing, self._actor, key, version, values))

    async def move(self, name: str, **values: Any) -> None:
        key, version = str(self.row["id"]), self.row["version"]
        self.row = await self._database.run(lambda session: store.move(session, self._thing, self._actor, key, version, name, values))


@pytest.fixture
async def editor(demo: Database, act_as: ActAs) -> Editor:
    return Editor(demo, await act_as("admin"))


async def found(database: Database, words: str, today: date = TODAY) -> list[str]:
    return [one["title"] for one in await database.run(lambda session: knowledge.search(session, words, today))]


async def test_readers_see_an_article_from_publication_to_withdrawal(demo: Database, editor: Editor) -> None:
    article = await editor.write("疫苗接种门诊时间", "<p>每周二上午接种水痘疫苗</p>")
    assert await found(demo, "水痘疫苗") == []
    await editor.move("submit")
    assert await found(demo, "水痘疫苗") == []
    await editor.move("publish")
    assert await found(demo, "水痘疫苗") == ["疫苗接种门诊时间"]
    await editor.move("withdraw")
    assert await found(demo, "水痘疫苗") == []
    with pytest.raises(NotFound):
        await demo.run(lambda session: knowledge.read(session, article, TODAY))


async def test_published_version_stands_while_a_revision_is_written(demo: Database, editor: Editor) -> None:
    article = await editor.write("门诊采血窗口", "<p>采血在三号楼</p>")
    await editor.move("submit")
    await editor.move("publish")
    await editor.move("revise")
    await editor.change(body_html="<p>采血迁至五号楼</p>")
    assert (await demo.run(lambda session: knowledge.read(session, article, TODAY)))["body_html"] == "<p>采血在三号楼</p>"
    await editor.move("submit")
    await editor.move("publish")
    shown = await demo.run(lambda session: knowledge.read(session, article, TODAY))
    assert (shown["version"], shown["body_html"]) == (2, "<p>采血迁至五号楼</p>")
    first = await demo.run(lambda session: knowledge.read(session, article, TODAY, 1))
    assert (first["current"], first["body_html"]) == (False, "<p>采血在三号楼</p>")


async def test_what_is_under_review_or_published_cannot_be_changed(editor: Editor) -> None:
    await editor.write("探视制度", "<p>下午三点至七点</p>")
    await editor.move("submit")
    with pytest.raises(InvalidValue) as refused:
        await editor.change(body_html="<p>全天</p>")
    assert refused.value.field == "body_html"


async def test_nothing_is_published_unreviewed_or_empty(editor: Editor) -> None:
    await editor.write("空文章", "<p>&nbsp;</p>")
    with pytest.raises(WrongState):
        await editor.move("publish")
    await editor.move("submit")
    with pytest.raises(InvalidValue, match="body_html"):
        await editor.move("publish")


async def test_article_is_not_found_after_its_last_day_and_then_expires(demo: Database, editor: Editor) -> None:
    article = await editor.write("春节门诊安排", "<p>除夕至初三仅开放急诊与发热门诊</p>", expires_on="2026-12-01")
    await editor.move("submit")
    await editor.move("publish")
    assert await found(demo, "发热门诊", date(2026, 12, 1)) == ["春节门诊安排"]
    assert await found(demo, "发热门诊", date(2026, 12, 2)) == []
    zone, local_midnight = ZoneInfo("Asia/Shanghai"), datetime(2026, 12, 1, 16, tzinfo=UTC)
    assert (await upkeep.once(demo, local_midnight - timedelta(minutes=1), zone))["articles expired"] == 0
    assert (await upkeep.once(demo, local_midnight, zone))["articles expired"] == 1
    assert await demo.run(lambda session: session.scalar(select(KnowledgeArticle.state).where(KnowledgeArticle.id == article))) == "expired"


async def test_last_day_in_the_past_is_refused_at_publication(demo: Database, editor: Editor) -> None:
    article = await editor.write("旧通知", "<p>已经过期的内容</p>")
    await editor.move("submit")
    past = update(KnowledgeArticle).where(KnowledgeArticle.id == article).values(expires_on=TODAY - timedelta(days=1))
    await demo.run(lambda session: session.execute(past))
    with pytest.raises(InvalidValue, match="expires_on"):
        await editor.move("publish")

async def test_what_was_seen_is_told_in_the_version_that_was_seen(demo: Database, editor: Editor) -> None:
    article = await editor.write("停车收费", "<p>首小时免费</p>")
    await editor.move("submit")
    await editor.move("publish")
    await editor.move("revise")
    await editor.change(title="停车收费标准", body_html="<p>首小时五元</p>")
    await editor.move("submit")
    await editor.move("publish")

    def look(kind: str, key: int, number: int | None = None) -> Any:
        return demo.run(lambda session: knowledge.seen(session, kind, key, number, TODAY))

    assert await look("article", article) == knowledge.Seen("停车收费标准", 2)
    assert await look("article", article, 1) == knowledge.Seen("停车收费", 1)
    with pytest.raises(NotFound):
        await look("article", article, 3)
    answer = await demo.run(lambda session: session.scalar(select(StandardAnswer).where(StandardAnswer.steps != []).limit(1)))
    told = await look("answer", answer.id)
    assert (told.title, told.version) == (answer.question, answer.version)
    assert told.text.startswith(answer.answer) and f"1. {answer.steps[0]}" in told.text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("<p onclick='x()'>文<script>alert(1)</script></p>", "<p>文</p>"),
        ("<img src=x onerror=alert(1)>图", "图"),
        ("<table><tr><td colspan='2'>周一</td></tr></table>", '<table><tbody><tr><td colspan="2">周一</td></tr></tbody></table>'),
        ("<a href='javascript:alert(1)'>链接</a>", '<a rel="noopener noreferrer">链接</a>'),
        ("<p>𠮷野家 😀 䶮</p>", "<p>𠮷野家 😀 䶮</p>"),
    ],
)
async def test_html_is_cleaned_when_it_is_written(editor: Editor, sent: str, kept: str) -> None:
    await editor.write("格式", sent)
    assert editor.row["body_html"] == kept


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("胃镜", "胃镜"), ("支架", "支架术后注意事项"), ("异地医保", "异地医保直接结算"), ("MRI", "磁共振检查注意事项"),
        ("胃镜之前要准备什么", "胃镜"), ("医", "医"),
    ],
)
async def test_search_finds_by_two_characters_by_one_and_by_a_question(demo: Database, words: str, first: str) -> None:
    assert first in (await found(demo, words))[0]


@pytest.mark.parametrize("words", ["%", "_", "\\", "'", "<script>", "𠮷", "a" * 5000, "  ", "不存在的词语组合"])
async def test_odd_words_are_only_words(demo: Database, words: str) -> None:
    async def everything(session: Session) -> int:
        return len(await knowledge.search(session, "", TODAY, limit=100))

    hits = await found(demo, words)
    assert len(hits) == (min(await demo.run(everything), 20) if not words.strip() else 0)


async def test_word_of_which_one_half_is_bold_is_found_and_shown_without_a_gap(demo: Database, editor: Editor) -> None:
    await editor.write("探视规定", "<p>每天下午<strong>四点</strong>，<em>重症</em>病房隔日探视。</p><p>请勿携带鲜花。</p>")
    await editor.move("submit")
    await editor.move("publish")
    hits = await demo.run(lambda session: knowledge.search(session, "下午四点", TODAY))
    assert [(one["title"], one["snippet"]) for one in hits] == [("探视规定", "每天下午四点，重症病房隔日探视。 请勿携带鲜花。")]


async def test_answer_is_found_within_its_category(demo: Database, act_as: ActAs) -> None:
    actor, thing = await act_as("admin"), registry().by_name["standard_answer"]

    async def shelves(session: Session) -> list[int]:
        return list(await session.scalars(select(KnowledgeCategory.id).order_by(KnowledgeCategory.id).limit(2)))

    here, elsewhere = await demo.run(shelves)
    values = {"question": "轮椅在哪里借？", "answer": "一楼导诊台凭证件借用。", "category_id": here}
    await demo.run(lambda session: store.add(session, thing, actor, values))
    found_here = await demo.run(lambda session: knowledge.search(session, "轮椅", TODAY, category_id=here))
    assert [(one["title"], bool(one["category"])) for one in found_here] == [("轮椅在哪里借？", True)]
    assert await demo.run(lambda session: knowledge.search(session, "轮椅", TODAY, category_id=elsewhere)) == []


@pytest.mark.parametrize(
    ("text", "words", "begins"),
    [("甲" * 80 + "胃镜检查须知", "胃镜", "…甲"), ("甲" * 80 + "胃镜检查须知", "做胃镜要准备什么", "…甲"), ("胃镜检查须知", "肠镜", "胃镜")],
)
def test_snippet_shows_the_place_that_fits(text: str, words: str, begins: str) -> None:
    shown = knowledge.snippet(text, words)
    assert shown.startswith(begins)
    assert "胃镜" in shown
