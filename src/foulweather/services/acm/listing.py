"""The certificates of an account in a Region."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.acm import paging, summaries
from foulweather.services.acm.state import AcmState, Certificate

Request = Mapping[str, Any]
# Without a filter only RSA_1024 and RSA_2048 certificates are listed (API_Filters).
_KEY_TYPES: Final = ("RSA_1024", "RSA_2048")
_PAGE_MAX: Final = 1_000


def list_certificates(call: Call, request: Request) -> dict[str, Any]:
    """The certificates in some statuses, with some keys."""
    if bool(request.get("SortBy")) != bool(request.get("SortOrder")):
        words = "SortBy and SortOrder must be specified together."
        raise AwsError("InvalidArgsException", words)
    statuses: Sequence[str] = request.get("CertificateStatuses") or ()
    includes: Request = request.get("Includes") or {}
    found = [
        certificate
        for certificate in call.state(AcmState).certificates.values()
        if (not statuses or certificate.status in statuses) and _is_included(certificate, includes)
    ]
    if request.get("SortBy"):
        found.sort(key=lambda each: each.created_ms, reverse=request["SortOrder"] == "DESCENDING")
    listed, more = paging.page(found, request.get("NextToken"), request.get("MaxItems") or _PAGE_MAX)
    return {"CertificateSummaryList": [summaries.summary(call, certificate) for certificate in listed], **more}


def _is_included(certificate: Certificate, includes: Request) -> bool:
    if certificate.key_algorithm not in (includes.get("keyTypes") or _KEY_TYPES):
        return False
    if includes.get("managedBy"):
        return False
    if includes.get("exportOption") not in (None, certificate.export):
        return False
    wanted: list[tuple[str, Callable[[Certificate], Sequence[str]]]] = [
        ("keyUsage", summaries.usages),
        ("extendedKeyUsage", summaries.extended_usages),
    ]
    return all(not includes.get(name) or set(includes[name]) & set(held(certificate)) for name, held in wanted)
