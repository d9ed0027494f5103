"""Byte ranges and names that come from outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import UnsafeArgument
from callcenter.recording.files import RangeNotSatisfiable, byte_range, inside, kept_file, linkedid_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        (None, None),
        ("", None),
        ("bytes=0-", (0, 99)),
        ("bytes=0-0", (0, 0)),
        ("bytes=10-19", (10, 19)),
        ("bytes=10-4000", (10, 99)),
        ("bytes=99-99", (99, 99)),
        ("bytes=-1", (99, 99)),
        ("bytes=-100", (0, 99)),
        ("bytes=-5000", (0, 99)),
        ("bytes=-", None),
        ("bytes=20-10", None),
        ("bytes=0-1,5-9", None),
        ("bytes=0x0-5", None),
        ("bytes=１-5", None),
        ("pages=0-5", None),
        ("bytes=0-5\r\nX: y", None),
        ("bytes=" + "9" * 400 + "-", None),
    ],
)
def test_a_range_header_is_understood_or_ignored(header: str | None, answer: tuple[int, int] | None) -> None:
    assert byte_range(header, 100) == answer


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=999999999999999999-", "bytes=-0"])
def test_bytes_that_the_file_does_not_have_are_refused_with_its_size(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        byte_range(header, 100)
    assert refused.value.size == 100


@given(st.text(max_size=40), st.integers(1, 10**7))
def test_no_header_leads_outside_of_the_file(header: str, size: int) -> None:
    for candidate in (header, f"bytes={header}"):
        try:
            answer = byte_range(candidate, size)
        except RangeNotSatisfiable:
            continue
        assert answer is None or 0 <= answer[0] <= answer[1] < size


@pytest.mark.parametrize(
    "name",
    [
        "../secrets.json",
        "raw/../../x",
        "/etc/passwd",
        "raw//x",
        "raw/",
        "",
        ".",
        "..",
        "raw/.hidden",
        "raw/x\0",
        "raw/x\n",
        "raw\\x",
        "~/x",
        "a/./b",
        "raw/..x",
        "a b",
    ],
)
def test_a_name_that_leaves_the_folder_is_refused(name: str) -> None:
    with pytest.raises(UnsafeArgument):
        inside(Path("/nowhere"), name)


@given(st.text(max_size=60))
def test_whatever_is_accepted_stays_inside(name: str) -> None:
    folder = Path("/nowhere/recordings")
    try:
        path = inside(folder, name)
    except UnsafeArgument:
        return
    assert path.resolve().is_relative_to(folder)
    assert path != folder


def test_a_recording_is_kept_under_the_day_of_its_call() -> None:
    name = kept_file("node1-1795262400.12", "ogg")
    assert name == "2026/11/21/node1-1795262400.12.ogg"
    assert linkedid_of(name) == "node1-1795262400.12"


def test_a_linkedid_without_a_time_has_its_place_too() -> None:
    assert kept_file("imported_7", "wav") == "undated/imported_7.wav"


@pytest.mark.parametrize("linkedid", ["../x", "a/b", "", "..", "a..b"])
def test_a_hostile_linkedid_names_no_file(linkedid: str) -> None:
    with pytest.raises(UnsafeArgument):
        kept_file(linkedid, "ogg")
