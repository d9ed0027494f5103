"""Where files lie and what jobs need to work: database, folder, limits, clock.

In: values from the composition root. Out: `Place`, and the rows of an opened sheet. Must not know HTTP. Invariant: a path is made of names this
package generated, never of a name that came from outside.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from crm.database import Database
from crm.numbers import HOME, NumberPlan
from crm.transfer.limits import Limits

CHANGED = "transfer_changed"
IMPORT_JOB, EXPORT_JOB = "transfer_import", "transfer_export"
Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Place:
    """Everything imports and exports work with. `now` is aware; `zone` is the hospital's."""

    database: Database
    folder: Path
    now: Callable[[], datetime]
    zone: ZoneInfo
    plan: NumberPlan = HOME
    limits: Limits = field(default_factory=Limits)

    def today(self) -> date:
        return self.now().astimezone(self.zone).date()

    def import_folder(self, folder: str) -> Path:
        return self.folder / "imports" / folder

    def export_file(self, file: str) -> Path:
        return self.folder / "exports" / file

    def forget_import(self, folder: str) -> None:
        shutil.rmtree(self.import_folder(folder), ignore_errors=True)

    def forget_reading(self, folder: str, sheets: Iterable[Mapping[str, Any]]) -> None:
        """What one reading of an upload wrote."""
        for sheet in sheets:
            shutil.rmtree((self.import_folder(folder) / sheet["file"]).parent, ignore_errors=True)


def rows_of(path: Path, start: int = 0) -> Iterator[Row]:
    """(number in the file, cells) of an opened sheet, from the `start`th row that holds something."""
    csv.field_size_limit(1_000_000)
    with path.open(encoding="utf-8", errors="surrogatepass", newline="") as file:
        for row in islice(csv.reader(file), start, None):
            yield int(row[0]), row[1:]


def head_of(path: Path, rows: int = 20) -> list[Row]:
    return list(islice(rows_of(path), rows))
