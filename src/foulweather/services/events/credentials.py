"""Connections for other services, such as Step Functions' HTTP tasks: what one adds to a request (`http_connections`).

https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html#connect-http-task-permissions
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http_connections import Added
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.services.events import authorizing
from foulweather.services.events.destination_state import AUTHORIZED, Connection, DestinationsState
from foulweather.services.events.state import part

_PASSING = ("CREATING", "UPDATING", "AUTHORIZING")


async def retrieve(call: Call, principal: Principal, arn: str) -> Added:
    """What a connection adds to a request, for a principal that may have its credentials."""
    judged = _as(call, principal, arn)
    try:
        resource = Resource(arn, judged.account)
        judged.pipeline.require(judged, Permission("events:RetrieveConnectionCredentials", resource))
    except AwsError as error:
        raise _denied(arn, error) from None
    found = call.state(DestinationsState, judged.account, judged.region).connection_at(arn)
    if found is None:
        raise AwsError("ResourceNotFound", f"Connection {arn} does not exist.", facts=(Fact(arn, "exists", False),))
    if found.state != AUTHORIZED:
        code = "AuthInProgress" if found.state in _PASSING else "InvalidConnectionState"
        words = f"Connection {arn} is in state {found.state}. {found.reason}".strip()
        raise AwsError(code, words, facts=(call.fact(arn, "ConnectionState", found.state),))
    secret = await _secret(judged, found)
    try:
        own = await authorizing.headers_of(judged, found, secret)
    except AwsError as error:
        if error.code == "NotImplemented":
            raise
        words = f"Connection {arn} could not be authorized: {error.message}"
        raise AwsError("InvalidConnectionState", words, why=Why("failed", words, because=(error.why,))) from None
    extra = part(secret, "InvocationHttpParameters")
    headers = (*_pairs(extra, "HeaderParameters"), *own)
    return Added(headers, _pairs(extra, "QueryStringParameters"), _pairs(extra, "BodyParameters"))


def reject(call: Call, arn: str) -> None:
    """Have the next request get another token."""
    _, _, _, region, account, _ = arn.split(":", 5)
    state = call.state(DestinationsState, account, region)
    found = state.connection_at(arn)
    if found is not None and found.token:
        found.token_until_ms = 0
        state.connections.put(found.name, found)


def _as(call: Call, principal: Principal, arn: str) -> Call:
    """A call of the principal's where the connection is: to retrieve credentials is an action without an operation."""
    parts = arn.split(":")
    region, account = (parts[3], parts[4]) if len(parts) > 4 else ("", "")
    return Call(
        call.pipeline,
        "events",
        "DescribeConnection",
        account or call.account,
        region or call.region,
        principal,
        session=Session(issued_ms=call.world.clock.now_ms),
        trace_id=call.trace_id,
        parent_id=call.request_id,
    )


async def _secret(judged: Call, connection: Connection) -> Mapping[str, Any]:
    """The secret, read by the principal itself."""
    ports: Any = judged.acting_as(judged.principal, account=judged.principal.account, session=judged.session)
    request = {"SecretId": connection.secret_arn}
    told: Any = None
    try:
        for operation in (ports.secretsmanager.describe_secret, ports.secretsmanager.get_secret_value):
            told = operation(request)
            if inspect.isawaitable(told):
                told = await told
    except AwsError as error:
        if "AccessDenied" in error.code:
            raise _denied(connection.arn, error) from None
        words = f"The secret of connection {connection.arn} cannot be read: {error.message}"
        raise AwsError("InvalidConnectionState", words, why=Why("failed", words, because=(error.why,))) from None
    return json.loads(told["SecretString"])


def _denied(arn: str, error: AwsError) -> AwsError:
    why = Why("denied", error.message, (Fact(arn, "credentials", "not retrieved"),), error.why.remedy, (error.why,))
    return AwsError("AccessDenied", error.message, 400, why=why)


def _pairs(parameters: Mapping[str, Any], member: str) -> tuple[tuple[str, str], ...]:
    return tuple((item["Key"], item["Value"]) for item in parameters.get(member) or ())
