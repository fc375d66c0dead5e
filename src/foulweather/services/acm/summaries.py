"""What lists tell of certificates."""

from __future__ import annotations

from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.acm import lifetimes, reading
from foulweather.services.acm.state import Certificate, Certificates

# A summary has no more than the first 100 names (API_CertificateSummary).
_NAMES_MAX: Final = 100


def usages(certificate: Certificate) -> list[str]:
    """What a certificate's key may be used for."""
    return reading.usages(reading.loaded(certificate.pem)) if certificate.pem else []


def extended_usages(certificate: Certificate) -> list[str]:
    """What a certificate may be used for."""
    held = reading.extended_usages(reading.loaded(certificate.pem)) if certificate.pem else []
    return [name for name, _ in held]


def summary(call: Call, certificate: Certificate) -> dict[str, Any]:
    """What a list tells of a certificate."""
    told: dict[str, Any] = {
        "CertificateArn": certificate.arn,
        "DomainName": certificate.domain,
        "SubjectAlternativeNameSummaries": certificate.names[:_NAMES_MAX],
        "HasAdditionalSubjectAlternativeNames": len(certificate.names) > _NAMES_MAX,
        "Status": certificate.status,
        "Type": certificate.kind,
        "KeyAlgorithm": certificate.key_algorithm.replace("RSA_", "RSA-"),
        "KeyUsages": usages(certificate),
        "ExtendedKeyUsages": extended_usages(certificate),
        "ExportOption": certificate.export,
        "InUse": bool(call.world.state(Certificates).users_of(certificate.arn)),
        "Exported": certificate.was_exported,
        "RenewalEligibility": "ELIGIBLE" if lifetimes.is_eligible(call, certificate) else "INELIGIBLE",
        "CreatedAt": certificate.created_ms,
    }
    for member, value in (
        ("NotBefore", certificate.not_before_ms),
        ("NotAfter", certificate.not_after_ms),
        ("IssuedAt", certificate.issued_ms),
        ("ImportedAt", certificate.imported_ms),
        ("RevokedAt", certificate.revoked_ms),
    ):
        if value:
            told[member] = value
    return told
