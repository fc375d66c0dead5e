"""What is asked about events before they are sent on.

https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-enrichment.html
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact
from foulweather.services.pipes.roles import answered

Enricher = Callable[[Call, Ports, str, str], Awaitable[bytes]]


async def _by_function(call: Call, ports: Ports, arn: str, text: str) -> bytes:
    request = {"FunctionName": arn, "InvocationType": "RequestResponse", "Payload": text.encode()}
    told = await answered(ports.lambda_.invoke(request))
    payload = await payload_of(told)
    if told.get("FunctionError"):
        raise failed(arn, told["FunctionError"], payload)
    return payload


async def _by_machine(call: Call, ports: Ports, arn: str, text: str) -> bytes:
    """A synchronous execution of an Express workflow, the only ones that can enrich."""
    request = {"stateMachineArn": arn, "input": text}
    told = await answered(ports.stepfunctions.start_sync_execution(request))
    if told["status"] != "SUCCEEDED":
        raise failed(arn, told["status"], str(told.get("cause") or told.get("error") or "").encode())
    return str(told.get("output") or "").encode()


async def payload_of(told: dict[str, Any]) -> bytes:
    """What a function answered."""
    payload: Any = told.get("Payload") or b""
    return payload if isinstance(payload, bytes) else bytes(payload)


def failed(arn: str, kind: str, told: bytes) -> AwsError:
    """The customer's own code failed."""
    text = told[:500].decode("utf-8", "replace")
    return AwsError("CustomerInvocationError", f"{arn} failed: {kind}", facts=(Fact(arn, "answer", text),))


ENRICHERS: dict[str, Enricher] = {"lambda": _by_function, "states": _by_machine}


def failed_ids(payload: bytes) -> set[str] | None:
    """The identifiers that a target tells as failed in `batchItemFailures`; None where the answer is no such report.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html
    """
    try:
        told: Any = json.loads(payload)
        items: Any = told["batchItemFailures"]
        return {str(item["itemIdentifier"]) for item in items}
    except (ValueError, TypeError, KeyError):
        return None
