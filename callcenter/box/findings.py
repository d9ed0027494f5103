"""What a check found: which part, what is so, and the way out.

In: made by checks, audit and doctor. Out: lines for people, and whether the product may start.
A finding that stops the start can be let pass by name only: `CALLCENTER_ALLOW=<id>,<id>`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from rich.console import Console
from rich.markup import escape

from callcenter.errors import CallCenterError


class Level(StrEnum):
    """How bad it is."""

    GOOD = "good"
    NOTE = "note"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result. `id` is stable; `mend` is empty when nothing is to be done."""

    id: str
    level: Level
    says: str
    mend: str = ""


class NotFit(CallCenterError):
    """This machine or its configuration cannot carry the product; each reason names its mend."""


def good(name: str, says: str) -> Finding:
    return Finding(name, Level.GOOD, says)


def note(name: str, says: str, mend: str = "") -> Finding:
    return Finding(name, Level.NOTE, says, mend)


def stop(name: str, says: str, mend: str) -> Finding:
    return Finding(name, Level.STOP, says, mend)


def allowed(findings: Iterable[Finding], environment: Mapping[str, str] = os.environ) -> list[Finding]:
    """The same findings, those let pass by name as notes."""
    names = {name.strip() for name in environment.get("CALLCENTER_ALLOW", "").split(",")}
    return [replace(one, level=Level.NOTE, says=f"{one.says} (let pass by CALLCENTER_ALLOW)") if one.id in names else one for one in findings]


def refuse_bad(findings: Iterable[Finding]) -> None:
    """Raises NotFit when one stops the start."""
    bad = [one for one in allowed(findings) if one.level is Level.STOP]
    if bad:
        raise NotFit("\n".join(f"{one.id}: {one.says}\n  mend: {one.mend}" for one in bad))


_MARKS = {Level.GOOD: "[green]✓[/]", Level.NOTE: "[yellow]![/]", Level.STOP: "[red]✗[/]"}


def show(console: Console, findings: Iterable[Finding]) -> None:
    """One line each, with its mend below."""
    for one in findings:
        console.print(f"{_MARKS[one.level]} [bold]{one.id}[/] {escape(one.says)}", highlight=False, soft_wrap=True)
        if one.mend:
            console.print(f"    mend: {escape(one.mend)}", highlight=False, soft_wrap=True)
