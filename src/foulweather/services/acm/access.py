"""Which permission each operation needs, on what.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Resource
from foulweather.services.acm.state import AcmState

Request = Mapping[str, Any]
Keys = Mapping[str, str | list[str]]


def _certificate(call: Call, request: Request) -> Sequence[Resource]:
    arn: str = request.get("CertificateArn") or call.arn("acm", "certificate/*")
    found = call.state(AcmState).certificates.get(arn)
    return (Resource(arn, call.account, None, {} if found is None else found.tags),)


def _requested(call: Call, request: Request) -> Keys:
    options: Request = request.get("Options") or {}
    keys: dict[str, str | list[str]] = {
        "acm:domainnames": [request["DomainName"], *(request.get("SubjectAlternativeNames") or ())],
        "acm:validationmethod": request.get("ValidationMethod") or "EMAIL",
        "acm:keyalgorithm": request.get("KeyAlgorithm") or "RSA_2048",
        "acm:certificatetransparencylogging": options.get("CertificateTransparencyLoggingPreference") or "ENABLED",
        "acm:export": options.get("Export") or "DISABLED",
    }
    if request.get("CertificateAuthorityArn"):
        keys["acm:certificateauthority"] = request["CertificateAuthorityArn"]
    return {**keys, **_tagging(call, request)}


def _options(call: Call, request: Request) -> Keys:
    options: Request = request.get("Options") or {}
    logging = options.get("CertificateTransparencyLoggingPreference")
    return {"acm:certificatetransparencylogging": logging} if logging else {}


def _tagging(call: Call, request: Request) -> Keys:
    tags: list[Request] = request.get("Tags") or []
    if not tags:
        return {}
    keys: dict[str, str | list[str]] = {"aws:tagkeys": [tag["Key"] for tag in tags]}
    return keys | {f"aws:requesttag/{tag['Key'].lower()}": tag.get("Value") or "" for tag in tags}


ACCESS: dict[str, Access] = {
    "AddTagsToCertificate": Access("acm:AddTagsToCertificate", _certificate, _tagging),
    "DeleteCertificate": Access("acm:DeleteCertificate", _certificate),
    "DescribeCertificate": Access("acm:DescribeCertificate", _certificate, is_read=True),
    "ExportCertificate": Access("acm:ExportCertificate", _certificate),
    "GetAccountConfiguration": Access("acm:GetAccountConfiguration", is_read=True),
    "GetCertificate": Access("acm:GetCertificate", _certificate, is_read=True),
    "ImportCertificate": Access("acm:ImportCertificate", _certificate, _tagging),
    "ListCertificates": Access("acm:ListCertificates", is_read=True),
    "ListTagsForCertificate": Access("acm:ListTagsForCertificate", _certificate, is_read=True),
    "PutAccountConfiguration": Access("acm:PutAccountConfiguration"),
    "RemoveTagsFromCertificate": Access("acm:RemoveTagsFromCertificate", _certificate, _tagging),
    "RenewCertificate": Access("acm:RenewCertificate", _certificate),
    "RequestCertificate": Access("acm:RequestCertificate", conditions=_requested),
    "ResendValidationEmail": Access("acm:ResendValidationEmail", _certificate),
    "RevokeCertificate": Access("acm:RevokeCertificate", _certificate),
    "SearchCertificates": Access("acm:SearchCertificates", is_read=True),
    "UpdateCertificateOptions": Access("acm:UpdateCertificateOptions", _certificate, _options),
}
