"""Flows as people draw them: drafts, versions, releases, regression cases.

In: a session, who asks, when. Out: plain frozen values. Must not know what a flow means: the engine checks a source before it comes here.
Invariant: a release is one transaction, and only goes through when nothing it was checked against has changed meanwhile; publishers wait for
each other; a version that was published is never changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit
from crm.errors import Conflict, NotFound, Stale, Taken
from crm.models import IvrCase, IvrFlow, IvrFlowVersion, IvrRelease, UserAccount

RELEASED = "ivr_release"
"""The channel on which a new release is told."""
DRAFT = "draft"
_LOCK = 815_120_96
Source = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class By:
    """Who, and when. None: the product itself."""

    user_id: int | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """The flows that are live together: flow -> number, flow -> source."""

    number: int
    versions: Mapping[str, int]
    sources: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is drawing. `lock` must be sent back with a change of it."""

    source: Source
    layout: Mapping[str, Any]
    lock: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to go live: drafts by flow with the locks they were checked under, or older versions; over release `over`."""

    over: int
    drafts: Mapping[str, int] = field(default_factory=dict)
    again: Mapping[str, int] = field(default_factory=dict)
    note: str = ""


# -- reading ------------------------------------------------------------------------------------------------------------------


async def overview(session: AsyncSession) -> tuple[list[dict[str, Any]], int]:
    """Every flow with what is live and its draft; and the newest release."""
    newest = await _newest(session)
    live: Mapping[str, Any] = newest.versions if newest else {}
    query = (
        select(IvrFlow, IvrFlowVersion.changed_at, IvrFlowVersion.faults, UserAccount.name)
        .outerjoin(IvrFlowVersion, (IvrFlowVersion.flow_id == IvrFlow.id) & (IvrFlowVersion.state == DRAFT))
        .outerjoin(UserAccount, UserAccount.id == IvrFlowVersion.changed_by)
        .order_by(IvrFlow.id)
    )
    found = [
        {
            "name": flow.name, "title": {"zh": flow.title_zh, "en": flow.title_en}, "published": live.get(flow.name),
            "draft": {"changed_at": changed_at, "changed_by": who or "", "faults": faults} if changed_at else None,
        }
        for flow, changed_at, faults, who in await session.execute(query)
    ]  # fmt: skip
    return found, newest.number if newest else 0


async def newest(session: AsyncSession) -> Release | None:
    """What is live."""
    row = await _newest(session)
    return await _with_sources(session, row) if row else None


async def newest_number(session: AsyncSession) -> int:
    """0: nothing is live."""
    return await session.scalar(select(func.max(IvrRelease.number))) or 0


async def release(session: AsyncSession, number: int) -> Release | None:
    """An older one."""
    row = await session.get(IvrRelease, number)
    return await _with_sources(session, row) if row else None


async def _newest(session: AsyncSession) -> IvrRelease | None:
    return await session.scalar(select(IvrRelease).order_by(IvrRelease.number.desc()).limit(1))


async def _with_sources(session: AsyncSession, row: IvrRelease) -> Release:
    query = select(IvrFlow.name, IvrFlowVersion.number, IvrFlowVersion.source).join(IvrFlow, IvrFlow.id == IvrFlowVersion.flow_id)
    wanted = {(name, number) for name, number in row.versions.items()}
    numbers = {number for _, number in wanted}
    rows = (await session.execute(query.where(IvrFlow.name.in_(row.versions), IvrFlowVersion.number.in_(numbers)))).all()
    return Release(row.number, dict(row.versions), {name: source for name, number, source in rows if (name, number) in wanted})


async def drafts(session: AsyncSession) -> dict[str, Draft]:
    """Every draft by flow."""
    query = select(IvrFlow.name, IvrFlowVersion).join(IvrFlow, IvrFlow.id == IvrFlowVersion.flow_id).where(IvrFlowVersion.state == DRAFT)
    return {name: Draft(row.source, row.layout, row.lock) for name, row in await session.execute(query)}


async def titles(session: AsyncSession) -> dict[str, tuple[str, str]]:
    """Flow -> Chinese and English title."""
    return {name: (zh, en) for name, zh, en in await session.execute(select(IvrFlow.name, IvrFlow.title_zh, IvrFlow.title_en))}


async def versions(session: AsyncSession, name: str) -> list[dict[str, Any]]:
    """Newest first, the draft above all. Raises NotFound."""
    flow = await _flow(session, name)
    query = (
        select(IvrFlowVersion, UserAccount.name)
        .outerjoin(UserAccount, UserAccount.id == IvrFlowVersion.changed_by)
        .where(IvrFlowVersion.flow_id == flow.id)
        .order_by(IvrFlowVersion.number.desc().nulls_first())
    )
    last = await _last_releases(session, name)
    return [
        {
            "number": row.number, "state": row.state, "note": row.note, "by": who or "", "at": row.changed_at, "published_at": row.published_at,
            "release": last.get(row.number or 0), "shipped": row.shipped,
        }
        for row, who in await session.execute(query)
    ]  # fmt: skip


async def _last_releases(session: AsyncSession, name: str) -> dict[int, int]:
    number = IvrRelease.versions[name].as_integer()
    query = select(number, func.max(IvrRelease.number)).where(IvrRelease.versions.has_key(name)).group_by(number)
    return {row[0]: row[1] for row in await session.execute(query)}


async def version(session: AsyncSession, name: str, number: int | None) -> dict[str, Any]:
    """One version; None: the draft. Raises NotFound."""
    row = await _version(session, await _flow(session, name), number)
    return {
        "flow": name, "number": row.number, "state": row.state, "source": row.source, "layout": row.layout, "note": row.note,
        "version": row.lock if row.state == DRAFT else None,
    }  # fmt: skip


async def _flow(session: AsyncSession, name: str, *, locked: bool = False) -> IvrFlow:
    query = select(IvrFlow).where(IvrFlow.name == name)
    flow = await session.scalar(query.with_for_update() if locked else query)
    if flow is None:
        raise NotFound("flow")
    return flow


async def _version(session: AsyncSession, flow: IvrFlow, number: int | None) -> IvrFlowVersion:
    query = select(IvrFlowVersion).where(IvrFlowVersion.flow_id == flow.id)
    row = await session.scalar(query.where(IvrFlowVersion.state == DRAFT if number is None else IvrFlowVersion.number == number))
    if row is None:
        raise NotFound("draft" if number is None else "version")
    return row


# -- drawing ------------------------------------------------------------------------------------------------------------------


async def create(session: AsyncSession, by: By, name: str, title: tuple[str, str]) -> int:
    """A flow with an empty draft; its lock. Raises Taken."""
    if await session.scalar(select(IvrFlow.id).where(IvrFlow.name == name)):
        raise Taken("name")
    flow = await _new_flow(session, by, name, title)
    empty = {"flow": name, "start": "", "node": {}}
    session.add(IvrFlowVersion(flow_id=flow.id, state=DRAFT, source=empty, faults=1, changed_at=by.now, changed_by=by.user_id))
    await _told(session, by, "flow.create", name, {})
    return 1


async def _new_flow(session: AsyncSession, by: By, name: str, title: tuple[str, str]) -> IvrFlow:
    flow = IvrFlow(name=name, title_zh=title[0], title_en=title[1], created_by=by.user_id, created_at=by.now)
    session.add(flow)
    await session.flush()
    return flow


async def save_draft(session: AsyncSession, by: By, name: str, draft: Draft, faults: int) -> int:
    """Keep a draft whatever is wrong with it; its new lock. `draft.lock` 0: there is none yet. Raises NotFound, Stale."""
    flow = await _flow(session, name, locked=True)
    row = await session.scalar(select(IvrFlowVersion).where(IvrFlowVersion.flow_id == flow.id, IvrFlowVersion.state == DRAFT).with_for_update())
    if (row.lock if row else 0) != draft.lock:
        raise await _stale(session, row)
    if row is None:
        row = IvrFlowVersion(flow_id=flow.id, state=DRAFT, lock=0)
        session.add(row)
    row.source, row.layout, row.faults = dict(draft.source), dict(draft.layout), faults
    row.lock, row.changed_at, row.changed_by = row.lock + 1, by.now, by.user_id
    await session.flush()
    return row.lock


async def _stale(session: AsyncSession, row: IvrFlowVersion | None) -> Stale:
    if row is None:
        return Stale({"version": None}, ("source",), None, None)
    who = await session.scalar(select(UserAccount.name).where(UserAccount.id == row.changed_by)) if row.changed_by else None
    return Stale({"version": row.lock}, ("source",), {"id": row.changed_by, "name": who} if who else None, row.changed_at)


async def drop_draft(session: AsyncSession, by: By, name: str) -> None:
    """Forget the draft; a flow that never went live goes with it. Raises NotFound."""
    flow = await _flow(session, name, locked=True)
    row = await _version(session, flow, None)
    await session.delete(row)
    await session.flush()
    if not await session.scalar(select(IvrFlowVersion.id).where(IvrFlowVersion.flow_id == flow.id).limit(1)):
        await session.execute(delete(IvrCase).where(IvrCase.flow == name))
        await session.delete(flow)
    await _told(session, by, "flow.discard", name, {})


# -- going live ---------------------------------------------------------------------------------------------------------------


async def publish(session: AsyncSession, by: By, wanted: Wanted) -> Release:
    """Drafts become versions, and a new release names them. Raises NotFound, or Conflict when something was changed since it was checked."""
    await _alone(session)
    live = await _newest(session)
    if (live.number if live else 0) != wanted.over:
        raise Conflict("another release was published meanwhile")
    numbers: dict[str, int] = dict(live.versions) if live else {}
    for name, lock in sorted(wanted.drafts.items()):
        numbers[name] = await _draft_to_version(session, by, name, lock, wanted.note)
    for name, number in wanted.again.items():
        await _version(session, await _flow(session, name, locked=True), number)
        numbers[name] = number
    made = await _release(session, by, numbers, wanted.note, shipped=False)
    kind = "flow.rollback" if wanted.again else "flow.publish"
    changed = {name: numbers[name] for name in (*wanted.drafts, *wanted.again)}
    await _told(session, by, kind, str(made.number), {"versions": changed, "note": wanted.note})
    return made


async def _alone(session: AsyncSession) -> None:
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


async def _draft_to_version(session: AsyncSession, by: By, name: str, lock: int, note: str) -> int:
    flow = await _flow(session, name, locked=True)
    row = await _version(session, flow, None)
    if row.lock != lock:
        raise Conflict(f"the draft of {name} was changed meanwhile")
    number = await _next_number(session, flow)
    row.number, row.state, row.note, row.published_at = number, "published", note, by.now
    await session.flush()
    return number


async def _next_number(session: AsyncSession, flow: IvrFlow) -> int:
    return (await session.scalar(select(func.max(IvrFlowVersion.number)).where(IvrFlowVersion.flow_id == flow.id)) or 0) + 1


async def _release(session: AsyncSession, by: By, numbers: Mapping[str, int], note: str, *, shipped: bool) -> Release:
    row = IvrRelease(versions=dict(numbers), note=note, shipped=shipped, at=by.now, by=by.user_id)
    session.add(row)
    await session.flush()
    for name, number in numbers.items():
        mine = select(IvrFlow.id).where(IvrFlow.name == name).scalar_subquery()
        of_flow = update(IvrFlowVersion).where(IvrFlowVersion.flow_id == mine)
        await session.execute(of_flow.where(IvrFlowVersion.state == "published", IvrFlowVersion.number != number).values(state="retired"))
        await session.execute(of_flow.where(IvrFlowVersion.number == number).values(state="published"))
    return await _with_sources(session, row)


async def ship(session: AsyncSession, by: By, sources: Mapping[str, Source], flow_titles: Mapping[str, tuple[str, str]], note: str) -> Release | None:
    """The flows that came with the product: live at once while nobody has published his own, else only there to be looked at.

    None: nothing of them is new.
    """
    await _alone(session)
    live = await _newest(session)
    new = {name: source for name, source in sources.items() if source not in await _shipped(session, name)}
    if not new:
        return None
    untouched = await session.scalar(select(IvrRelease.number).where(~IvrRelease.shipped).limit(1)) is None
    numbers: dict[str, int] = dict(live.versions) if live else {}
    for name, source in new.items():
        number = await _ship_version(session, by, name, source, flow_titles.get(name, (name, name)), note)
        if untouched or name not in numbers:
            numbers[name] = number
    if live is not None and numbers == live.versions:
        return None
    return await _release(session, by, numbers, note, shipped=True)


async def _shipped(session: AsyncSession, name: str) -> list[Source]:
    """Every source that ever came with a product: nodes of two product versions beside each other do not ship in turns."""
    query = select(IvrFlowVersion.source).join(IvrFlow, IvrFlow.id == IvrFlowVersion.flow_id).where(IvrFlow.name == name, IvrFlowVersion.shipped)
    return list(await session.scalars(query))


async def _ship_version(session: AsyncSession, by: By, name: str, source: Source, title: tuple[str, str], note: str) -> int:
    flow = await session.scalar(select(IvrFlow).where(IvrFlow.name == name)) or await _new_flow(session, by, name, title)
    number = await _next_number(session, flow)
    session.add(
        IvrFlowVersion(
            flow_id=flow.id, number=number, state="retired", source=dict(source), shipped=True, note=note, changed_at=by.now, published_at=by.now
        )
    )  # fmt: skip
    await session.flush()
    return number


# -- cases --------------------------------------------------------------------------------------------------------------------

CASE_FIELDS = ("title", "flow", "language", "at", "caller", "answers", "steps", "expect")


async def cases(session: AsyncSession, flow: str | None = None) -> list[dict[str, Any]]:
    """Regression cases, of all flows or of one."""
    query = select(IvrCase).order_by(IvrCase.flow, IvrCase.id)
    rows = await session.scalars(query.where(IvrCase.flow == flow) if flow else query)
    return [{"id": row.id, **{name: getattr(row, name) for name in CASE_FIELDS}} for row in rows]


async def add_case(session: AsyncSession, by: By, values: Mapping[str, Any]) -> int:
    """Raises NotFound for an unknown flow."""
    await _flow(session, values["flow"])
    made = await session.scalar(insert(IvrCase).values(**values, created_by=by.user_id, created_at=by.now).returning(IvrCase.id))
    assert made is not None
    await _told(session, by, "flow_case.add", values["flow"], {"id": made})
    return made


async def remove_case(session: AsyncSession, by: By, case_id: int) -> None:
    """Raises NotFound."""
    flow = await session.scalar(delete(IvrCase).where(IvrCase.id == case_id).returning(IvrCase.flow))
    if flow is None:
        raise NotFound("case")
    await _told(session, by, "flow_case.remove", flow, {"id": case_id})


async def _told(session: AsyncSession, by: By, action: str, name: str, data: Mapping[str, Any]) -> None:
    kind = "ivr_release" if action in ("flow.publish", "flow.rollback") else "ivr_flow"
    await audit.write(session, by.now, by.user_id, audit.Deed(action, kind, name, data))
