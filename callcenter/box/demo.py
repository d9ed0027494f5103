"""The invented hospital of `up --demo`, and the passwords of the people in it.

In: settings and the database's URL. Out: `<home>/demo-credentials.json`, mode 600, and the same as a mapping.
The database gives a password once, when it makes the user; afterwards this file is the only place that knows it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from callcenter.settings import Settings


def load(settings: Settings, url: str) -> dict[str, str]:
    """Idempotent; user name -> password."""
    from crm.demo import load_demo

    path = settings.home / "demo-credentials.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    logins = known | load_demo(url)
    _keep(path, logins)
    return logins


def _keep(path: Path, logins: dict[str, str]) -> None:
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(logins, file, indent=2)
    fresh.replace(path)
