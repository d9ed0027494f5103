"""`callcenter user`: people who sign in, from the machine's own command line.

In: settings with the database's URL. Out: changed users, a table to look at. Rights and rules of passwords are those of crm.access.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from callcenter.errors import ConfigError
from callcenter.settings import Settings
from crm.access import at_machine
from crm.errors import CrmError


def table(settings: Settings) -> Table:
    """Everybody who may sign in."""
    shown = Table("username", "name", "roles", "active")
    for one in at_machine.list_users(settings.database_url):
        shown.add_row(one.username, one.name, " ".join(one.roles), "yes" if one.active else "no")
    return shown


def add(settings: Settings, username: str, name: str, roles: Sequence[str], password: str) -> None:
    """Raises ConfigError with the rule that was broken."""
    try:
        at_machine.add_user(settings.database_url, username, name, roles, password)
    except CrmError as wrong:
        raise ConfigError(f"user {username}", str(wrong), "correct it and try again") from wrong


def reset_second_factor(settings: Settings, username: str) -> bool:
    """Whether there was one. Raises ConfigError for an unknown user."""
    try:
        return at_machine.reset_second_factor(settings.database_url, username)
    except CrmError as wrong:
        raise ConfigError(f"user {username}", str(wrong), "see `callcenter user list`") from wrong


def set_password(settings: Settings, username: str, password: str) -> None:
    """Raises ConfigError with the rule that was broken."""
    try:
        at_machine.set_password(settings.database_url, username, password)
    except CrmError as wrong:
        raise ConfigError(f"user {username}", str(wrong), "correct it and try again") from wrong
