"""Which operation of which service a request is for, by what its protocol puts where.

Order: `Smithy-Protocol`, `X-Amz-Target`, `Action` in a form or query string, then method and path for
the services of the credential scope or the host. What matches nothing is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.model import ServiceEntry, ServiceModel, UnknownName, catalogue
from foulweather.kernel.why import Fact
from foulweather.wire import rest_paths, s3_paths

NO_LABELS: Mapping[str, str] = {}
_ACTION = re.compile(r"(?:^|&)Action=([^&]+)")
_VERSION = re.compile(r"(?:^|&)Version=([^&]+)")
_JSON_OR_CBOR = re.compile(r"application/(?:x-amz-json|json|cbor)")
_RPC_PATH = re.compile(r"/service/([^/]+)/operation/([^/?]+)$")
_AWS_HOST = re.compile(
    r"(?:^|\.)([a-z0-9-]+)(?:[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d))?\.(?:amazonaws\.com|localhost)"
)


class Route(NamedTuple):
    """An operation, the protocol it was asked in, and the labels of its path."""

    service: str
    protocol: str
    operation: str
    labels: Mapping[str, str] = NO_LABELS


class Unroutable(AwsError):
    """A request that is for no operation; `service` and `protocol` say in whose words it is refused."""

    def __init__(self, service: str, protocol: str, code: str, message: str, status: int, *facts: Fact) -> None:
        super().__init__(code, message, status, facts=facts)
        self.service = service
        self.protocol = protocol


def route(request: HttpRequest, signing_name: str) -> Route:
    """The operation that a request is for; `signing_name` is the credential scope's service, or empty."""
    target = request.header("x-amz-target")
    if target:
        return _by_target(target, signing_name)
    if request.header("smithy-protocol") == "rpc-v2-cbor":
        found = _RPC_PATH.search(request.path)
        if found is not None:
            return _by_rpc_path(found[1], found[2], signing_name)
    form = ""
    if request.method == "POST" and request.header("content-type").startswith("application/x-www-form-urlencoded"):
        form = request.body.decode("latin-1")
    action = _ACTION.search(form) or _ACTION.search(request.query)
    if action is not None:
        version = _VERSION.search(form) or _VERSION.search(request.query)
        return _by_action(action[1], version[1] if version is not None else "", signing_name or _host_service(request))
    service = signing_name or _host_service(request)
    if service == "s3" or service not in _by_signing_name():
        found = s3_paths.match(request, is_signed=service == "s3")
        if found is not None and (service or request.path != "/"):
            return Route(found.service, "rest-xml", found.operation, found.labels)
    return _by_path(request, service)


def host_region(request: HttpRequest) -> str:
    """The region that an AWS host name names, or empty."""
    found = _AWS_HOST.search(request.header("host"))
    return (found[2] or "") if found is not None else ""


def _host_service(request: HttpRequest) -> str:
    found = _AWS_HOST.search(request.header("host"))
    return found[1] if found is not None else ""


@cache
def _by_signing_name() -> dict[str, list[tuple[str, ServiceEntry]]]:
    found: dict[str, list[tuple[str, ServiceEntry]]] = {}
    for name, entry in catalogue().items():
        for key in {entry.signing_name, entry.endpoint_prefix}:
            found.setdefault(key, []).append((name, entry))
    return found


@cache
def _by_target_prefix() -> dict[str, list[tuple[str, ServiceEntry]]]:
    found: dict[str, list[tuple[str, ServiceEntry]]] = {}
    for name, entry in catalogue().items():
        if entry.target_prefix:
            found.setdefault(entry.target_prefix, []).append((name, entry))
            # SDKs made of Smithy models leave out what stands before the last dot (CloudTrail's).
            short = entry.target_prefix.rpartition(".")[2]
            if short != entry.target_prefix:
                found.setdefault(short, []).append((name, entry))
    return found


@cache
def _by_target(target: str, signing_name: str) -> Route:
    prefix, _, operation = target.rpartition(".")
    candidates = _by_target_prefix().get(prefix, [])
    chosen = _preferred(candidates, signing_name, operation)
    if chosen is None:
        raise Unroutable("", "json", "UnknownOperationException", "", 404, Fact("request", "X-Amz-Target", target))
    return Route(chosen, "json", _known(chosen, "json", operation))


@cache
def _by_rpc_path(prefix: str, operation: str, signing_name: str) -> Route:
    chosen = _preferred(_by_target_prefix().get(prefix, []), signing_name, operation)
    if chosen is None:
        raise Unroutable(
            "", "smithy-rpc-v2-cbor", "UnknownOperationException", "", 404, Fact("request", "service", prefix)
        )
    return Route(chosen, "smithy-rpc-v2-cbor", _known(chosen, "smithy-rpc-v2-cbor", operation))


@cache
def _by_action(action: str, version: str, signing_name: str) -> Route:
    every = _by_signing_name().get(signing_name) if signing_name else list(catalogue().items())
    # DocumentDB and Neptune are asked at RDS's address in RDS's words.
    every = sorted(every or [], key=lambda found: found[0] != signing_name)
    speaking = [(name, entry) for name, entry in every if {"query", "ec2"} & set(entry.protocols)]
    fitting = [(name, entry) for name, entry in speaking if action in entry.actions]
    of_version = [(name, entry) for name, entry in fitting if entry.api_version == version]
    if of_version or (fitting and not version):
        name, entry = (of_version or fitting)[0]
        return Route(name, "ec2" if "ec2" in entry.protocols else "query", action)
    service = speaking[0][0] if signing_name and speaking else ""
    protocol = "ec2" if service == "ec2" else "query"
    raise Unroutable(
        service,
        protocol,
        "InvalidAction",
        f"Could not find operation {action} for version {version or 'NO_VERSION_SPECIFIED'}",
        400,
        Fact("request", "Action", action),
        Fact("request", "Version", version or None),
    )


def _by_path(request: HttpRequest, signing_name: str) -> Route:
    for name, entry in _by_signing_name().get(signing_name, []):
        for protocol in entry.protocols:
            if protocol not in ("rest-json", "rest-xml"):
                continue
            found = rest_paths.match(name, request.method, request.path, request.query, request.header)
            if found is not None:
                return Route(name, protocol, found[0], found[1])
    facts = (
        Fact("request", "method", request.method),
        Fact("request", "path", request.path),
        Fact("request", "service", signing_name or None),
    )
    if not signing_name:
        raise Unroutable("", "rest-json", "MissingAuthenticationToken", "Missing Authentication Token", 403, *facts)
    for name, entry in _by_signing_name().get(signing_name, []):
        protocol = entry.protocols[0]
        form = next((one for one in entry.protocols if one in ("query", "ec2")), None)
        if form is not None and not _JSON_OR_CBOR.match(request.header("content-type")):
            raise Unroutable(name, form, "MissingAction", "Missing Action", 400, *facts)
        raise Unroutable(name, protocol, "UnknownOperationException", "", 404, *facts)
    raise Unroutable("", "rest-json", "UnknownOperationException", f"No service is called {signing_name}.", 404, *facts)


def _preferred(candidates: list[tuple[str, ServiceEntry]], signing_name: str, operation: str) -> str | None:
    """The service of a target prefix; two share one, and are told apart by their operations."""
    fitting = [name for name, entry in candidates if entry.signing_name == signing_name]
    every = fitting or [name for name, _ in candidates]
    if len(every) > 1:
        every = [name for name in every if operation in ServiceModel.load(name).operations()] or every
    return every[0] if every else None


def _known(service: str, protocol: str, operation: str) -> str:
    try:
        return ServiceModel.load(service).operation(operation).name
    except UnknownName:
        raise Unroutable(
            service, protocol, "UnknownOperationException", "", 400, Fact("request", "operation", operation)
        ) from None
