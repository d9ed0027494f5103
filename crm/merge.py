"""Makes two files of one person one file, and two again.

In: the ids of the file that stays and the one that goes, whose value wins where both have one. Out: every row that pointed to the one points to the
other; the other is hidden, never deleted. Must not know what points to patients: it is read from the tables' own description.
Invariant: every link stays; a row that would stand twice is kept in the record of the merge, and what pointed to it points to its twin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, Table, UniqueConstraint, and_, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import Column

from crm import audit
from crm.errors import Conflict, InvalidValue, NotFound
from crm.models import Base, Patient, PatientMerge
from crm.store_rows import Actor, as_json
from crm.text import initials
from crm.transfer.undo import pointing

PATIENT: Table = Patient.__table__  # type: ignore[assignment]
CHOICES = ("name", "gender", "birth_date", "mrn", "language")
_JOINED = ("tags", "alerts")


@dataclass(slots=True)
class Record:
    """What was done, in order; undone backwards."""

    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for step in self.steps:
            found[step["table"]] = found.get(step["table"], 0) + len(step.get("rows", (1,)))
        return found


def _reach(table: Table) -> list[tuple[Table, Column[Any]]]:
    """Every column that names a row of `table`."""
    return [(Base.metadata.tables[name], Base.metadata.tables[name].columns[column]) for name, column in pointing(table)]


# -- before -------------------------------------------------------------------------------------------------------------


async def preview(session: AsyncSession, kept: int, dropped: int) -> dict[str, Any]:
    """Both files' values, and how many rows would be carried over, by table. Raises NotFound, InvalidValue."""
    rows = await _both(session, kept, dropped, lock=False)
    links = {}
    for table, column in _reach(PATIENT):
        count = await session.scalar(select(func.count()).select_from(table).where(column == dropped))
        if count:
            links[table.name] = links.get(table.name, 0) + count
    shown = [{name: as_json(row[name]) for name in ("id", "version", *CHOICES, *_JOINED, "notes", "created_at")} for row in rows]
    return {"kept": shown[0], "dropped": shown[1], "links": links}


async def _both(session: AsyncSession, kept: int, dropped: int, *, lock: bool) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if kept == dropped:
        raise InvalidValue("dropped_id", "is another file", "choose two files")
    query = select(PATIENT).where(PATIENT.c.id.in_([kept, dropped]), PATIENT.c.removed_at.is_(None)).order_by(PATIENT.c.id)
    found: dict[int, dict[Any, Any]] = {
        row["id"]: dict(row) for row in (await session.execute(query.with_for_update() if lock else query)).mappings()
    }
    if len(found) < 2:
        raise NotFound("patient")
    return found[kept], found[dropped]


# -- merging --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """`versions`: of kept and dropped as they were seen; `take`: fields whose value is the dropped file's."""

    kept: int
    dropped: int
    versions: tuple[int, int]
    take: tuple[str, ...] = ()
    reason: str = ""


async def merge(session: AsyncSession, actor: Actor, wanted: Wanted) -> int:
    """The id of the merge. Raises NotFound, InvalidValue, Conflict (stale, or a rule of a table forbids it)."""
    kept, dropped = await _both(session, wanted.kept, wanted.dropped, lock=True)
    if (kept["version"], dropped["version"]) != wanted.versions:
        raise Conflict("somebody changed one of the files meanwhile; look at both again")
    record = Record()
    await _carry(session, record, PATIENT, dropped["id"], kept["id"])
    before, after = await _join(session, actor, kept, dropped, wanted, record)
    made = PatientMerge(
        kept_id=kept["id"], dropped_id=dropped["id"], reason=wanted.reason[:400], moved={"steps": record.steps}, before=before, after=after,
        created_by=actor.principal.id, created_at=actor.at,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    data = {"merge_id": made.id, "kept_id": kept["id"], "dropped_id": dropped["id"], "moved": record.counts}
    for one in (kept["id"], dropped["id"]):
        deed = audit.Deed("patient.merge", "patient", str(one), data | {"patient_id": one}, {"before": before, "after": after})
        await audit.write(session, actor.at, actor.principal.id, deed)
    return made.id


async def _carry(session: AsyncSession, record: Record, table: Table, old: Any, new: Any) -> None:
    """Whatever points to row `old` of `table` points to `new`."""
    for other, column in _reach(table):
        keys = _keys(other)
        rows = (await session.execute(select(*keys).where(column == old).order_by(*keys))).all()
        if not rows:
            continue
        if not await _move_all(session, record, other, column, old, new, rows):
            for row in rows:
                await _move_one(session, record, other, column, old, new, row)


def _keys(table: Table) -> list[Column[Any]]:
    return list(table.primary_key.columns)


def _is(table: Table, row: Sequence[Any]) -> Any:
    return and_(*(column == value for column, value in zip(_keys(table), row, strict=True)))


def _step(table: Table, column: Column[Any], old: Any, new: Any, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Keys as they are after the move."""
    keys = [[as_json(new if key is column else value) for key, value in zip(_keys(table), row, strict=True)] for row in rows]
    return {"table": table.name, "column": column.name, "old": old, "new": new, "rows": keys}


async def _move_all(
    session: AsyncSession, record: Record, table: Table, column: Column[Any], old: Any, new: Any, rows: Sequence[Sequence[Any]]
) -> bool:
    try:
        async with session.begin_nested():
            await session.execute(update(table).where(column == old).values({column.name: new}))
    except IntegrityError:
        return False
    except DBAPIError as refused:
        raise Conflict(f"{table.name} does not let its rows be carried over") from refused
    record.steps.append(_step(table, column, old, new, rows))
    return True


async def _move_one(session: AsyncSession, record: Record, table: Table, column: Column[Any], old: Any, new: Any, row: Sequence[Any]) -> None:
    try:
        async with session.begin_nested():
            await session.execute(update(table).where(_is(table, row), column == old).values({column.name: new}))
    except IntegrityError as refused:
        await _fold(session, record, table, column, new, row, refused)
    else:
        record.steps.append(_step(table, column, old, new, [row]))


async def _fold(session: AsyncSession, record: Record, table: Table, column: Column[Any], new: Any, row: Sequence[Any], refused: Exception) -> None:
    """The row stands there already: what points to it points to its twin, and it is kept in the record."""
    twin = await _twin(session, table, column, new, row)
    if twin is None or len(_keys(table)) != 1:
        raise Conflict(f"both files have entries in {table.name} that exclude each other; settle them first") from refused
    await _carry(session, record, table, row[0], twin)
    whole = await session.scalar(select(func.to_jsonb(text(f'"{table.name}".*'))).select_from(table).where(_is(table, row)))
    try:
        async with session.begin_nested():
            await session.execute(delete(table).where(_is(table, row)))
    except DBAPIError as kept:
        raise Conflict(f"{table.name} does not let its rows be carried over") from kept
    record.steps.append({"table": table.name, "deleted": whole})


async def _twin(session: AsyncSession, table: Table, column: Column[Any], new: Any, row: Sequence[Any]) -> Any | None:
    """The key of the row of `new` that has the same unique values."""
    stored = (await session.execute(select(table).where(_is(table, row)))).mappings().one()
    for columns in _unique(table):
        if column.name in columns:
            same = [table.c[name] == (new if name == column.name else stored[name]) for name in columns]
            found = (await session.execute(select(*_keys(table)).where(*same))).first()
            if found is not None:
                return found[0]
    return None


def _unique(table: Table) -> list[tuple[str, ...]]:
    sets = [tuple(column.name for column in one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)]
    return sets + [tuple(column.name for column in one.columns) for one in table.indexes if one.unique]


# -- the two rows themselves ------------------------------------------------------------------------------------------------


async def _join(
    session: AsyncSession, actor: Actor, kept: Mapping[str, Any], dropped: Mapping[str, Any], wanted: Wanted, record: Record
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(changed values of the kept file before, after). The dropped file is hidden."""
    unknown = set(wanted.take) - set(CHOICES)
    if unknown:
        raise InvalidValue("take", f"names {', '.join(CHOICES)}", "choose among these")
    after = {name: dropped[name] for name in CHOICES if dropped[name] not in (None, "") and (name in wanted.take or kept[name] in (None, ""))}
    after |= {name: [*kept[name], *(one for one in dropped[name] if one not in kept[name])] for name in _JOINED}
    if dropped["notes"] and dropped["notes"] not in kept["notes"]:
        after["notes"] = "\n".join(one for one in (kept["notes"], dropped["notes"]) if one)
    if "name" in after:
        after["initials"] = initials(after["name"])
    after = {name: value for name, value in after.items() if value != kept[name]}
    hidden = {"removed_at": actor.at, "removed_reason": f"merged into {kept['id']}", "version": dropped["version"] + 1, "changed_at": actor.at}
    await session.execute(update(PATIENT).where(PATIENT.c.id == dropped["id"]).values(mrn=None, **hidden))
    changed = {**after, "version": kept["version"] + 1, "changed_at": actor.at}
    await session.execute(update(PATIENT).where(PATIENT.c.id == kept["id"]).values(**changed))
    await _keep_number(session, kept, dropped, after, record)
    before = {name: as_json(kept[name]) for name in after} | {"_dropped_mrn": dropped["mrn"]}
    return before, {name: as_json(value) for name, value in after.items()}


async def _keep_number(session: AsyncSession, kept: Mapping[str, Any], dropped: Mapping[str, Any], after: Mapping[str, Any], record: Record) -> None:
    """A record number that is not the file's any more still finds it."""
    table = Base.metadata.tables["patient_identifier"]
    for number in {kept["mrn"], dropped["mrn"]} - {after.get("mrn", kept["mrn"]), None}:
        values = {"patient_id": kept["id"], "kind": "other", "number": number}
        if await session.scalar(select(table.c.id).where(table.c.kind == "other", table.c.number == number)) is None:
            made = await session.scalar(insert(table).values(**values).returning(table.c.id))
            record.steps.append({"table": table.name, "added": made})


# -- two again ----------------------------------------------------------------------------------------------------------------


async def undo(session: AsyncSession, actor: Actor, merge_id: int) -> None:
    """Raises NotFound, Conflict. Values somebody changed since stay as he wrote them; links made since stay with the kept file."""
    made = await session.get(PatientMerge, merge_id, with_for_update=True, populate_existing=True)
    if made is None:
        raise NotFound("merge")
    if made.undone_at is not None:
        raise Conflict("this merge was undone already")
    rows: dict[int, dict[Any, Any]] = {row["id"]: dict(row) for row in (await session.execute(_locked(made))).mappings()}
    kept, dropped = rows.get(made.kept_id), rows.get(made.dropped_id)
    if kept is None or kept["removed_at"] is not None:
        raise Conflict(f"file {made.kept_id} was removed or merged since; undo that first")
    if dropped is None or dropped["removed_reason"] != f"merged into {made.kept_id}":
        raise Conflict(f"file {made.dropped_id} was changed since")
    for step in reversed(made.moved["steps"]):
        await _back(session, step)
    await _apart(session, actor, made, kept)
    made.undone_at, made.undone_by = actor.at, actor.principal.id
    await session.flush()
    for one in (made.kept_id, made.dropped_id):
        deed = audit.Deed("patient.unmerge", "patient", str(one), {"merge_id": merge_id, "patient_id": one})
        await audit.write(session, actor.at, actor.principal.id, deed)


def _locked(made: PatientMerge) -> Any:
    return select(PATIENT).where(PATIENT.c.id.in_([made.kept_id, made.dropped_id])).order_by(PATIENT.c.id).with_for_update()


async def _back(session: AsyncSession, step: Mapping[str, Any]) -> None:
    table = Base.metadata.tables[step["table"]]
    if "added" in step:
        await session.execute(delete(table).where(table.c.id == step["added"]))
    elif "deleted" in step:
        again = text(f'INSERT INTO "{table.name}" SELECT (jsonb_populate_record(NULL::"{table.name}", :row)).*')
        await session.execute(again.bindparams(bindparam("row", step["deleted"], type_=JSONB())))
    else:
        column = table.c[step["column"]]
        for row in step["rows"]:
            await session.execute(update(table).where(_is_text(table, row), column == step["new"]).values({column.name: step["old"]}))


def _is_text(table: Table, row: Sequence[Any]) -> Any:
    """Keys as they were written to JSON."""
    return and_(*(column == _typed(column, value) for column, value in zip(_keys(table), row, strict=True)))


def _dated(column: Column[Any]) -> bool:
    return not isinstance(column.type, ARRAY) and hasattr(column.type.python_type, "fromisoformat")


async def _apart(session: AsyncSession, actor: Actor, made: PatientMerge, kept: Mapping[str, Any]) -> None:
    restored = {name: value for name, value in made.before.items() if not name.startswith("_") and as_json(kept[name]) == made.after.get(name)}
    values = {name: _typed(PATIENT.c[name], value) for name, value in restored.items()}
    await session.execute(update(PATIENT).where(PATIENT.c.id == made.kept_id).values(**values, version=kept["version"] + 1, changed_at=actor.at))
    number = made.before.get("_dropped_mrn")
    free = number is None or await session.scalar(select(PATIENT.c.id).where(PATIENT.c.mrn == number)) is None
    shown = {"removed_at": None, "removed_reason": "", "version": PATIENT.c.version + 1, "changed_at": actor.at}
    await session.execute(update(PATIENT).where(PATIENT.c.id == made.dropped_id).values(mrn=number if free else None, **shown))


def _typed(column: Column[Any], value: Any) -> Any:
    return column.type.python_type.fromisoformat(value) if value is not None and _dated(column) else value


async def of_patient(session: AsyncSession, patient_id: int) -> list[dict[str, Any]]:
    """Merges this file was part of, the newest first."""
    query = (
        select(PatientMerge).where((PatientMerge.kept_id == patient_id) | (PatientMerge.dropped_id == patient_id)).order_by(PatientMerge.id.desc())
    )
    return [
        {
            "id": one.id, "kept_id": one.kept_id, "dropped_id": one.dropped_id, "reason": one.reason, "at": one.created_at.isoformat(),
            "by": one.created_by, "undone_at": one.undone_at.isoformat() if one.undone_at else None, "moved": Record(one.moved["steps"]).counts,
        }
        for one in await session.scalars(query)
    ]  # fmt: skip
