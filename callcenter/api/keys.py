"""What handlers of the data side reach in the application, as typed keys, and how they ask the database.

In: values put there by the composition root. Out: `stored(request, work)`, `today_of(request)`. Must not be changed while serving.
Invariant: an absent database is 503 with a mend, a missing row 404, a wrong value 422; never 500. Desk's keys: callcenter/api/desk_keys.py.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol, TypeVar

from aiohttp import web

from callcenter.api.logins import LoginSessions
from callcenter.api.problems import FieldError, Problem, not_found
from callcenter.errors import StoreUnavailable
from callcenter.ports import CallerDirectory, Clock, Directory, Hours
from callcenter.settings import Settings
from crm.database import Database, Work
from crm.errors import Conflict, DatabaseUnavailable, Forbidden, InvalidValue, NotFound, StatementRefused
from crm.numbers import NumberPlan

T = TypeVar("T")


class Gateway(Protocol):
    """The engine's ports on the hospital's data."""

    @property
    def callers(self) -> CallerDirectory: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def hours(self) -> Hours: ...


DATABASE: web.AppKey[Database] = web.AppKey("database", Database)
GATEWAY: web.AppKey[Gateway] = web.AppKey("gateway", Gateway)
SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
CLOCK: web.AppKey[Clock] = web.AppKey("clock", Clock)
LOGINS: web.AppKey[LoginSessions] = web.AppKey("logins", LoginSessions)


def database_away() -> Problem:
    """What a request is told while the database is away."""
    return Problem(503, "database unavailable", "The database does not answer. Calls go on; try again in a moment.", headers={"Retry-After": "2"})


def problem_of(wrong: Exception) -> Problem:
    """The answer to an error of the data side."""
    match wrong:
        case NotFound():
            return not_found(str(wrong) or "entry")
        case InvalidValue():
            return Problem(422, "invalid input", "A value breaks a rule.", [FieldError(wrong.field, wrong.rule, wrong.mend)])
        case Forbidden():
            return Problem(403, "forbidden", f"This needs the right {wrong.right}. An administrator can give it to your role.")
        case Conflict():
            return Problem(409, "conflict", str(wrong))
        case StatementRefused():
            return Problem(422, "invalid input", "The database cannot hold one of these values.", [_UNKNOWN])
        case _:
            return database_away()


_UNKNOWN = FieldError("", "fits what the database can hold", "look for numbers that are too large and characters that cannot be seen")
_LARGEST = 2**31 - 1


def too_large(request: web.Request) -> list[FieldError]:
    """The numbers of address and query that no key of the database can hold."""
    given = {**request.match_info, **request.query}
    numbers = {name: value for name, value in given.items() if value.isascii() and value.lstrip("-").isdigit() and len(value) < 40}
    wrong = [name for name, value in numbers.items() if abs(int(value)) > _LARGEST]
    return [FieldError(name, f"is at most {_LARGEST}", "look at the number again") for name in wrong]


async def ask(database: Database, work: Work[T]) -> T:
    """Do `work` in one transaction; errors of the data side become Problems."""
    try:
        return await database.run(work)
    except (NotFound, InvalidValue, Forbidden, Conflict, StatementRefused, DatabaseUnavailable, StoreUnavailable) as wrong:
        raise problem_of(wrong) from wrong


async def stored(request: web.Request, work: Work[T]) -> T:
    """`ask` with the request's database; a value that it cannot hold is named."""
    try:
        return await ask(request.app[DATABASE], work)
    except Problem as refused:
        if isinstance(refused.__cause__, StatementRefused):
            refused.errors = tuple(too_large(request)) or refused.errors
        raise


def today_of(request: web.Request) -> date:
    """The hospital's local date."""
    return request.app[CLOCK].now().astimezone(request.app[SETTINGS].hospital.zone).date()


def plan_of(settings: Settings) -> NumberPlan:
    """The hospital's place in the telephone network."""
    return NumberPlan(settings.hospital.country_calling_code, settings.hospital.area_code)


def id_of(request: web.Request, what: str) -> int:
    """The number in the path; anything else is no such thing."""
    written = request.match_info["id"]
    if not (written.isascii() and written.isdigit() and len(written) <= 18):
        raise not_found(what)
    return int(written)
