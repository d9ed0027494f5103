"""Errors the data side raises. The docstring of each class is the sentence an operator reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


class CrmError(Exception):
    """Base of every error the data side raises."""


class DatabaseUnavailable(CrmError):
    """The database refused, hung, or is restarting; nothing of this unit of work is stored."""


class StatementRefused(CrmError):
    """The database is there and refused a statement: a value it cannot hold, or a rule of a table."""


class NotFound(CrmError):
    """There is no such row, or it may not be seen."""


class Conflict(CrmError):
    """The database already holds something that excludes this."""


class Taken(Conflict):
    """Another row already has this value. Carries the field."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is taken")
        self.field = field


class InUse(Conflict):
    """The row is still referred to. Carries the table that does."""

    def __init__(self, table: str) -> None:
        super().__init__(f"still in use by {table}")
        self.table = table


class MergeRefused(Conflict):
    """Two files cannot become one, or two again, because of rows of one table. Carries table, rule and mend."""

    def __init__(self, table: str, rule: str, mend: str) -> None:
        super().__init__(f"{table}: {rule}; {mend}")
        self.table, self.rule, self.mend = table, rule, mend


class Stale(Conflict):
    """The row was changed meanwhile. Carries what it is, and what others changed since, by whom and when."""

    def __init__(self, current: Mapping[str, Any], changed: Sequence[str], by: Mapping[str, Any] | None, at: datetime | None) -> None:
        super().__init__("the row was changed meanwhile")
        self.current, self.changed, self.by, self.at = current, tuple(changed), by, at


class WrongState(Conflict):
    """The row is not in a state from which this move leads. Carries the row."""

    def __init__(self, current: Mapping[str, Any], move: str) -> None:
        super().__init__(f"{move} is not possible in this state")
        self.current, self.move = current, move


class Forbidden(CrmError):
    """Who asks lacks a right. Carries it."""

    def __init__(self, right: str) -> None:
        super().__init__(right)
        self.right = right


class InvalidValue(CrmError):
    """A value breaks a rule. Carries the field, the rule and the mend."""

    def __init__(self, field: str, rule: str, mend: str) -> None:
        super().__init__(f"{field}: {rule}; {mend}")
        self.field, self.rule, self.mend = field, rule, mend


class InvalidValues(CrmError):
    """Several values break rules. Carries one InvalidValue for each."""

    def __init__(self, faults: Sequence[InvalidValue]) -> None:
        super().__init__("; ".join(str(one) for one in faults))
        self.faults = tuple(faults)
