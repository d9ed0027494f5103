"""Errors the data side raises. The docstring of each class is the sentence an operator reads."""

from __future__ import annotations


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


class InvalidValue(CrmError):
    """A value breaks a rule. Carries the field, the rule and the mend."""

    def __init__(self, field: str, rule: str, mend: str) -> None:
        super().__init__(f"{field}: {rule}; {mend}")
        self.field, self.rule, self.mend = field, rule, mend
