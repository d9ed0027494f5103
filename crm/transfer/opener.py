"""Opens an uploaded file in a process of its own and writes each sheet as plain UTF-8 CSV: `python -m crm.transfer.opener <file> <folder> <limits>`.

In: any file. Out: `sheets.json` and `sheet-<n>.csv` (first column: the row's number in the file), or `fault.json` with code, rule and mend.
Must not be imported by a process that has other work: it takes limits of memory and processor time for itself. Invariant: a hostile file can at
most kill this process. Workbooks: python-calamine. Encodings: UTF-8, UTF-16 with mark, GB 18030, else the guess of charset-normalizer.
"""

from __future__ import annotations

import codecs
import csv
import errno
import json
import mmap
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import python_calamine
from charset_normalizer import from_bytes

from crm.transfer.limits import Limits

ENCODINGS = ("utf-8", "gb18030", "utf-16", "big5", "shift_jis", "latin-1")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WORKBOOK_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# What people save under .xls or .csv and is neither: (begins with, what it is, way out).
_OTHERS = (
    (b"%pdf", "a PDF document", "bring the table it was made from, as .xlsx or CSV"),
    (b"{\\rtf", "a text document", "copy its table into Excel and save it as .xlsx"),
    (b"<!doctype", "a web page", "open it in Excel and save it as .xlsx"),
    (b"<html", "a web page", "open it in Excel and save it as .xlsx"),
    (b"<table", "a web page", "open it in Excel and save it as .xlsx"),
    (b"<?xml", "an XML file", "open it in Excel and save it as .xlsx"),
)
_LOCKED = "EncryptedPackage".encode("utf-16-le")
# Ends of this process besides 0: the fault is told in fault.json; there is no room to tell anything.
TOLD, FULL = 3, 4
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_BLOCK = 1 << 20
_CELL = 200_000
_END = "\x1eend of file\x1e"


class Fault(Exception):
    """The file cannot be read. Carries code, rule and mend."""

    def __init__(self, code: str, rule: str, mend: str) -> None:
        super().__init__(rule)
        self.code, self.rule, self.mend = code, rule, mend


def open_file(path: Path, folder: Path, limits: Limits, encoding: str = "") -> list[dict[str, Any]]:
    """Write every sheet; what was found of each. Raises Fault."""
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        raise Fault("empty", "the file has a heading row and rows", "this file is empty; save it again")
    if start.startswith(_WORKBOOK_MARKS):
        return _workbook(path, folder, limits)
    words = start.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for mark, what, mend in _OTHERS:
        if words.startswith(mark):
            raise Fault("other_kind", f"is a table in a workbook or CSV file; this is {what}", mend)
    found = _text(path, folder, limits, encoding)
    if not found["rows"]:
        raise Fault("empty", "the file has a heading row and rows", "this file holds nothing but blanks; save it again")
    return [found]


# -- workbooks ----------------------------------------------------------------------------------------------------------


def _workbook(path: Path, folder: Path, limits: Limits) -> list[dict[str, Any]]:
    book_path = folder / f"book{_ending(path, limits)}"
    book_path.unlink(missing_ok=True)
    book_path.symlink_to(path.resolve())
    try:
        book = python_calamine.load_workbook(book_path)
        names = book.sheet_names[: limits.sheets]
        found = [_sheet(book, name, folder / f"sheet-{place}.csv", limits) for place, name in enumerate(names)]
    except python_calamine.PasswordError:
        raise _locked() from None
    except (python_calamine.CalamineError, OSError, ValueError) as broken:
        if isinstance(broken, OSError) and broken.errno in (*NO_ROOM, errno.EFBIG):
            raise
        raise Fault("broken_workbook", "the workbook can be opened", f"open it in Excel and save it again as .xlsx ({str(broken)[:120]})") from broken
    if not any(one["rows"] for one in found):
        raise Fault("empty", "the file has a heading row and rows", "no sheet of this workbook holds anything")
    return found


def _locked() -> Fault:
    return Fault("password", "the workbook has no password", "remove the password in Excel and save it again")


def _ending(path: Path, limits: Limits) -> str:
    """By which the reader tells its format: by the ending alone it can say what is wrong with a file."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if content.find(_LOCKED) >= 0:
                raise _locked()
        return ".xls"
    names = _bounded(path, limits)
    for name, ending in (("xl/workbook.bin", ".xlsb"), ("xl/workbook.xml", ".xlsx"), ("content.xml", ".ods")):
        if name in names:
            return ending
    if any(one.startswith("xl/") for one in names):
        return ".xlsx"
    raise Fault("other_kind", "is a workbook; this is an archive of other files", "unpack it and bring the table that lies in it")


def _bounded(path: Path, limits: Limits) -> set[str]:
    """The names of the archive's parts. Sizes are those that it states; a lie ends at the limit of memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError) as broken:
        raise Fault("broken_workbook", "the workbook can be opened", "open it in Excel and save it again as .xlsx") from broken
    if len(parts) > 10_000 or sum(one.file_size for one in parts) > limits.unpacked_bytes:
        raise Fault(
            "too_large_unpacked", f"unpacks to at most {limits.unpacked_bytes // 1_000_000} MB", "split it into several files, or save it as CSV"
        )
    if any(one.file_size > 20_000_000 and one.file_size > 400 * max(one.compress_size, 1) for one in parts):
        raise Fault(
            "too_large_unpacked", "is a usual workbook; this one is packed like a bomb", "save it as CSV, or copy the rows into a new workbook"
        )
    return {one.filename for one in parts}


def _sheet(book: python_calamine.CalamineWorkbook, name: str, target: Path, limits: Limits) -> dict[str, Any]:
    sheet = book.get_sheet_by_name(name)
    _check_size(sheet.width, sheet.height, limits)
    if sheet.start is None:
        target.touch()
        return {"name": name, "file": target.name, "rows": 0, "columns": 0, "encoding": ""}
    cells = ([_cell(one) for one in row] for row in sheet.iter_rows())
    return _written(name, target, cells, "", limits)


def _cell(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "1" if value else "0"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else (f"{value:.17E}" if abs(value) >= 1e15 else repr(value))
        case datetime():
            return value.isoformat(" ") if value.time() != time() else value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


# -- text -----------------------------------------------------------------------------------------------------------------


def _text(path: Path, folder: Path, limits: Limits, encoding: str) -> dict[str, Any]:
    chosen = encoding or _encoding(path)
    csv.field_size_limit(_CELL)
    delimiter = _delimiter(path, chosen)
    try:
        with path.open(encoding=chosen, newline="") as file:
            rows = _rows(csv.reader(_lines(file), delimiter=delimiter, strict=False))
            return _written(path.stem, folder / "sheet-0.csv", (_without_guard(row) for row in rows), chosen, limits)
    except UnicodeError as wrong:
        raise Fault("encoding", f"is written in {chosen}", "choose another encoding, or save it as CSV UTF-8") from wrong
    except csv.Error as wrong:
        raise Fault("broken_csv", "is a table of cells between separators", f"a quotation mark is probably missing ({str(wrong)[:80]})") from wrong


def _lines(file: Iterable[str]) -> Iterator[str]:
    """Binary rubbish ends here; what the csv module cannot carry becomes visible."""
    for line in file:
        if "\0" in line:
            raise Fault("binary", "is text", "this is no CSV file; save the table as .xlsx or as CSV UTF-8")
        yield line
    yield f"{_END}\r\n"


def _rows(read: Iterable[list[str]]) -> Iterator[list[str]]:
    """Without the mark that `_lines` puts behind the last one. A mark that is part of a cell: a quotation mark was opened and never closed."""
    for number, row in enumerate(read, 1):
        if row == [_END]:
            return
        if any(_END in cell for cell in row):
            rule, mend = "has a closing quotation mark for each opening one", f"the one opened in row {number} is never closed; close or remove it"
            raise Fault("broken_csv", rule, mend)
        yield row


def _without_guard(row: list[str]) -> list[str]:
    """An apostrophe that guards against formulas, as our exports write it, is no part of the value."""
    return [one[1:] if one[:1] == "'" and one[1:2] in ("=", "+", "-", "@") else one for one in row] if any(one[:1] == "'" for one in row) else row


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    for name in ("utf-8", "gb18030"):
        if _fits(path, name):
            return name
    with path.open("rb") as file:
        best = from_bytes(file.read(200_000)).best()
    if best is None:
        raise Fault("encoding", "is text in a known encoding", "save it as CSV UTF-8")
    return best.encoding


def _fits(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _delimiter(path: Path, encoding: str) -> str:
    """The separator that cuts the first lines into the same, largest number of cells."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        head = file.read(50_000).splitlines()[:20]

    def score(one: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(head, delimiter=one) if any(row)]
        return (sum(width == widths[0] for width in widths) if widths and widths[0] > 1 else 0, widths[0] if widths else 0)

    try:
        return max(",\t;|", key=score)
    except csv.Error:
        return ","


# -- what is written --------------------------------------------------------------------------------------------------------


def _check_size(columns: int, rows: int, limits: Limits) -> None:
    if columns > limits.columns:
        raise Fault("too_many_columns", f"has at most {limits.columns} columns, this has {columns}", "keep the columns that are to be imported")
    if rows > limits.rows + 20:
        raise Fault("too_many_rows", f"has at most {limits.rows} rows", "split it into several files")


def _written(name: str, target: Path, rows: Iterable[list[str]], encoding: str, limits: Limits) -> dict[str, Any]:
    """Empty rows are left out; the numbers stay those of the file."""
    count = columns = 0
    with target.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        write = csv.writer(file).writerow
        for number, row in enumerate(rows, 1):
            if not any(row):
                continue
            while not row[-1].strip():
                row.pop()
                if not row:
                    break
            if len(row) > columns:
                columns = len(row)
                _check_size(columns, 0, limits)
            if row:
                count += 1
                write([number, *row])
            if count > limits.rows + 20:
                _check_size(0, count, limits)
    return {"name": name, "file": target.name, "rows": count, "columns": columns, "encoding": encoding}


def _take_limits(limits: Limits) -> None:
    seconds = int(limits.read_s) + 1
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.unpacked_bytes, limits.unpacked_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(path: str, folder: str, limits: str, encoding: str = "") -> int:
    bounds = Limits(**json.loads(limits))
    _take_limits(bounds)
    try:
        return _told(Path(path), Path(folder), bounds, encoding)
    except OSError as wrong:
        if wrong.errno in NO_ROOM:
            return FULL
        raise


def _told(path: Path, folder: Path, limits: Limits, encoding: str) -> int:
    """Open it and write down what came of it."""
    try:
        (folder / "sheets.json").write_text(json.dumps(open_file(path, folder, limits, encoding)))
        return 0
    except Fault as wrong:
        fault = wrong
    except MemoryError:
        fault = Fault("too_large_unpacked", "can be read in the memory there is", "split it into several files")
    except OSError as wrong:
        if wrong.errno != errno.EFBIG:
            raise
        fault = Fault("too_large_unpacked", f"unpacks to at most {limits.unpacked_bytes // 1_000_000} MB", "split it into several files")
    (folder / "fault.json").write_text(json.dumps({"code": fault.code, "rule": fault.rule, "mend": fault.mend}))
    return TOLD


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
