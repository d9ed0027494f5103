"""Where recordings are, and nothing outside of there.

In: names from the store, from events or from a browser. Out: paths inside the recordings folder.
`raw/<uniqueid>-rx.wav` and `-tx.wav` come from Asterisk, `YYYY/MM/DD/<linkedid>.<kind>` is what we keep.
Invariant: no path leaves the folder, by `..`, by an absolute name or through a link; what cannot be resolved is refused, not cleaned.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from callcenter.errors import UnsafeArgument

_NAME = re.compile(r"[A-Za-z0-9_+][A-Za-z0-9_.+-]{0,120}")
_EPOCH = re.compile(r"(?:^|-)([0-9]{9,11})\.[0-9]+$")


@dataclass(frozen=True, slots=True)
class RawPair:
    """The two directions as Asterisk wrote them: `patient` is what the patient says, `ours` is what he hears."""

    patient: Path
    ours: Path


def inside(folder: Path, relative: str) -> Path:
    """`relative` below `folder`. Raises UnsafeArgument for anything else."""
    parts = relative.split("/")
    if not all(_NAME.fullmatch(part) for part in parts) or ".." in relative:
        raise UnsafeArgument("the name of a recording holds characters that are not allowed")
    path = folder.joinpath(*parts)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise UnsafeArgument("a link in the recordings folder leads out of it")
    return path


def raw_pair(folder: Path, raw_file: str) -> RawPair:
    """The files of `RecordingStarted.file`. Raises UnsafeArgument."""
    base = inside(folder, raw_file)
    return RawPair(base.with_name(f"{base.name}-rx.wav"), base.with_name(f"{base.name}-tx.wav"))


def kept_file(linkedid: str, kind: str) -> str:
    """Relative name of what we keep. The day (UTC) comes out of the linkedid, so that the same call always has the same name."""
    if not _NAME.fullmatch(linkedid) or ".." in linkedid:
        raise UnsafeArgument("a linkedid holds characters that are not allowed")
    found = _EPOCH.search(linkedid)
    day = datetime.fromtimestamp(int(found[1]), UTC).strftime("%Y/%m/%d") if found else "undated"
    return f"{day}/{linkedid}.{kind}"


def linkedid_of(kept: str) -> str:
    """The call that a kept file belongs to."""
    return Path(kept).name.rsplit(".", 1)[0]


def sync(path: Path) -> None:
    """On disk when this returns: a file's bytes, or a folder's entries."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish(unfinished: Path, target: Path) -> None:
    """Give a complete file its name, durably: after a power cut it is there whole or not at all."""
    sync(unfinished)
    unfinished.replace(target)
    sync(target.parent)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove(path: Path) -> bool:
    """Durably; True when it was there."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    sync(path.parent)
    return True
