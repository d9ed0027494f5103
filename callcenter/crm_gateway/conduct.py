"""Conduct reports for the telephone side: digests in, plain values out.

In: digests of references and codes, numbers only to be forgotten. Out: officers' public keys, what a reporter may hear. Must not see a code.
Invariant: StoreUnavailable, and nothing else of the database, comes out. Rules: crm/telephony/conduct.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from callcenter.crm_gateway.callers import plan_of
from callcenter.crm_gateway.store import Store
from callcenter.hotline.conduct import SealedReport
from callcenter.settings import Hospital
from crm.database import Session
from crm.numbers import normalise
from crm.telephony import conduct


class CrmConduct:
    """The tables of conduct reports."""

    def __init__(self, store: Store, hospital: Hospital) -> None:
        self._store, self._plan = store, plan_of(hospital)

    async def officers(self) -> Mapping[str, bytes]:
        """Public keys that a report is sealed for, by the name of the key."""
        return await self._store.ask_for_caller(conduct.public_keys)

    async def is_free(self, code_hash: bytes, ref: bytes) -> bool:
        """No other report has this code."""
        return not await self._store.ask_for_caller(lambda session: conduct.code_taken(session, code_hash, ref))

    async def add(self, report: SealedReport) -> None:
        """Store it once."""
        await self._store.ask_for_caller(lambda session: conduct.add(session, conduct.NewReport(**asdict(report))))

    async def ordinary(self, message_ids: Sequence[str]) -> frozenset[str]:
        """Those of these messages that are kept in the open, for everybody who handles messages."""
        return await self._store.ask(lambda session: conduct.ordinary(session, message_ids))

    async def ask(self, code_hash: bytes, now: datetime) -> tuple[str, Mapping[str, str]]:
        """found | not_found | locked, and for `found` `{"state", "answer"}`."""

        async def work(session: Session) -> tuple[str, Mapping[str, str]]:
            if await conduct.is_locked(session, now):
                return "locked", {}
            told = await conduct.ask(session, code_hash, now)
            return ("found", told) if told else ("not_found", {})

        return await self._store.ask_for_caller(work)

    async def forget_language(self, number: str, since: datetime) -> None:
        """What this call remembered of `number`."""
        known = normalise(number, self._plan)
        if known:
            await self._store.ask_for_caller(lambda session: conduct.forget_language(session, known, since))
