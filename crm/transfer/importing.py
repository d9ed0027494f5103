"""The job of an import: check a file, write it, take it back. Goes on where it was killed.

In: the id of an import_run whose state says what is wanted. Out: rows, problems, progress; every settled batch is told to who follows it.
Must hold at most two batches in memory. Invariant: rows of a batch and its place in the file are committed together, so each row is settled once.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

from sqlalchemy import delete, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit
from crm.engine.registry import registry
from crm.errors import CrmError, DatabaseUnavailable
from crm.models import ImportProblem, ImportRun
from crm.transfer import batches, runs, undo
from crm.transfer.batches import Choice, Tally
from crm.transfer.noting import Follower, follow
from crm.transfer.place import Place, Row, rows_of
from crm.transfer.rehearsal import Rehearsal
from crm.transfer.staging import Staging, analyse, quoted
from crm.transfer.targets import Target, target_of
from crm.transfer.validation import Batch, Preparer, References, Refused

KEPT_PROBLEMS = 200_000
SWITCH_S = 0.0005
_log = logging.getLogger("crm.transfer")


@dataclass(frozen=True, slots=True)
class Plan:
    """One import, read for work."""

    run: ImportRun
    target: Target
    preparer: Preparer
    choice: Choice


async def handle(place: Place, import_id: int) -> None:
    """Do what the import's state asks for. Raises DatabaseUnavailable: to be tried again, then given up."""
    run = await place.database.run(lambda session: runs.find(session, import_id))
    try:
        with _prompt_answers():
            await _do(place, run)
    except DatabaseUnavailable:
        raise
    except Exception as wrong:  # noqa: BLE001 - outermost frame of the job
        _log.warning("import %s stopped: %s", import_id, type(wrong).__name__, exc_info=not isinstance(wrong, (CrmError, OSError)))
        await _stopped(place, run, wrong)


async def _do(place: Place, run: ImportRun) -> None:
    match run.state:
        case "checking":
            await _check(place, await _plan(place, run))
        case "running":
            await _write(place, await _plan(place, run))
        case "undoing":
            await follow(place, run.id)
            await undo.take_back(place, run)


@contextmanager
def _prompt_answers() -> Iterator[None]:
    """Threads that read and hash let go of the interpreter ten times as soon: each answer of the database would wait 5 ms for them else."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


async def give_up(place: Place, import_id: int) -> None:
    """Leave it where a person can start it again. Raises DatabaseUnavailable."""
    run = await place.database.run(lambda session: runs.find(session, import_id))
    if run.state in ("checking", "running", "undoing"):
        await _stopped(place, run, DatabaseUnavailable("no answer"))


async def _stopped(place: Place, run: ImportRun, wrong: Exception) -> None:
    fault = {
        "code": "stopped",
        "rule": "can be brought to its end",
        "mend": f"start it again; if it stops again, tell the administrator ({type(wrong).__name__})",
    }

    back = {"checking": "uploaded", "running": "stopped", "undoing": undo.state_before(run)}

    async def work(session: AsyncSession) -> None:
        await runs.touch(session, run.id, run.state, state=back[run.state], fault=fault, finished_at=place.now())
        await runs.tell(session, run.id)

    await place.database.run(work)


async def _plan(place: Place, run: ImportRun) -> Plan:
    target = target_of(run.resource)
    references = await place.database.run(lambda session: _references(session, target), timeout_s=place.limits.chunk_s)
    chosen = {int(key): name for key, name in run.mapping.items()}
    preparer = Preparer(target, chosen, place.today(), place.plan, references)
    return Plan(run, target, preparer, Choice(run.id, run.created_by, run.rules, run.prefer))


async def _references(session: AsyncSession, target: Target) -> References:
    """Labels of the things a row may name, and their ids as text."""
    found: dict[str, dict[str, Any]] = {}
    for item in target.items:
        resource = registry().by_name.get(item.resource) if item.resource else None
        if resource is None:
            continue
        key, label = resource.keys[0].name, resource.by_name[resource.labels[0]].stored
        rows = await session.execute(text(f"SELECT {quoted(key)}, {quoted(label)}::text FROM {resource.table.name} ORDER BY 1 LIMIT 50000"))
        found[item.name] = {}
        for value, shown in rows:
            found[item.name] |= {str(value): value, shown: value}
    return found


# -- batches of a file ------------------------------------------------------------------------------------------------------


def _chunks(place: Place, plan: Plan, skip: int) -> Iterator[Iterator[Row]]:
    run = plan.run
    path = place.import_folder(run.folder) / run.sheets[run.sheet]["file"]
    rows = rows_of(path, run.heading_row + 1 + skip)
    while True:
        yield islice(rows, place.limits.batch_rows(run.rows_total))


def _next(plan: Plan, chunks: Iterator[Iterator[Row]]) -> tuple[Batch, int]:
    """The next batch and how many rows it is made of. In a thread: reading and checking cost time."""
    batch = plan.preparer.batch(next(chunks), len(plan.run.headings))
    return batch, len(batch.rows) + len(batch.refused)


async def _check(place: Place, plan: Plan) -> None:
    """Read everything, write nothing: what the run would do, as it does the same to copies, and every fault."""
    run, limits = plan.run, place.limits

    async def work(session: AsyncSession) -> None:
        await session.execute(delete(ImportProblem).where(ImportProblem.import_id == run.id))
        counts = await _rehearsed(session, place, plan)
        if await runs.touch(session, run.id, "checking", state="checked", counts=counts, rows_done=run.rows_total, finished_at=place.now()):
            await runs.tell(session, run.id)

    await place.database.run(work, timeout_s=limits.chunk_s * (2 + run.rows_total // limits.chunk_rows))


async def _rehearsed(session: AsyncSession, place: Place, plan: Plan) -> dict[str, Any]:
    """The counts of the whole file. Each batch is forgotten when its faults are kept."""
    rehearsal = Rehearsal(session, plan.target, plan.preparer.columns, plan.preparer.children)
    await rehearsal.create()
    chunks, done, refused, total = _chunks(place, plan, 0), 0, 0, Tally()
    while True:
        batch, count = await asyncio.to_thread(_next, plan, chunks)
        if count == 0:
            break
        tally = await batches.write(rehearsal, batch, plan.choice)
        tally.refused += batch.refused
        await _keep_problems(session, plan.run.id, tally.refused, refused)
        refused, done = refused + len(tally.refused), done + count
        tally.refused = []
        total.add(tally)
        await _progress(place, plan.run, done)
    told = {"anew": total.anew, "repeats": total.repeats, "repeated": [asdict(one) for one in total.repeated]}
    return _counts(total) | {"refused": refused} | told


async def _progress(place: Place, run: ImportRun, done: int) -> None:
    """Seen by others while the transaction of the check is open."""

    async def work(session: AsyncSession) -> None:
        if not await runs.touch(session, run.id, "checking", rows_done=done):
            raise Stopped
        await runs.tell(session, run.id)

    await place.database.run(work, timeout_s=place.limits.chunk_s)


class Stopped(CrmError):
    """Somebody stopped it."""


async def _write(place: Place, plan: Plan) -> None:
    """Batch by batch; while the database works on one, the next is read and the one before is noted in the trail."""
    chunks, done = _chunks(place, plan, plan.run.rows_done), plan.run.rows_done
    trail = Follower(place, plan.run.id)
    upcoming = asyncio.create_task(asyncio.to_thread(_next, plan, chunks), name="transfer:read")
    ours = True
    try:
        while ours:
            batch, count = await upcoming
            if count == 0:
                break
            upcoming = asyncio.create_task(asyncio.to_thread(_next, plan, chunks), name="transfer:read")
            ours = await _settle(place, plan, batch, done, count)
            done += count
            await trail.batch_settled()
        await trail.catch_up()
    finally:
        upcoming.cancel()
        trail.leave()
    if ours:
        await _finish(place, plan.run)


async def _settle(place: Place, plan: Plan, batch: Batch, done: int, count: int) -> bool:
    """One batch in one transaction. False: the import was stopped before it, or somebody else goes on with it."""

    async def work(session: AsyncSession) -> bool:
        run = await runs.find(session, plan.run.id, lock=True)
        if run.state != "running" or run.rows_done != done:
            return False
        staging = Staging(session, plan.target, plan.preparer.columns, plan.preparer.children)
        await staging.create()
        tally = await batches.write(staging, batch, plan.choice)
        tally.refused += batch.refused
        await _keep_problems(session, run.id, tally.refused, int(run.counts.get("refused", 0)))
        run.counts, run.rows_done = _sum(run.counts, _counts(tally)), done + count
        await session.flush()
        await runs.tell(session, run.id)
        return True

    return await place.database.run(work, timeout_s=place.limits.chunk_s)


async def _keep_problems(session: AsyncSession, import_id: int, refused: list[Refused], before: int) -> None:
    rows = [
        {"import_id": import_id, "row": one.row, "faults": [asdict(fault) for fault in one.faults], "cells": [_storable(cell) for cell in one.cells]}
        for one in refused[: max(KEPT_PROBLEMS - before, 0)]
    ]
    for start in range(0, len(rows), 2000):
        await session.execute(insert(ImportProblem), [_clean(one) for one in rows[start : start + 2000]])


def _clean(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"faults": [fault | {"value": _storable(fault["value"])} for fault in row["faults"]]}


def _storable(cell: str) -> str:
    """What PostgreSQL cannot hold is shown as a replacement character."""
    return cell.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _counts(tally: Tally) -> dict[str, Any]:
    refused = len(tally.refused)
    return {
        "added": tally.added,
        "merged": tally.merged,
        "same": tally.same,
        "skipped": tally.skipped,
        "refused": refused,
        "rules": dict(tally.rules),
    }


def _sum(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    rules = {name: old.get("rules", {}).get(name, 0) + new["rules"].get(name, 0) for name in {*old.get("rules", {}), *new["rules"]}}
    return {name: old.get(name, 0) + value for name, value in new.items() if name != "rules"} | {"rules": rules}


async def _finish(place: Place, run: ImportRun) -> None:
    async def work(session: AsyncSession) -> None:
        ended = await runs.find(session, run.id, lock=True)
        if ended.state != "running":
            return
        ended.state, ended.finished_at = "done", place.now()
        data = {"resource": run.resource, "sha256": run.sha256, "rows": ended.rows_done, "counts": ended.counts}
        await audit.write(
            session, place.now(), run.created_by, audit.Deed("import.done", run.resource, f"import:{run.id}", data, {"file": run.file_name})
        )
        await runs.tell(session, run.id)

    async def look_through(session: AsyncSession) -> None:
        """Lists tell the number of rows by what the server last saw of the table."""
        await analyse(session, registry().by_name[run.resource].table.name)

    await place.database.run(work, timeout_s=place.limits.chunk_s)
    await place.database.run(look_through, timeout_s=place.limits.chunk_s)


def with_chunks(place: Place, rows: int) -> Place:
    """The same place with batches of another size."""
    return replace(place, limits=replace(place.limits, chunk_rows=rows))
