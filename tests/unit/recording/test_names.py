"""Names that come from outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import UnsafeArgument
from callcenter.recording.files import inside, kept_file, linkedid_of

pytestmark = pytest.mark.unit


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
