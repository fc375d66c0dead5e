"""A public key infrastructure for tests: authorities, and the certificates that they sign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Certified:
    """A certificate with its key; `above` is whoever signed it, itself if nobody else did."""

    def __init__(
        self,
        name: str,
        above: Certified | None = None,
        *,
        now_ms: int,
        days: int = 365,
        is_authority: bool = False,
        key: Key | None = None,
        path_length: int | None = None,
    ) -> None:
        self.key: Key = key or ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Bank"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        now = datetime.fromtimestamp(now_ms // 1000, UTC)
        basic = x509.BasicConstraints(ca=is_authority, path_length=path_length)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(self.name if above is None else above.name)
            .public_key(self.key.public_key())
            .serial_number(0xA1B2C3)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(basic, critical=True)
            .sign(self.key if above is None else above.key, hashes.SHA256())
        )

    @property
    def der(self) -> bytes:
        """The certificate as a handshake carries it."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        """The certificate as a truststore has it."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def written(self, folder: Path) -> Path:
        """A file of the certificate and its key."""
        form = serialization.PrivateFormat.PKCS8
        key = self.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        path = folder / f"{self.certificate.fingerprint(hashes.SHA256()).hex()}.pem"
        path.write_bytes(self.pem.encode() + key)
        return path


def authority(name: str, above: Certified | None = None, *, now_ms: int, days: int = 3650) -> Certified:
    """An authority, a root unless another is above it."""
    return Certified(name, above, now_ms=now_ms, days=days, is_authority=True)
