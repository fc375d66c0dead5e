"""What Lambda tells of a function: FunctionConfiguration, as each operation gives it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import layers_used, variables
from foulweather.services.lambda_.records import LATEST, Configuration, Function

Rows = list[tuple[Function, Configuration, str]]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OF_STATE = (
    "State",
    "StateReason",
    "StateReasonCode",
    "LastUpdateStatus",
    "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
)


def timestamp(at_ms: int) -> str:
    """A time as Lambda writes it: `2026-01-01T00:00:00.000+0000`."""
    at = _EPOCH + timedelta(milliseconds=at_ms)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}+0000"


def told(call: Call, function: Function, configuration: Configuration, qualifier: str = "") -> dict[str, Any]:
    """A FunctionConfiguration; its ARN has the qualifier that was asked by."""
    shown: dict[str, Any] = {
        "FunctionName": function.name,
        "FunctionArn": function.qualified(qualifier),
        "Runtime": configuration.runtime,
        "Role": configuration.role,
        "Handler": configuration.handler,
        "CodeSize": configuration.code.size,
        "Description": configuration.description,
        "Timeout": configuration.timeout_s,
        "MemorySize": configuration.memory_mib,
        "LastModified": timestamp(configuration.modified_ms),
        "CodeSha256": configuration.code.sha256,
        "Version": configuration.version,
        "TracingConfig": {"Mode": configuration.tracing},
        "RevisionId": configuration.revision_id,
        "State": configuration.state,
        "PackageType": configuration.package_type,
        "Architectures": configuration.architectures,
        "EphemeralStorage": {"Size": configuration.tmp_mib},
        "SnapStart": {"ApplyOn": configuration.snap_start, "OptimizationStatus": _optimization(configuration)},
        "LoggingConfig": configuration.logging,
        **configuration.told,
    }
    if configuration.environment:
        shown["Environment"] = {"Variables": configuration.environment}
    if configuration.kms_key:
        shown["KMSKeyArn"] = configuration.kms_key
    if configuration.dead_letter:
        shown["DeadLetterConfig"] = {"TargetArn": configuration.dead_letter}
    if configuration.layers:
        shown["Layers"] = [_layer(call, arn) for arn in configuration.layers]
    for member, value in (
        ("LastUpdateStatus", configuration.update_status),
        ("StateReason", configuration.state_reason),
        ("StateReasonCode", configuration.state_reason_code),
        ("LastUpdateStatusReason", configuration.update_reason),
        ("LastUpdateStatusReasonCode", configuration.update_reason_code),
    ):
        if value:
            shown[member] = value
    return shown


def listed(call: Call, function: Function, configuration: Configuration, qualifier: str = "") -> dict[str, Any]:
    """What listings tell: all but the members of state.

    https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
    """
    shown = told(call, function, configuration, qualifier)
    for member in _OF_STATE:
        shown.pop(member, None)
    return shown


def listing(call: Call, member: str, rows: Rows, more: dict[str, Any]) -> Any:
    """A page of a listing; where there are variables under customers' keys it takes a while to ask who may see them."""
    shown = [listed(call, *row) for row in rows]
    if any(configuration.sealed for _, configuration, _ in rows):
        return _opened_listing(call, member, rows, shown, more)
    return {member: shown, **more}


async def _opened_listing(
    call: Call, member: str, rows: Rows, shown: list[dict[str, Any]], more: dict[str, Any]
) -> dict[str, Any]:
    for (function, configuration, _), each in zip(rows, shown, strict=True):
        if configuration.sealed and configuration.environment:
            each["Environment"] = await variables.shown(call, function.arn, configuration)
    return {member: shown, **more}


async def opened(call: Call, function: Function, configuration: Configuration, qualifier: str) -> dict[str, Any]:
    """A FunctionConfiguration whose variables are under a customer's key: shown to who may decrypt them."""
    shown = told(call, function, configuration, qualifier)
    if configuration.environment:
        shown["Environment"] = await variables.shown(call, function.arn, configuration)
    return shown


def _optimization(configuration: Configuration) -> str:
    is_on = configuration.snap_start == "PublishedVersions" and configuration.version != LATEST
    return "On" if is_on and configuration.state == "Active" else "Off"


def _layer(call: Call, arn: str) -> dict[str, Any]:
    """A layer that was deleted goes on working for functions that have it, and is told without its size."""
    found = layers_used.find(call, layers_used.place(call, arn))
    return {"Arn": arn, "CodeSize": found.code.size} if found is not None else {"Arn": arn}
