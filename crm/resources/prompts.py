"""How names are read aloud, and the rights over prompts.

In: nothing. Out: declarations. Invariant: who may change what callers hear is named apart from who may look.
"""

from __future__ import annotations

from crm.engine.resource import Field, Resource, Right, Search
from crm.models import Pronunciation
from crm.telephony import prompts

PRONUNCIATION = Resource(
    Pronunciation, ("读音", "Pronunciation"), plural=("读音", "Pronunciations"), group="parameters", label="text",
    fields=(
        Field("text", ("文字", "Text")),
        Field("language", ("语言", "Language"), choices=(("zh", "中文", "Chinese"), ("en", "英文", "English"))),
        Field("say", ("读作", "Read as"), example="shan4 hong2"),
        Field("note", ("备注", "Note"), width="full"),
    ),
    sort="text", filters=("language",), search=Search(texts=("text", "say")), rights={"supervisor": "all"},
    actions="read add change delete", after=prompts.pronunciation_written,
)  # fmt: skip

RESOURCES = (PRONUNCIATION,)
RIGHTS = (
    Right("prompt.read", ("查看提示音", "See prompts"), "supervisor manager", "calls"),
    Right("prompt.change", ("修改提示音", "Change prompts"), "supervisor", "calls"),
    Right("prompt.delete", ("删除提示音", "Delete prompts"), "", "calls"),
)
