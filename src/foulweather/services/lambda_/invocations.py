"""Invoke: run a function and wait for its answer, have its event queued, or only ask whether one may.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import (
    asynchronous,
    durable_limits,
    durable_starting,
    invoking,
    lineages,
    naming,
    refusals,
)
from foulweather.services.lambda_.invoking import Invoked
from foulweather.services.lambda_.naming import Reference
from foulweather.services.lambda_.running import Asked
from foulweather.services.lambda_.streaming import Streamed

Request = Mapping[str, Any]
SYNC_BYTES_MAX = 6 * 1024 * 1024
ASYNC_BYTES_MAX = 1024 * 1024
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
CONTEXT_BYTES_MAX = 3_583


async def invoke(call: Call, request: Request) -> dict[str, Any]:
    """Run a function: wait for what it answers, or have Lambda see to it."""
    how = request.get("InvocationType", "RequestResponse")
    _check_built(call, request)
    context = _client_context(request)
    found = naming.resolve(call, request["FunctionName"], request.get("Qualifier"))
    payload = await _payload(call, request.get("Payload"), ASYNC_BYTES_MAX if how == "Event" else SYNC_BYTES_MAX)
    version = found.configuration.version
    name: str = request.get("DurableExecutionName") or ""
    durable_limits.check_invocation(call, found, name, is_sync=how == "RequestResponse")
    if how == "DryRun":
        return {"StatusCode": 204, "ExecutedVersion": version}
    is_durable = durable_starting.is_durable(found)
    if is_durable and context:
        raise not_implemented("lambda", "Invoke.ClientContext of a durable function")
    if how == "Event" and is_durable:
        return {"StatusCode": 202, "DurableExecutionArn": durable_starting.accept(call, found, payload, name=name).arn}
    if how == "Event":
        asynchronous.accept(call, found, payload, lineages.of_call(call))
        return {"StatusCode": 202}
    asked = _asked(call, found, payload, context)
    if is_durable:
        lineage = lineages.of_call(call)
        invoked = await durable_starting.run(call, found, payload, source="lambda", name=name, lineage=lineage)
    else:
        invoked = await invoking.finish(call, asked)
    _mark(call, invoked)
    answer: dict[str, Any] = {"StatusCode": 200, "ExecutedVersion": invoked.version, "Payload": invoked.payload}
    if invoked.durable_execution_arn:
        answer["DurableExecutionArn"] = invoked.durable_execution_arn
    if invoked.function_error:
        answer["FunctionError"] = invoked.function_error
    if request.get("LogType") == "Tail":
        answer["LogResult"] = base64.b64encode(invoked.tail).decode()
    return answer


async def invoke_async(call: Call, request: Request) -> dict[str, Any]:
    """Have an event queued, as Invoke does since 2015."""
    found = naming.resolve(call, request["FunctionName"], None)
    payload = await _payload(call, request["InvokeArgs"], ASYNC_BYTES_MAX)
    if durable_starting.is_durable(found):
        durable_starting.accept(call, found, payload)
        return {"Status": 202}
    asynchronous.accept(call, found, payload, lineages.of_call(call))
    return {"Status": 202}


async def invoke_with_response_stream(call: Call, request: Request) -> dict[str, Any]:
    """Run a function, and pass its answer on as it comes."""
    _check_built(call, request)
    context = _client_context(request)
    found = naming.resolve(call, request["FunctionName"], request.get("Qualifier"))
    payload = await _payload(call, request.get("Payload"), SYNC_BYTES_MAX)
    version = found.configuration.version
    if request.get("InvocationType") == "DryRun":
        return {"StatusCode": 204, "ExecutedVersion": version}
    if durable_starting.is_durable(found):
        raise not_implemented("lambda", "InvokeWithResponseStream of a durable function")
    streamed = Streamed(call, _asked(call, found, payload, context))
    await streamed.begun()
    return {
        "StatusCode": 200,
        "ExecutedVersion": version,
        "ResponseStreamContentType": "application/vnd.amazon.eventstream",
        "EventStream": _events(streamed, wants_log=request.get("LogType") == "Tail"),
    }


async def _events(streamed: Streamed, *, wants_log: bool) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
    async for piece in streamed.pieces():
        yield "PayloadChunk", {"Payload": piece}
    yield "InvokeComplete", _completed(await streamed.invoked(), wants_log=wants_log)


def _completed(invoked: Invoked, *, wants_log: bool) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if invoked.function_error:
        told = {"ErrorCode": invoked.function_error, "ErrorDetails": invoked.payload.decode("utf-8", "replace")}
    if wants_log:
        told["LogResult"] = base64.b64encode(invoked.tail).decode()
    return told


def _asked(call: Call, found: Reference, payload: bytes, context: str) -> Asked:
    lineage = lineages.of_call(call)
    if lineages.is_loop(found.function, lineage):
        raise lineages.refusal(call, found.function, lineage, "lambda")
    return invoking.asked_of(found, payload, call.request_id, source="lambda", client_context=context, lineage=lineage)


def _check_built(call: Call, request: Request) -> None:
    if request.get("TenantId"):
        raise not_implemented("lambda", f"{call.operation}.TenantId")


def _client_context(request: Request) -> str:
    """The client's context, which comes in base64, as the function gets it: JSON."""
    given = request.get("ClientContext") or ""
    if not given:
        return ""
    if len(given) > CONTEXT_BYTES_MAX:
        raise refusals.invalid(
            f"Client context must be smaller than {CONTEXT_BYTES_MAX} bytes.", Fact("request", "ClientContext", given)
        )
    try:
        text = base64.b64decode(given, validate=True).decode()
        json.loads(text)
    except (binascii.Error, ValueError):
        raise AwsError(
            "InvalidRequestContentException",
            "Client context must be a valid Base64-encoded JSON object.",
            facts=(Fact("request", "ClientContext", given),),
        ) from None
    return json.dumps(json.loads(text))


async def _payload(call: Call, given: Any, bytes_max: int) -> bytes:
    """The event: JSON, and no larger than that."""
    if given is None:
        return b"{}"
    if isinstance(given, str):
        given = given.encode()
    if not isinstance(given, (bytes, bytearray)):
        given = b"".join([piece async for piece in cast("AsyncIterator[bytes]", given)])
    if len(given) > bytes_max:
        raise AwsError(
            "RequestTooLargeException",
            f"{len(given)} byte payload is too large for the "
            f"{'Event' if bytes_max == ASYNC_BYTES_MAX else 'RequestResponse'} invocation type "
            f"(limit {bytes_max} bytes)",
            413,
            facts=(Fact("request", "payload bytes", len(given)), Fact("Invoke", "payload bytes at most", bytes_max)),
        )
    if not given:
        return b"{}"
    try:
        msgspec.json.decode(given)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AwsError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {error}",
            facts=(Fact("request", "payload", bytes(given[:200]).decode("utf-8", "replace")),),
        ) from None
    return bytes(given)


def _mark(call: Call, invoked: Invoked) -> None:
    """Say in the answer that no code ran."""
    if invoked.is_modelled:
        headers = call.further_headers or []
        call.further_headers = [*headers, ("X-Foulweather-Modelled", "true")]
