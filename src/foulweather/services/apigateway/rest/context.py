"""What `$context` holds, for templates, parameter mappings, authorizers and access logs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from foulweather.services.apigateway.rest.java_values import Map, shown
from foulweather.services.apigateway.rest.visit import Visit

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def common_log_time(ms: int) -> str:
    """A time as in a server's log (`01/Jan/2026:00:00:00 +0000`)."""
    at = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{at.day:02}/{MONTHS[at.month - 1]}/{at.year}:{at:%H:%M:%S} +0000"


def identity(visit: Visit) -> dict[str, Any]:
    """Who came, from where: the `identity` of events; what is not known is null."""
    request = visit.request
    found: dict[str, Any] = {
        "cognitoIdentityPoolId": None,
        "accountId": None,
        "cognitoIdentityId": None,
        "caller": None,
        "sourceIp": "test-invoke-source-ip" if visit.is_test else request.peer,
        "principalOrgId": None,
        "accessKey": None,
        "cognitoAuthenticationType": None,
        "cognitoAuthenticationProvider": None,
        "userArn": None,
        "userAgent": request.header("user-agent") or None,
        "user": None,
    }
    found.update(visit.identity)
    if visit.api_key:
        found["apiKey"] = visit.api_key
        found["apiKeyId"] = visit.api_key_id
    return found


def request_context(visit: Visit) -> dict[str, Any]:
    """The `requestContext` of the events that functions get."""
    call = visit.call
    stage = "test-invoke-stage" if visit.is_test else visit.stage.stage_name
    found: dict[str, Any] = {
        "resourceId": visit.resource_id,
        "resourcePath": visit.resource_path,
        "httpMethod": visit.request.method,
        "extendedRequestId": visit.extended_id,
        "requestTime": common_log_time(call.hop.at_ms),
        "path": visit.path if visit.is_test else own_path(visit),
        "accountId": call.account,
        "protocol": "HTTP/1.1",
        "stage": stage,
        "domainPrefix": visit.domain.partition(".")[0],
        "requestTimeEpoch": call.hop.at_ms,
        "requestId": call.request_id,
        "identity": identity(visit),
        "domainName": visit.domain,
        "deploymentId": visit.deployment,
        "apiId": visit.api.id,
    }
    if visit.authorizer is not None:
        found["authorizer"] = visit.authorizer
    return found


def own_path(visit: Visit) -> str:
    """The path with what stands before the API's own: the stage, or the base path of a custom domain name."""
    if visit.base_path:
        return f"/{visit.base_path}{visit.path}" if visit.base_path != "(none)" else visit.path
    return f"/{visit.stage.stage_name}{visit.path}"


def template_context(visit: Visit) -> Map:
    """`$context` as templates see it; what it does not hold prints as nothing."""
    found = Map(request_context(visit))
    found["identity"] = Map({name: value for name, value in identity(visit).items() if value is not None})
    if visit.client.certificate is not None:
        certificate = visit.client.certificate
        found["identity"]["clientCert"] = Map({**certificate, "validity": Map(certificate["validity"])})
    handshake = visit.request.handshake
    if handshake is not None:
        found["tlsVersion"], found["cipherSuite"] = handshake.version, handshake.cipher
    authorizer = {name: value for name, value in (visit.authorizer or {}).items() if value is not None}
    claims = authorizer.get("claims")
    if isinstance(claims, dict):
        authorizer["claims"] = Map({str(name): shown(value) for name, value in claims.items()})  # pyright: ignore
    found["authorizer"] = Map(authorizer)
    found["error"] = error_context(visit)
    found["isCanaryRequest"] = "true" if visit.is_canary else "false"
    found["awsEndpointRequestId"] = visit.endpoint_request_id
    found["customDomain"] = Map(basePathMatched=visit.base_path)
    found["webaclArn"] = visit.stage.web_acl_arn or ""
    found["requestOverride"] = Map(header=Map(), path=Map(), querystring=Map())
    found["responseOverride"] = Map(header=Map())
    return found


def error_context(visit: Visit) -> Map:
    """`$context.error`: of a request that API Gateway answers itself."""
    refusal = visit.refusal
    if refusal is None:
        return Map(message="", messageString="", responseType="", validationErrorString="")
    quoted = "null" if refusal.text is None else '"' + refusal.text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return Map(
        message=refusal.text or "",
        messageString=quoted,
        responseType=refusal.kind,
        validationErrorString=refusal.detail,
    )


def value(visit: Visit, path: str) -> str | None:
    """A variable by its path (`identity.sourceIp`), as parameter mappings name it; None where there is nothing."""
    found: Any = template_context(visit)
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if found is None:
            return None
    return shown(found) or None
