"""An ethics officer's pair of keys, made at the machine: `callcenter user key`, and for the invented hospital.

In: the database's address, a user name, a passphrase. Out: a key that new conduct reports are sealed for. Must not keep the passphrase.
Invariant: only a user whose roles give him `conduct_report.read` gets a key. Seal: callcenter/recording/sealed.py.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from callcenter.errors import ConfigError
from callcenter.recording.sealed import PASSPHRASE_MAX, PASSPHRASE_MIN, OfficerKey, new_key
from crm.access import accounts
from crm.database import Database, Session, apart
from crm.telephony import conduct


def make_key(url: str, username: str, passphrase: str) -> None:
    """Blocks. Raises ConfigError with the rule that was broken."""
    if not PASSPHRASE_MIN <= len(passphrase) <= PASSPHRASE_MAX:
        raise ConfigError("passphrase", f"must have {PASSPHRASE_MIN} to {PASSPHRASE_MAX} characters", "choose a longer sentence")
    apart(_store(url, username, new_key(passphrase)))


async def _store(url: str, username: str, key: OfficerKey) -> None:
    async def work(session: Session) -> None:
        known = [one for one in (await accounts.principals(session)).values() if one.username == username]
        if not known or not known[0].may(conduct.READ):
            mend = f"make one with `callcenter user add {username} --role ethics_officer`"
            raise ConfigError(f"user {username}", "is no active ethics officer", mend)
        await conduct.add_key(session, known[0].id, asdict(key), datetime.now(UTC))

    database = Database(url, timeout_s=10.0, pool_size=1)
    try:
        await database.run(work)
    finally:
        await database.close()
