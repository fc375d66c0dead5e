"""Custom domain names.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.apigateway import (
    domain_certificates,
    finding,
    limits,
    paging,
    patches,
    refusals,
    security_policies,
    truststores,
)
from foulweather.services.apigateway.endpoints import checked_endpoint
from foulweather.services.apigateway.patches import REPLACE, Rule, Step, sets, value_of
from foulweather.services.apigateway.records import shown
from foulweather.services.apigateway.region_records import DomainName, Place
from foulweather.services.apigateway.state import Places, RestState, under
from foulweather.services.apigateway.zones import CLOUDFRONT_ZONE, REGIONAL_ZONES

Request = Mapping[str, Any]
_NAME = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_UNBUILT: Final = (
    "certificateBody",
    "certificatePrivateKey",
    "certificateChain",
    "policy",
)
_MODES: Final = ("BASE_PATH_MAPPING_ONLY", "ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_BASE_PATH_MAPPING")
_ANY: Final = ("add", "replace", "remove")


def create_domain_name(call: Call, request: Request) -> dict[str, Any]:
    """Take a domain name, with a certificate for it."""
    name: str = request["domainName"]
    if not _NAME.fullmatch(name):
        raise refusals.invalid("Invalid domain name specified", domainName=name)
    _refuse_unbuilt(call, request)
    edge_certificate, regional_certificate = request.get("certificateArn"), request.get("regionalCertificateArn")
    default = "REGIONAL" if regional_certificate and not edge_certificate else "EDGE"
    endpoint = checked_endpoint(request.get("endpointConfiguration"), default)
    kind = endpoint["types"][0]
    tags = limits.checked_tags(request.get("tags"))
    state, places = call.state(RestState), call.world.state(Places)
    place = f"{name}@{call.region}"
    if place in places.domains:
        raise refusals.invalid("The domain name you provided already exists.", domainName=name)
    mutual: Request = request.get("mutualTlsAuthentication") or {}
    policy, access_mode = request.get("securityPolicy") or "TLS_1_2", request.get("endpointAccessMode")
    security_policies.check(policy, kind, access_mode, is_mutual=bool(mutual.get("truststoreUri")))
    own = request.get("ownershipVerificationCertificateArn")
    certificate = domain_certificates.check(
        call, name, kind, edge_certificate if kind == "EDGE" else regional_certificate
    )
    most = limits.DOMAINS_MAX
    if len(state.domains) >= most:
        raise refusals.too_many("domain names", "account", call.account, most)
    made = DomainName(
        domain_name=name,
        created_ms=call.now,
        domain_name_arn=finding.arn(call, f"/domainnames/{name}"),
        endpoint_configuration=endpoint,
        security_policy=policy,
        endpoint_access_mode=access_mode,
        ownership_verification_certificate_arn=own,
        routing_mode=request.get("routingMode") or "BASE_PATH_MAPPING_ONLY",
        tags=tags,
    )
    _trust(call, made, mutual, certificate)
    limits.pace(call, "CreateDomainName")
    if kind == "EDGE":
        made.certificate_name = request.get("certificateName")
        made.certificate_arn = edge_certificate
        _open_edge(call, made)
    else:
        made.regional_certificate_name = request.get("regionalCertificateName")
        made.regional_certificate_arn = regional_certificate
        _open_regional(call, made)
    state.domains.put(name, made)
    places.domains.put(place, Place(account=call.account, region=call.region))
    finding.changed(call, "DomainNameCreated", f"/domainnames/{name}", made)
    return _told(made)


def get_domain_name(call: Call, request: Request) -> dict[str, Any]:
    """A domain name."""
    return _told(_found(call, request)[1])


def get_domain_names(call: Call, request: Request) -> dict[str, Any]:
    """The account's domain names."""
    if request.get("resourceOwner") == "OTHER_ACCOUNTS":
        raise not_implemented("apigateway", "GetDomainNames.ResourceOwner.OTHER_ACCOUNTS")
    names, more = paging.page(list(call.state(RestState).domains.values()), request)
    return {"items": [_told(name) for name in names], **more}


def update_domain_name(call: Call, request: Request) -> dict[str, Any]:
    """Change a domain name's certificate, security policy or endpoint."""
    state, domain = _found(call, request)
    made = patches.patched(call, domain, request, _RULES)
    made.endpoint_configuration = checked_endpoint(made.endpoint_configuration)
    kind = made.endpoint_configuration["types"][0]
    mutual = made.mutual_tls_authentication or {}
    security_policies.check(
        made.security_policy or "TLS_1_2", kind, made.endpoint_access_mode, is_mutual=bool(mutual.get("truststoreUri"))
    )
    arn = made.certificate_arn if kind == "EDGE" else made.regional_certificate_arn
    certificate = domain_certificates.check(call, made.domain_name, kind, arn)
    if {"mutualTlsAuthentication", "ownershipVerificationCertificateArn", "endpointConfiguration"} & patches.touched(
        request
    ) or arn != (domain.certificate_arn if kind == "EDGE" else domain.regional_certificate_arn):
        _trust(call, made, mutual, certificate)
    if kind == "EDGE" and made.distribution_domain_name is None:
        _open_edge(call, made)
    if kind == "REGIONAL" and made.regional_domain_name is None:
        _open_regional(call, made)
    limits.pace(call, "UpdateDomainName")
    state.domains.put(made.domain_name, made)
    finding.changed(call, "DomainNameUpdated", f"/domainnames/{made.domain_name}", made, patches.touched(request))
    return _told(made)


def delete_domain_name(call: Call, request: Request) -> None:
    """Give a domain name up, with what is mapped under it."""
    state, domain = _found(call, request)
    limits.pace(call, "DeleteDomainName")
    name = domain.domain_name
    for mapping in list(under(state.mappings, name)):
        state.mappings.delete(f"{name}/{mapping.base_path}")
    for rule in list(under(state.routing_rules, name)):
        state.routing_rules.delete(f"{name}/{rule.id}")
    state.domains.delete(name)
    call.world.state(Places).domains.delete(f"{name}@{call.region}")
    finding.changed(call, "DomainNameDeleted", f"/domainnames/{name}")


def _found(call: Call, request: Request) -> tuple[RestState, DomainName]:
    """The domain name that a request names."""
    if request.get("domainNameId"):
        raise not_implemented("apigateway", f"{call.operation}.DomainNameId")  # it names a private one
    state = call.state(RestState)
    domain = state.domains.get(request["domainName"].lower())
    if domain is None:
        path = finding.arn(call, f"/domainnames/{request['domainName']}")
        raise refusals.missing("Invalid domain name identifier specified", path)
    return state, domain


def _told(domain: DomainName) -> dict[str, Any]:
    """A domain name as it is shown."""
    return {**shown(domain, "createdMs", "truststore"), "domainNameStatus": "AVAILABLE"}


def _refuse_unbuilt(call: Call, request: Request) -> None:
    for member in _UNBUILT:
        if request.get(member):
            raise not_implemented("apigateway", f"{call.operation}.{member}")
    endpoint: Request = request.get("endpointConfiguration") or {}
    if "PRIVATE" in (endpoint.get("types") or ()):
        raise not_implemented("apigateway", f"{call.operation}.endpointConfiguration.PRIVATE")


def _trust(call: Call, domain: DomainName, asked: Request, certificate: Request) -> None:
    """Read a domain name's truststore, or have it ask for no certificates any more."""
    uri, version, name = asked.get("truststoreUri"), asked.get("truststoreVersion"), domain.domain_name
    own = domain.ownership_verification_certificate_arn
    domain_certificates.check_ownership(call, name, certificate, own, is_mutual=bool(uri))
    domain.mutual_tls_authentication, domain.truststore = None, ""
    if not uri:
        if version:
            raise refusals.invalid("A truststore version needs a truststore URI", truststoreVersion=version)
        return
    if domain.endpoint_configuration["types"] != ["REGIONAL"]:
        # "you must use a Regional custom domain name for your API, with a minimum TLS version of 1.2":
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
        words = "Mutual TLS is only supported for domain names with the endpoint type REGIONAL"
        raise refusals.invalid(words, types=domain.endpoint_configuration["types"])
    domain.truststore, warnings = truststores.read(call, uri, version)
    told = {"truststoreUri": uri, "truststoreVersion": version, "truststoreWarnings": warnings}
    domain.mutual_tls_authentication = {member: value for member, value in told.items() if value}


def _open_edge(call: Call, domain: DomainName) -> None:
    domain.certificate_upload_date = call.now
    domain.distribution_domain_name = f"d{finding.new_id(call, 13)}.cloudfront.net"
    domain.distribution_hosted_zone_id = CLOUDFRONT_ZONE


def _open_regional(call: Call, domain: DomainName) -> None:
    domain.certificate_upload_date = call.now
    domain.regional_domain_name = f"d-{finding.new_id(call, 10)}.execute-api.{call.region}.amazonaws.com"
    domain.regional_hosted_zone_id = REGIONAL_ZONES.get(call.region)


def _type(domain: DomainName, step: Step) -> None:
    if step.value == "PRIVATE":
        raise not_implemented("apigateway", "UpdateDomainName.endpointConfiguration.PRIVATE")
    domain.endpoint_configuration = {**domain.endpoint_configuration, "types": [step.value]}


def _address_type(domain: DomainName, step: Step) -> None:
    domain.endpoint_configuration = {**domain.endpoint_configuration, "ipAddressType": step.value}


def _unbuilt(_domain: DomainName, step: Step) -> None:
    raise not_implemented("apigateway", f"UpdateDomainName{step.path.replace('/', '.')}")


def _routing(step: Step) -> str:
    mode = value_of(step)
    if mode not in _MODES:
        raise refusals.invalid(f"Invalid routing mode specified: {mode}", routingMode=mode)
    return mode


def _mutual(domain: DomainName, step: Step) -> None:
    """`replace` with an empty URI disables mutual TLS (AWS's page, "Disable mutual TLS")."""
    held = dict(domain.mutual_tls_authentication or {})
    held.pop("truststoreWarnings", None)
    member = step.path.rpartition("/")[2]
    value = "" if step.op == "remove" else step.value or ""
    held[member] = value
    if member == "truststoreUri" and not value:
        held.clear()
    domain.mutual_tls_authentication = {name: text for name, text in held.items() if text}


_RULES: Final = (
    sets("/certificateName", "certificate_name"),
    sets("/certificateArn", "certificate_arn", value_of),
    sets("/regionalCertificateName", "regional_certificate_name"),
    sets("/regionalCertificateArn", "regional_certificate_arn", value_of),
    sets("/securityPolicy", "security_policy", value_of),
    Rule("/endpointConfiguration/types/{}", REPLACE, _type),
    Rule("/endpointConfiguration/ipAddressType", REPLACE, _address_type),
    sets("/routingMode", "routing_mode", _routing),
    sets("/endpointAccessMode", "endpoint_access_mode", ops=_ANY),
    sets("/ownershipVerificationCertificateArn", "ownership_verification_certificate_arn", ops=_ANY),
    Rule("/mutualTlsAuthentication/truststoreUri", _ANY, _mutual),
    Rule("/mutualTlsAuthentication/truststoreVersion", _ANY, _mutual),
    *(
        Rule(path, _ANY, _unbuilt)
        for path in (
            "/policy",
            "/managementPolicy",
        )
    ),
)
