"""Custom domain names, which REST, HTTP and WebSocket APIs share.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import domains
from foulweather.services.apigateway.region_records import DomainName
from foulweather.services.apigateway.state import RestState
from foulweather.services.apigateway.v2 import finding, limits, paging, refusals

Request = Mapping[str, Any]
_MODES: Final = {
    "API_MAPPING_ONLY": "BASE_PATH_MAPPING_ONLY",
    "ROUTING_RULE_ONLY": "ROUTING_RULE_ONLY",
    "ROUTING_RULE_THEN_API_MAPPING": "ROUTING_RULE_THEN_BASE_PATH_MAPPING",
}


def create_domain_name(call: Call, request: Request) -> dict[str, Any]:
    """Take a domain name, with a certificate for it."""
    asked = _configuration(request)
    mutual: Request = request.get("MutualTlsAuthentication") or {}
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
            "mutualTlsAuthentication": {
                "truststoreUri": mutual.get("TruststoreUri"),
                "truststoreVersion": mutual.get("TruststoreVersion"),
            },
            "ownershipVerificationCertificateArn": asked.get("OwnershipVerificationCertificateArn"),
            "routingMode": _MODES.get(request.get("RoutingMode") or ""),
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
    mutual: Request | None = request.get("MutualTlsAuthentication")
    patches: dict[str, str | None] = {"/routingMode": _MODES.get(request.get("RoutingMode") or "")}
    if request.get("DomainNameConfigurations") or mutual is not None:
        # A truststore is not changed without it: https://github.com/hashicorp/terraform-provider-aws/issues/18312
        asked = _configuration(request)
        held: str = domain.endpoint_configuration["types"][0]
        kind = asked.get("EndpointType") or held
        own = "/certificate" if kind == "EDGE" else "/regionalCertificate"
        patches |= {
            f"{own}Arn": asked.get("CertificateArn"),
            f"{own}Name": asked.get("CertificateName"),
            "/securityPolicy": asked.get("SecurityPolicy"),
            f"/endpointConfiguration/types/{held}": kind if kind != held else None,
            "/endpointConfiguration/ipAddressType": asked.get("IpAddressType"),
            "/ownershipVerificationCertificateArn": asked.get("OwnershipVerificationCertificateArn"),
        }
    operations = [{"op": "replace", "path": path, "value": value} for path, value in patches.items() if value]
    for member in ("TruststoreUri", "TruststoreVersion"):
        if mutual is not None and member in mutual:  # an empty URI disables it
            path = f"/mutualTlsAuthentication/{member[0].lower()}{member[1:]}"
            operations.append({"op": "replace", "path": path, "value": mutual[member]})
    if operations:
        domains.update_domain_name(call, {"domainName": domain.domain_name, "patchOperations": operations})
    return _told(call, _found(call, request))


def delete_domain_name(call: Call, request: Request) -> None:
    """Give a domain name up, with what is mapped under it."""
    domain = _found(call, request)
    domains.delete_domain_name(call, {"domainName": domain.domain_name})


def _configuration(request: Request) -> Request:
    """The one configuration of a domain name."""
    asked: Sequence[Request] = request.get("DomainNameConfigurations") or ()
    if len(asked) != 1:
        words = "Invalid input. Expected one domain name configuration"
        raise refusals.invalid(words, DomainNameConfigurations=len(asked))
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
        "OwnershipVerificationCertificateArn": domain.ownership_verification_certificate_arn,
        "SecurityPolicy": domain.security_policy,
    }
    mutual = domain.mutual_tls_authentication
    told = {} if mutual is None else {f"{name[0].upper()}{name[1:]}": value for name, value in mutual.items()}
    return {
        **({"MutualTlsAuthentication": told} if told else {}),
        "ApiMappingSelectionExpression": "$request.basepath",
        "DomainName": domain.domain_name,
        "DomainNameArn": domain.domain_name_arn or finding.arn(call, f"/domainnames/{domain.domain_name}"),
        "DomainNameConfigurations": [{name: value for name, value in configuration.items() if value is not None}],
        "RoutingMode": domain.routing_mode.replace("BASE_PATH_MAPPING", "API_MAPPING"),
        "Tags": dict(domain.tags),
    }
