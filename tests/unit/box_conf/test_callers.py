"""The callers we make ourselves: their sound on the wire and how it is measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.box import g711
from callcenter.box.rtp import RtpEndpoint

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("codec", ["alaw", "ulaw"])
def test_every_code_survives_a_round_trip(codec: g711.Codec) -> None:
    codes = bytes(range(256))
    again = g711.decode(g711.encode(g711.decode(codes, codec), codec), codec)
    assert (again == g711.decode(codes, codec)).all()


@given(st.integers(-32000, 32000), st.sampled_from(["alaw", "ulaw"]))
def test_a_sample_comes_back_within_the_step_of_the_codec(value: int, codec: g711.Codec) -> None:
    back = int(g711.decode(g711.encode(np.array([value]), codec), codec)[0])
    assert abs(back - value) <= max(16, abs(value) / 16)


def test_a_tone_is_found_at_its_frequency_and_nowhere_else() -> None:
    samples = g711.decode(g711.encode(g711.tone((700,), 0.5), "alaw"), "alaw")
    assert g711.level_at(samples, 700) > 0.18 and g711.level_at(samples, 1000) < 0.01


@pytest.mark.parametrize(("key", "low", "high"), [("1", 697, 1209), ("5", 770, 1336), ("0", 941, 1336), ("#", 941, 1477), ("*", 941, 1209)])
def test_keys_make_the_two_tones_of_their_row_and_column(key: str, low: int, high: int) -> None:
    samples = g711.key_tone(key)
    assert g711.level_at(samples, low) > 0.15 and g711.level_at(samples, high) > 0.15


def packet(moment: int, source: int = 7, kind: int = 8, wire: bytes = b"\x55" * 160) -> bytes:
    return bytes([0x80, kind]) + (1).to_bytes(2, "big") + (moment & 0xFFFFFFFF).to_bytes(4, "big") + source.to_bytes(4, "big") + wire


async def test_sound_stands_at_its_time_also_after_a_gap_and_a_new_source() -> None:
    ear = RtpEndpoint()
    for moment, source in ((2**32 - 160, 7), (0, 7), (480, 7), (99999, 8)):
        ear.datagram_received(packet(moment, source), ("127.0.0.1", 9))
    assert ear.heard_s == pytest.approx(6 * 0.02) and ear.packets == 4


@given(st.binary(max_size=40))
async def test_a_foreign_packet_is_dropped(data: bytes) -> None:
    ear = RtpEndpoint()
    if len(data) > 12 and data[0] >> 6 == 2 and data[1] & 0x7F == 8:
        data = b"\x00" + data[1:]
    ear.datagram_received(data, ("127.0.0.1", 9))
    assert ear.packets == 0 and ear.peer is None
