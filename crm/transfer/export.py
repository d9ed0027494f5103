"""Takes a list out as a file: the rows somebody may see, as he sees them, in Excel or CSV.

In: a wish (what is asked in a list: words, filters, order; columns; format). Out: a file, and an entry in the audit trail for wish and download.
Must not widen anything: rows come from the store with the person's own rights, scope and masks at the moment of writing.
Invariant: no cell of the file is a formula. Workbooks: xlsxwriter.readthedocs.io, constant_memory.
"""

from __future__ import annotations

import asyncio
import csv
import errno
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm import jobs
from crm.access import accounts
from crm.engine import audit, store
from crm.engine.registry import registry
from crm.engine.resource import Resource
from crm.engine.search import LONGEST
from crm.engine.store_rows import Actor
from crm.errors import Conflict, CrmError, DatabaseUnavailable, Forbidden, InvalidValue, NotFound
from crm.models import ExportRun
from crm.principal import Principal
from crm.transfer.place import CHANGED, EXPORT_JOB, Place

PAGE = 1000
LARGEST_SHEET, LARGEST_CELL = 1_048_575, 32_767  # of Excel, without the heading row
LARGEST = {"xlsx": LARGEST_SHEET, "csv": 20_000_000}
_CUT = " … (CSV: 全文 / in full)"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_YES_NO = {"zh": ("是", "否"), "en": ("yes", "no")}
_log = logging.getLogger("crm.transfer")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to take out."""

    resource: str
    format: str
    language: str
    query: Mapping[str, str]
    columns: Sequence[str]


async def wish(session: AsyncSession, principal: Principal, place: Place, wanted: Wish) -> ExportRun:
    """Queue it. Raises Forbidden, NotFound, InvalidValue."""
    resource = _exportable(principal, wanted.resource)
    unknown = [name for name in wanted.columns if name not in _columns(resource)]
    if unknown:
        raise InvalidValue("columns", f"are shown fields, not {unknown[0][:40]}", "choose from the list")
    if len(wanted.query.get("q", "")) > LONGEST:
        raise InvalidValue("query.q", f"has at most {LONGEST} characters", "search for less")
    await store.find(session, resource, _actor(principal, place, wanted.language), _ask(wanted.query, "", 1))
    run = ExportRun(
        resource=resource.name, format=wanted.format, language=wanted.language, query=dict(wanted.query),
        columns=list(wanted.columns or resource.list_columns),
        created_by=principal.id, state="waiting", rows_done=0, rows_total=0, bytes=0, file="", fault="", created_at=place.now(),
    )  # fmt: skip
    session.add(run)
    await session.flush()
    deed = audit.Deed(
        f"{resource.name}.export", resource.name, f"export:{run.id}", {"columns": run.columns, "format": run.format}, {"query": run.query}
    )
    await audit.write(session, place.now(), principal.id, deed)
    await jobs.enqueue(session, EXPORT_JOB, {str(run.id): {"linkedid": str(run.id)}})
    return run


def _exportable(principal: Principal, name: str) -> Resource:
    resource = registry().by_name.get(name)
    if resource is None or "export" not in resource.can or not principal.may(resource.right("read")):
        raise NotFound(f"export of {name[:40]}")
    if not principal.may(resource.right("export")):
        raise Forbidden(resource.right("export"))
    return resource


def _columns(resource: Resource) -> dict[str, tuple[str, str]]:
    """What can be taken out, with its headings."""
    shown = {one.name: one.title for one in resource.fields if not (one.write_only or one.into) and "list" in one.on}
    return {"id": ("编号", "Id")} | shown | {one.name: one.title for one in resource.extras if "list" in one.on}


def _actor(principal: Principal, place: Place, language: str) -> Actor:
    return Actor(principal, place.now(), place.today(), registry(), place.plan, language)


def _ask(query: Mapping[str, str], cursor: str, limit: int) -> store.Ask:
    filters = []
    for key, value in query.items():
        if key not in ("q", "sort", "ids"):
            name, _, operator = key.partition("__")
            filters.append((name, operator or "eq", value))
    ids = tuple(one for one in query.get("ids", "").split(",") if one)
    return store.Ask(
        q=query.get("q", ""), filters=tuple(filters), sort=query.get("sort", ""), limit=limit, cursor=cursor, ids=ids, counted=not cursor
    )


# -- the job ------------------------------------------------------------------------------------------------------------------


async def handle(place: Place, export_id: int) -> None:
    """Write the file. Raises DatabaseUnavailable: to be tried again, then given up."""
    run = await place.database.run(lambda session: session.get(ExportRun, export_id))
    if run is None or run.state not in ("waiting", "running"):
        return
    file = f"{export_id}-{secrets.token_hex(8)}.{run.format}"
    path = place.export_file(file)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        count = await _written(place, run, path)
    except DatabaseUnavailable:
        path.unlink(missing_ok=True)
        raise
    except Exception as wrong:  # noqa: BLE001 - outermost frame of the job
        _log.warning("export %s failed: %s", export_id, type(wrong).__name__, exc_info=not isinstance(wrong, (CrmError, OSError)))
        path.unlink(missing_ok=True)
        await _ended(place, export_id, state="failed", fault=_fault(wrong))
        return
    await _ended(place, export_id, state="done", rows_done=count, rows_total=count, file=file, bytes=path.stat().st_size)


async def give_up(place: Place, export_id: int) -> None:
    """Nothing waits for it any more. Raises DatabaseUnavailable."""
    await _ended(place, export_id, state="failed", fault="the database did not answer for some minutes; export again")


def _fault(wrong: Exception) -> str:
    match wrong:
        case CrmError():
            return str(wrong)[:200]
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return "the disk for exports is full; tell the administrator, then export again"
        case _:
            return f"it broke off ({type(wrong).__name__}); export again, and tell the administrator if it does once more"


async def _ended(place: Place, export_id: int, **values: Any) -> None:
    async def work(session: AsyncSession) -> None:
        await session.execute(update(ExportRun).where(ExportRun.id == export_id).values(finished_at=place.now(), **values))
        await session.execute(select(func.pg_notify(CHANGED, f"export:{export_id}")))

    await place.database.run(work)


async def _written(place: Place, run: ExportRun, path: Path) -> int:
    """How many rows. Rights are those of now, not of when it was asked for."""
    found = await place.database.run(lambda session: accounts.principals(session, [run.created_by]))
    principal = found.get(run.created_by)
    if principal is None:
        raise Forbidden("login")
    resource = _exportable(principal, run.resource)
    titles = _columns(resource)
    at = 0 if run.language == "zh" else 1
    table = Workbook(path) if run.format == "xlsx" else Csv(path)
    try:
        table.row([titles[name][at] for name in run.columns])
        return await _rows(place, run, principal, resource, table)
    finally:
        await asyncio.to_thread(table.close)


async def _rows(place: Place, run: ExportRun, principal: Principal, resource: Resource, table: Table) -> int:
    """All pages see the list as it was when the file was begun: a row that is changed meanwhile neither comes twice nor is left out."""

    async def work(session: AsyncSession) -> int:
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        count, total, cursor = 0, 0, ""
        while True:
            async with asyncio.timeout(place.limits.chunk_s):
                found = await store.find(session, resource, _actor(principal, place, run.language), _ask(run.query, cursor, PAGE))
            count, total = count + len(found.items), total or found.total
            if count > LARGEST[run.format]:
                raise InvalidValue("query", f"fits at most {LARGEST[run.format]} rows", "choose CSV, or narrow the list with filters")
            for row in found.items:
                table.row([_cell(resource, name, row, run.language, place) for name in run.columns])
            await _progress(place, run.id, count, max(total, count))
            if found.next is None:
                return count
            cursor = found.next

    return await place.database.run(work, timeout_s=place.limits.chunk_s * (LARGEST[run.format] // PAGE))


async def _progress(place: Place, export_id: int, done: int, total: int) -> None:
    async def work(session: AsyncSession) -> None:
        change = update(ExportRun).where(ExportRun.id == export_id).values(state="running", rows_done=done, rows_total=total)
        await session.execute(change)
        await session.execute(select(func.pg_notify(CHANGED, f"export:{export_id}")))

    await place.database.run(work)


# -- cells --------------------------------------------------------------------------------------------------------------------


def _cell(resource: Resource, name: str, row: Mapping[str, Any], language: str, place: Place) -> str:
    value = row["_refs"].get(name, row.get(name))
    field = resource.by_name.get(name)
    if field is not None and field.choices and not isinstance(value, list):
        titles = {str(one): (zh, en) for one, zh, en in field.choices}
        return titles.get(str(value), (str(value or ""),) * 2)[0 if language == "zh" else 1]
    if field is not None and field.kind == "money" and field.whole and isinstance(value, int):
        return f"{Decimal(value) / 100:.2f}"
    if field is not None and field.kind == "datetime" and isinstance(value, str):
        return f"{datetime.fromisoformat(value).astimezone(place.zone):%Y-%m-%d %H:%M}"
    return _plain(value, language)


def _plain(value: Any, language: str) -> str:
    match value:
        case None:
            return ""
        case bool():
            return _YES_NO[language][0 if value else 1]
        case list():
            return "、".join(_plain(one, language) for one in value)
        case Mapping():
            return " ".join(_plain(one, language) for one in value.values() if one not in (None, "", False))
        case _:
            return str(value)


class Table(Protocol):
    """A file that takes rows."""

    def row(self, cells: Sequence[str]) -> None: ...
    def close(self) -> None: ...


class Workbook:
    """An Excel file; every cell is text, so nothing is calculated when it is opened."""

    def __init__(self, path: Path) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": str(path.parent),
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._sheet = self._book.add_worksheet()
        self._head = self._book.add_format({"bold": True})
        self._count = 0

    def row(self, cells: Sequence[str]) -> None:
        for place, cell in enumerate(cells):
            self._sheet.write_string(self._count, place, _fitting(cell), None if self._count else self._head)
        if self._count == 0:
            self._sheet.freeze_panes(1, 0)
            self._sheet.set_column(0, max(len(cells) - 1, 0), 16)
        self._count += 1

    def close(self) -> None:
        self._book.close()


def _fitting(cell: str) -> str:
    """Excel drops what is longer, without a word."""
    return cell if len(cell) <= LARGEST_CELL else cell[: LARGEST_CELL - len(_CUT)] + _CUT


class Csv:
    """UTF-8 with mark, as Excel wants it. A cell that Excel would calculate begins with an apostrophe, which our import takes off again."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._write = csv.writer(self._file).writerow

    def row(self, cells: Sequence[str]) -> None:
        self._write(guarded(cells))

    def close(self) -> None:
        self._file.close()


def guarded(cells: Sequence[str]) -> list[str]:
    return ["'" + one if one.startswith(_FORMULA) else one for one in cells]


# -- what is shown, fetched, forgotten ------------------------------------------------------------------------------------------


def view(run: ExportRun) -> dict[str, Any]:
    return {
        "id": run.id, "resource": run.resource, "format": run.format, "columns": run.columns, "state": run.state, "rows_total": run.rows_total,
        "rows_done": run.rows_done, "bytes": run.bytes, "fault": run.fault or None, "created_at": run.created_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
    }  # fmt: skip


async def mine(session: AsyncSession, user_id: int, export_id: int) -> ExportRun:
    """Somebody's own export. Raises NotFound."""
    run = await session.get(ExportRun, export_id)
    if run is None or run.created_by != user_id:
        raise NotFound("export")
    return run


async def fetch(session: AsyncSession, principal: Principal, place: Place, export_id: int) -> tuple[Path, str]:
    """The finished file and a name for it; audited. Raises NotFound, Forbidden, Conflict."""
    run = await mine(session, principal.id, export_id)
    resource = _exportable(principal, run.resource)
    if run.state != "done":
        raise Conflict(f"this export is {run.state}")
    deed = audit.Deed(f"{resource.name}.export_download", resource.name, f"export:{run.id}", {"rows": run.rows_done})
    await audit.write(session, place.now(), principal.id, deed)
    return place.export_file(run.file), f"{resource.name}-{run.created_at.astimezone(place.zone):%Y%m%d-%H%M}.{run.format}"


async def recent(session: AsyncSession, user_id: int) -> list[dict[str, Any]]:
    query = select(ExportRun).where(ExportRun.created_by == user_id).order_by(ExportRun.id.desc()).limit(20)
    return [view(run) for run in await session.scalars(query)]


async def expire(place: Place, keep_h: float) -> int:
    """Remove files that are older; how many."""
    before = place.now() - timedelta(hours=keep_h)

    async def work(session: AsyncSession) -> list[str]:
        old = update(ExportRun).where(ExportRun.state == "done", ExportRun.finished_at < before).values(state="expired")
        return list(await session.scalars(old.returning(ExportRun.file)))

    files = await place.database.run(work)
    for file in files:
        place.export_file(file).unlink(missing_ok=True)
    return len(files)
