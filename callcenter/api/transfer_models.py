"""What is sent and answered about imports, as docs/import.md tells it.

In: nothing. Out: pydantic models. Must not check what needs the database: crm.transfer does. Invariant: whatever a program must read to bring a file,
look what it would do, mend it and take it back stands here with its own shape.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from callcenter.api.calls import Named

Duplicates = Literal["merge", "skip", "create"]


class ImportUpload(BaseModel):
    """What the body is; the file itself is the body."""

    model_config = ConfigDict(extra="forbid")
    resource: str = Field(min_length=1, max_length=60, description="What the rows are, such as `patient`: a name of `GET /api/meta`.")
    name: str = Field(min_length=1, max_length=200, description="What the file is called; how it is read depends on its content.")


class ImportQuery(BaseModel):
    """Empty: everything one may import."""

    model_config = ConfigDict(extra="forbid")
    resource: str = Field(default="", max_length=60)


class BothWords(BaseModel):
    zh: str
    en: str


class ImportFault(BaseModel):
    """Why the job stopped."""

    code: str
    rule: str
    mend: str


class RepeatedRow(BaseModel):
    """Row `row` of the file is the one of row `of` again, by this rule."""

    row: int
    of: int
    rule: str


class ImportCounts(BaseModel):
    """What became of the rows; empty before the first check. Only a check tells `anew`, `repeats` and `repeated`."""

    added: int = Field(default=0, description="Made.")
    merged: int = Field(default=0, description="Found and filled in.")
    same: int = Field(default=0, description="Found, nothing new.")
    skipped: int = Field(default=0, description="Found and left as they are, by choice.")
    refused: int = Field(default=0, description="Kept aside with their reasons: `GET /api/imports/{id}/problems`.")
    rules: dict[str, int] = Field(default={}, description="By rule: rows that were found by it.")
    anew: dict[str, int] = Field(default={}, description="By rule: rows that are made anew although they fit somebody.")
    repeats: int = Field(default=0, description="Rows that repeat an earlier row of the file.")
    repeated: list[RepeatedRow] = Field(default=[], description="The first 200 of these.")


class ImportLine(BaseModel):
    """One import and how far it is."""

    id: int
    resource: str
    file_name: str
    bytes: int
    state: Literal["uploaded", "checking", "checked", "running", "stopped", "done", "undoing", "undone"]
    rows_total: int
    rows_done: int = Field(description="Of the check, the run or the undo that goes on.")
    counts: ImportCounts
    fault: ImportFault | None
    created_at: str | None
    started_at: str | None
    finished_at: str | None
    undone_at: str | None
    created_by: Named | None


class ImportList(BaseModel):
    items: list[ImportLine]


class ImportSheet(BaseModel):
    """One table of the file. `encoding`: of text, empty for a workbook."""

    name: str
    rows: int
    columns: int
    encoding: str
    read_as: Literal["workbook", "text"] = Field(description="What the file was read as, whatever its name says.")
    misnamed: bool = Field(description="The ending of the file's name says something else.")


class ImportRow(BaseModel):
    row: int = Field(description="Its number in the file.")
    cells: list[str]


class ImportRule(BaseModel):
    """By what a row is known, and what is done with it then."""

    name: str
    title: BothWords
    actions: list[Duplicates]
    action: Duplicates


class ImportItem(BaseModel):
    """A value that a column can be given to."""

    name: str
    title: BothWords
    required: bool


class ImportConflict(BaseModel):
    """Why it cannot be undone: `what` is `edited`, or the table whose rows point to it."""

    id: int
    label: str | None
    what: str


class ImportView(ImportLine):
    """With everything that can be chosen."""

    sheets: list[ImportSheet]
    sheet: int
    heading_row: int = Field(description="Counted from 0, of the rows that hold something.")
    headings: list[str]
    rows: list[ImportRow] = Field(description="The first rows below the headings.")
    mapping: dict[str, str] = Field(description="The place of a column in `headings`, from 0, as text -> the name of an item.")
    rules: list[ImportRule]
    prefer: Literal["stored", "file"]
    items: list[ImportItem]
    conflicts: list[ImportConflict]


class ImportChoices(BaseModel):
    """What is to be otherwise; what is left out stays."""

    model_config = ConfigDict(extra="forbid")
    sheet: int | None = Field(default=None, ge=0, le=100)
    heading_row: int | None = Field(default=None, ge=0, le=20, description="Counted from 0, of the rows that hold something.")
    encoding: str | None = Field(default=None, max_length=20, description="Of a CSV file, such as `gb18030`.")
    mapping: dict[str, str] | None = Field(default=None, max_length=2000, description="Place of a column, from 0, as text -> name of an item.")
    rules: dict[str, str] | None = Field(default=None, max_length=20, description="The name of a rule -> `merge`, `skip` or `create`.")
    prefer: Literal["stored", "file"] | None = Field(default=None, description="Whose value stays when both have one.")


class ProblemQuery(BaseModel):
    """`cursor`: the last row seen."""

    model_config = ConfigDict(extra="forbid")
    cursor: int = Field(default=0, ge=0, le=2**31 - 1)
    limit: int = Field(default=50, ge=1, le=500)


class RowFault(BaseModel):
    """One value of a row that breaks a rule; `field` is the name of an item, empty for the whole row."""

    field: str
    code: str
    rule: str
    mend: str
    value: str


class ProblemRow(BaseModel):
    row: int = Field(description="Its number in the file.")
    faults: list[RowFault]
    cells: list[str]


class ProblemList(BaseModel):
    items: list[ProblemRow]
    next: str | None
    total: int
