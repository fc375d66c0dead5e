"""X.509 certificates as IAM takes them."""

from __future__ import annotations

import re
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from foulweather.kernel.errors import AwsError

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def malformed(message: str) -> AwsError:
    """MalformedCertificate, in words."""
    return AwsError("MalformedCertificateException", message)


def parsed(pem: str) -> x509.Certificate:
    """One certificate in PEM."""
    if len(_PEM.findall(pem)) != 1:
        raise malformed("Unable to parse certificate. Please ensure the certificate is in PEM format.")
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        raise malformed("Unable to parse certificate. Please ensure the certificate is in PEM format.") from None


def check_chain(pem: str) -> None:
    """Refuse a chain of which any certificate cannot be read."""
    found = _PEM.findall(pem)
    try:
        for each in found:
            x509.load_pem_x509_certificate(each.encode())
    except ValueError:
        found = []
    if not found:
        raise malformed(
            "Unable to validate certificate chain. The certificate chain must start with the immediate "
            "signing certificate, followed by any intermediaries in order."
        )


def check_pair(certificate: x509.Certificate, private_key: str) -> None:
    """Refuse a private key that cannot be read or is another certificate's."""
    try:
        key = load_pem_private_key(private_key.encode(), None)
    except (ValueError, TypeError):
        raise malformed("Unable to parse private key. Please ensure the private key is in PEM format.") from None
    public = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*public) != certificate.public_key().public_bytes(*public):
        raise AwsError(
            "KeyPairMismatchException",
            "Private key does not match the public key of the certificate.",
        )


def fingerprint(certificate: x509.Certificate) -> str:
    """The SHA-256 fingerprint, in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def expiry_ms(certificate: x509.Certificate) -> int:
    """When a certificate expires."""
    return _ms(certificate.not_valid_after_utc)


def start_ms(certificate: x509.Certificate) -> int:
    """From when on a certificate is valid."""
    return _ms(certificate.not_valid_before_utc)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000
