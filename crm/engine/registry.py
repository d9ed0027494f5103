"""All declared things, collected from `crm/resources` and checked once.

In: each module's `RESOURCES` and `RIGHTS`. Out: `registry()`, frozen. Must not do I/O but importing. Invariant: what it hands out is sound: names are
unique, every field, column, related list, move and right that is named exists. A fault is a `DeclarationFault` that names file and thing.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import crm.resources
from crm.engine.field import KINDS
from crm.engine.resource import ACTIONS, GROUPS, MASKS, RESERVED, Field, Related, Resource, Right

ROLES = ("agent", "handler", "supervisor", "manager", "ethics_officer", "admin")


class DeclarationFault(Exception):
    """A declared thing does not fit its table or another declaration."""


@dataclass(frozen=True)
class Registry:
    """Every thing there is."""

    resources: tuple[Resource, ...]
    others: tuple[Right, ...] = ()
    closed: tuple[Right, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Resource]:
        return {one.name: one for one in self.resources}

    @cached_property
    def by_path(self) -> Mapping[str, Resource]:
        return {one.path: one for one in self.resources}

    @cached_property
    def by_table(self) -> Mapping[str, Resource]:
        return {one.table.name: one for one in reversed(self.resources)}

    def referred(self, resource: Resource, field: Field) -> Resource | None:
        """The thing a ref points to; None when nobody declared it."""
        if field.through is not None:
            return self.by_name.get(field.through.resource)
        if field.resource:
            return self.by_name.get(field.resource)
        column = resource.table.columns.get(field.stored)
        for key in column.foreign_keys if column is not None else ():
            return self.by_table.get(key.column.table.name)
        return None

    @cached_property
    def rights(self) -> Mapping[str, tuple[str, ...]]:
        """Every right -> the roles it is given to at first; those of `closed` not to administrators."""
        found: dict[str, tuple[str, ...]] = {one.name: tuple(dict.fromkeys([*one.roles.split(), "admin"])) for one in self.others}
        found |= {one.name: tuple(one.roles.split()) for one in self.closed}
        for one in self.resources:
            for action in one.can:
                given = [role for role, words in one.rights.items() if action in words.split() or "all" in words.split()]
                found[one.right(action)] = tuple(dict.fromkeys([*given, "admin"]))
        return found


@lru_cache(maxsize=1)
def registry() -> Registry:
    """The things of `crm/resources`; raises DeclarationFault."""
    found: list[Resource] = []
    rights: list[Right] = []
    closed: list[Right] = []
    for module in sorted(pkgutil.iter_modules(crm.resources.__path__), key=lambda one: one.name):
        loaded = importlib.import_module(f"crm.resources.{module.name}")
        found.extend(getattr(loaded, "RESOURCES", ()))
        rights.extend(getattr(loaded, "RIGHTS", ()))
        closed.extend(getattr(loaded, "CLOSED_RIGHTS", ()))
    return checked(found, rights, closed)


def checked(resources: Iterable[Resource], rights: Iterable[Right] = (), closed: Iterable[Right] = ()) -> Registry:
    """A registry of these things. Raises DeclarationFault."""
    made = Registry(tuple(resources), tuple(rights), tuple(closed))
    faults: list[str] = []
    for kind in ("name", "path"):
        names = [getattr(one, kind) for one in made.resources]
        faults += [f"two things have the {kind} {name}" for name in sorted({name for name in names if names.count(name) > 1})]
    for one in made.resources:
        faults += [f"{one.name}: {fault}" for fault in (*_fields(one), *_lists(one), *_moves(one), *_others(one, made))]
    if faults:
        raise DeclarationFault("; ".join(faults))
    return made


def _fields(one: Resource) -> Iterable[str]:
    names = [field.name for field in one.fields]
    yield from (f"field {name} stands twice" for name in sorted({name for name in names if names.count(name) > 1}))
    for field in one.fields:
        if field.kind not in KINDS:
            yield f"field {field.name} has no column and no kind" if not field.kind else f"field {field.name} has the unknown kind {field.kind}"
        if field.name.startswith("_") or (field.name in ("id", "version") and not _is_key(one, field)):
            yield f"field {field.name} has a reserved name"
        if field.into is not None:
            if field.into[0] not in {related.name for related in one.related}:
                yield f"field {field.name} goes into the unknown list {field.into[0]}"
        elif field.through is None and field.stored not in one.table.columns:
            yield f"field {field.name} has no column {field.stored} in {one.table.name}"
        if field.as_given and field.as_given not in one.table.columns:
            yield f"field {field.name} is kept as given in the missing column {field.as_given}"
        if field.mask and field.mask not in MASKS:
            yield f"field {field.name} has the unknown mask {field.mask}"
        if field.section not in {section.name for section in one.sections}:
            yield f"field {field.name} stands in the unknown section {field.section}"


def _is_key(one: Resource, field: Field) -> bool:
    return field.name == "id" and "id" in {column.name for column in one.keys}


def _lists(one: Resource) -> Iterable[str]:
    shown = {*one.by_name, *(extra.name for extra in one.extras)}
    yield from (f"list column {name} is no field" for name in one.list_columns if name not in shown)
    yield from (f"filter {name} has a reserved name" for name in one.filters if name in ("q", "sort", "limit", "cursor", "removed", "ids"))
    yield from (f"filter {name} is no field" for name in one.filters if name not in one.by_name)
    yield from (f"label {name} is no field" for name in one.labels if name not in one.by_name)
    yield from (f"import key {name} is no field" for key in one.import_keys for name in key if name not in one.by_name)
    columns = one.table.columns
    first, *further = one.sort.lstrip("-").split(",")
    yield from (f"sort {name} is no column" for name in (first, *further) if name not in columns)
    yield from (f"sort {name} may be empty and comes behind another" for name in further if name in columns and columns[name].nullable)
    yield from (f"{name} cannot be sorted" for name in one.sortable or () if name not in one.by_name or not one.by_name[name].sortable)
    search = one.search
    if search is not None:
        named = (*search.names, *search.codes, *search.texts, *([search.initials] if search.initials else []))
        yield from (f"search column {name} is missing" for name in named if name not in columns)
    yield from (f"derived column {name} is missing" for name in one.derive if name not in columns)


def _moves(one: Resource) -> Iterable[str]:
    if bool(one.state) != bool(one.moves):
        yield "state and moves go together"
    if one.state and one.state not in one.by_name:
        yield f"state {one.state} is no field"
    states = {value for value, _, _ in one.by_name[one.state].choices} if one.state in one.by_name else set()
    for move in one.moves:
        if move.name in RESERVED:
            yield f"move {move.name} has a reserved name"
        yield from (f"move {move.name}: unknown state {name}" for name in (*move.from_states, move.to) if states and name not in states)
        yield from (f"move {move.name}: unknown field {name}" for name in (*move.asks, *move.needs) if name not in one.by_name)
        yield from (f"move {move.name}: unknown column {name}" for name in move.sets if name not in one.table.columns)


def _others(one: Resource, made: Registry) -> Iterable[str]:
    if one.group not in GROUPS:
        yield f"unknown group {one.group}"
    known = {*ACTIONS, "all", *(move.name for move in one.moves)}
    for role, words in one.rights.items():
        if role not in ROLES:
            yield f"rights for the unknown role {role}"
        yield from (f"unknown right {word}" for word in words.split() if word not in known)
    if not one.versioned and set(one.actions.split()) & {"change"}:
        yield "can be changed and therefore needs the mixin Versioned"
    columns = one.table.columns
    scope = (one.scope.own, one.scope.through, one.scope.department if isinstance(one.scope.department, str) else "", one.person, one.owner)
    yield from (f"column {name} of scope, owner or person is missing" for name in scope if name and name not in columns)
    for related in one.related:
        other = made.by_name.get(related.resource)
        if other is None:
            yield f"related {related.name}: unknown thing {related.resource}"
        elif related.by not in other.table.columns:
            yield f"related {related.name}: {related.resource} has no column {related.by}"
        else:
            yield from _sources(related, other, made)


def _sources(related: Related, other: Resource, made: Registry) -> Iterable[str]:
    for source in related.sources:
        thing = made.by_name.get(source.resource)
        if thing is None or source.by not in thing.table.columns:
            yield f"related {related.name}: it cannot be filled from {source.by} of {source.resource}"
        if source.into not in other.by_name or other.by_name[source.into].readonly:
            yield f"related {related.name}: {source.into} of {related.resource} cannot be filled"
