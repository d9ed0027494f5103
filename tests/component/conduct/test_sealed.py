"""A sealed report: who can open it, who cannot, and that nothing of it lies open whenever the process dies."""

from __future__ import annotations

import io
import random
import wave
from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.hotline.conduct import Digests, check_digit, is_code
from callcenter.recording import sealed

pytestmark = pytest.mark.component
PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work factor is not what these tests are about."""
    monkeypatch.setattr(sealed, "SCRYPT_N", 2**10)


def a_wav(path: Path, seconds: float = 1.0) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(range(256)) * int(seconds * 8000 * 2 / 256))
    return path.read_bytes()


def test_each_officer_opens_it_and_nobody_else(tmp_path: Path) -> None:
    one, other, stranger = (sealed.new_key(PASSPHRASE) for _ in range(3))
    sound = a_wav(tmp_path / "messages/m.wav")
    closed = sealed.seal(sound, {"1": one.public, "2": other.public})
    for name, key in (("1", one), ("2", other)):
        assert sealed.unseal(closed, name, sealed.unlock(key, PASSPHRASE)) == sound
    with pytest.raises(sealed.NotSealedForYou):
        sealed.unseal(closed, "3", sealed.unlock(stranger, PASSPHRASE))
    with pytest.raises(sealed.SealDamaged):
        sealed.unseal(closed, "1", sealed.unlock(stranger, PASSPHRASE))
    assert sound[44:144] not in closed


def test_wrong_passphrase_opens_nothing() -> None:
    key = sealed.new_key(PASSPHRASE)
    with pytest.raises(sealed.WrongPassphrase):
        sealed.unlock(key, "correct horse batterz")
    with pytest.raises(sealed.WrongPassphrase):
        sealed.unlock(replace(key, public=sealed.new_key(PASSPHRASE).public), PASSPHRASE)


def test_every_changed_byte_is_seen() -> None:
    key = sealed.new_key(PASSPHRASE)
    private, closed = sealed.unlock(key, PASSPHRASE), sealed.seal(b"RIFF" + bytes(200), {"1": key.public})
    for place in range(0, len(closed), 7):
        broken = bytearray(closed)
        broken[place] ^= 1
        with pytest.raises((sealed.SealDamaged, sealed.NotSealedForYou)):
            sealed.unseal(bytes(broken), "1", private)
    with pytest.raises(sealed.SealDamaged):
        sealed.unseal(closed[:-1], "1", private)


def test_without_an_officer_nothing_is_sealed_and_nothing_is_lost(tmp_path: Path) -> None:
    wav = tmp_path / "messages/m.wav"
    sound = a_wav(wav)
    with pytest.raises(ValueError, match="officer"):
        sealed.seal_file(wav, tmp_path / "sealed/r.sealed", {})
    assert wav.read_bytes() == sound and not list((tmp_path / "sealed").glob("*.sealed"))


def test_killed_between_the_seal_and_the_shredder_it_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, wav, target = sealed.new_key(PASSPHRASE), tmp_path / "messages/m.wav", tmp_path / "sealed/r.sealed"
    sound = a_wav(wav)

    def killed(_path: Path) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(sealed, "shred", killed)
        sealed.seal_file(wav, target, {"1": key.public})
    first = target.read_bytes()
    sealed.seal_file(wav, target, {"1": key.public})
    assert target.read_bytes() == first and not wav.exists()
    assert sealed.unseal(first, "1", sealed.unlock(key, PASSPHRASE)) == sound


def test_a_recording_that_was_cut_off_can_be_played(tmp_path: Path) -> None:
    sound = bytearray(a_wav(tmp_path / "m.wav"))
    sound[4:8] = sound[40:44] = bytes(4)
    with wave.open(io.BytesIO(sealed.whole_wav(bytes(sound)))) as mended:
        assert mended.getnframes() == 8000 - 8000 % 128


def test_codes_can_be_checked_and_lead_nowhere() -> None:
    digests = Digests("secret")
    codes = [digests.code(f"node1-1.{n}-5", 0) for n in range(300)]
    assert all(is_code(code) for code in codes) and len(set(codes)) == 300
    assert digests.code("a-1", 0) == digests.code("a-1", 0) != digests.code("a-1", 1)
    assert Digests("other").hashed(codes[0]) != digests.hashed(codes[0])
    for code in codes[:50]:
        for place in range(len(code)):
            wrong = f"{code[:place]}{(int(code[place]) + 3) % 10}{code[place + 1 :]}"
            assert not is_code(wrong)
    assert check_digit("079") == "2"  # the example of the standard's text books: 0792
    assert not is_code("") and not is_code("1234567a") and not is_code("１２３４５６７８")


def test_swapped_neighbours_are_nearly_always_seen() -> None:
    chance, seen, tried = random.Random(3), 0, 0
    for _ in range(500):
        digits = f"{chance.randrange(10**7):07d}"
        code, place = digits + check_digit(digits), chance.randrange(7)
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        tried, seen = tried + (swapped != code), seen + (swapped != code and not is_code(swapped))
    assert seen / tried > 0.95
