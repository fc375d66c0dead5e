"""What `$context` holds, for parameter mappings, identity sources and access logs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from foulweather.services.apigateway.rest.context import common_log_time

if TYPE_CHECKING:
    from foulweather.services.apigateway.http.visit import Visit

Read = Callable[["Visit"], Any]


def _certificate(*path: str) -> Read:
    """A member of what a client with mutual TLS has shown."""

    def read(visit: Visit) -> Any:
        found: Any = visit.client.certificate
        for name in path:
            found = None if found is None else found[name]
        return found

    return read


def _identity(name: str) -> Read:
    return lambda visit: visit.identity.get(name)


def _cognito(visit: Visit) -> Mapping[str, Any]:
    return visit.identity.get("cognitoIdentity") or {}


def _amr(visit: Visit) -> list[str]:
    return _cognito(visit).get("amr") or []


_READS: Final[Mapping[str, Read]] = {
    "accountId": lambda visit: visit.call.account,
    "apiId": lambda visit: visit.api.api_id,
    "authorizer.error": lambda visit: visit.authorizer_error,
    "awsEndpointRequestId": lambda visit: visit.endpoint_request_id,
    "customDomain.basePathMatched": lambda visit: visit.base_path,
    "domainName": lambda visit: visit.domain,
    "domainPrefix": lambda visit: visit.domain.partition(".")[0],
    "error.message": lambda visit: visit.refusal and visit.refusal.message,
    "error.messageString": lambda visit: visit.refusal and json.dumps(visit.refusal.message),
    "error.responseType": lambda visit: visit.refusal and visit.refusal.code.removesuffix("Exception"),
    "extendedRequestId": lambda visit: visit.call.request_id,
    "httpMethod": lambda visit: visit.request.method,
    "identity.accountId": _identity("accountId"),
    "identity.caller": _identity("callerId"),
    "identity.cognitoAuthenticationProvider": lambda visit: ",".join(_amr(visit)[1:]),
    "identity.cognitoAuthenticationType": lambda visit: next(iter(_amr(visit)), ""),
    "identity.cognitoIdentityId": lambda visit: _cognito(visit).get("identityId"),
    "identity.cognitoIdentityPoolId": lambda visit: _cognito(visit).get("identityPoolId"),
    "identity.clientCert.clientCertPem": _certificate("clientCertPem"),
    "identity.clientCert.issuerDN": _certificate("issuerDN"),
    "identity.clientCert.serialNumber": _certificate("serialNumber"),
    "identity.clientCert.subjectDN": _certificate("subjectDN"),
    "identity.clientCert.validity.notAfter": _certificate("validity", "notAfter"),
    "identity.clientCert.validity.notBefore": _certificate("validity", "notBefore"),
    "identity.principalOrgId": _identity("principalOrgId"),
    "identity.sourceIp": lambda visit: visit.request.peer,
    "identity.user": _identity("userId"),
    "identity.userAgent": lambda visit: visit.request.header("user-agent"),
    "identity.userArn": _identity("userArn"),
    "integration.error": lambda visit: visit.integration_error,
    "integration.integrationStatus": lambda visit: visit.integration_status or None,
    "integration.latency": lambda visit: None if visit.integration_ms < 0 else visit.integration_ms,
    "integration.requestId": lambda visit: visit.endpoint_request_id,
    "integration.status": lambda visit: visit.integration_status or None,
    "integrationErrorMessage": lambda visit: visit.integration_error,
    "integrationLatency": lambda visit: None if visit.integration_ms < 0 else visit.integration_ms,
    "integrationStatus": lambda visit: visit.integration_status or None,
    "path": lambda visit: visit.raw_path,
    "protocol": lambda visit: "HTTP/1.1",
    "requestId": lambda visit: visit.call.request_id,
    "requestTime": lambda visit: common_log_time(visit.call.hop.at_ms),
    "requestTimeEpoch": lambda visit: visit.call.hop.at_ms // 1000,
    "routeKey": lambda visit: visit.route_key,
    "stage": lambda visit: visit.stage.stage_name,
}


def value(visit: Visit, name: str) -> str | None:
    """A variable by its name; None where there is nothing."""
    read = _READS.get(name)
    found = read(visit) if read is not None else _of_authorizer(visit, name)
    if found is None or found == "":
        return None
    return found if isinstance(found, str) else json.dumps(found, separators=(",", ":"))


def _of_authorizer(visit: Visit, name: str) -> Any:
    """`authorizer.claims.sub` of a token, `authorizer.<key>` of what a function told."""
    root, _, rest = name.partition(".")
    if root != "authorizer" or visit.authorizer is None:
        return None
    kind, told = next(iter(visit.authorizer.items()))
    members = cast("Mapping[str, Any]", told or {})
    if kind == "jwt":
        claims: Mapping[str, Any] = members["claims"]
        return claims.get(rest.removeprefix("claims.")) if rest.startswith("claims.") else None
    return members.get(rest)
