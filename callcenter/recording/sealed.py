"""Sealed sound: a message that nobody hears who has not the passphrase of its officer.

In: a wav file and the public keys of the officers; a sealed file, an officer's wrapped key and his passphrase. Out: the sealed file; the sound, in
memory only. Must not write sound or a private key to disk. Invariant: the sealed file is complete and on disk before the wav is overwritten and
removed; done again after a kill at any point, the same holds. X25519: RFC 7748; ChaCha20-Poly1305: RFC 8439; scrypt: RFC 7914.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from callcenter.errors import CallCenterError
from callcenter.recording.files import publish, sync

MAGIC = b"CCSEAL1\n"
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**16, 8, 1
PASSPHRASE_MIN, PASSPHRASE_MAX = 12, 200
_NONCE, _KEY, _LENGTH = 12, 32, 4
_WAV_HEADER = 44


class WrongPassphrase(CallCenterError):
    """The passphrase does not open this officer's key."""


class NotSealedForYou(CallCenterError):
    """The report was sealed before this officer had his key, so it cannot be opened with it."""


class SealDamaged(CallCenterError):
    """The sealed file was changed or cut; it cannot be opened by anybody."""


@dataclass(frozen=True, slots=True)
class OfficerKey:
    """An officer's pair of keys; the private one only wrapped by his passphrase."""

    public: bytes
    salt: bytes
    nonce: bytes
    wrapped: bytes


# -- an officer's keys -----------------------------------------------------------------------------------------------------


def new_key(passphrase: str) -> OfficerKey:
    """A fresh pair. Blocks for some 0.2 s: run it in a thread."""
    private = X25519PrivateKey.generate()
    public, salt, nonce = private.public_key().public_bytes_raw(), os.urandom(16), os.urandom(_NONCE)
    wrapped = ChaCha20Poly1305(_stretched(passphrase, salt)).encrypt(nonce, private.private_bytes_raw(), public)
    return OfficerKey(public, salt, nonce, wrapped)


def unlock(key: OfficerKey, passphrase: str) -> bytes:
    """The private key, for this moment. Blocks as `new_key` does. Raises WrongPassphrase."""
    try:
        return ChaCha20Poly1305(_stretched(passphrase, key.salt)).decrypt(key.nonce, key.wrapped, key.public)
    except InvalidTag as wrong:
        raise WrongPassphrase("the passphrase does not fit") from wrong


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=_KEY, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P).derive(passphrase.encode())


# -- sealing ---------------------------------------------------------------------------------------------------------------


def seal(sound: bytes, officers: Mapping[str, bytes]) -> bytes:
    """`sound` for the holders of these public keys, by the name of the key. Raises ValueError without any."""
    if not officers:
        raise ValueError("a report needs an officer who can open it")
    content_key, nonce = ChaCha20Poly1305.generate_key(), os.urandom(_NONCE)
    shares = {name: _share(content_key, public) for name, public in officers.items()}
    head = json.dumps({"nonce": nonce.hex(), "for": shares}).encode()
    return MAGIC + struct.pack(">I", len(head)) + head + ChaCha20Poly1305(content_key).encrypt(nonce, sound, head)


def unseal(sealed: bytes, name: str, private: bytes) -> bytes:
    """The sound, for the holder of key `name`. Raises NotSealedForYou, SealDamaged."""
    head, body = _parted(sealed)
    try:
        told: dict[str, Any] = json.loads(head)
        share = told["for"].get(name)
        if share is None:
            raise NotSealedForYou("sealed without this key")
        content_key = _opened(share, private)
        return ChaCha20Poly1305(content_key).decrypt(bytes.fromhex(told["nonce"]), body, head)
    except (InvalidTag, ValueError, KeyError, TypeError) as wrong:
        raise SealDamaged("the seal does not hold") from wrong


def _parted(sealed: bytes) -> tuple[bytes, bytes]:
    start = len(MAGIC) + _LENGTH
    if len(sealed) < start or not sealed.startswith(MAGIC):
        raise SealDamaged("this is no sealed file")
    (length,) = struct.unpack(">I", sealed[len(MAGIC) : start])
    return sealed[start : start + length], sealed[start + length :]


def _share(content_key: bytes, public: bytes) -> dict[str, str]:
    """The content key for one officer, by a key pair that is used once."""
    once = X25519PrivateKey.generate()
    own = once.public_key().public_bytes_raw()
    wrap = _agreed(once.exchange(X25519PublicKey.from_public_bytes(public)), own, public)
    nonce = os.urandom(_NONCE)
    return {"key": own.hex(), "nonce": nonce.hex(), "wrapped": ChaCha20Poly1305(wrap).encrypt(nonce, content_key, MAGIC).hex()}


def _opened(share: Mapping[str, str], private: bytes) -> bytes:
    holder, other = X25519PrivateKey.from_private_bytes(private), bytes.fromhex(share["key"])
    wrap = _agreed(holder.exchange(X25519PublicKey.from_public_bytes(other)), other, holder.public_key().public_bytes_raw())
    return ChaCha20Poly1305(wrap).decrypt(bytes.fromhex(share["nonce"]), bytes.fromhex(share["wrapped"]), MAGIC)


def _agreed(secret: bytes, once: bytes, officer: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=_KEY, salt=once + officer, info=b"callcenter conduct report").derive(secret)


# -- files -----------------------------------------------------------------------------------------------------------------


def seal_file(wav: Path, target: Path, officers: Mapping[str, bytes]) -> None:
    """Put the sound of `wav` into `target`, then overwrite and remove `wav`. Blocks. Raises OSError, ValueError."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.new")
        with unfinished.open("wb") as file:
            file.write(seal(whole_wav(wav.read_bytes()), officers))
        publish(unfinished, target)
    shred(wav)


def whole_wav(data: bytes) -> bytes:
    """`data` with the lengths its header must promise; a recorder that was cut off leaves them at nothing."""
    if len(data) <= _WAV_HEADER or data[:4] != b"RIFF" or data[36:40] != b"data":
        return data
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:40] + struct.pack("<I", len(data) - _WAV_HEADER) + data[_WAV_HEADER:]


def shred(path: Path) -> bool:
    """Overwrite, then remove; True when it was there. What a file system or a disk keeps of its own accord is beyond us."""
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return False
    sync(path.parent)
    return True
