"""Brings one batch into the database, in one transaction, whatever it holds.

In: a `Staging` (or its `Rehearsal`), a `Batch`, the actions people chose. Out: `Tally`: what was done with each row. Must not commit.
Invariant: a row that the database refuses is found by halving and kept aside; the others are written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError

from crm.database import is_outage
from crm.transfer.staging import Repeat, Staging
from crm.transfer.targets import Rule
from crm.transfer.validation import Batch, Fault, Refused
from crm.transfer.writing import Writer

WAVES = 20
SHOWN_REPEATS = 200
_REASONS = {
    "several": Fault("", "several", "fits one person; this fits several", "merge these files first, or give the identity number"),
    "differs": Fault("", "differs", "fits a file with another identity number", "compare both; one of the numbers is wrong"),
    "removed": Fault("", "removed", "fits a file that is there; this file was removed", "restore the file first"),
    "repeats": Fault("", "repeats", "stands in the file a few times at most", "import the rows that were kept aside once more"),
}


@dataclass(slots=True)
class Tally:
    """What became of the rows. Only a rehearsal tells `anew` (by rule: made though they fit somebody) and `repeats`; the first are in `repeated`."""

    added: int = 0
    merged: int = 0
    same: int = 0
    skipped: int = 0
    rules: dict[str, int] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    anew: dict[str, int] = field(default_factory=dict)
    repeats: int = 0
    repeated: list[Repeat] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.added, self.merged = self.added + other.added, self.merged + other.merged
        self.same, self.skipped = self.same + other.same, self.skipped + other.skipped
        for mine, theirs in ((self.rules, other.rules), (self.anew, other.anew)):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        self.refused += other.refused
        self.tell(other.repeats, other.repeated)

    def tell(self, repeats: int, first: Sequence[Repeat]) -> None:
        self.repeats += repeats
        self.repeated += first[: SHOWN_REPEATS - len(self.repeated)]


@dataclass(frozen=True, slots=True)
class Choice:
    """What people chose for one import."""

    import_id: int
    by: int | None
    actions: Mapping[str, str]
    prefer: str

    def active(self, rules: Sequence[Rule]) -> list[Rule]:
        """Rules whose duplicates are not made anew."""
        return [one for one in rules if one.unique or self.actions.get(one.name, one.default) != "create"]

    def decided(self, rules: Sequence[Rule]) -> dict[str, str]:
        chosen = {one.name: self.actions.get(one.name, one.default) for one in rules}
        return {one.name: chosen[one.name] if chosen[one.name] in ("merge", "skip") else one.default for one in rules}


async def write(staging: Staging, batch: Batch, choice: Choice) -> Tally:
    """Write a batch that was read well into tables made by `staging.create`; its refused rows are left to the caller."""
    return await _halving(staging, batch, batch.rows, choice)


async def _halving(staging: Staging, batch: Batch, rows: Sequence[tuple[Any, ...]], choice: Choice) -> Tally:
    if not rows:
        return Tally()
    try:
        async with staging.session.begin_nested():
            return await _waves(staging, batch, rows, choice)
    except (DBAPIError, asyncpg.PostgresError) as wrong:
        if is_outage(wrong):
            raise
        if len(rows) == 1:
            return Tally(refused=[_refused(batch, rows[0][0], _database_fault(wrong))])
    middle = len(rows) // 2
    tally = await _halving(staging, batch, rows[:middle], choice)
    tally.add(await _halving(staging, batch, rows[middle:], choice))
    return tally


async def _waves(staging: Staging, batch: Batch, rows: Sequence[tuple[Any, ...]], choice: Choice) -> Tally:
    """Rows that repeat an earlier row come after it, so that they find it in the database."""
    tally = Tally()
    pending = rows
    for wave in range(WAVES):
        await staging.empty()
        numbers = {row[0] for row in pending}
        children = {table: [one for one in records if one[0] in numbers] for table, records in batch.children.items()}
        await staging.fill(pending, children)
        if wave == 0:
            await staging.analyse()
            await staging.recall()
        again = await _wave(staging, batch, choice, tally)
        if not again:
            return tally
        pending = [row for row in pending if row[0] in again]
        if wave == 0:
            await staging.analyse_met(tally.added)
    tally.refused += [_refused(batch, row[0], _REASONS["repeats"]) for row in pending]
    return tally


async def _wave(staging: Staging, batch: Batch, choice: Choice, tally: Tally) -> set[int]:
    usable = staging.usable(staging.target.rules)
    rules = choice.active(usable)
    known = 0
    for rule in rules:
        known += await staging.match(rule, known)
    again = await staging.repeated(rules)
    await staging.leave_out(again)
    seen = Tally(anew=await staging.fits_left([one for one in usable if one not in rules]))
    writer = Writer(staging, choice.import_id, choice.by, choice.prefer)
    await writer.decide(choice.decided(rules))
    repeats = await staging.repeats()
    seen.tell(len(repeats), repeats)
    tally.add(seen)
    decided = await _decided(staging, tally)
    tally.skipped += decided["skip"]
    if decided.keys() & _REASONS.keys():
        await _refuse(staging, batch, tally)
    if decided["add"]:
        tally.added += await writer.add()
    if decided["merge"]:
        merged = await writer.merge()
        tally.merged, tally.same = tally.merged + merged, tally.same + decided["merge"] - merged
    await staging.settled()
    return set(again)


async def _decided(staging: Staging, tally: Tally) -> Counter[str]:
    """How many rows have each action."""
    decided = Counter[str]()
    for action, rule, count in await staging.run("SELECT action, rule, count(*) FROM staged GROUP BY action, rule"):
        decided[action] += count
        if rule is not None:
            tally.rules[rule] = tally.rules.get(rule, 0) + count
    return decided


async def _refuse(staging: Staging, batch: Batch, tally: Tally) -> None:
    for number, action in await staging.run("SELECT row_no, action FROM staged WHERE action IN ('several', 'removed', 'differs') ORDER BY row_no"):
        tally.refused.append(_refused(batch, number, _REASONS[action]))


def _refused(batch: Batch, number: int, fault: Fault) -> Refused:
    return Refused(number, (fault,), batch.cells.get(number, ()))


def _database_fault(wrong: BaseException) -> Fault:
    given = getattr(wrong, "orig", None) or wrong
    cause = given.__cause__ if isinstance(given.__cause__, asyncpg.PostgresError) else given
    constraint = getattr(cause, "constraint_name", None) or ""
    name = constraint.split("_", 1)[-1] if constraint else type(cause).__name__
    return Fault("", "database", f"fits the rules of the database ({name})", "correct the row and import it again")
