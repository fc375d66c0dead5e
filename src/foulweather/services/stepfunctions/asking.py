"""What a Task asks of whom, made of its arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foulweather.services.stepfunctions import gateways, http_requests, resources
from foulweather.services.stepfunctions.calling import Asked
from foulweather.services.stepfunctions.resources import Resource
from foulweather.services.stepfunctions.running import encode
from foulweather.services.stepfunctions.shaping import request_of


def asked(resource: Resource, arguments: Any, token: Callable[[], str]) -> Asked:
    """The operation that a task calls, with its request; raises `Unusable` where the arguments make none."""
    if resource.kind == "function":
        return Asked("lambda", "Invoke", {"FunctionName": resource.arn, "Payload": encode(arguments).encode()})
    if resource.kind == "optimized" and resource.service == "apigateway":
        return Asked(gateways.MODEL, "Invoke", gateways.request_of(arguments))
    if resource.kind == "optimized" and resource.service == "http":
        return Asked(http_requests.MODEL, "Invoke", http_requests.checked(arguments))
    operation = resources.operation_of(resource)
    service = resource.service if resource.kind == "optimized" else ""
    shape = operation.input if operation is not None else None
    return Asked(resource.model, resource.operation, request_of(service, shape, arguments, token))
