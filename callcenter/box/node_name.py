"""Whether somebody else runs with this machine's node name on the same database.

In: settings with the database's address. Out: a finding. Looks only. Two controllers of one name would have calls of one id and journals of one
numbering; the second one to come keeps its facts to itself (callcenter/crm_gateway/nodes.py), so it had better not start.
"""

from __future__ import annotations

from callcenter.box.findings import Finding, good, refuse_bad, stop
from callcenter.box.postgres import DatabaseFailed
from callcenter.crm_gateway.nodes import who
from callcenter.settings import Settings
from crm import nodes
from crm.database import Database, apart
from crm.errors import DatabaseUnavailable

_MEND = "set CALLCENTER_NODE (or `node` in callcenter.toml) to a name of its own on one of the two machines"


def check(settings: Settings) -> Finding:
    """Asks the database that `settings.database_url` names."""
    try:
        return _judged(settings, apart(_holder(settings)))
    except DatabaseUnavailable as wrong:
        return stop("database", f"DATABASE_URL does not answer: {wrong.__cause__ or wrong}", "start PostgreSQL, or correct DATABASE_URL")


def refuse_taken(settings: Settings) -> None:
    """The same before a start. Raises NotFit for a name in use, DatabaseFailed when nobody answers, which may pass by itself."""
    try:
        other = apart(_holder(settings))
    except DatabaseUnavailable as wrong:
        words = f"the database does not answer: {wrong.__cause__ or wrong}\n  mend: check DATABASE_URL and the log of PostgreSQL"
        raise DatabaseFailed(words) from wrong
    refuse_bad([_judged(settings, other)])


def _judged(settings: Settings, other: str) -> Finding:
    if other and other != who(settings.home):
        return stop("node-name", f"{other} runs as {settings.node} on the same database", _MEND)
    return good("node-name", f"nobody else on this database is {settings.node}")


async def _holder(settings: Settings) -> str:
    database = Database(settings.database_url, timeout_s=settings.timeouts.store_s)
    try:
        return await nodes.holder(database, settings.node)
    finally:
        await database.close()
