"""Moments of the invented hospital's days, in its own zone.

In: the moment of loading. Out: moments in UTC. Must not depend on the hour of loading: what happened in the clinic happened in clinic hours.
Invariant: what is past lies before the moment of loading, what is to come after it.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
_SUNDAY = 6


def at(now: datetime, days: int, hour: int, minute: int = 0) -> datetime:
    """This hour of the day so many days ahead, or ago when `days` is below 0."""
    day = now.astimezone(ZONE).date() + timedelta(days=days)
    return datetime.combine(day, time(hour, minute), ZONE).astimezone(UTC)


def ago(now: datetime, days: int, hour: int, minute: int = 0, *, sundays: bool = True) -> datetime:
    """This hour `days` days ago, an earlier day when it is not over yet; without `sundays` the day before one."""
    moment = at(now, -days, hour, minute)
    while moment >= now or (not sundays and moment.astimezone(ZONE).weekday() == _SUNDAY):
        moment -= timedelta(days=1)
    return moment


def ahead(now: datetime, days: int, hour: int, minute: int = 0) -> datetime:
    """This hour in `days` days, the day after when it is over."""
    moment = at(now, days, hour, minute)
    return moment if moment > now else moment + timedelta(days=1)
