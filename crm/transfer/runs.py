"""One import from upload to the wish to run it: its row, its mapping, what people see of it.

In: a `Place`, the upload's path, choices. Out: rows of import_run, plain values for pages. Must not read a file but for its first rows.
Invariant: a state is changed only from a state that allows it; two wishes at once: one wins, the other hears a Conflict.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm import jobs
from crm.errors import Conflict, CrmError, InvalidValue, NotFound
from crm.models import ExportRun, ImportHeading, ImportProblem, ImportRun, UserAccount
from crm.transfer import mapping
from crm.transfer.opener import FULL
from crm.transfer.place import CHANGED, IMPORT_JOB, Place, head_of
from crm.transfer.targets import ACTIONS, Target, target_of

SHOWN_ROWS = 8
NEWEST = 20
LONGEST_PLACE = 5
EDITABLE = ("uploaded", "checked")
WORKBOOKS, TEXTS = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}), frozenset({".csv", ".txt", ".tsv"})


class UnreadableFile(InvalidValue):
    """The uploaded file cannot be read."""

    def __init__(self, code: str, rule: str, mend: str) -> None:
        super().__init__("file", rule, mend)
        self.code = code


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received. `folder` holds it as `upload`."""

    folder: str
    file_name: str
    bytes: int
    sha256: str


class NoRoom(CrmError):
    """The disk that uploads go to is full."""


# -- opening ------------------------------------------------------------------------------------------------------------


async def open_upload(place: Place, folder: str, encoding: str = "") -> list[dict[str, Any]]:
    """Have the file read by a process of its own; its sheets, in a new folder beside those of earlier readings. Raises UnreadableFile, NoRoom."""
    upload = place.import_folder(folder) / "upload"
    where = upload.parent / secrets.token_hex(4)
    await asyncio.to_thread(where.mkdir, mode=0o700)
    try:
        await _read_apart(place, upload, where, encoding)
        found = _found(where)
    except (UnreadableFile, NoRoom, asyncio.CancelledError):
        await asyncio.to_thread(shutil.rmtree, where, ignore_errors=True)
        raise
    return [one | {"file": f"{where.name}/{one['file']}"} for one in found]


async def _read_apart(place: Place, upload: Path, where: Path, encoding: str) -> None:
    limits = json.dumps(asdict(place.limits))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "crm.transfer.opener", str(upload), str(where), limits, encoding,
        cwd=Path(__file__).parents[2], stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(place.limits.read_s):
            await process.wait()
    except TimeoutError:
        raise UnreadableFile("too_slow", f"can be read in {place.limits.read_s:.0f} seconds", "split it into several files") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == FULL:
        raise NoRoom


def _found(where: Path) -> list[dict[str, Any]]:
    if (where / "sheets.json").is_file():
        return json.loads((where / "sheets.json").read_text())
    if (where / "fault.json").is_file():
        fault = json.loads((where / "fault.json").read_text())
        raise UnreadableFile(fault["code"], fault["rule"], fault["mend"])
    raise UnreadableFile("too_large_unpacked", "can be read in the memory there is", "split it into several files, or save it as CSV")


# -- one import -----------------------------------------------------------------------------------------------------------


async def create(session: AsyncSession, place: Place, resource: str, upload: Upload, sheets: list[dict[str, Any]], by: int | None) -> ImportRun:
    """The new import, with everything proposed."""
    target = target_of(resource)
    run = ImportRun(
        resource=resource, file_name=upload.file_name[:200], folder=upload.folder, bytes=upload.bytes, sha256=upload.sha256, sheets=sheets,
        created_by=by,
        rules={one.name: one.default for one in target.rules}, mapping={}, counts={}, conflicts=[], prefer="stored", state="uploaded", rows_done=0,
    )  # fmt: skip
    best = max(range(len(sheets)), key=lambda one: (_fit(target, place, upload.folder, sheets[one]), -one))
    await _choose_sheet(session, place, run, best, None)
    session.add(run)
    await session.flush()
    return run


def _fit(target: Target, place: Place, folder: str, sheet: Mapping[str, Any]) -> int:
    head = [cells for _, cells in head_of(place.import_folder(folder) / sheet["file"])]
    if not head:
        return -1
    return len(mapping.propose(target, head[mapping.heading_row(target, head)], {}))


async def _choose_sheet(session: AsyncSession, place: Place, run: ImportRun, sheet: int, heading_row: int | None) -> None:
    """Sheet and heading row, and with them headings and mapping anew."""
    if not 0 <= sheet < len(run.sheets):
        raise InvalidValue("sheet", f"lies between 0 and {len(run.sheets) - 1}", "choose one of the sheets")
    target = target_of(run.resource)
    head = [cells for _, cells in head_of(place.import_folder(run.folder) / run.sheets[sheet]["file"])]
    at = mapping.heading_row(target, head) if heading_row is None else heading_row
    if not 0 <= at < max(len(head), 1):
        raise InvalidValue("heading_row", "is one of the first rows", "choose the row with the headings")
    run.sheet, run.heading_row = sheet, at
    run.headings = [_clean(cell) for cell in head[at]] if head else []
    run.rows_total = max(run.sheets[sheet]["rows"] - at - 1, 0)
    run.mapping = {str(key): value for key, value in mapping.propose(target, run.headings, await _remembered(session, run)).items()}


def _clean(cell: str) -> str:
    """A heading can be stored, whatever stands in it."""
    return "".join(one for one in cell.encode("utf-8", "replace").decode() if one.isprintable())[:200].strip()


async def _remembered(session: AsyncSession, run: ImportRun) -> dict[str, str]:
    words = [mapping.normal(one) for one in run.headings]
    query = select(ImportHeading.heading, ImportHeading.item).where(ImportHeading.resource == run.resource, ImportHeading.heading.in_(words))
    return {row.heading: row.item for row in await session.execute(query)}


async def find(session: AsyncSession, import_id: int, *, lock: bool = False) -> ImportRun:
    """Raises NotFound."""
    run = await session.get(ImportRun, import_id, with_for_update=lock, populate_existing=True)
    if run is None:
        raise NotFound("import")
    return run


@dataclass(frozen=True, slots=True)
class Changes:
    """What a person chose anew; None: as it was."""

    sheet: int | None = None
    heading_row: int | None = None
    mapping: Mapping[str, str] | None = None
    rules: Mapping[str, str] | None = None
    prefer: str | None = None
    sheets: list[dict[str, Any]] | None = None


async def change(session: AsyncSession, place: Place, import_id: int, wanted: Changes) -> ImportRun:
    """Raises Conflict when it has begun, InvalidValue."""
    run = await find(session, import_id, lock=True)
    if run.state not in EDITABLE:
        raise Conflict("this import has begun; its choices stay as they are")
    if wanted.sheets is not None:
        run.sheets = wanted.sheets
    if wanted.sheet is not None or wanted.heading_row is not None or wanted.sheets is not None:
        await _choose_sheet(session, place, run, run.sheet if wanted.sheet is None else wanted.sheet, wanted.heading_row)
    target = target_of(run.resource)
    if wanted.mapping is not None:
        run.mapping = _checked_mapping(target, run.headings, wanted.mapping)
    if wanted.rules is not None:
        run.rules = run.rules | _checked_rules(target, wanted.rules)
    if wanted.prefer is not None:
        run.prefer = wanted.prefer
    run.state, run.counts, run.rows_done, run.fault = "uploaded", {}, 0, None
    await session.execute(delete(ImportProblem).where(ImportProblem.import_id == run.id))
    await session.flush()
    return run


def _checked_mapping(target: Target, headings: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    made: dict[str, str] = {}
    for place, name in wanted.items():
        if not (place.isascii() and place.isdigit() and len(place) <= LONGEST_PLACE and int(place) < len(headings)):
            raise InvalidValue("mapping", f"names columns from 0 to {len(headings) - 1}", "choose one of the columns")
        if name not in target.by_name:
            raise InvalidValue("mapping", f"gives known values, not {name[:40]}", "choose one of the list")
        if name in made.values():
            raise InvalidValue("mapping", f"gives {name} once", "choose one column for it")
        made[str(int(place))] = name
    return made


def _checked_rules(target: Target, wanted: Mapping[str, str]) -> dict[str, str]:
    known = {one.name: one for one in target.rules}
    for name, action in wanted.items():
        if name not in known or action not in known[name].actions:
            options = ", ".join(known[name].actions if name in known else ACTIONS)
            raise InvalidValue(f"rules.{name[:40]}", f"is one of {options}", "choose one of them")
    return dict(wanted)


# -- moving on -------------------------------------------------------------------------------------------------------------

_STARTS = {"checking": ("uploaded", "checked"), "running": ("checked", "stopped"), "undoing": ("done", "stopped")}


async def start(session: AsyncSession, import_id: int, state: str, now: datetime) -> ImportRun:
    """Ask for a check, a run or an undo: the job is queued with it. Raises Conflict, InvalidValue."""
    run = await find(session, import_id, lock=True)
    if run.state not in _STARTS[state]:
        raise Conflict(f"this import is {run.state}")
    target = target_of(run.resource)
    missing = [item.title for item in target.items if item.required and item.name not in run.mapping.values()]
    if state != "undoing" and missing:
        raise InvalidValue("mapping", f"gives {missing[0][0]} ({missing[0][1]})", "choose the column that holds it")
    if state != "undoing" and not run.rows_total:
        raise InvalidValue("heading_row", "has rows of data below it", "choose the row with the headings, another sheet or another file")
    if state == "running" and run.state == "checked":
        run.rows_done, run.counts = 0, {}
        await session.execute(delete(ImportProblem).where(ImportProblem.import_id == run.id))
        await _remember(session, run, now)
    if state == "checking":
        run.rows_done, run.counts = 0, {}
    run.state, run.fault, run.conflicts, run.started_at, run.finished_at = state, None, [], now, None
    await session.flush()
    await tell(session, run.id)
    await jobs.enqueue(session, IMPORT_JOB, {f"{run.id}:{state}:{now.timestamp()}": {"linkedid": str(run.id)}})
    return run


async def _remember(session: AsyncSession, run: ImportRun, now: datetime) -> None:
    """What each heading meant, for the next file."""
    rows: dict[str, dict[str, Any]] = {}
    for place, heading in enumerate(run.headings):
        word = mapping.normal(heading)
        if word:
            rows.setdefault(word, {"resource": run.resource, "heading": word, "item": run.mapping.get(str(place), mapping.NOTHING), "used_at": now})
    if rows:
        statement = insert(ImportHeading).values(list(rows.values()))
        kept = {"item": statement.excluded.item, "used_at": statement.excluded.used_at}
        await session.execute(statement.on_conflict_do_update(index_elements=["resource", "heading"], set_=kept))


async def stop(session: AsyncSession, import_id: int) -> ImportRun:
    """Between two batches; what is written stays, and can be gone on with or undone."""
    run = await find(session, import_id, lock=True)
    if run.state not in ("checking", "running"):
        raise Conflict(f"this import is {run.state}")
    run.state = "uploaded" if run.state == "checking" else "stopped"
    await session.flush()
    await tell(session, run.id)
    return run


async def discard(session: AsyncSession, import_id: int) -> str:
    """Forget an import that wrote nothing; its folder. Raises Conflict."""
    run = await find(session, import_id, lock=True)
    if run.state not in (*EDITABLE, "undone"):
        raise Conflict(f"this import is {run.state}; undo it first")
    await session.delete(run)
    await session.flush()
    return run.folder


# -- what is shown ------------------------------------------------------------------------------------------------------------


async def view(session: AsyncSession, place: Place, run: ImportRun) -> dict[str, Any]:
    """One import as a page shows it."""
    target = target_of(run.resource)
    path = place.import_folder(run.folder) / run.sheets[run.sheet]["file"]
    head = await asyncio.to_thread(head_of, path, run.heading_row + 1 + SHOWN_ROWS) if path.is_file() else []
    rows = [{"row": number, "cells": [cell[:200] for cell in cells]} for number, cells in head[run.heading_row + 1 :]]
    return await line(session, run) | {
        "sheets": [_sheet(run.file_name, one) for one in run.sheets],
        "sheet": run.sheet,
        "heading_row": run.heading_row,
        "headings": run.headings,
        "rows": rows,
        "mapping": run.mapping,
        "rules": [
            {"name": one.name, "title": _both(one.title), "actions": list(one.actions), "action": run.rules.get(one.name, one.default)}
            for one in target.rules
        ],
        "prefer": run.prefer,
        "items": [{"name": one.name, "title": _both(one.title), "required": one.required} for one in target.items],
        "conflicts": run.conflicts,
    }


def _sheet(file_name: str, one: Mapping[str, Any]) -> dict[str, Any]:
    """What a table was read as goes by its content; people hear of it when the name says otherwise."""
    read_as = "text" if one["encoding"] else "workbook"
    ending = PurePath(file_name.lower()).suffix
    misnamed = ending in (TEXTS if read_as == "workbook" else WORKBOOKS)
    return {key: one[key] for key in ("name", "rows", "columns", "encoding")} | {"read_as": read_as, "misnamed": misnamed}


def _both(title: tuple[str, str]) -> dict[str, str]:
    return {"zh": title[0], "en": title[1]}


async def line(session: AsyncSession, run: ImportRun) -> dict[str, Any]:
    """One import in a list, and its progress."""
    name = await session.scalar(select(UserAccount.name).where(UserAccount.id == run.created_by)) if run.created_by else None
    return {
        "id": run.id, "resource": run.resource, "file_name": run.file_name, "bytes": run.bytes, "state": run.state, "rows_total": run.rows_total,
        "rows_done": run.rows_done, "counts": run.counts, "fault": run.fault, "created_at": _iso(run.created_at), "started_at": _iso(run.started_at),
        "finished_at": _iso(run.finished_at), "undone_at": _iso(run.undone_at),
        "created_by": {"id": run.created_by, "name": name} if run.created_by and name else None,
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


async def recent(session: AsyncSession, resources: Sequence[str], only_by: int | None, limit: int = 50) -> list[dict[str, Any]]:
    """The newest imports of these things."""
    query = select(ImportRun).where(ImportRun.resource.in_(resources)).order_by(ImportRun.id.desc()).limit(limit)
    if only_by is not None:
        query = query.where(ImportRun.created_by == only_by)
    return [await line(session, run) for run in (await session.scalars(query)).all()]


async def problems(session: AsyncSession, import_id: int, after: int, limit: int) -> dict[str, Any]:
    """Rows that were kept aside, by their number in the file."""
    query = select(ImportProblem).where(ImportProblem.import_id == import_id, ImportProblem.row > after).order_by(ImportProblem.row).limit(limit + 1)
    rows = (await session.scalars(query)).all()
    total = await session.scalar(select(func.count()).select_from(ImportProblem).where(ImportProblem.import_id == import_id)) or 0
    items = [{"row": one.row, "faults": one.faults, "cells": one.cells} for one in rows[:limit]]
    return {"items": items, "next": str(rows[limit - 1].row) if len(rows) > limit else None, "total": total}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one import or export is. `by`: who began it."""

    kind: str
    id: int
    resource: str
    by: int | None
    state: str
    rows_done: int
    rows_total: int


async def progress(session: AsyncSession, wanted: Collection[str]) -> dict[str, Progress]:
    """Those of these names (import:5, export:7) that are there, and whatever is being worked on; with "" among them also the newest."""
    found: dict[str, Progress] = {}
    newest = NEWEST if "" in wanted else 0
    for kind, table, working in (("import", ImportRun, ("checking", "running", "undoing")), ("export", ExportRun, ("waiting", "running"))):
        numbers = [int(number) for one in wanted for kinds, _, number in (one.partition(":"),) if kinds == kind and number.isdigit()]
        columns = table.id, table.resource, table.created_by, table.state, table.rows_done, table.rows_total
        last = select(table.id).order_by(table.id.desc()).limit(newest).scalar_subquery()
        chosen = table.id.in_(numbers) | table.state.in_(working) | table.id.in_(last)
        rows = await session.execute(select(*columns).where(chosen).order_by(table.id))
        found |= {f"{kind}:{row.id}": Progress(kind, *row) for row in rows}
    return found


async def tell(session: AsyncSession, import_id: int) -> None:
    """Whoever follows it hears of it when this transaction is committed."""
    await session.execute(select(func.pg_notify(CHANGED, f"import:{import_id}")))


async def touch(session: AsyncSession, import_id: int, expected: str, /, **values: Any) -> bool:
    """Change a running import; False when somebody stopped it meanwhile."""
    statement = update(ImportRun).where(ImportRun.id == import_id, ImportRun.state == expected).values(**values).returning(ImportRun.id)
    return await session.scalar(statement) is not None
