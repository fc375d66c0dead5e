"""What another service answers within AWS, for an event: no customer's call, so no gate sees it and no trail has it."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.policy import principal as principals


def asked(call: Call, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of an operation that describes something and does not wait."""
    found = call.pipeline.services.operation(service, operation)
    own = Call(call.pipeline, service, operation, call.account, call.region, principals.root(call.account))
    return found.run(own, request)
