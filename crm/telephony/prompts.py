"""Prompts of the hospital: texts, sounds, who changed what; and the names that are spoken, with how they are read.

In: a session, who does it (`flows.By`). Out: rows as plain values. Must not know what the product ships, nor files. Invariant: every change is one
entry of the audit trail in the same transaction, and that trail is the prompt's history; a sound that was current once is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit
from crm.engine.resource import Written
from crm.errors import InvalidValue, InvalidValues, NotFound, Stale, Taken
from crm.models import AuditEntry, Department, Disease, Doctor, PromptSound, PromptText, Pronunciation, UserAccount
from crm.telephony.flows import By

CHANGED = "prompts_changed"
KIND = "prompt"
HISTORY = 200
_PINYIN = re.compile(r"[a-zü]+[1-5](?: [a-zü]+[1-5])*")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class NewSound:
    """A sound that is to be current. `source`: tts | upload | recorded."""

    sound: bytes
    duration_s: float
    source: str


@dataclass(frozen=True, slots=True)
class OwnPrompt:
    """One prompt with the current sounds by language: `{"number", "source", "duration_s", "at"}`."""

    id: str
    texts: Mapping[str, str]
    shipped: bool
    version: int
    changed_at: datetime
    changed_by: str
    sounds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    removed: bool = False


@dataclass(frozen=True, slots=True)
class SpokenName:
    """A name that callers hear. `kind`: name | person."""

    text: str
    language: str
    kind: str


# -- reading ---------------------------------------------------------------------------------------------------------------


async def every(session: AsyncSession, *, removed: bool = False) -> list[OwnPrompt]:
    """All of them by id; with `removed` also those that no list shows any more."""
    query = select(PromptText, UserAccount.name).outerjoin(UserAccount, UserAccount.id == PromptText.changed_by).order_by(PromptText.id)
    rows = (await session.execute(query if removed else query.where(PromptText.removed_at.is_(None)))).all()
    sounds = await _sounds(session)
    return [_own(row, name, sounds.get(row.id, {})) for row, name in rows]


async def one(session: AsyncSession, prompt: str) -> OwnPrompt | None:
    """None: nobody changed or added it."""
    return next((found for found in await every(session) if found.id == prompt), None)


def _own(row: PromptText, name: str | None, sounds: Mapping[str, Mapping[str, Any]]) -> OwnPrompt:
    texts = {"zh": row.zh, "en": row.en}
    return OwnPrompt(row.id, texts, row.shipped, row.version, row.changed_at, name or "", sounds, removed=row.removed_at is not None)


async def _sounds(session: AsyncSession) -> dict[str, dict[str, dict[str, Any]]]:
    columns = (PromptSound.prompt_id, PromptSound.language, PromptSound.number, PromptSound.source, PromptSound.duration_s, PromptSound.created_at)
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for prompt, language, number, source, duration_s, at in await session.execute(select(*columns).where(PromptSound.current)):
        found.setdefault(prompt, {})[language] = {"number": number, "source": source, "duration_s": duration_s, "at": at}
    return found


async def sound(session: AsyncSession, prompt: str, language: str, number: int | None = None) -> bytes | None:
    """A-law; without `number` the current one."""
    query = select(PromptSound.sound).where(PromptSound.prompt_id == prompt, PromptSound.language == language)
    return await session.scalar(query.where(PromptSound.current) if number is None else query.where(PromptSound.number == number))


async def history(session: AsyncSession, prompt: str) -> list[dict[str, Any]]:
    """Who did what, the newest first."""
    query = select(AuditEntry, UserAccount.name).outerjoin(UserAccount, UserAccount.id == AuditEntry.user_id)
    query = query.where(AuditEntry.object_kind == KIND, AuditEntry.object_id == prompt).order_by(AuditEntry.id.desc()).limit(HISTORY)
    rows = (await session.execute(query)).all()
    return [{"at": entry.at, "by": name or "", "action": entry.action, **entry.data} for entry, name in rows]


async def readings(session: AsyncSession) -> dict[tuple[str, str], str]:
    """(text, language) -> how it is read."""
    rows = await session.execute(select(Pronunciation.text, Pronunciation.language, Pronunciation.say))
    return {(text, language): say for text, language, say in rows}


async def names(session: AsyncSession) -> list[SpokenName]:
    """Everything that is spoken as a name: departments first, as callers hear them most."""
    found: list[SpokenName] = []
    for table, kind, also in ((Department, "name", Department.active), (Doctor, "person", Doctor.active), (Disease, "name", Disease.active)):
        for zh, en in await session.execute(select(table.name_zh, table.name_en).where(also).order_by(table.id)):
            found += [SpokenName(text.strip(), language, kind) for text, language in ((zh, "zh"), (en, "en")) if text.strip()]
    return list(dict.fromkeys(found))


async def pronunciation_written(_session: AsyncSession, told: Written) -> None:
    """Pinyin has one syllable for each character. Raises InvalidValues."""
    row = told.after
    if row is None or not _PINYIN.fullmatch(row["say"].strip()):
        return
    characters, syllables = len(_HAN.findall(row["text"])), len(row["say"].split())
    if characters and characters != syllables:
        rule = f"有 {syllables} 个音节, 文字有 {characters} 个字 / has {syllables} syllables for {characters} characters"
        mend = "每个字写一个音节, 如 shan4 hong2 / write one syllable for each character, such as shan4 hong2"
        raise InvalidValues([InvalidValue("say", rule, mend)])


# -- changing --------------------------------------------------------------------------------------------------------------


async def add(session: AsyncSession, by: By, prompt: str, texts: Mapping[str, str]) -> None:
    """A new prompt; one that was removed comes back with these texts. Raises Taken."""
    row = await session.get(PromptText, prompt, with_for_update=True)
    if row is None:
        session.add(PromptText(id=prompt, zh=texts["zh"], en=texts["en"], changed_by=by.user_id, changed_at=by.now))
    elif row.removed_at is None:
        raise Taken("id")
    else:
        row.zh, row.en, row.removed_at = texts["zh"], texts["en"], None
        _touch(row, by)
    await session.flush()
    await _told(session, by, prompt, "add", after=dict(texts))


async def change_text(session: AsyncSession, by: By, prompt: str, texts: Mapping[str, str], version: int, shipped: Mapping[str, str] | None) -> None:
    """`shipped`: the product's texts, for a prompt that nobody changed yet; its version is 0. Raises NotFound, Stale."""
    row = await _row(session, by, prompt, shipped)
    if version not in (row.version, 0 if row.version == 1 and shipped else row.version):
        raise Stale({"id": row.id, "zh": row.zh, "en": row.en, "version": row.version}, ("text",), None, row.changed_at)
    before = {"zh": row.zh, "en": row.en}
    row.zh, row.en = texts["zh"], texts["en"]
    _touch(row, by)
    await _told(session, by, prompt, "change", before=before, after=dict(texts))


async def put_sound(session: AsyncSession, by: By, prompt: str, language: str, new: NewSound, shipped: Mapping[str, str] | None) -> int:
    """Make it the current one; its number. Raises NotFound."""
    row = await _row(session, by, prompt, shipped)
    of_it = (PromptSound.prompt_id == prompt, PromptSound.language == language)
    number = 1 + (await session.scalar(select(func.max(PromptSound.number)).where(*of_it)) or 0)
    await session.execute(update(PromptSound).where(*of_it, PromptSound.current).values(current=False))
    session.add(
        PromptSound(
            prompt_id=prompt, language=language, number=number, source=new.source, sound=new.sound, duration_s=new.duration_s, created_by=by.user_id
        )
    )  # fmt: skip
    _touch(row, by)
    await _told(session, by, prompt, new.source, language=language, number=number, duration_s=new.duration_s)
    return number


async def drop_sound(session: AsyncSession, by: By, prompt: str, language: str) -> None:
    """Back to the shipped sound, or to none. Raises NotFound."""
    row = await _row(session, by, prompt, None)
    of_it = (PromptSound.prompt_id == prompt, PromptSound.language == language, PromptSound.current)
    dropped = await session.execute(update(PromptSound).where(*of_it).values(current=False).returning(PromptSound.number))
    number = dropped.scalar()
    if number is None:
        raise NotFound("own sound")
    _touch(row, by)
    await _told(session, by, prompt, "restore", language=language, number=number)


async def remove(session: AsyncSession, by: By, prompt: str) -> None:
    """From every list. What is published and names it still plays. Raises NotFound."""
    row = await _row(session, by, prompt, None)
    row.removed_at = by.now
    _touch(row, by)
    await _told(session, by, prompt, "remove", before={"zh": row.zh, "en": row.en})


async def _row(session: AsyncSession, by: By, prompt: str, shipped: Mapping[str, str] | None) -> PromptText:
    if shipped is not None:
        made = insert(PromptText).values(id=prompt, zh=shipped["zh"], en=shipped["en"], shipped=True, changed_by=by.user_id)
        await session.execute(made.on_conflict_do_nothing())
    row = await session.get(PromptText, prompt, with_for_update=True)
    if row is None or row.removed_at is not None:
        raise NotFound("prompt")
    return row


def _touch(row: PromptText, by: By) -> None:
    row.version, row.changed_at, row.changed_by = row.version + 1, by.now, by.user_id


async def _told(session: AsyncSession, by: By, prompt: str, action: str, **data: Any) -> None:
    await session.flush()
    await audit.write(session, by.now, by.user_id, audit.Deed(action, KIND, prompt, data))
