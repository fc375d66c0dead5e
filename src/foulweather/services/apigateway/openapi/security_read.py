"""Authorizers and API keys out of the security schemes of a definition.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, refusals
from foulweather.services.apigateway.authorizer_checks import TTL_S, check
from foulweather.services.apigateway.openapi.documents import Document, part
from foulweather.services.apigateway.openapi.findings import Findings
from foulweather.services.apigateway.records import Authorizer, Method
from foulweather.services.apigateway.state import RestState, under

_TYPES: Final = {"token": "TOKEN", "request": "REQUEST", "cognito_user_pools": "COGNITO_USER_POOLS"}


class Scheme(NamedTuple):
    """What a security scheme asks of a request: a kind of authorization, or a key."""

    authorization: str = ""
    authorizer_id: str | None = None
    is_key: bool = False


def read_schemes(
    call: Call, state: RestState, api_id: str, document: Document, findings: Findings
) -> dict[str, Scheme]:
    """The security schemes of a definition by name; their authorizers become the API's."""
    written = _written(document)
    found: dict[str, Scheme] = {}
    for name in written:
        scheme = part(written, name)
        asked = part(scheme, "x-amazon-apigateway-authorizer")
        if asked:
            what = f"Unable to create authorizer '{name}'"
            authorizer = findings.attempt(what, lambda n=name, s=scheme, a=asked: _put(call, state, api_id, n, s, a))
            if authorizer is not None:
                kind = "COGNITO_USER_POOLS" if authorizer.type == "COGNITO_USER_POOLS" else "CUSTOM"
                found[name] = Scheme(kind, authorizer.id)
        elif str(scheme.get("x-amazon-apigateway-authtype", "")).lower() == "awssigv4":
            found[name] = Scheme("AWS_IAM")
        elif scheme.get("type") == "apiKey" and str(scheme.get("name", "")).lower() == "x-api-key":
            found[name] = Scheme(is_key=True)
        else:
            findings.warnings.append(f"Security scheme '{name}' has no meaning for API Gateway and is ignored")
    return found


def undeclared(document: Document, requirements: Any) -> list[str]:
    """The names in security requirements that no security scheme has."""
    asked = cast("Sequence[Any]", requirements) if isinstance(requirements, list) else ()
    names = [name for one in asked if isinstance(one, dict) for name in cast("Document", one)]
    return [name for name in names if name not in _written(document)]


def apply(method: Method, schemes: Mapping[str, Scheme], requirements: Any) -> None:
    """What an operation's security requirements ask of a method's callers."""
    for requirement in cast("Sequence[Any]", requirements) if isinstance(requirements, list) else ():
        for name, scopes in cast("Document", requirement).items() if isinstance(requirement, dict) else ():
            scheme = schemes.get(name)
            if scheme is None:
                continue
            if scheme.is_key:
                method.api_key_required = True
            else:
                method.authorization_type, method.authorizer_id = scheme.authorization, scheme.authorizer_id
                method.authorization_scopes = list(scopes or ())


def _written(document: Document) -> Document:
    return part(document, "securityDefinitions") or part(part(document, "components"), "securitySchemes")


def _put(call: Call, state: RestState, api_id: str, name: str, scheme: Document, asked: Document) -> Authorizer:
    kind = _TYPES.get(str(asked.get("type", "")).lower())
    if kind is None:
        raise refusals.invalid(f"Invalid authorizer type: {asked.get('type')}", type=asked.get("type"))
    held = next((one for one in under(state.authorizers, api_id) if one.name == name), None)
    if held is None:
        most = limits.AUTHORIZERS_MAX
        if sum(1 for _ in under(state.authorizers, api_id)) >= most:
            raise refusals.too_many("Authorizers", "API", finding.arn(call, f"/restapis/{api_id}"), most)
    ttl_s = asked.get("authorizerResultTtlInSeconds")
    source = asked.get("identitySource")
    if not source and kind != "REQUEST" and scheme.get("in") == "header" and scheme.get("name"):
        source = f"method.request.header.{scheme['name']}"
    made = Authorizer(
        id=finding.new_id(call) if held is None else held.id,
        name=name,
        type=kind,
        provider_arns=list(asked.get("providerARNs") or ()),
        auth_type=str(scheme.get("x-amazon-apigateway-authtype") or "custom"),
        authorizer_uri=asked.get("authorizerUri"),
        authorizer_credentials=asked.get("authorizerCredentials"),
        identity_source=source,
        identity_validation_expression=asked.get("identityValidationExpression"),
        authorizer_result_ttl_in_seconds=int(ttl_s) if ttl_s is not None else TTL_S,
    )
    if kind == "COGNITO_USER_POOLS":
        made.authorizer_result_ttl_in_seconds = None if ttl_s is None else int(ttl_s)
    check(call, state, api_id, made)
    state.authorizers.put(f"{api_id}/{made.id}", made)
    return made
