"""An HTTP API out of an OpenAPI 3.0 definition: all of it is read and checked before anything is changed.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.apigateway.openapi import documents
from foulweather.services.apigateway.openapi.documents import Document, objects, part, resolved
from foulweather.services.apigateway.openapi.findings import Findings
from foulweather.services.apigateway.v2 import authorizer_checks, finding, integration_checks, limits, refusals
from foulweather.services.apigateway.v2.records import Authorizer, Integration, Route

_X: Final = "x-amazon-apigateway-"
_ANY: Final = f"{_X}any-method"
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", _ANY)
_EXTENSIONS: Final = frozenset({"cors", "importexport-version", "endpoint-configuration", "integrations", "tag-value"})


class Definition:
    """What a definition makes: an API's members, and records with ids of their own."""

    def __init__(self) -> None:
        self.api: dict[str, Any] = {}
        self.authorizers: dict[str, Authorizer] = {}
        self.integrations: list[Integration] = []
        self.routes: list[Route] = []
        self.findings = Findings()


def read(call: Call, text: str, basepath: str, *, fail_on_warnings: bool) -> Definition:
    """A definition, read and checked."""
    made = Definition()
    document = _document(text)
    try:
        made.api = _api(document)
        for name in document:
            if name.startswith(_X) and name.removeprefix(_X) not in _EXTENSIONS:
                made.findings.warnings.append(f"Extension '{name}' has no meaning for an HTTP API and is ignored")
        signed = _read_schemes(call, made, document)
        prefix = _prefix(document, basepath)
        paths = part(document, "paths")
        for path in paths:
            for name, operation in cast("Document", resolved(document, part(paths, path))).items():
                if name in _METHODS and isinstance(operation, dict):
                    where = f"Unable to create route '{name} {path}'"
                    step = _Step(call, made, document, signed, prefix + path, name, cast("Document", operation))
                    made.findings.attempt(where, step.put)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, msgspec.ValidationError) as error:
        # A definition may hold anything anywhere; so far nothing has been changed.
        raise refusals.invalid("Invalid OpenAPI input.", Body=str(error)) from None
    limits.require_room(call, len(made.routes) - 1, limits.ROUTES_MAX, "routes")
    limits.require_room(call, len(made.authorizers) - 1, limits.AUTHORIZERS_MAX, "authorizers")
    try:
        made.findings.settle(fail_on_warnings=fail_on_warnings)
    except AwsError as error:
        raise refusals.invalid(error.message, Body=len(text)) from None
    return made


def _document(text: str) -> Document:
    document = documents.read(text.encode())
    if documents.version_of(document) != 3:
        words = "Invalid OpenAPI input: only OpenAPI 3.0 definitions can be imported as HTTP APIs"
        raise refusals.invalid(words, swagger=document.get("swagger"))
    return document


def _api(document: Document) -> dict[str, Any]:
    info = part(document, "info")
    title = info.get("title")
    if not isinstance(title, str) or not title:
        raise refusals.invalid("Unable to import API: the definition has no info.title", title=title)
    made: dict[str, Any] = {"Name": title, "ProtocolType": "HTTP", "Description": info.get("description")}
    made["Version"] = str(info["version"]) if info.get("version") is not None else None
    cors = part(document, f"{_X}cors")
    if cors:
        made["CorsConfiguration"] = {name[:1].upper() + name[1:]: value for name, value in cors.items()}
        limits.checked_cors(made["CorsConfiguration"])
    servers = objects(document, "servers")
    endpoint = part(document, f"{_X}endpoint-configuration")
    for server in servers:
        endpoint = {**endpoint, **part(server, f"{_X}endpoint-configuration")}
    if endpoint.get("disableExecuteApiEndpoint"):
        made["DisableExecuteApiEndpoint"] = True
    tags = {tag["name"]: tag[f"{_X}tag-value"] for tag in objects(document, "tags") if f"{_X}tag-value" in tag}
    made["Tags"] = limits.checked_tags(tags)
    return {name: value for name, value in made.items() if value is not None}


def _prefix(document: Document, basepath: str) -> str:
    """What stands before every path: the path of the first server, as `Basepath` says."""
    if basepath not in ("ignore", "prepend", "split"):
        raise refusals.invalid("Basepath must be one of: ignore, prepend, split", Basepath=basepath)
    servers = objects(document, "servers")
    if basepath == "ignore" or not servers:
        return ""
    server = servers[0]
    path = urlsplit(str(server.get("url", ""))).path
    variables = part(server, "variables")
    for name in variables:
        path = path.replace(f"{{{name}}}", str(part(variables, name).get("default", "")).strip("/"))
    path = path.rstrip("/")
    if basepath == "split":  # what comes first is left to a custom domain name's mapping
        first, slash, rest = path[1:].partition("/")
        return f"/{rest}" if first and slash else ""
    return path


def _read_schemes(call: Call, made: Definition, document: Document) -> set[str]:
    """The authorizers; returned are the names of those schemes that ask for a signature."""
    schemes = part(part(document, "components"), "securitySchemes")
    signed: set[str] = set()
    for name in schemes:
        scheme = part(schemes, name)
        asked = part(scheme, f"{_X}authorizer")
        if str(scheme.get(f"{_X}authtype", "")).lower() == "awssigv4":
            signed.add(name)
        elif asked:
            what = f"Unable to create authorizer '{name}'"
            held = made.findings.attempt(what, lambda n=name, a=asked: _authorizer(call, n, a))
            if held is not None:
                made.authorizers[name] = held
        else:
            made.findings.warnings.append(f"Security scheme '{name}' has no meaning for an HTTP API and is ignored")
    return signed


def _authorizer(call: Call, name: str, asked: Mapping[str, Any]) -> Authorizer:
    kind = str(asked.get("type", "")).upper()
    if kind not in ("JWT", "REQUEST"):
        raise refusals.invalid(f"Invalid authorizer type: {asked.get('type')}", type=asked.get("type"))
    members: dict[str, Any] = {"AuthorizerId": finding.new_id(call, 6), "Name": name, "AuthorizerType": kind}
    sources = asked.get("identitySource") or ""
    members["IdentitySource"] = (
        [each.strip() for each in sources.split(",") if each.strip()] if isinstance(sources, str) else sources
    )
    told = part(asked, "jwtConfiguration")
    if told:
        members["JwtConfiguration"] = {"Issuer": told.get("issuer"), "Audience": list(told.get("audience") or ())}
    for own, member in (
        ("authorizerUri", "AuthorizerUri"),
        ("authorizerCredentials", "AuthorizerCredentialsArn"),
        ("authorizerPayloadFormatVersion", "AuthorizerPayloadFormatVersion"),
        ("authorizerResultTtlInSeconds", "AuthorizerResultTtlInSeconds"),
        ("enableSimpleResponses", "EnableSimpleResponses"),
    ):
        if asked.get(own) is not None:
            value = asked[own]
            members[member] = str(value) if member.endswith("Version") else value
    made = msgspec.convert(members, Authorizer)
    authorizer_checks.check(made, is_http=True)
    return made


class _Step:
    """One operation of a definition, which becomes a route and its integration."""

    def __init__(
        self,
        call: Call,
        made: Definition,
        document: Document,
        signed: set[str],
        path: str,
        name: str,
        operation: Document,
    ) -> None:
        self.call, self.made, self.document, self.signed = call, made, document, signed
        self.path, self.name, self.operation = path, name, operation

    def put(self) -> None:
        """Add the route."""
        is_default = self.path.endswith("/$default") or bool(self.operation.get("isDefaultRoute"))
        method = "ANY" if self.name == _ANY else self.name.upper()
        key = limits.checked_route_key("$default" if is_default else f"{method} {self.path}")
        if any(route.route_key == key for route in self.made.routes):
            raise refusals.conflict(f"Route with key {key} already exists for this API")
        route = Route(route_id=finding.new_id(self.call, 7), route_key=key)
        route.operation_name = self.operation.get("operationId")
        self._secure(route)
        asked = resolved(self.document, self.operation.get(f"{_X}integration"))
        if isinstance(asked, dict):
            integration = _integration(self.call, cast("Document", asked))
            route.target = f"integrations/{integration.integration_id}"
            self.made.integrations.append(integration)
        else:
            self.made.findings.warnings.append(f"Route '{key}' has no {_X}integration and leads nowhere")
        self.made.routes.append(route)

    def _secure(self, route: Route) -> None:
        requirements: Any = self.operation.get("security", self.document.get("security"))
        for requirement in cast("list[Any]", requirements) if isinstance(requirements, list) else ():
            for name, scopes in cast("Document", requirement).items():
                if name in self.signed:
                    route.authorization_type = "AWS_IAM"
                elif name in self.made.authorizers:
                    authorizer = self.made.authorizers[name]
                    route.authorizer_id = authorizer.authorizer_id
                    route.authorization_type = "JWT" if authorizer.authorizer_type == "JWT" else "CUSTOM"
                    route.authorization_scopes = [str(each) for each in scopes or ()]
                else:
                    # Never a route that is open because its guard could not be read.
                    words = f"Security scheme '{name}' is none that an HTTP API has"
                    raise refusals.invalid(words, security=name)


def _integration(call: Call, asked: Document) -> Integration:
    members: dict[str, Any] = {"IntegrationType": str(asked.get("type", "")).upper()}
    for own, member in (
        ("integrationSubtype", "IntegrationSubtype"),
        ("httpMethod", "IntegrationMethod"),
        ("uri", "IntegrationUri"),
        ("connectionType", "ConnectionType"),
        ("connectionId", "ConnectionId"),
        ("credentials", "CredentialsArn"),
        ("description", "Description"),
        ("requestParameters", "RequestParameters"),
        ("responseParameters", "ResponseParameters"),
        ("timeoutInMillis", "TimeoutInMillis"),
    ):
        if asked.get(own) is not None:
            members[member] = asked[own]
    if asked.get("payloadFormatVersion") is not None:
        members["PayloadFormatVersion"] = str(asked["payloadFormatVersion"])
    tls = part(asked, "tlsConfig")
    if tls:
        members["TlsConfig"] = {"ServerNameToVerify": tls.get("serverNameToVerify")}
    timeout_ms = members.get("TimeoutInMillis")
    if timeout_ms is not None and not 50 <= timeout_ms <= limits.HTTP_TIMEOUT_MS_MAX:
        words = f"Timeout should be between 50 ms and {limits.HTTP_TIMEOUT_MS_MAX} ms"
        raise refusals.invalid(words, TimeoutInMillis=timeout_ms)
    checked = integration_checks.checked_http(call, members)
    return msgspec.convert({**checked, "IntegrationId": finding.new_id(call, 7)}, Integration)
