"""Certificates that somebody else has issued.

https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from foulweather.kernel.call import Call
from foulweather.services.acm import authority, finding, lifetimes, limits, reading, refusals, tagging
from foulweather.services.acm.state import IMPORTED, AcmState, Certificate

if TYPE_CHECKING:
    from cryptography import x509

Request = Mapping[str, Any]
_ALGORITHMS: Final = (
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
)
_SELF_SIGNED: Final = (
    "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or "
    "certificate chain."
)


def import_certificate(call: Call, request: Request) -> dict[str, Any]:
    """Take a certificate with its key, or put a newer one in the place of what was imported before."""
    state, old = call.state(AcmState), _old(call, request)
    pem = _text(request["Certificate"], "certificate")
    found = _parsed(pem)
    key = _key(request["PrivateKey"], found)
    algorithm = reading.algorithm(found.public_key())
    if algorithm not in _ALGORITHMS:
        raise refusals.invalid("The private key is not supported.", algorithm=algorithm)
    _check_dates(call, found)
    chain = _checked_chain(found, request.get("CertificateChain"))
    names = reading.names(found)
    if old is not None:
        _check_successor(old, found, algorithm, names)
        return _taken(call, state, old, pem, chain, key, names)
    held = tagging.checked(request.get("Tags") or (), {})
    limits.check_room(call, state, IMPORTED)
    made = Certificate(
        arn=call.arn("acm", f"certificate/{call.world.ids.uuid()}"),
        domain="",
        names=[],
        kind=IMPORTED,
        status="ISSUED",
        key_algorithm=algorithm,
        created_ms=call.now,
        transparency="DISABLED",
        tags=held,
    )
    limits.note(call, state, IMPORTED)
    return _taken(call, state, made, pem, chain, key, names)


def _old(call: Call, request: Request) -> Certificate | None:
    """The certificate that is imported anew."""
    if not request.get("CertificateArn"):
        return None
    old = finding.certificate(call, request)
    if old.kind != IMPORTED:
        words = f"Certificate {old.arn} was not imported, so that it cannot be reimported."
        raise refusals.wrong_state(call, old, words, "ValidationException")
    if request.get("Tags"):
        # API_ImportCertificate: tags are for the first import.
        raise refusals.invalid("Tags cannot be specified when a certificate is reimported.", Tags=len(request["Tags"]))
    return old


def _taken(
    call: Call, state: AcmState, row: Certificate, pem: str, chain: str, key: bytes, names: list[str]
) -> dict[str, Any]:
    action = "REIMPORT" if row.issue else "IMPORT"
    row.domain = reading.common_name(reading.loaded(pem).subject) or (names[0] if names else "")
    row.names, row.pem, row.chain, row.key = names, pem, chain, key
    row.imported_ms, row.status = call.now, "ISSUED"
    lifetimes.begin(call, state, row, action)
    call.changed(
        "acm.CertificateImported", row.arn, NotAfter=row.not_after_ms, DomainName=row.domain, Status=row.status
    )
    return {"CertificateArn": row.arn}


def _text(blob: bytes, field: str) -> str:
    try:
        text = blob.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    found = reading.pieces(text)
    if not found:
        words = f"Unable to parse {field}. Please ensure the {field} is in PEM format."
        raise refusals.invalid(words, field=field)
    if field == "certificate" and len(found) > 1:
        words = (
            f"The {field} field contains more than one certificate. You can specify only one certificate in this field."
        )
        raise refusals.invalid(words, certificates=len(found))
    return "".join(f"{piece}\n" for piece in found)


def _parsed(pem: str, field: str = "certificate") -> x509.Certificate:
    try:
        return reading.loaded(pem)
    except ValueError:
        words = f"Unable to parse {field}. Please ensure the {field} is in PEM format."
        raise refusals.invalid(words, field=field) from None


def _key(blob: bytes, certificate: x509.Certificate) -> bytes:
    """The private key, as it is kept."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    try:
        key: Any = load_pem_private_key(blob, None)
    except (ValueError, TypeError):
        # "The private key must be unencrypted." (import-certificate-prerequisites)
        words = "Unable to parse private key. Please ensure the private key is unencrypted and in PEM format."
        raise refusals.invalid(words, field="PrivateKey") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise refusals.invalid("The private key does not match the public key of the certificate.", field="PrivateKey")
    return authority.der_of(key)


def _check_dates(call: Call, certificate: x509.Certificate) -> None:
    """Refuse a certificate that is not valid at the time of its import."""
    begins_ms, ends_ms = reading.ms(certificate.not_valid_before_utc), reading.ms(certificate.not_valid_after_utc)
    if call.now < begins_ms:
        raise refusals.invalid("The certificate is not valid yet.", NotBefore=begins_ms, now=call.now)
    if call.now >= ends_ms:
        raise refusals.invalid("The certificate has expired.", NotAfter=ends_ms, now=call.now)


def _checked_chain(certificate: x509.Certificate, blob: bytes | None) -> str:
    """The chain, each certificate of which must have signed the one before."""
    if not blob:
        if not _signs(certificate, certificate):
            raise refusals.invalid(_SELF_SIGNED, Issuer=reading.issuer(certificate))
        return ""
    chain, below = _text(blob, "certificate chain"), certificate
    for piece in reading.pieces(chain):
        above = _parsed(piece, "certificate chain")
        if not _signs(above, below):
            raise refusals.invalid(
                "Could not validate the certificate with the certificate chain.",
                certificate=below.subject.rfc4514_string(),
                issuer=below.issuer.rfc4514_string(),
                chain=above.subject.rfc4514_string(),
            )
        below = above
    return chain


def _signs(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _check_successor(old: Certificate, new: x509.Certificate, algorithm: str, names: list[str]) -> None:
    """What a certificate that takes another's place must keep (import-reimport)."""
    if algorithm != old.key_algorithm:
        words = "The key algorithm of a reimported certificate cannot be changed."
        raise refusals.invalid(words, KeyAlgorithm=algorithm, held=old.key_algorithm)
    if not set(names) & set(old.names):
        words = "All of the domain names of a certificate cannot be removed when it is reimported."
        raise refusals.invalid(words, names=names, held=old.names)
    before = reading.loaded(old.pem)
    gone = {*reading.usages(before), *(name for name, _ in reading.extended_usages(before))} - {"ANY", "NONE"}
    gone -= {*reading.usages(new), *(name for name, _ in reading.extended_usages(new))}
    if gone:
        raise refusals.invalid("Key usages of a reimported certificate cannot be removed.", removed=sorted(gone))
