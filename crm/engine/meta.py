"""What one person may use, told in a form that screens are drawn from.

In: the registry, who asks, the dictionaries. Out: plain values, the answer of GET /api/meta. Must not tell of what he may not read.
Invariant: the same person, rights and dictionaries give the same answer, whose `version` is its digest. Shape: docs/crm.md.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.field import Title
from crm.engine.registry import Registry
from crm.engine.resource import GROUPS, Extra, Field, Move, Related, Resource
from crm.engine.store_rows import Actor, as_json
from crm.models import DictionaryEntry

_ACTIONS: Mapping[str, Title] = {
    "read": ("查看", "See"), "add": ("新增", "Add"), "change": ("修改", "Change"), "delete": ("删除", "Delete"), "bulk": ("批量修改", "Change many"),
    "reveal": ("显示隐藏内容", "Reveal"), "import": ("导入", "Import"), "export": ("导出", "Export"),
}  # fmt: skip

_INITIALS: Title = ("拼音首字母", "Pinyin initials")


def both(title: Title | None) -> dict[str, str] | None:
    return {"zh": title[0], "en": title[1]} if title is not None else None


async def meta(session: AsyncSession, actor: Actor, only: str = "") -> dict[str, Any]:
    """Everything, or one thing."""
    shown = [one for one in actor.registry.resources if actor.may(one, "read") and only in ("", one.name)]
    used = {one.group for one in shown}
    made = {
        "groups": [{"name": name, "title": both(title)} for name, title in GROUPS.items() if name in used],
        "dictionaries": await _dictionaries(session, {field.dictionary for one in shown for field in one.fields if field.dictionary}),
        "resources": {one.name: _resource(actor, one) for one in shown},
    }
    digest = hashlib.sha256(json.dumps(made, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return {"version": digest[:16], **made}


async def _dictionaries(session: AsyncSession, names: set[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    query = select(DictionaryEntry).where(DictionaryEntry.dictionary.in_(names)).order_by(DictionaryEntry.sort, DictionaryEntry.id)
    for row in await session.scalars(query) if names else ():
        found[row.dictionary].append({"value": row.code, "title": {"zh": row.title_zh, "en": row.title_en}, "active": row.active})
    return dict(found)


def _resource(actor: Actor, one: Resource) -> dict[str, Any]:
    number = len(one.keys) == 1 and one.keys[0].type.python_type is int
    return {
        "name": one.name, "path": one.path, "title": both(one.title), "plural": both(one.plural), "group": one.group, "served": one.served,
        "key": {"kind": "integer" if number else "string"}, "label": list(one.labels), "personal": one.personal, "versioned": one.versioned,
        "removable": one.removable, "delete_needs_reason": bool(one.delete_needs_reason),
        "allowed": [action for action in one.can if actor.may(one, action)],
        "sections": [{"name": part.name, "title": both(part.title)} for part in one.sections],
        "fields": [*(_field(actor, one, field) for field in one.fields), *(_extra(actor, extra) for extra in one.extras)],
        "list_columns": list(one.list_columns), "sort": one.sort, "filters": list(one.filters),
        "search": both(searched(one)),
        "related": [_related(actor, part) for part in one.related if actor.may(actor.registry.by_name[part.resource], "read")],
        "owner": one.owner, "state": one.state, "moves": [_move(move) for move in one.moves if actor.may(one, move.name)],
        "import_keys": [list(key) for key in one.import_keys], "panels": list(one.panels),
    }  # fmt: skip


def searched(one: Resource) -> Title | None:
    """What the search box of a list looks for, in words."""
    search = one.search
    if search is None or search.hint is not None:
        return search and search.hint
    initials = [_INITIALS] if search.initials else []
    titles = [*(one.by_name[name].title for name in (*search.names, *search.texts)), *initials, *(one.by_name[name].title for name in search.codes)]
    return "、".join(chinese for chinese, _ in titles), ", ".join(english for _, english in titles)


def _field(actor: Actor, one: Resource, field: Field) -> dict[str, Any]:
    other = actor.registry.referred(one, field) if field.kind in ("ref", "refs") or field.resource else None
    return {
        "name": field.name, "title": both(field.title), "kind": field.kind, "section": field.section, "required": bool(field.required),
        "readonly": field.readonly or field.name == one.state, "write_once": field.write_once, "write_only": field.write_only,
        "list": "list" in field.on, "detail": "detail" in field.on, "form": "form" in field.on, "add_only": field.into is not None,
        "nullable": bool(field.nullable), "default": as_json(field.default), "max_length": field.max_length, "min": field.min, "max": field.max,
        "pattern": field.pattern, "example": field.example, "unit": both(field.unit), "hint": both(field.hint), "width": field.width or "half",
        "choices": [{"value": value, "title": {"zh": zh, "en": en}} for value, zh, en in field.choices] or None, "dictionary": field.dictionary,
        "resource": other.name if other else "", "path": other.path if other and other.served else "", "mask": field.mask,
        "masked": actor.hidden(field), "sortable": field.name in (one.sortable or ()) and not actor.hidden(field),
        "operators": _operators(actor, one, field), "extra": False, "whole": field.whole,
        "unique": _alone(one, field),
    }  # fmt: skip


def _alone(one: Resource, field: Field) -> bool:
    """No two rows have the same value."""
    column = one.table.columns.get(field.stored)
    if column is None:
        return False
    constraints = [part for part in one.table.constraints if isinstance(part, UniqueConstraint)]
    return bool(column.unique) or any([*part.columns] == [column] for part in constraints)


def _operators(actor: Actor, one: Resource, field: Field) -> list[str]:
    if field.name not in one.filters:
        return []
    return ["eq"] if actor.hidden(field) else list(field.operators)


def _extra(actor: Actor, extra: Extra) -> dict[str, Any]:
    hidden = bool(extra.mask) and not actor.principal.may(f"see.{extra.mask}")
    return {
        "name": extra.name, "title": both(extra.title), "kind": extra.kind, "section": "", "required": False, "readonly": True, "write_once": False,
        "write_only": False, "list": "list" in extra.on, "detail": "detail" in extra.on, "form": False, "add_only": False, "nullable": True,
        "default": None, "max_length": None, "min": None, "max": None, "pattern": "", "example": "", "unit": None, "hint": None, "width": "half",
        "choices": None, "dictionary": "", "resource": "", "path": "", "mask": extra.mask, "masked": hidden, "sortable": False, "operators": [],
        "extra": True, "whole": False, "unique": False,
    }  # fmt: skip


def _related(actor: Actor, part: Related) -> dict[str, Any]:
    other = actor.registry.by_name[part.resource]
    columns = [name for name in other.list_columns if name != part.by]
    sources = [source.resource for source in part.sources if actor.may(actor.registry.by_name[source.resource], "read")]
    return {"name": part.name, "resource": part.resource, "by": part.by, "title": both(part.title), "columns": columns, "sources": sources}


def _move(move: Move) -> dict[str, Any]:
    return {
        "name": move.name, "title": both(move.title), "from": list(move.from_states), "to": move.to, "asks": list(move.asks),
        "needs": list(move.needs), "style": move.style,
    }  # fmt: skip


def rights(registry: Registry) -> Sequence[dict[str, Any]]:
    """Every right with its words, for the editor of roles."""
    found = [_right_of(one, action) for one in registry.resources for action in one.can]
    known = {one["right"] for one in found}
    for one in (*registry.others, *registry.closed):
        if one.name not in known:
            resource, _, action = one.name.partition(".")
            found.append({"right": one.name, "group": one.group, "resource": resource, "action": action, "title": both(one.title)})
    return found


def _right_of(one: Resource, action: str) -> dict[str, Any]:
    move = one.move(action)
    words = move.title if move else _ACTIONS[action]
    title = {"zh": f"{one.title[0]}：{words[0]}", "en": f"{one.title[1]}: {words[1]}"}
    return {"right": one.right(action), "group": one.group, "resource": one.name, "action": action, "title": title}
