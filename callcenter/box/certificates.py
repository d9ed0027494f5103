"""An own certificate authority for one instance, and its server's certificate.

In: a private folder, the addresses and names the server is reached by. Out: paths of the certificate chain and its key.
The authority is made once and kept, so that browsers which trust it go on trusting; the server's certificate is made anew before it ends, and
when an address changed. Keys never leave the folder and are readable by their owner only. Rules: RFC 5280, CA/Browser Forum baseline.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from callcenter.box import places

_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 397
_RENEW_DAYS = 30
AUTHORITY = "ca.pem"


def ensure_certificate(folder: Path, addresses: Sequence[str], names: Sequence[str]) -> tuple[Path, Path]:
    """`server.pem` (with the authority) and `server.key`, valid for all of these."""
    places.private_folder(folder)
    wanted = _subjects(addresses, names)
    certificate, key = folder / "server.pem", folder / "server.key"
    if not (certificate.exists() and key.exists() and _still_good(certificate, wanted)):
        _make_server(folder, wanted)
    return certificate, key


def _subjects(addresses: Sequence[str], names: Sequence[str]) -> list[x509.GeneralName]:
    numbers = sorted({str(ipaddress.ip_address(address)) for address in addresses})
    return [*(x509.IPAddress(ipaddress.ip_address(number)) for number in numbers), *(x509.DNSName(name) for name in sorted(set(names)))]


def _still_good(path: Path, wanted: Sequence[x509.GeneralName]) -> bool:
    found = x509.load_pem_x509_certificates(path.read_bytes())[0]
    covered = set(found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    return set(wanted) <= covered and found.not_valid_after_utc - _now() > dt.timedelta(days=_RENEW_DAYS)


def _make_server(folder: Path, subjects: Sequence[x509.GeneralName]) -> None:
    authority, authority_key = _authority(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name("callcenter"), authority.subject, key.public_key(), _SERVER_DAYS)
    builder = builder.add_extension(x509.SubjectAlternativeName(subjects), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    certificate = builder.add_extension(identifier, critical=False).sign(authority_key, hashes.SHA256())
    _write(folder / "server.key", _pem(key))
    chain = certificate.public_bytes(serialization.Encoding.PEM) + authority.public_bytes(serialization.Encoding.PEM)
    _write(folder / "server.pem", chain)


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    path, key_path = folder / AUTHORITY, folder / "ca.key"
    if path.exists() and key_path.exists():
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return x509.load_pem_x509_certificate(path.read_bytes()), key
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"callcenter authority {os.urandom(4).hex()}")
    builder = _builder(name, name, key.public_key(), _AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    certificate = builder.add_extension(_signs_certificates(), critical=True).sign(key, hashes.SHA256())
    _write(key_path, _pem(key))
    _write(path, certificate.public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _signs_certificates() -> x509.KeyUsage:
    closed = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    return x509.KeyUsage(key_cert_sign=True, crl_sign=True, **closed)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key).serial_number(x509.random_serial_number())
    return builder.not_valid_before(_now() - dt.timedelta(hours=1)).not_valid_after(_now() + dt.timedelta(days=days))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    fresh.replace(path)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
