"""How asynchronous invocations are retried, and where their outcome goes: for a version or alias, or the function.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import judging, naming, paging, refusals
from foulweather.services.lambda_.records import LATEST, AsyncConfig, Function
from foulweather.services.lambda_.state import LambdaState

Request = Mapping[str, Any]
_SERVICES = ("sqs", "sns", "lambda", "events", "s3")


def put_function_event_invoke_config(call: Call, request: Request) -> dict[str, Any]:
    """Set it anew: what is not named is Lambda's default again."""
    _require_something(request)
    return _set(call, request, AsyncConfig(modified_ms=call.now))


def update_function_event_invoke_config(call: Call, request: Request) -> dict[str, Any]:
    """Change what is named, and leave the rest."""
    _require_something(request)
    function, qualifier = _asked(call, request)
    before = _require(function, qualifier)
    kept = AsyncConfig(
        retries_max=before.retries_max,
        age_s_max=before.age_s_max,
        on_success=before.on_success,
        on_failure=before.on_failure,
        modified_ms=call.now,
    )
    return _set(call, request, kept)


def get_function_event_invoke_config(call: Call, request: Request) -> dict[str, Any]:
    """How asynchronous invocations are handled."""
    function, qualifier = _asked(call, request)
    return _told(function, qualifier, _require(function, qualifier))


def list_function_event_invoke_configs(call: Call, request: Request) -> dict[str, Any]:
    """All of a function's versions and aliases that have such settings."""
    _, function = naming.unqualified(call, request["FunctionName"])
    shown, more = paging.page(sorted(function.async_configs), str, request)
    told = [_told(function, qualifier, function.async_configs[qualifier]) for qualifier in shown]
    return {"FunctionEventInvokeConfigs": told, **more}


def delete_function_event_invoke_config(call: Call, request: Request) -> None:
    """Go back to Lambda's defaults."""
    function, qualifier = _asked(call, request)
    _require(function, qualifier)
    del function.async_configs[qualifier]
    call.state(LambdaState, function.account).functions.touch(function.name)
    call.changed("lambda.AsyncConfigDeleted", function.qualified(qualifier), exists=False)


def _require_something(request: Request) -> None:
    if not any(
        member in request for member in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    ):
        raise refusals.invalid("You must specify at least one of error handling or destination setting.")


def _asked(call: Call, request: Request) -> tuple[Function, str]:
    """The function and the qualifier; without one, `$LATEST` is meant."""
    found = naming.described(call, request["FunctionName"], request.get("Qualifier"))
    return found.function, found.qualifier or LATEST


def _set(call: Call, request: Request, config: AsyncConfig) -> dict[str, Any]:
    function, qualifier = _asked(call, request)
    config.retries_max = request.get("MaximumRetryAttempts", config.retries_max)
    config.age_s_max = request.get("MaximumEventAgeInSeconds", config.age_s_max)
    destinations: Mapping[str, Any] = request.get("DestinationConfig") or {}
    if "OnSuccess" in destinations:
        config.on_success = _checked(call, function, qualifier, destinations["OnSuccess"], is_failure=False)
    if "OnFailure" in destinations:
        config.on_failure = _checked(call, function, qualifier, destinations["OnFailure"], is_failure=True)
    function.async_configs[qualifier] = config
    call.state(LambdaState, function.account).functions.touch(function.name)
    call.changed(
        "lambda.AsyncConfigSet",
        function.qualified(qualifier),
        MaximumRetryAttempts=config.retries_max,
        MaximumEventAgeInSeconds=config.age_s_max,
        OnSuccess=config.on_success,
        OnFailure=config.on_failure,
    )
    return _told(function, qualifier, config)


def _checked(call: Call, function: Function, qualifier: str, asked: Mapping[str, Any], *, is_failure: bool) -> str:
    """A destination that the execution role may send to; none at all takes it away."""
    arn: str = asked.get("Destination") or ""
    if not arn:
        return ""
    service = arn.split(":")[2] if arn.startswith("arn:") else ""
    if service not in _SERVICES or (service == "s3" and not is_failure):
        raise refusals.invalid(
            f"The provided destination config DestinationConfig(onSuccess=null, onFailure=null) is invalid: {arn}"
            if not service
            else f"The destination ARN {arn} is invalid.",
            Fact("request", "Destination", arn),
        )
    if arn.endswith(".fifo"):
        raise refusals.invalid(
            f"The destination ARN {arn} is invalid: FIFO queues and topics are not supported.",
            Fact("request", "Destination", arn),
        )
    if service == "lambda" and naming.place(call, arn).function_arn == function.arn:
        raise refusals.invalid(
            "You can't specify the function as a destination for itself.", Fact("request", "Destination", arn)
        )
    reference = naming.described(call, function.arn, qualifier)
    judging.require_permission(call, reference.configuration.role, function.name, arn)
    return arn


def _require(function: Function, qualifier: str) -> AsyncConfig:
    found = function.async_configs.get(qualifier)
    if found is None:
        arn = function.qualified(qualifier)
        raise refusals.not_found(
            f"The function {arn} doesn't have an EventInvokeConfig", Fact(arn, "EventInvokeConfig", None)
        )
    return found


def _told(function: Function, qualifier: str, config: AsyncConfig) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "LastModified": config.modified_ms,
        "FunctionArn": function.qualified(qualifier),
        "DestinationConfig": {
            "OnSuccess": {"Destination": config.on_success} if config.on_success else {},
            "OnFailure": {"Destination": config.on_failure} if config.on_failure else {},
        },
    }
    if config.retries_max is not None:
        shown["MaximumRetryAttempts"] = config.retries_max
    if config.age_s_max is not None:
        shown["MaximumEventAgeInSeconds"] = config.age_s_max
    return shown
