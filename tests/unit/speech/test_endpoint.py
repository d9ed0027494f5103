"""Where somebody speaks in a stream of telephone sound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.speech.endpoint import Began, Endpointer, Utterance
from callcenter.speech.shape import to_alaw

pytestmark = pytest.mark.unit
RATE = 8000


def voice(seconds: float, level: float = 0.1) -> bytes:
    return to_alaw((level * np.sin(np.arange(int(seconds * RATE)) * 0.4)).astype(np.float32))


def noise(seconds: float, level: float) -> bytes:
    return to_alaw((level * np.random.default_rng(7).standard_normal(int(seconds * RATE))).astype(np.float32))


def silence(seconds: float) -> bytes:
    return b"\xd5" * int(seconds * RATE)


def test_an_answer_begins_and_ends_once() -> None:
    found = Endpointer().feed(silence(1) + voice(0.8) + silence(1.5))
    assert [type(one) for one in found] == [Began, Utterance]
    assert isinstance(found[1], Utterance) and 0.7 <= found[1].speech_s <= 1.0
    assert 1.2 <= len(found[1].sound) / RATE <= 2.3


@given(st.integers(1, 1000))
def test_however_the_stream_is_cut_the_same_is_heard(size: int) -> None:
    stream, ears, found = silence(0.5) + voice(0.5) + silence(1.0), Endpointer(), []
    for start in range(0, len(stream), size):
        found += ears.feed(stream[start : start + size])
    assert [type(one) for one in found] == [Began, Utterance]


def test_a_pause_between_words_is_not_the_end() -> None:
    found = Endpointer(end_s=0.7).feed(silence(0.5) + voice(0.4) + silence(0.5) + voice(0.4) + silence(1.0))
    assert [type(one) for one in found] == [Began, Utterance]


@pytest.mark.parametrize("sound", [silence(3), voice(0.1), noise(3, 0.004), voice(3, 0.001)])
def test_clicks_noise_and_whispers_of_the_line_are_no_speech(sound: bytes) -> None:
    assert Endpointer().feed(silence(1) + sound + silence(2)) == []


def test_speech_over_a_noisy_line_is_found_and_ends() -> None:
    found = Endpointer().feed(noise(2, 0.004) + voice(0.8, 0.15) + noise(2, 0.004))
    assert [type(one) for one in found] == [Began, Utterance]


def test_somebody_who_never_stops_is_cut_off() -> None:
    found = Endpointer(longest_s=2).feed(silence(0.5) + voice(6))
    assert [type(one) for one in found][:3] == [Began, Utterance, Began]


def test_a_telephone_that_sends_nothing_while_nobody_speaks_is_silent() -> None:
    ears = Endpointer()
    assert [type(one) for one in ears.feed(silence(0.5) + voice(0.6))] == [Began]
    assert [type(one) for one in ears.nothing(1.0)] == [Utterance]
