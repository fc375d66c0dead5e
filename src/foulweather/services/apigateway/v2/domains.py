"""Custom domain names, which REST, HTTP and WebSocket APIs share.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.apigateway import domains
from foulweather.services.apigateway.region_records import DomainName
from foulweather.services.apigateway.state import RestState
from foulweather.services.apigateway.v2 import finding, limits, paging, refusals

Request = Mapping[str, Any]


def create_domain_name(call: Call, request: Request) -> dict[str, Any]:
    """Take a domain name, with a certificate for it."""
    _refuse_unbuilt(call, request)
    asked = _configuration(call, request)
    kind: str = asked.get("EndpointType") or "REGIONAL"
    endpoint: dict[str, Any] = {"types": [kind]}
    if asked.get("IpAddressType"):
        endpoint["ipAddressType"] = asked["IpAddressType"]
    own = "certificate" if kind == "EDGE" else "regionalCertificate"
    domains.create_domain_name(
        call,
        {
            "domainName": request["DomainName"].lower(),
            f"{own}Arn": asked.get("CertificateArn"),
            f"{own}Name": asked.get("CertificateName"),
            "securityPolicy": asked.get("SecurityPolicy"),
            "endpointConfiguration": endpoint,
            "tags": limits.checked_tags(request.get("Tags")),
        },
    )
    return _told(call, call.state(RestState).domains[request["DomainName"].lower()])


def get_domain_name(call: Call, request: Request) -> dict[str, Any]:
    """A domain name."""
    return _told(call, _found(call, request))


def get_domain_names(call: Call, request: Request) -> dict[str, Any]:
    """The account's domain names."""
    held = call.state(RestState).domains.values()
    return paging.listed(held, request, lambda domain: _told(call, domain))


def update_domain_name(call: Call, request: Request) -> dict[str, Any]:
    """Change a domain name's certificate, security policy or endpoint."""
    domain = _found(call, request)
    _refuse_unbuilt(call, request)
    if request.get("DomainNameConfigurations"):
        asked = _configuration(call, request)
        held: str = domain.endpoint_configuration["types"][0]
        kind = asked.get("EndpointType") or held
        own = "/certificate" if kind == "EDGE" else "/regionalCertificate"
        patches = {
            f"{own}Arn": asked.get("CertificateArn"),
            f"{own}Name": asked.get("CertificateName"),
            "/securityPolicy": asked.get("SecurityPolicy"),
            f"/endpointConfiguration/types/{held}": kind if kind != held else None,
            "/endpointConfiguration/ipAddressType": asked.get("IpAddressType"),
        }
        operations = [{"op": "replace", "path": path, "value": value} for path, value in patches.items() if value]
        domains.update_domain_name(call, {"domainName": domain.domain_name, "patchOperations": operations})
    return _told(call, _found(call, request))


def delete_domain_name(call: Call, request: Request) -> None:
    """Give a domain name up, with what is mapped under it."""
    domain = _found(call, request)
    domains.delete_domain_name(call, {"domainName": domain.domain_name})


def _refuse_unbuilt(call: Call, request: Request) -> None:
    if request.get("MutualTlsAuthentication"):
        raise not_implemented("apigatewayv2", f"{call.operation}.MutualTlsAuthentication")
    if request.get("RoutingMode") not in (None, "API_MAPPING_ONLY"):
        raise not_implemented("apigatewayv2", f"{call.operation}.RoutingMode.{request['RoutingMode']}")


def _configuration(call: Call, request: Request) -> Request:
    """The one configuration of a domain name."""
    asked: Sequence[Request] = request.get("DomainNameConfigurations") or ()
    if len(asked) != 1:
        words = "DomainNameConfigurations must have exactly one configuration"
        raise refusals.invalid(words, DomainNameConfigurations=len(asked))
    if asked[0].get("OwnershipVerificationCertificateArn"):
        raise not_implemented("apigatewayv2", f"{call.operation}.OwnershipVerificationCertificateArn")
    return asked[0]


def _found(call: Call, request: Request) -> DomainName:
    found = call.state(RestState).domains.get(request["DomainName"].lower())
    if found is None:
        path = finding.arn(call, f"/domainnames/{request['DomainName']}")
        raise refusals.missing("Invalid domain name identifier specified", path)
    return found


def _told(call: Call, domain: DomainName) -> dict[str, Any]:
    kind = domain.endpoint_configuration["types"][0]
    is_edge = kind == "EDGE"
    configuration = {
        "ApiGatewayDomainName": domain.distribution_domain_name if is_edge else domain.regional_domain_name,
        "CertificateArn": domain.certificate_arn if is_edge else domain.regional_certificate_arn,
        "CertificateName": domain.certificate_name if is_edge else domain.regional_certificate_name,
        "CertificateUploadDate": domain.certificate_upload_date,
        "DomainNameStatus": "AVAILABLE",
        "EndpointType": kind,
        "HostedZoneId": domain.distribution_hosted_zone_id if is_edge else domain.regional_hosted_zone_id,
        "IpAddressType": domain.endpoint_configuration.get("ipAddressType"),
        "SecurityPolicy": domain.security_policy,
    }
    return {
        "ApiMappingSelectionExpression": "$request.basepath",
        "DomainName": domain.domain_name,
        "DomainNameArn": domain.domain_name_arn or finding.arn(call, f"/domainnames/{domain.domain_name}"),
        "DomainNameConfigurations": [{name: value for name, value in configuration.items() if value is not None}],
        "RoutingMode": "API_MAPPING_ONLY",
        "Tags": dict(domain.tags),
    }
