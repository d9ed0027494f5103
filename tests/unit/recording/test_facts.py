"""What is said about a recording, from samples alone."""

from __future__ import annotations

import numpy as np
import pytest

from callcenter.recording.audio import MAX_PEAKS, Direction, peaks_of, stereo_chunks
from callcenter.recording.controller import problem_of

pytestmark = pytest.mark.unit


def tone(seconds: float, level: float = 0.5, problem: str = "") -> Direction:
    t = np.arange(int(seconds * 8000)) / 8000
    return Direction((np.sin(2 * np.pi * 440 * t) * level * 32767).astype(np.int16), 8000, problem)


@pytest.mark.parametrize(
    ("patient", "ours", "expected_s", "problem"),
    [
        (tone(10), tone(10), 10.0, ""),
        (tone(10), tone(10), 10.9, ""),
        (tone(9.2), tone(9.2), 10.0, ""),
        (tone(6), tone(6), 10.0, "4.0 s of 10.0 s are missing."),
        (tone(13), tone(13), 10.0, "It is 3.0 s longer than the call."),
        (tone(10), tone(7), 10.0, "The two sides differ by 3.0 s."),
        (tone(0, problem="is missing"), tone(10), 10.0, "The patient's side is missing."),
        (tone(10), tone(0, problem="is empty"), 10.0, "Our side is empty."),
        (tone(4, problem="was not closed in order"), tone(4), 9.0, "The patient's side was not closed in order. 5.0 s of 9.0 s are missing."),
    ],
)
def test_what_is_wrong_is_said_in_words(patient: Direction, ours: Direction, expected_s: float, problem: str) -> None:
    assert problem_of(patient, ours, expected_s, tolerance_s=1.0) == problem


def test_the_waveform_shows_each_side_where_it_speaks() -> None:
    patient = Direction(np.concatenate((tone(2).samples, tone(2, 0).samples)), 8000)
    ours = Direction(np.concatenate((tone(2, 0).samples, tone(2, 0.25).samples)), 8000)
    peaks = peaks_of(patient, ours)
    assert peaks["duration_s"] == 4.0
    assert len(peaks["left"]) == len(peaks["right"]) == 4 * peaks["peaks_per_s"]
    half = len(peaks["left"]) // 2
    assert min(peaks["left"][:half]) == pytest.approx(0.5, abs=0.01)
    assert max(peaks["left"][half:]) == 0
    assert max(peaks["right"][:half]) == 0
    assert min(peaks["right"][half:]) == pytest.approx(0.25, abs=0.01)


def test_the_waveform_of_an_hour_stays_small() -> None:
    silent = Direction(np.zeros(3600 * 8000, np.int16), 8000)
    peaks = peaks_of(silent, silent)
    assert len(peaks["left"]) <= MAX_PEAKS
    assert len(peaks["left"]) / peaks["peaks_per_s"] == pytest.approx(3600, rel=0.001)


def test_the_loudest_negative_sample_counts_as_full() -> None:
    assert peaks_of(Direction(np.full(800, -32768, np.int16), 8000), tone(0.1))["left"][0] == 1.0


def test_the_shorter_side_is_filled_with_silence() -> None:
    chunks = list(stereo_chunks(tone(25), tone(12)))
    whole = np.concatenate(chunks)
    assert [len(chunk) for chunk in chunks] == [80_000, 80_000, 40_000]
    assert np.array_equal(whole[:, 0], tone(25).samples)
    assert np.array_equal(whole[:96_000, 1], tone(12).samples)
    assert not whole[96_000:, 1].any()
