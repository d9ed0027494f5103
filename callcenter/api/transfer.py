"""Imports over HTTP: bring a file, look what it would do, import it, take it back.

In: a file as the request's body, choices, ids. Out: the shapes of docs/import.md. Must not read a file itself: a process of its own does.
Invariant: who may not import a thing, or reaches only some of its rows, sees neither its runs nor its files; a body is never held in memory.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import secrets
from pathlib import Path
from typing import Any

from aiohttp import hdrs, web

from callcenter.api.calls import as_json
from callcenter.api.keys import CLOCK, DATABASE, SETTINGS, id_of, plan_of, problem_of, stored
from callcenter.api.problems import FieldError, Problem, not_found
from callcenter.api.routing import SIGNED_IN, body_of, query_of, route, unpacking
from callcenter.api.security import forbidden, principal_of
from callcenter.api.transfer_models import ImportChoices, ImportList, ImportQuery, ImportUpload, ImportView, ProblemList, ProblemQuery
from callcenter.ports import Clock
from callcenter.settings import Settings
from crm.database import Database, Session
from crm.engine import audit
from crm.engine.registry import registry
from crm.engine.store_ask import reach
from crm.errors import CrmError
from crm.models import ImportRun
from crm.principal import Principal
from crm.transfer import runs
from crm.transfer.export import guarded
from crm.transfer.limits import Limits
from crm.transfer.opener import ENCODINGS, NO_ROOM
from crm.transfer.place import Place
from crm.transfer.targets import target_of

BLOCK = 1 << 20


def place_of(settings: Settings, database: Database, clock: Clock) -> Place:
    """Where imports and exports of this instance work."""
    given = settings.transfer
    limits = Limits(
        upload_bytes=given.upload_max_mb * 1_000_000, memory_bytes=given.reader_memory_mb * 1_000_000, rows=given.max_rows, columns=given.max_columns,
        read_s=given.read_timeout_s, chunk_s=given.batch_timeout_s,
    )  # fmt: skip
    return Place(database, settings.transfer_folder, clock.now, settings.hospital.zone, plan_of(settings), limits)


def place_for(request: web.Request) -> Place:
    return place_of(request.app[SETTINGS], request.app[DATABASE], request.app[CLOCK])


# -- imports ----------------------------------------------------------------------------------------------------------------


def _may_import(request: web.Request, resource: str) -> None:
    who = principal_of(request)
    if not who.may(f"{resource}.import"):
        raise forbidden(f"{resource}.import")
    if not _reaches_all(who, resource):
        raise Problem(403, "forbidden", "A file meets everybody who is there, and you reach some of them only. Ask somebody who reaches all.")


def _reaches_all(who: Principal, resource: str) -> bool:
    thing = registry().by_name.get(resource)
    return thing is None or reach(thing, registry(), who, "import") is None


def _imports(who: Principal, resource: str) -> bool:
    return who.may(f"{resource}.import") and _reaches_all(who, resource)


async def _run_of(request: web.Request, session: Session) -> ImportRun:
    run = await runs.find(session, id_of(request, "import"))
    if not _imports(principal_of(request), run.resource):
        raise not_found("import")
    return run


@route("POST", "/api/imports", right=SIGNED_IN, query=ImportUpload, answer=ImportView, also=(400, 404, 413, 507), raw=True)
async def bring(request: web.Request) -> web.Response:
    """Bring a file: its bytes are the body; the answer proposes how to read it. Needs the right `<resource>.import` with the reach of the whole
    hospital. Workbooks (.xlsx .xls .xlsb .ods) and CSV, whatever the name says; `sheets` tells what it was read as. Then: check, problems, run."""
    asked, place = query_of(request, ImportUpload), place_for(request)
    _may_import(request, asked.resource)
    await stored(request, lambda _session: _known(asked.resource))
    folder = secrets.token_hex(16)
    try:
        size, digest = await _received(request, place, folder)
        sheets = await _opened(place, folder)
        upload = runs.Upload(folder, "".join(one for one in asked.name if one.isprintable()).strip() or "-", size, digest)

        async def work(session: Session) -> dict[str, Any]:
            run = await runs.create(session, place, asked.resource, upload, sheets, principal_of(request).id)
            deed = audit.Deed(f"{asked.resource}.import_upload", asked.resource, f"import:{run.id}", {"bytes": size, "sha256": digest})
            await audit.write(session, place.now(), principal_of(request).id, deed)
            await session.refresh(run)
            return await runs.view(session, place, run)

        return as_json(await stored(request, work))
    except (Problem, asyncio.CancelledError, OSError) as wrong:
        await asyncio.to_thread(place.forget_import, folder)
        if isinstance(wrong, OSError) and wrong.errno in NO_ROOM:
            raise _no_room() from wrong
        raise


async def _known(resource: str) -> None:
    target_of(resource)


async def _received(request: web.Request, place: Place, folder: str) -> tuple[int, str]:
    """Bytes and SHA-256 of the body, which lies on the disk."""
    path = place.import_folder(folder) / "upload"
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with unpacking():
        async for block in request.content.iter_chunked(BLOCK):
            size += len(block)
            if size > place.limits.upload_bytes:
                most = f"A file may have at most {place.limits.upload_bytes // 1_000_000} MB. Split it into several files."
                raise Problem(413, "file too large", most)
            await asyncio.to_thread(_append, path, block, digest)
    if size == 0:
        raise Problem(422, "invalid input", "The file is empty.", [FieldError("file", "holds a heading row and rows", "choose another file")])
    return size, digest.hexdigest()


def _append(path: Path, block: bytes, digest: Any) -> None:
    with path.open("ab") as file:
        file.write(block)
    digest.update(block)


async def _opened(place: Place, folder: str, encoding: str = "") -> list[dict[str, Any]]:
    try:
        return await runs.open_upload(place, folder, encoding)
    except runs.UnreadableFile as wrong:
        errors = [FieldError("file", wrong.rule, wrong.mend)]
        raise Problem(422, "unreadable file", "The file cannot be read.", errors, kind=wrong.code) from wrong
    except runs.NoRoom as full:
        raise _no_room() from full
    except CrmError as wrong:
        raise problem_of(wrong) from wrong


def _no_room() -> Problem:
    return Problem(507, "no room", "The disk for uploads is full; nothing was kept. Tell the administrator, then bring the file again.")


@route("GET", "/api/imports", right=SIGNED_IN, query=ImportQuery, answer=ImportList)
async def imports(request: web.Request) -> web.Response:
    """The newest imports of what one may import."""
    wanted, principal = query_of(request, ImportQuery).resource, principal_of(request)
    names = [one.name for one in registry().resources if _imports(principal, one.name) and wanted in ("", one.name)]
    return as_json({"items": await stored(request, lambda session: runs.recent(session, names, None))})


@route("GET", "/api/imports/{id}", right=SIGNED_IN, answer=ImportView)
async def one_import(request: web.Request) -> web.Response:
    """One import with its first rows and its choices."""
    place = place_for(request)

    async def work(session: Session) -> dict[str, Any]:
        return await runs.view(session, place, await _run_of(request, session))

    return as_json(await stored(request, work))


@route("PATCH", "/api/imports/{id}", right=SIGNED_IN, body=ImportChoices, answer=ImportView, also=(507,))
async def choose(request: web.Request) -> web.Response:
    """Choose sheet, heading row, encoding, columns, what happens to duplicates. Possible until it runs; it has to be checked again then."""
    sent, place = body_of(request, ImportChoices), place_for(request)
    run = await stored(request, lambda session: _run_of(request, session))
    sheets = None
    if sent.encoding is not None:
        if sent.encoding not in ENCODINGS:
            raise Problem(422, "invalid input", "", [FieldError("encoding", f"is one of {', '.join(ENCODINGS)}", "choose one of them")])
        if run.state not in runs.EDITABLE:
            raise Problem(409, "conflict", "This import has begun; its choices stay as they are.")
        sheets = await _opened(place, run.folder, sent.encoding)
    wanted = runs.Changes(sent.sheet, sent.heading_row, sent.mapping, sent.rules, sent.prefer, sheets)

    async def work(session: Session) -> dict[str, Any]:
        return await runs.view(session, place, await runs.change(session, place, run.id, wanted))

    try:
        changed = await stored(request, work)
    except (Problem, asyncio.CancelledError):
        await asyncio.to_thread(place.forget_reading, run.folder, sheets or ())
        raise
    await asyncio.to_thread(place.forget_reading, run.folder, run.sheets if sheets else ())
    return as_json(changed)


async def _start(request: web.Request, state: str) -> web.Response:
    place, principal = place_for(request), principal_of(request)

    async def work(session: Session) -> dict[str, Any]:
        run = await _run_of(request, session)
        await runs.start(session, run.id, state, place.now())
        deed = audit.Deed(f"{run.resource}.import_{state}", run.resource, f"import:{run.id}", {"rules": run.rules, "prefer": run.prefer})
        await audit.write(session, place.now(), principal.id, deed)
        return await runs.view(session, place, await runs.find(session, run.id))

    return as_json(await stored(request, work))


@route("POST", "/api/imports/{id}/check", right=SIGNED_IN, answer=ImportView)
async def check(request: web.Request) -> web.Response:
    """Read every row and say what would happen; nothing is written. A job does it: ask for the import until `state` is `checked`, then read
    `counts` and the problems."""
    return await _start(request, "checking")


@route("POST", "/api/imports/{id}/run", right=SIGNED_IN, answer=ImportView)
async def run(request: web.Request) -> web.Response:
    """Import it; also goes on with one that was stopped. A job does it: ask for the import until `state` is `done`."""
    return await _start(request, "running")


@route("POST", "/api/imports/{id}/undo", right=SIGNED_IN, answer=ImportView)
async def undo(request: web.Request) -> web.Response:
    """Take it back, unless later edits would be lost; these are then in `conflicts`. A job does it: `undone` when it was, else the state before."""
    return await _start(request, "undoing")


@route("POST", "/api/imports/{id}/stop", right=SIGNED_IN, answer=ImportView)
async def stop(request: web.Request) -> web.Response:
    """Stop it between two batches."""
    place = place_for(request)

    async def work(session: Session) -> dict[str, Any]:
        found = await _run_of(request, session)
        return await runs.view(session, place, await runs.stop(session, found.id))

    return as_json(await stored(request, work))


@route("DELETE", "/api/imports/{id}", right=SIGNED_IN, status=204)
async def discard(request: web.Request) -> web.Response:
    """Forget an upload that wrote nothing."""
    place = place_for(request)

    async def work(session: Session) -> str:
        return await runs.discard(session, (await _run_of(request, session)).id)

    await asyncio.to_thread(place.forget_import, await stored(request, work))
    return web.Response(status=204)


@route("GET", "/api/imports/{id}/problems", right=SIGNED_IN, query=ProblemQuery, answer=ProblemList)
async def import_problems(request: web.Request) -> web.Response:
    """Rows that are kept aside, with every reason."""
    asked = query_of(request, ProblemQuery)

    async def work(session: Session) -> dict[str, Any]:
        found = await _run_of(request, session)
        return await runs.problems(session, found.id, asked.cursor, asked.limit)

    return as_json(await stored(request, work))


@route("GET", "/api/imports/{id}/problems.csv", right=SIGNED_IN, media=("text/csv",))
async def import_problems_file(request: web.Request) -> web.StreamResponse:
    """The rows that are kept aside as a file that can be mended and brought again."""
    found = await stored(request, lambda session: _run_of(request, session))
    headers = {hdrs.CONTENT_TYPE: "text/csv; charset=utf-8", hdrs.CONTENT_DISPOSITION: f'attachment; filename="import-{found.id}-problems.csv"'}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    await response.write(b"\xef\xbb\xbf" + _lines([[*found.headings, "#", "?"]]))
    after = 0
    while True:
        page = await stored(request, lambda session, after=after: runs.problems(session, found.id, after, 500))
        width = len(found.headings)
        rows = [
            [*(one["cells"] + [""] * width)[:width], str(one["row"]), "; ".join(_told(fault) for fault in one["faults"])] for one in page["items"]
        ]
        await response.write(_lines(rows))
        if page["next"] is None:
            break
        after = int(page["next"])
    await response.write_eof()
    return response


def _told(fault: dict[str, Any]) -> str:
    return f"{fault['field']}: {fault['rule']} ({fault['mend']})".lstrip(": ")


def _lines(rows: list[list[str]]) -> bytes:
    made = io.StringIO()
    csv.writer(made).writerows(guarded(row) for row in rows)
    return made.getvalue().encode()
