"""When a function gets new versions of its runtime.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import naming, refusals
from foulweather.services.lambda_.records import LATEST
from foulweather.services.lambda_.state import LambdaState

Request = Mapping[str, Any]


def put_runtime_management_config(call: Call, request: Request) -> dict[str, Any]:
    """Set when runtime updates come: by themselves, or with an update of the function."""
    function, _, qualifier = naming.described(call, request["FunctionName"], request.get("Qualifier"))
    mode, arn = request["UpdateRuntimeOn"], request.get("RuntimeVersionArn")
    if mode == "Manual":
        # A runtime here is an interpreter of this machine: none of its versions can be held on to.
        raise not_implemented("lambda", "PutRuntimeManagementConfig.UpdateRuntimeOn=Manual")
    if arn:
        raise refusals.invalid(
            f"RuntimeVersionArn should not be specified for {mode} runtime update mode.",
            Fact("request", "RuntimeVersionArn", arn),
        )
    key = "" if qualifier == LATEST else qualifier
    function.runtime_management[key] = {"UpdateRuntimeOn": mode}
    call.state(LambdaState, function.account).functions.touch(function.name)
    shown = function.qualified(key or LATEST)
    call.changed("lambda.RuntimeManagementSet", shown, UpdateRuntimeOn=mode)
    return {"UpdateRuntimeOn": mode, "FunctionArn": shown}


def get_runtime_management_config(call: Call, request: Request) -> dict[str, Any]:
    """When runtime updates come."""
    function, _, qualifier = naming.described(call, request["FunctionName"], request.get("Qualifier"))
    key = "" if qualifier == LATEST else qualifier
    found = function.runtime_management.get(key) or {"UpdateRuntimeOn": "Auto"}
    return {**found, "FunctionArn": function.qualified(key or LATEST)}
