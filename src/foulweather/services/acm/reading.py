"""What a certificate says of itself, in ACM's words."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cryptography import x509

_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_USAGES: Final = (
    ("digital_signature", "DIGITAL_SIGNATURE"),
    ("content_commitment", "NON_REPUDIATION"),
    ("key_encipherment", "KEY_ENCIPHERMENT"),
    ("data_encipherment", "DATA_ENCIPHERMENT"),
    ("key_agreement", "KEY_AGREEMENT"),
    ("key_cert_sign", "CERTIFICATE_SIGNING"),
    ("crl_sign", "CRL_SIGNING"),
)
_EXTENDED: Final = {
    "1.3.6.1.5.5.7.3.1": "TLS_WEB_SERVER_AUTHENTICATION",
    "1.3.6.1.5.5.7.3.2": "TLS_WEB_CLIENT_AUTHENTICATION",
    "1.3.6.1.5.5.7.3.3": "CODE_SIGNING",
    "1.3.6.1.5.5.7.3.4": "EMAIL_PROTECTION",
    "1.3.6.1.5.5.7.3.8": "TIME_STAMPING",
    "1.3.6.1.5.5.7.3.9": "OCSP_SIGNING",
    "1.3.6.1.5.5.7.3.5": "IPSEC_END_SYSTEM",
    "1.3.6.1.5.5.7.3.6": "IPSEC_TUNNEL",
    "1.3.6.1.5.5.7.3.7": "IPSEC_USER",
    "2.5.29.37.0": "ANY",
}
_CURVES: Final = {"secp256r1": "EC_prime256v1", "secp384r1": "EC_secp384r1", "secp521r1": "EC_secp521r1"}


def pieces(pem: str) -> list[str]:
    """The certificates of a PEM file, one by one."""
    return _PEM.findall(pem)


def loaded(pem: str) -> x509.Certificate:
    """A certificate out of PEM; `ValueError` where it is none."""
    from cryptography import x509

    return x509.load_pem_x509_certificate(pem.encode())


def names(certificate: x509.Certificate) -> list[str]:
    """The domain names that it is for; the subject's common name where it has no others."""
    from cryptography import x509

    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return held.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        common = common_name(certificate.subject)
        return [common] if common else []


def common_name(name: x509.Name) -> str:
    """The common name in a distinguished name, or empty."""
    from cryptography.x509.oid import NameOID

    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def issuer(certificate: x509.Certificate) -> str:
    """Who issued it: the organization, or the common name where there is none."""
    from cryptography.x509.oid import NameOID

    found = certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(found[0].value) if found else common_name(certificate.issuer)


def serial(certificate: x509.Certificate) -> str:
    """The serial number, octet by octet."""
    digits = f"{certificate.serial_number:x}"
    digits = digits.zfill(len(digits) + len(digits) % 2)
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def algorithm(public: Any) -> str:
    """A public key's algorithm by ACM's name of it, or empty where ACM has none."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(public, rsa.RSAPublicKey):
        return f"RSA_{public.key_size}"
    return _CURVES.get(public.curve.name, "") if isinstance(public, ec.EllipticCurvePublicKey) else ""


def signature_algorithm(certificate: x509.Certificate) -> str:
    """How it is signed: `SHA256WITHRSA`."""
    digest = certificate.signature_hash_algorithm
    is_ec = certificate.signature_algorithm_oid.dotted_string.startswith("1.2.840.10045")
    return f"{digest.name.upper() if digest else ''}WITH{'ECDSA' if is_ec else 'RSA'}"


def usages(certificate: x509.Certificate) -> list[str]:
    """What its key may be used for; `ANY` where it does not say."""
    from cryptography import x509

    try:
        held = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return ["ANY"]
    found = [told for name, told in _USAGES if getattr(held, name)]
    if held.key_agreement:
        found += ["ENCIPHER_ONLY"] if held.encipher_only else []
        found += ["DECIPHER_ONLY"] if held.decipher_only else []
    return found


def extended_usages(certificate: x509.Certificate) -> list[tuple[str, str]]:
    """What it may be used for, as names and object identifiers; `NONE` where it does not say."""
    from cryptography import x509

    try:
        held = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return [("NONE", "")]
    return [(_EXTENDED.get(each.dotted_string, "CUSTOM"), each.dotted_string) for each in held]


def ms(moment: datetime) -> int:
    """A certificate's date."""
    return int(moment.timestamp()) * 1000
