"""What a request names: APIs, resources, methods; and the refusals when there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.apigateway import refusals
from foulweather.services.apigateway.records import Integration, Method, Resource, RestApi, shown
from foulweather.services.apigateway.state import RestState

Request = Mapping[str, Any]


def arn(call: Call, path: str) -> str:
    """The ARN of a resource of the management API: no account, and its path."""
    return f"arn:aws:apigateway:{call.region}::{path}"


def changed(
    call: Call, kind: str, path: str, record: msgspec.Struct | None = None, only: set[str] | None = None
) -> None:
    """Put on record what somebody made, changed (`only` these members) or, without a record, deleted."""
    if record is None:
        call.changed(f"apigateway.{kind}", arn(call, path), exists=False)
        return
    facts = shown(record, "snapshot", "privateKey", "pemEncodedCertificate", "truststore", "parts", "value")
    if only is not None:
        # A member that was taken away is a fact too.
        facts = {name: facts.get(name) for name in only}
    call.changed(f"apigateway.{kind}", arn(call, path), **facts)


def api(call: Call, request: Request) -> tuple[RestState, RestApi]:
    """The REST API that a request names."""
    state, api_id = call.state(RestState), request["restApiId"]
    found = state.apis.get(api_id)
    if found is None:
        words = f"Invalid API identifier specified {call.account}:{api_id}"
        raise refusals.missing(words, arn(call, f"/restapis/{api_id}"), remedy=("aws apigateway get-rest-apis",))
    return state, found


def resource(call: Call, request: Request, member: str = "resourceId") -> tuple[RestState, RestApi, Resource]:
    """The resource of a REST API that a request names."""
    state, held = api(call, request)
    found = state.resources.get(f"{held.id}/{request[member]}")
    if found is None:
        path = f"/restapis/{held.id}/resources/{request[member]}"
        raise refusals.missing("Invalid Resource identifier specified", arn(call, path))
    return state, held, found


def method_path(request: Request) -> str:
    """The path of a method in the management API."""
    return f"/restapis/{request['restApiId']}/resources/{request['resourceId']}/methods/{request['httpMethod']}"


def method(call: Call, request: Request) -> tuple[RestState, Resource, Method]:
    """The method of a resource that a request names."""
    state, _, held = resource(call, request)
    found = held.resource_methods.get(request["httpMethod"])
    if found is None:
        raise refusals.missing("Invalid Method identifier specified", arn(call, method_path(request)))
    return state, held, found


def integration(call: Call, request: Request) -> tuple[RestState, Resource, Method, Integration]:
    """The integration of a method that a request names."""
    state, held, found = method(call, request)
    if found.method_integration is None:
        raise refusals.missing(
            "Invalid Integration identifier specified", arn(call, f"{method_path(request)}/integration")
        )
    return state, held, found, found.method_integration


def keep(state: RestState, request: Request) -> None:
    """Have a resource written, and with it its methods."""
    state.resources.touch(f"{request['restApiId']}/{request['resourceId']}")


def new_id(call: Call, digits: int = 6) -> str:
    """An id as API Gateway gives them: small letters and digits."""
    return call.world.ids.drawn("abcdefghijklmnopqrstuvwxyz0123456789", digits)
