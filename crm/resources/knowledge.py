"""The knowledge base: categories, articles on their way from draft to expiry, published versions, standard answers.

In: the models, and crm.things.knowledge for what publishing does. Out: `RESOURCES`. Must not let a draft be read by readers: they have versions.
Invariant: whoever writes an article may submit it; publishing is a right of its own.
"""

from __future__ import annotations

from crm.engine.resource import Field, Move, Related, Resource, Scope, Search
from crm.models import KnowledgeArticle, KnowledgeCategory, KnowledgeVersion, StandardAnswer
from crm.resources.common import ACTIVE, CHANGED_AT, CREATED_BY, DEPARTMENT, user
from crm.things import knowledge

CATEGORY = Resource(
    KnowledgeCategory, ("知识分类", "Category"), plural=("知识分类", "Categories"), path="knowledge-categories", group="knowledge",
    label="title_zh",
    fields=(
        Field("parent_id", ("上级", "Parent")), Field("title_zh", ("名称", "Title")), Field("title_en", ("英文", "English")),
        Field("sort", ("顺序", "Order")),
    ),
    sort="sort", filters=("parent_id",), rights={"agent": "read", "handler": "read", "supervisor": "all", "manager": "all"},
)  # fmt: skip

ARTICLE = Resource(
    KnowledgeArticle, ("知识文章", "Article"), plural=("知识文章", "Articles"), group="knowledge", label="title",
    fields=(
        Field("title", ("标题", "Title"), width="full"), Field("category_id", ("分类", "Category")), DEPARTMENT,
        Field("keywords", ("关键词", "Keywords")), Field("body_html", ("正文", "Text"), kind="html", on="detail form"),
        Field("expires_on", ("有效期至", "Expires on")),
        Field("state", ("状态", "State"), readonly=True, choices=(
            ("draft", "草稿", "Draft"), ("review", "待审核", "In review"), ("published", "已发布", "Published"), ("expired", "已下架", "Expired"))),
        Field("live", ("读者看到的版本", "Version readers see"), readonly=True, width="narrow"),
        Field("versions", ("版本数", "Versions"), readonly=True),
        Field("published_at", ("发布时间", "Published at"), readonly=True), user("reviewer_id", "审核人", "Reviewer", readonly=True),
        Field("review_note", ("审核意见", "Review"), width="full", readonly=True, on="detail form"), CREATED_BY, CHANGED_AT,
    ),
    list_columns=("title", "category_id", "state", "live", "expires_on", "reviewer_id", "changed_at"), sort="-changed_at",
    filters=("state", "category_id", "department_id", "expires_on", "created_by"), search=Search(texts=("title",)),
    related=(
        Related("versions", "knowledge_version", "article_id", ("版本", "Versions"), sort="-number"),
        Related("answers", "standard_answer", "article_id", ("标准答复", "Standard answers")),
    ),
    state="state", moves=(
        Move("submit", ("提交审核", "Submit"), ("draft",), "review", style="primary"),
        Move("reject", ("退回修改", "Send back"), ("review",), "draft", needs=("review_note",), sets={"reviewer_id": "me"}),
        Move("publish", ("发布", "Publish"), ("review",), "published", asks=("review_note", "expires_on"),
             sets={"reviewer_id": "me", "published_at": "now"}, effect=knowledge.publish, style="primary"),
        Move("revise", ("修订", "Revise"), ("published", "expired"), "draft"),
        Move("withdraw", ("下架", "Withdraw"), ("published", "draft", "review"), "expired", effect=knowledge.withdraw, style="danger"),
    ),
    after=knowledge.only_drafts_change, scope=Scope(own="created_by", department="department_id"),
    rights={"handler": "read add change submit revise", "supervisor": "all", "manager": "all"}, panels=("article",),
)  # fmt: skip

VERSION = Resource(
    KnowledgeVersion, ("知识版本", "Published version"), plural=("知识版本", "Published versions"), path="knowledge-versions", group="knowledge",
    label="title",
    fields=(
        Field("article_id", ("文章", "Article")), Field("number", ("版本", "Version"), width="narrow"),
        Field("title", ("标题", "Title"), width="full"),
        Field("keywords", ("关键词", "Keywords")), Field("body_html", ("正文", "Text"), kind="html", on="detail"),
        Field("expires_on", ("有效期至", "Expires on")),
        Field("published_at", ("发布时间", "Published at")), user("published_by", "发布人", "Published by"), Field("current", ("现行", "Current")),
    ),
    list_columns=("title", "number", "published_at", "published_by", "expires_on", "current"), sort="-published_at",
    filters=("article_id", "current", "published_at", "expires_on"), search=Search(texts=("title",)), actions="read",
    rights={"agent": "read", "handler": "read", "supervisor": "read", "manager": "read"},
)  # fmt: skip

ANSWER = Resource(
    StandardAnswer, ("标准答复", "Standard answer"), plural=("标准答复", "Standard answers"), group="knowledge", label="question",
    fields=(
        Field("question", ("问题", "Question"), width="full"), Field("answer", ("答复", "Answer"), kind="text"),
        Field("steps", ("处理步骤", "Steps"), width="full"), Field("category_id", ("分类", "Category")), DEPARTMENT,
        Field("article_id", ("文章", "Article")), ACTIVE,
    ),
    list_columns=("question", "answer", "category_id", "department_id", "active"), filters=("category_id", "department_id", "active"),
    search=Search(texts=("question", "answer")), rights={"agent": "read", "handler": "read add change", "supervisor": "all", "manager": "all"},
)  # fmt: skip

RESOURCES = (ARTICLE, VERSION, ANSWER, CATEGORY)
