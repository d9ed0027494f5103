"""Makes two files of one person one file, and two again.

In: who asks, the ids of the file that stays and the one that goes, whose value wins where both have one. Out: every row that pointed to the one
points to the other; the other is hidden, never deleted. Must not touch a file that who asks may not see. Invariant: all of it or nothing; every
link stays (crm.patients.merge_links). Undo puts each row back; what was written since stays where it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit
from crm.engine.masks import masked
from crm.engine.store_ask import within
from crm.engine.store_rows import Actor, as_json
from crm.errors import Conflict, InvalidValue, NotFound
from crm.models import Base, Patient, PatientMerge
from crm.patients.merge_links import Record, carry, reach, take_back, typed
from crm.text import initials

PATIENT: Table = Patient.__table__  # type: ignore[assignment]
CHOICES = ("name", "gender", "birth_date", "mrn", "language")
_JOINED = ("tags", "alerts")


# -- before -------------------------------------------------------------------------------------------------------------


async def preview(session: AsyncSession, actor: Actor, kept: int, dropped: int) -> dict[str, Any]:
    """Both files' values as who asks may see them, and how many rows would be carried over, by table. Raises NotFound, InvalidValue."""
    rows = await _both(session, actor, kept, dropped, lock=False)
    links = {}
    for table, column in reach(PATIENT):
        count = await session.scalar(select(func.count()).select_from(table).where(column == dropped))
        if count:
            links[table.name] = links.get(table.name, 0) + count
    shown = [{name: _seen(actor, name, row[name]) for name in ("id", "version", *CHOICES, *_JOINED, "notes", "created_at")} for row in rows]
    return {"kept": shown[0], "dropped": shown[1], "links": links}


def _seen(actor: Actor, name: str, value: Any) -> Any:
    declared = actor.registry.by_name["patient"].by_name.get(name)
    return masked(declared.mask, value) if declared is not None and actor.hidden(declared) else as_json(value)


def _reachable(actor: Actor) -> list[Any]:
    """The files that both rights of a merge reach."""
    patient = actor.registry.by_name["patient"]
    limits = (within(patient, actor, action) for action in ("read", "change", "delete"))
    return [one for one in limits if one is not None]


async def _both(session: AsyncSession, actor: Actor, kept: int, dropped: int, *, lock: bool) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if kept == dropped:
        raise InvalidValue("dropped_id", "is another file", "choose two files")
    query = select(PATIENT).where(PATIENT.c.id.in_([kept, dropped]), PATIENT.c.removed_at.is_(None), *_reachable(actor)).order_by(PATIENT.c.id)
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
    kept, dropped = await _both(session, actor, wanted.kept, wanted.dropped, lock=True)
    if (kept["version"], dropped["version"]) != wanted.versions:
        raise Conflict("somebody changed one of the files meanwhile; look at both again")
    record = Record()
    await carry(session, record, PATIENT, dropped["id"], kept["id"])
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
    rows: dict[int, dict[Any, Any]] = {row["id"]: dict(row) for row in (await session.execute(_locked(actor, made))).mappings()}
    if not rows:
        raise NotFound("merge")
    kept, dropped = rows.get(made.kept_id), rows.get(made.dropped_id)
    if kept is None or kept["removed_at"] is not None:
        raise Conflict(f"file {made.kept_id} was removed or merged since; undo that first")
    if dropped is None or (dropped["removed_at"] is not None and dropped["removed_reason"] != f"merged into {made.kept_id}"):
        raise Conflict(f"file {made.dropped_id} was removed or merged since; undo that first")
    for step in reversed(made.moved["steps"]):
        await take_back(session, step)
    await _apart(session, actor, made, kept, dropped)
    made.undone_at, made.undone_by = actor.at, actor.principal.id
    await session.flush()
    for one in (made.kept_id, made.dropped_id):
        deed = audit.Deed("patient.unmerge", "patient", str(one), {"merge_id": merge_id, "patient_id": one})
        await audit.write(session, actor.at, actor.principal.id, deed)


def _locked(actor: Actor, made: PatientMerge) -> Any:
    """Both, when the file that stayed is within reach: whoever may see it may see what went into it."""
    kept = select(PATIENT.c.id).where(PATIENT.c.id == made.kept_id, *_reachable(actor)).scalar_subquery()
    both = PATIENT.c.id.in_([made.kept_id, made.dropped_id])
    return select(PATIENT).where(both, kept.is_not(None)).order_by(PATIENT.c.id).with_for_update()


async def _apart(session: AsyncSession, actor: Actor, made: PatientMerge, kept: Mapping[str, Any], dropped: Mapping[str, Any]) -> None:
    """A file that somebody restored by hand meanwhile keeps the record number he gave it."""
    restored = {name: value for name, value in made.before.items() if not name.startswith("_") and as_json(kept[name]) == made.after.get(name)}
    values = {name: typed(PATIENT.c[name], value) for name, value in restored.items()}
    await session.execute(update(PATIENT).where(PATIENT.c.id == made.kept_id).values(**values, version=kept["version"] + 1, changed_at=actor.at))
    number = dropped["mrn"] or made.before.get("_dropped_mrn")
    free = number in (None, dropped["mrn"]) or await session.scalar(select(PATIENT.c.id).where(PATIENT.c.mrn == number)) is None
    shown = {"removed_at": None, "removed_reason": "", "version": PATIENT.c.version + 1, "changed_at": actor.at}
    await session.execute(update(PATIENT).where(PATIENT.c.id == made.dropped_id).values(mrn=number if free else None, **shown))


async def of_patient(session: AsyncSession, actor: Actor, patient_id: int) -> list[dict[str, Any]]:
    """Merges this file was part of, the newest first. Raises NotFound."""
    limit = within(actor.registry.by_name["patient"], actor, "read")
    if await session.scalar(select(PATIENT.c.id).where(PATIENT.c.id == patient_id, *([] if limit is None else [limit]))) is None:
        raise NotFound("patient")
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
