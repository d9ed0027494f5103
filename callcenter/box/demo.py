"""The invented hospital of `up --demo`, the passwords of the people in it, and the passphrase of its ethics officer.

In: settings and the database's URL. Out: `<home>/demo-credentials.json`, mode 600, and the same as a mapping.
The database gives a password once, when it makes the user; afterwards this file is the only place that knows it.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from callcenter.box.officers import make_key
from callcenter.settings import Settings

OFFICER = "ethics01"


def load(settings: Settings, url: str) -> dict[str, str]:
    """Idempotent; user name -> password."""
    from crm.demo import load_demo

    path = settings.home / "demo-credentials.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    made = load_demo(url)
    if OFFICER in made:
        made[f"{OFFICER}-passphrase"] = secrets.token_urlsafe(15)
        make_key(url, OFFICER, made[f"{OFFICER}-passphrase"])
    logins = known | made
    _keep(path, logins)
    return logins


def _keep(path: Path, logins: dict[str, str]) -> None:
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(logins, file, indent=2)
    fresh.replace(path)
