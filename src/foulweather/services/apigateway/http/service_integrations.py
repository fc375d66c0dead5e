"""AWS services behind routes: one call of their own API, made of mapped parameters, in the integration's role.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlencode

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.speaking import Speaking
from foulweather.kernel.why import Fact
from foulweather.services.apigateway.http import lambda_integrations, refusals
from foulweather.services.apigateway.http.plans import IntegrationPlan
from foulweather.services.apigateway.http.refusals import Refusal
from foulweather.services.apigateway.http.visit import Visit
from foulweather.services.apigateway.rest import roles
from foulweather.services.apigateway.rest.waiting import OutOfTime, within
from foulweather.services.apigateway.v2.subtypes import SUBTYPES, Subtype

_TARGETS: Final = {"events": "AWSEvents", "kinesis": "Kinesis_20131202", "states": "AWSStepFunctions"}
_VERSIONS: Final = {"events": "1.1", "kinesis": "1.1", "states": "1.0"}
# How SQS's query API names what is a list or a map.
_LISTS: Final = {"AttributeNames": "AttributeName", "MessageAttributeNames": "MessageAttributeName"}
_MAPS: Final = {"MessageAttributes": "MessageAttribute", "MessageSystemAttributes": "MessageSystemAttribute"}
_MEMBERS: Final = {"Cause": "cause", "Error": "error", "ExecutionArn": "executionArn", "Input": "input", "Name": "name"}


async def asked(visit: Visit, integration: IntegrationPlan) -> HttpResponse:
    """Have a service do what the integration's subtype says; its answer goes back as it is."""
    subtype = SUBTYPES[integration.subtype]
    call = visit.call
    speak = Speaking.of(call.world).speak
    if speak is None or subtype.service == "appconfig":
        raise not_implemented("apigatewayv2", f"CreateIntegration.{integration.subtype}")
    values = {name: each.value(visit) for name, each in integration.parameters.items()}
    given = {name: value for name, value in values.items() if value is not None}
    region = given.pop("Region", call.region)
    try:
        request = _request(subtype, region, given)
    except ValueError as error:
        why = refusals.refused(f"The mapped parameters make no request: {error}", Fact("request", "parameters", given))
        raise Refusal(400, why, logged=str(error)) from None
    request.headers.append(("X-Amzn-Trace-Id", visit.trace_header))
    credentials = integration.credentials_with(visit.variables)
    began_ms = call.world.clock.now_ms
    try:
        ports = await roles.ports(call, credentials, visit.source_arn, "BackplaneAssumeRoleSession", region=region)
        answer = await within(call, integration.timeout_ms, speak(ports, subtype.service, request))
        body = answer.body
        if answer.stream is not None:
            body = b"".join([piece async for piece in answer.stream])
    except AwsError as error:
        raise _no_role(visit, credentials, error) from None
    except OutOfTime:
        raise lambda_integrations.timed_out(visit, integration, f"The service {subtype.service}") from None
    finally:
        visit.integration_ms = call.world.clock.now_ms - began_ms
    visit.integration_status = answer.status
    if answer.status == 501:
        raise not_implemented(subtype.service, subtype.operation)
    headers = {name.lower(): value for name, value in answer.headers}
    visit.endpoint_request_id = headers.get("x-amzn-requestid", "")
    if answer.status >= 400:
        visit.integration_error = body.decode("utf-8", "replace")
    kind = headers.get("content-type", "application/json")
    return HttpResponse(answer.status, [("content-type", kind)], body)


def _request(subtype: Subtype, region: str, given: Mapping[str, str]) -> HttpRequest:
    """The service's own HTTP request; raises ValueError where a value is not of the form asked for."""
    host = f"{subtype.service}.{region}.amazonaws.com"
    if subtype.operation == "StartSyncExecution":
        host = f"sync-{host}"
    headers = [("Host", host)]
    if subtype.service == "sqs":
        pairs = {"Action": subtype.operation, "Version": "2012-11-05", **_flat(given)}
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        return HttpRequest("POST", "/", "", headers, urlencode(pairs).encode(), tls=True)
    service = subtype.service
    if service == "events":
        entry: dict[str, Any] = {name: value for name, value in given.items() if name != "Resources"}
        if "Resources" in given:
            entry["Resources"] = _parsed(given["Resources"], list)
        if "Time" in given:
            entry["Time"] = int(given["Time"]) if given["Time"].isdigit() else given["Time"]
        body: dict[str, Any] = {"Entries": [entry]}
    elif service == "states":
        body = {_MEMBERS.get(name, name[:1].lower() + name[1:]): value for name, value in given.items()}
    else:
        body = dict(given)
    headers.append(("Content-Type", f"application/x-amz-json-{_VERSIONS[service]}"))
    headers.append(("X-Amz-Target", f"{_TARGETS[service]}.{subtype.operation}"))
    return HttpRequest("POST", "/", "", headers, json.dumps(body).encode(), tls=True)


def _flat(given: Mapping[str, str]) -> dict[str, str]:
    """Parameters as the query API takes them: `MessageAttribute.1.Value.StringValue`."""
    found: dict[str, str] = {}
    for name, value in given.items():
        if name in _LISTS:
            for index, each in enumerate(_parsed(value, list), 1):
                found[f"{_LISTS[name]}.{index}"] = str(each)
        elif name in _MAPS:
            for index, (key, members) in enumerate(_parsed(value, dict).items(), 1):
                found[f"{_MAPS[name]}.{index}.Name"] = key
                for member, text in cast("dict[str, Any]", members).items():
                    found[f"{_MAPS[name]}.{index}.Value.{member}"] = str(text)
        else:
            found[name] = value
    return found


def _parsed(text: str, kind: type) -> Any:
    found = json.loads(text)
    if not isinstance(found, kind):
        raise ValueError(f"{text[:100]} is no {'list' if kind is list else 'object'}")
    return found


def _no_role(visit: Visit, credentials: str, error: AwsError) -> AwsError:
    if error.status == 501:
        return error
    why = refusals.failed(
        f"API Gateway cannot assume the role {credentials}.",
        visit.integration_fact("CredentialsArn", credentials),
        remedy=error.why.first_cause().remedy,
        because=(error.why,),
    )
    return Refusal(500, why, logged="API Gateway does not have permission to assume the provided role")
