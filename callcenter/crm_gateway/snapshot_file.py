"""The last known directory in a file, for a process that starts while the database is away.

In: `Administered` after each change. Out: the same at the next start, None when there is none or it is damaged. Must not hold people's data but
agents' names. Invariant: the file is whole or absent (written aside, then renamed), mode 600.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import date, time
from pathlib import Path
from typing import Any

from callcenter import log
from crm.telephony.administered import Administered, Agent, OpeningHours

_log = log.get("directory")


def write(path: Path, known: Administered) -> None:
    """Errors of the disk are logged: the snapshot is a help, no truth."""
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(_as_json(known), file, ensure_ascii=False)
        fresh.replace(path)
    except OSError as full:
        _log.warning("snapshot of the directory not written", error=str(full))


def read(path: Path) -> Administered | None:
    """What `write` wrote last."""
    try:
        return _from_json(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as damaged:
        _log.warning("snapshot of the directory is damaged and not used", error=type(damaged).__name__)
        return None


def _as_json(known: Administered) -> dict[str, Any]:
    calendars = {
        name: {
            "weekly": {str(day): [[opens.isoformat(), closes.isoformat()] for opens, closes in periods] for day, periods in one.weekly.items()},
            "special": {day.isoformat(): like for day, like in one.special.items()},
            "emergency": one.emergency,
            "night": one.night,
        }
        for name, one in known.calendars.items()
    }
    return {
        "queues": list(known.queues), "agents": [asdict(one) for one in known.agents], "calendars": calendars,
        "dispositions": list(known.dispositions), "pause_reasons": list(known.pause_reasons),
    }  # fmt: skip


def _from_json(value: dict[str, Any]) -> Administered:
    calendars = {
        name: OpeningHours(
            {int(day): tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in periods) for day, periods in one["weekly"].items()},
            {date.fromisoformat(day): like for day, like in one["special"].items()},
            one["emergency"],
            one.get("night", False),
        )
        for name, one in value["calendars"].items()
    }
    agents = tuple(Agent(**one) for one in value["agents"])
    return Administered(tuple(value["queues"]), agents, calendars, tuple(value["dispositions"]), tuple(value["pause_reasons"]))
