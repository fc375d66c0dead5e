"""One certificate: all that ACM knows of it, and the certificate itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.acm import finding, lifetimes, reading, validating
from foulweather.services.acm.state import AMAZON_ISSUED, Certificate, Certificates

Request = Mapping[str, Any]


def describe_certificate(call: Call, request: Request) -> dict[str, Any]:
    """A certificate's status, its names and how they are validated, its dates and who uses it."""
    return {"Certificate": _detail(call, finding.certificate(call, request))}


def get_certificate(call: Call, request: Request) -> dict[str, Any]:
    """The certificate and its chain; the last one of the chain is the root of this world."""
    found = finding.certificate(call, request)
    finding.check_issued(call, found)
    return {"Certificate": found.pem, **({"CertificateChain": found.chain} if found.chain else {})}


def _detail(call: Call, found: Certificate) -> dict[str, Any]:
    """What DescribeCertificate tells."""
    told: dict[str, Any] = {
        "CertificateArn": found.arn,
        "DomainName": found.domain,
        "SubjectAlternativeNames": found.names,
        "CreatedAt": found.created_ms,
        "Status": found.status,
        # DescribeCertificate writes RSA's algorithms with a hyphen: "KeyAlgorithm": "RSA-2048" (its example).
        "KeyAlgorithm": found.key_algorithm.replace("RSA_", "RSA-"),
        "InUseBy": call.world.state(Certificates).users_of(found.arn),
        "Type": found.kind,
        "RenewalEligibility": "ELIGIBLE" if lifetimes.is_eligible(call, found) else "INELIGIBLE",
        "Options": {"CertificateTransparencyLoggingPreference": found.transparency, "Export": found.export},
    }
    if found.kind == AMAZON_ISSUED:
        told["Subject"], told["Issuer"] = f"CN={found.domain}", "Amazon"
        told["DomainValidationOptions"] = validating.shown(call.world, call.account, found)
    for member, value in (
        ("IssuedAt", found.issued_ms),
        ("ImportedAt", found.imported_ms),
        ("RevokedAt", found.revoked_ms),
        ("RevocationReason", found.revocation_reason),
        ("FailureReason", found.failure),
    ):
        if value:
            told[member] = value
    if found.issue:
        told |= _of_x509(found)
    if found.renewal:
        told["RenewalSummary"] = {
            "RenewalStatus": found.renewal,
            "DomainValidationOptions": validating.shown(call.world, call.account, found, renews=True),
            "UpdatedAt": found.renewal_ms,
        }
    return told


def _of_x509(found: Certificate) -> dict[str, Any]:
    held = reading.loaded(found.pem)
    return {
        "Serial": reading.serial(held),
        "Subject": ",".join(reversed(held.subject.rfc4514_string().split(","))),
        "Issuer": reading.issuer(held),
        "NotBefore": found.not_before_ms,
        "NotAfter": found.not_after_ms,
        "SignatureAlgorithm": reading.signature_algorithm(held),
        "KeyUsages": [{"Name": name} for name in reading.usages(held)],
        "ExtendedKeyUsages": [
            {"Name": name, **({"OID": oid} if oid else {})} for name, oid in reading.extended_usages(held)
        ],
    }
