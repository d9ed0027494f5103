"""What leaves for the telephone line."""

from __future__ import annotations

import numpy as np
import pytest

from callcenter.speech import music, shape

pytestmark = pytest.mark.unit


def burst(hz: float, seconds: float, rate: int = shape.RATE_IN, level: float = 0.3) -> shape.Samples:
    t = np.arange(int(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def quiet(seconds: float, rate: int = shape.RATE_IN) -> shape.Samples:
    return np.zeros(int(seconds * rate), np.float32)


def test_every_a_law_code_survives() -> None:
    every = bytes(range(256))
    assert shape.to_alaw(shape.from_alaw(every)) == every


@pytest.mark.parametrize(("code", "linear"), [(0xD5, 8), (0x55, -8), (0xAA, 32256), (0x2A, -32256)])
def test_a_law_stands_as_in_the_recommendation(code: int, linear: int) -> None:
    assert shape.from_alaw(bytes((code,)))[0] * 32768 == linear


def test_a_law_errs_by_at_most_a_few_percent() -> None:
    samples = np.linspace(-0.95, 0.95, 4001, dtype=np.float32)
    back = shape.from_alaw(shape.to_alaw(samples))
    assert np.all(np.abs(back - samples) <= np.maximum(np.abs(samples) * 0.035, 9 / 32768))


@pytest.mark.parametrize("level", [0.002, 0.05, 0.9])
def test_whatever_comes_in_goes_out_equally_loud(level: float) -> None:
    seen = shape.measure(shape.for_telephone(burst(700, 1.0, level=level), 0.03, 0.1))
    assert seen.rms_db == pytest.approx(shape.SPEECH_RMS_DB, abs=0.5)
    assert seen.peak_db <= shape.PEAK_DB + 0.3


def test_a_sharp_peak_is_bent_and_not_cut() -> None:
    samples = burst(500, 1.0, level=0.05)
    samples[12_000:12_240] *= 18
    seen = shape.measure(shape.for_telephone(samples, 0.03, 0.1))
    assert seen.peak_db <= shape.PEAK_DB + 0.3


def test_silence_around_the_words_goes_but_for_the_pads() -> None:
    audio = shape.for_telephone(np.concatenate((quiet(0.7), burst(700, 1.0), quiet(0.9))), 0.03, 0.12)
    assert shape.measure(audio).duration_s == pytest.approx(1.15, abs=0.03)


def test_a_pause_between_words_stays() -> None:
    audio = shape.for_telephone(np.concatenate((burst(700, 0.5), quiet(0.6), burst(700, 0.5))), 0.0, 0.0)
    assert shape.measure(audio).duration_s == pytest.approx(1.6, abs=0.03)


@pytest.mark.parametrize(("hz", "heard"), [(50, False), (300, True), (1000, True), (3300, True), (5000, False)])
def test_only_the_telephone_band_passes(hz: float, heard: bool) -> None:
    out = shape.band_limited(burst(hz, 1.0))[4000:-4000]
    level = float(np.sqrt((out**2).mean()) / (0.3 / np.sqrt(2)))
    assert level > 0.85 if heard else level < 0.05


def test_nothing_at_all_is_no_error() -> None:
    assert shape.for_telephone(quiet(1.0), 0.03, 0.1) == b""
    assert shape.measure(b"").duration_s == 0.0


def test_the_music_is_gentle_and_its_end_meets_its_beginning() -> None:
    audio = music.calm()
    seen = shape.measure(audio)
    assert seen.duration_s == music.LENGTH_S
    assert seen.rms_db < shape.SPEECH_RMS_DB - 5
    assert seen.peak_db < -10
    assert len(audio) <= 500_000
    samples = shape.from_alaw(audio)
    steps = np.abs(np.diff(samples))
    assert abs(samples[0] - samples[-1]) <= np.percentile(steps, 99.9)
    halves = np.sqrt((samples.reshape(-1, shape.RATE_OUT // 2) ** 2).mean(axis=1))
    assert halves.min() > 0.3 * halves.mean(), "it never falls silent"
    assert halves.max() < 2.5 * halves.mean(), "it never startles"
