"""The audit trail: who saw or changed what, each entry chained to the one before it.

In: `write` inside the transaction of the deed. Out: rows of audit_entry; `verify` names the first place that was tampered with.
Must not be given passwords or recordings' contents. Invariant: entry n's hash covers entry n-1's hash, its own fields and a salted digest of
its personal values, so these can be erased while the chain stays whole. What a declared thing is called is written with the deed, and the token
of a machine that did it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm import by_token
from crm.database import copy_rows
from crm.engine import audit_labels
from crm.engine.audit_labels import Called
from crm.models import AuditEntry, AuditHead

COLUMNS = ("at", "user_id", "action", "object_kind", "object_id", "data", "pii", "pii_salt", "pii_digest", "previous", "hash")


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing somebody did. `pii`: values that may identify a person; `called`: what the thing is called, asked for when nobody says it."""

    action: str
    object_kind: str = ""
    object_id: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    pii: Mapping[str, Any] | None = None
    called: Called | None = None


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _digest(pii: str, salt: bytes | None) -> bytes:
    """Of personal values in canonical JSON."""
    return hashlib.sha256((salt or b"") + pii.encode()).digest()


@lru_cache(maxsize=8)
def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _chained(values: Mapping[str, Any], data: str) -> bytes:
    """The hash of an entry with these columns, `data` of which is given in canonical JSON too: the digest of the canonical list of them all."""
    first = _canonical([_moment(values["at"]), *(values[name] for name in ("user_id", "action", "object_kind", "object_id"))])
    body = f'{first[:-1]},{data},"{values["pii_digest"].hex()}"]'
    return hashlib.sha256(values["previous"] + body.encode()).digest()


async def write(session: AsyncSession, at: datetime, user_id: int | None, deed: Deed) -> None:
    """Add `deed` to the chain. Holds the chain's end until the transaction ends, so keep what follows short."""
    called = deed.called or await audit_labels.of_id(session, deed.object_kind, deed.object_id)
    head = await _head(session)
    values, _ = _values(at, user_id, deed, called, head.hash)
    session.add(AuditEntry(**values))
    head.hash, head.entries = values["hash"], head.entries + 1
    await session.flush()


async def _head(session: AsyncSession) -> AuditHead:
    """The chain's end, ours until the transaction ends."""
    head = await session.scalar(select(AuditHead).with_for_update().execution_options(populate_existing=True))
    if head is None:
        raise RuntimeError("the audit trail has no head; run the migration")
    return head


def _values(at: datetime, user_id: int | None, deed: Deed, called: Called | None, previous: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """The columns of the entry that follows `previous`, and those of them that are JSON as text."""
    data, pii = dict(deed.data), dict(deed.pii) if deed.pii is not None else None
    if called is not None and called.personal:
        pii = (pii or {}) | called.parts()
    elif called is not None:
        data |= called.parts()
    if (token := by_token.at_hand()) is not None:
        data["token"] = token
    texts, salt, digest = {"data": _canonical(data)}, None, b""
    if pii is not None:
        texts["pii"], salt = _canonical(pii), secrets.token_bytes(16)
        digest = _digest(texts["pii"], salt)
    values: dict[str, Any] = {
        "at": at, "user_id": user_id, "action": deed.action, "object_kind": deed.object_kind, "object_id": deed.object_id, "data": data,
        "pii": pii, "pii_salt": salt, "pii_digest": digest, "previous": previous,
    }  # fmt: skip
    return values | {"hash": _chained(values, texts["data"])}, texts


async def write_many(session: AsyncSession, at: datetime, user_id: int | None, deeds: Iterable[Deed]) -> int:
    """Add them to the chain in their order, by COPY; how many. Holds the chain's end as `write` does: some thousand at once, no more. Hashed in a
    thread, so that whoever writes beside it need not wait."""
    given = list(deeds)
    called = {kind: await audit_labels.of_many(session, kind, _keys(given, kind)) for kind in {one.object_kind for one in given}}
    head = await _head(session)

    def rows(end: bytes) -> list[tuple[Any, ...]]:
        made = []
        for deed in given:
            values, texts = _values(at, user_id, deed, deed.called or called[deed.object_kind].get(deed.object_id), end)
            end = values["hash"]
            made.append(tuple((values | texts).values()))
        return made

    if given:
        made = await asyncio.to_thread(rows, head.hash)
        await copy_rows(session, AuditEntry.__tablename__, COLUMNS, made)
        head.hash, head.entries = made[-1][-1], head.entries + len(made)
        await session.flush()
    return len(given)


def _keys(deeds: Iterable[Deed], kind: str) -> list[int]:
    """Numbers of the rows of this kind that nobody has said the names of."""
    return [int(one.object_id) for one in deeds if one.object_kind == kind and one.called is None and one.object_id.isdecimal()]


async def erase(session: AsyncSession, entry_ids: list[int]) -> None:
    """Remove the personal values of these entries; the chain stays whole."""
    await session.execute(update(AuditEntry).where(AuditEntry.id.in_(entry_ids)).values(pii=None, pii_salt=None))


async def end(session: AsyncSession) -> tuple[int, bytes]:
    """How many entries there are, and the hash of the last."""
    head = await session.scalar(select(AuditHead))
    return (head.entries, head.hash) if head is not None else (0, b"")


async def verify(session: AsyncSession, noted: Mapping[int, bytes] = MappingProxyType({})) -> str | None:
    """None when the trail is whole, else where and how it was broken. `noted`: the hash of the last entry when there were so many, as was kept
    outside the database."""
    previous, count = b"", 0
    rows = await session.stream_scalars(select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=1000))
    async for entry in rows:
        count += 1
        if fault := _fault(entry, previous, noted.get(count)):
            return f"entry {entry.id}: {fault}"
        previous = entry.hash
    head = await session.scalar(select(AuditHead))
    if head is None or head.entries != count or head.hash != previous:
        return f"after entry {count}: entries were cut off the end"
    if (most := max(noted, default=0)) > count:
        return f"after entry {count}: entries were cut off the end, {most} were noted"
    return None


def _fault(entry: AuditEntry, previous: bytes, noted: bytes | None) -> str | None:
    if entry.previous != previous:
        return "the entry before it was removed, added or moved"
    if entry.hash != _chained(vars(entry), _canonical(entry.data)):
        return "its content was changed"
    if entry.pii is not None and _digest(_canonical(entry.pii), entry.pii_salt) != entry.pii_digest:
        return "its personal values were changed"
    if noted is not None and noted != entry.hash:
        return "the trail up to here was written anew, it was noted otherwise"
    return None
