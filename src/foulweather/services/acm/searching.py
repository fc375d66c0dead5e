"""Certificates by what is said of them and in them.

https://docs.aws.amazon.com/acm/latest/APIReference/API_SearchCertificates.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from foulweather.kernel.call import Call
from foulweather.services.acm import paging, reading, refusals, summaries
from foulweather.services.acm.state import AcmState, Certificate

if TYPE_CHECKING:
    from cryptography import x509

Request = Mapping[str, Any]
_PAGE_MAX: Final = 100
_ATTRIBUTES: Final = {
    "2.5.4.3": "CommonName",
    "2.5.4.6": "Country",
    "2.5.4.7": "Locality",
    "2.5.4.10": "Organization",
    "2.5.4.11": "OrganizationalUnit",
    "2.5.4.8": "State",
    "2.5.4.5": "SerialNumber",
    "2.5.4.4": "Surname",
    "2.5.4.42": "GivenName",
    "2.5.4.12": "Title",
    "2.5.4.43": "Initials",
    "2.5.4.46": "DistinguishedNameQualifier",
    "2.5.4.44": "GenerationQualifier",
    "2.5.4.65": "Pseudonym",
}
_SORTED_BY: Final = {
    "CREATED_AT": "CreatedAt",
    "NOT_AFTER": "NotAfter",
    "NOT_BEFORE": "NotBefore",
    "STATUS": "Status",
    "RENEWAL_STATUS": "RenewalStatus",
    "EXPORTED": "Exported",
    "IN_USE": "InUse",
    "KEY_ALGORITHM": "KeyAlgorithm",
    "TYPE": "Type",
    "CERTIFICATE_ARN": "CertificateArn",
    "COMMON_NAME": "DomainName",
    "REVOKED_AT": "RevokedAt",
    "RENEWAL_ELIGIBILITY": "RenewalEligibility",
    "ISSUED_AT": "IssuedAt",
    "MANAGED_BY": "ManagedBy",
    "EXPORT_OPTION": "ExportOption",
    "VALIDATION_METHOD": "ValidationMethod",
    "IMPORTED_AT": "ImportedAt",
}
_METADATA: Final = (
    "CreatedAt",
    "Exported",
    "ImportedAt",
    "InUse",
    "IssuedAt",
    "RenewalEligibility",
    "RevokedAt",
    "Status",
    "RenewalStatus",
    "Type",
    "ExportOption",
    "ValidationMethod",
)


class _Found:
    """A certificate as it is searched: what ACM tells of it, and what is in it."""

    def __init__(self, call: Call, row: Certificate) -> None:
        self.row = row
        self.told = {**summaries.summary(call, row), "KeyAlgorithm": row.key_algorithm}
        if row.renewal:
            self.told["RenewalStatus"] = row.renewal
        if row.method:
            self.told["ValidationMethod"] = row.method
        self.x509: x509.Certificate | None = reading.loaded(row.pem) if row.pem else None


def search_certificates(call: Call, request: Request) -> dict[str, Any]:
    """The certificates that a statement of filters is true of."""
    if bool(request.get("SortBy")) != bool(request.get("SortOrder")):
        raise refusals.invalid("SortBy and SortOrder must be specified together.")
    statement: Request = request.get("FilterStatement") or {}
    found = [_Found(call, row) for row in call.state(AcmState).certificates.values()]
    kept = [each for each in found if not statement or _is_true(each, statement)]
    if request.get("SortBy"):
        member = _SORTED_BY[request["SortBy"]]
        having = [each for each in kept if member in each.told]
        lacking = [each for each in kept if member not in each.told]
        having.sort(key=lambda each: each.told[member], reverse=request["SortOrder"] == "DESCENDING")
        kept = having + lacking
    listed, more = paging.page(kept, request.get("NextToken"), request.get("MaxResults") or _PAGE_MAX)
    return {"Results": [_shown(each) for each in listed], **more}


def _is_true(found: _Found, statement: Request) -> bool:
    (kind, inner), *_ = statement.items()
    if kind == "And":
        return all(_is_true(found, each) for each in inner)
    if kind == "Or":
        return any(_is_true(found, each) for each in inner)
    if kind == "Not":
        return not _is_true(found, inner)
    (about, wanted), *_ = inner.items()
    if about == "CertificateArn":
        return found.row.arn == wanted
    if about == "AcmCertificateMetadataFilter":
        return all(found.told.get(member) == value for member, value in wanted.items())
    return all(_has(found, member, value) for member, value in wanted.items())


def _has(found: _Found, member: str, wanted: Any) -> bool:
    """Whether an attribute of the certificate itself is as a filter wants it."""
    if member == "Subject":
        return _compares([found.row.domain], wanted["CommonName"])
    if member == "SubjectAlternativeName":
        return _compares(found.row.names, wanted["DnsName"])
    if member == "KeyAlgorithm":
        return found.row.key_algorithm == wanted
    if member in ("NotAfter", "NotBefore"):
        at_ms = found.told.get(member)
        return at_ms is not None and wanted.get("Start", at_ms) <= at_ms <= wanted.get("End", at_ms)
    if member == "SerialNumber":
        return found.x509 is not None and reading.serial(found.x509) == wanted
    return wanted in found.told["ExtendedKeyUsages" if member == "ExtendedKeyUsage" else "KeyUsages"]


def _compares(values: list[str], wanted: Request) -> bool:
    text: str = wanted["Value"].lower()
    if wanted["ComparisonOperator"] == "EQUALS":
        return text in [value.lower() for value in values]
    return any(text in value.lower() for value in values)


def _shown(found: _Found) -> dict[str, Any]:
    metadata = {member: found.told[member] for member in _METADATA if member in found.told}
    told: dict[str, Any] = {
        "CertificateArn": found.row.arn,
        "CertificateMetadata": {"AcmCertificateMetadata": metadata},
    }
    attributes: dict[str, Any] = {
        "Subject": {"CommonName": found.row.domain},
        "SubjectAlternativeNames": [{"DnsName": name} for name in found.row.names],
        "KeyAlgorithm": found.row.key_algorithm,
    }
    if found.x509 is not None:
        attributes |= {
            "Issuer": _named(found.x509.issuer),
            "Subject": _named(found.x509.subject),
            "ExtendedKeyUsages": found.told["ExtendedKeyUsages"],
            "KeyUsages": found.told["KeyUsages"],
            "SerialNumber": reading.serial(found.x509),
            "NotBefore": found.row.not_before_ms,
            "NotAfter": found.row.not_after_ms,
        }
    return {**told, "X509Attributes": attributes}


def _named(name: x509.Name) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for attribute in name:
        oid, value = attribute.oid.dotted_string, str(attribute.value)
        if oid in _ATTRIBUTES:
            told[_ATTRIBUTES[oid]] = value
        elif oid == "0.9.2342.19200300.100.1.25":
            told.setdefault("DomainComponents", []).append(value)
        else:
            told.setdefault("CustomAttributes", []).append({"ObjectIdentifier": oid, "Value": value})
    return told
