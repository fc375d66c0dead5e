"""Certificates for a local AWS: given ones, or a certificate authority of its own."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from foulweather.wire.greeting import ALPN

HOST_NAMES = (
    "localhost",
    "*.localhost",
    "*.s3.localhost",
    "*.localhost.localdomain",
    "host.docker.internal",
    "127.0.0.1",
    "::1",
)
# Apple's platforms refuse longer ones; nobody renews a local certificate by hand.
_LEAF_DAYS = 820
_CA_DAYS = 3650
_MINTED_MAX = 1024


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server's TLS settings with this certificate chain and key."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.set_alpn_protocols(ALPN)
    tls.load_cert_chain(certificate, key)
    return tls


def local_context(folder: Path, now_ms: int, names: tuple[str, ...] = HOST_NAMES) -> ssl.SSLContext:
    """TLS with a certificate for `names` signed by the authority in `folder`, both made if missing or stale.

    Clients trust it by `AWS_CA_BUNDLE=<folder>/ca.pem`.
    """
    leaf, key = folder / "server.pem", folder / "server.key"
    if not _is_fresh(leaf, now_ms, names):
        issue(folder, now_ms, names)
    return context(leaf, key)


def issue(folder: Path, now_ms: int, names: tuple[str, ...] = HOST_NAMES) -> None:
    """Write `ca.pem`, `server.pem` and their keys into `folder`; an authority already there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.datetime.fromtimestamp(now_ms // 1000, tz=datetime.UTC)
    ca_key, ca = _authority(folder, now)
    key = ec.generate_private_key(ec.SECP256R1())
    _write(folder / "server.key", _key_bytes(key), secret=True)
    _write(folder / "server.pem", _signed(ca_key, ca, key, now, names))


class Authority:
    """The authority in a folder: it signs a certificate for each name that a client asks for, while the server runs."""

    def __init__(self, folder: Path, now_ms: int) -> None:
        self._now = datetime.datetime.fromtimestamp(now_ms // 1000, tz=datetime.UTC)
        self._ca_key, self._ca = _authority(folder, self._now)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._minted: dict[str, bytes] = {}

    def covers(self, name: str) -> bool:
        """Whether the server's own certificate is for a name already."""
        return name in HOST_NAMES or f"*.{name.partition('.')[2]}" in HOST_NAMES

    def minted(self, name: str) -> bytes:
        """A certificate for a name, its chain and its key, in PEM."""
        held = self._minted.get(name)
        if held is None:
            if len(self._minted) >= _MINTED_MAX:
                self._minted.clear()
            chain = _signed(self._ca_key, self._ca, self._key, self._now, (name,))
            held = self._minted[name] = chain + _key_bytes(self._key)
        return held


def _signed(
    ca_key: ec.EllipticCurvePrivateKey,
    ca: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    now: datetime.datetime,
    names: tuple[str, ...],
) -> bytes:
    """A server's certificate for names, and that of who signed it."""
    # A common name has no more than 64 characters (RFC 5280, A.1); nobody reads it where there are alternative names.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    leaf = (
        _builder(name, ca.subject, key, now, _LEAF_DAYS)
        .add_extension(x509.SubjectAlternativeName([_general_name(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return leaf.public_bytes(pem) + ca.public_bytes(pem)


def _authority(folder: Path, now: datetime.datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    certificate_file, key_file = folder / "ca.pem", folder / "ca.key"
    if certificate_file.exists() and key_file.exists():
        ca = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        in_force = ca.not_valid_before_utc <= now < ca.not_valid_after_utc
        if isinstance(key, ec.EllipticCurvePrivateKey) and in_force:
            return key, ca
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Foulweather local CA")])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    ca = (
        _builder(name, name, key, now, _CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(key_file, _key_bytes(key), secret=True)
    _write(certificate_file, ca.public_bytes(serialization.Encoding.PEM))
    return key, ca


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _is_fresh(leaf: Path, now_ms: int, names: tuple[str, ...]) -> bool:
    if not (leaf.exists() and leaf.with_name("server.key").exists() and leaf.with_name("ca.pem").exists()):
        return False
    certificate = x509.load_pem_x509_certificate(leaf.read_bytes())
    now = datetime.datetime.fromtimestamp(now_ms // 1000, tz=datetime.UTC)
    alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc and set(alternative) == {
        _general_name(each) for each in names
    }


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, *, secret: bool = False) -> None:
    """Put a whole file in place at once, readable by its owner alone if secret."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if secret else 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)
