"""The journal's line: exact, and no damage passes for a record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.journal_files import decode, encode

pytestmark = pytest.mark.unit

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.integers(1, 2**40), st.dictionaries(st.text(), json_values, max_size=4))
def test_a_line_gives_back_what_was_written(number: int, data: dict[str, object]) -> None:
    record = {"kind": "x", "data": data}
    assert decode(encode(number, record)) == {"number": number, **record}


@given(st.data())
def test_a_line_cut_anywhere_is_no_record(data: st.DataObject) -> None:
    line = encode(7, {"kind": "call_ended", "linkedid": "node1-1.1", "data": {"cause": 16}})
    assert decode(line[: data.draw(st.integers(0, len(line) - 1))]) is None


@given(st.data())
def test_a_flipped_bit_is_no_record(data: st.DataObject) -> None:
    line = bytearray(encode(7, {"kind": "call_ended", "linkedid": "node1-1.1", "data": {"cause": 16}}))
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= 1 << data.draw(st.integers(0, 7))
    assert decode(bytes(line)) is None
