"""The limits of durable functions, and the words of what they are refused.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import refusals
from foulweather.services.lambda_.durable_state import Execution
from foulweather.services.lambda_.naming import Reference
from foulweather.services.lambda_.records import Configuration

OPERATIONS_MAX: Final = 3_000
"""Durable operations of an execution: "Maximum: 3,000", https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html"""
BYTES_MAX: Final = 100 << 20
"""What an execution may write: "Maximum: 100 MB", on the same page."""
ASYNC_BYTES_MAX: Final = 256 << 10
""""For asynchronous invocations, this is limited to 256 KB": GetDurableExecution's InputPayload."""
SYNC_S_MAX: Final = 900
RETENTION_DAYS: Final = 14
""""The default is 14 days": https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-durableconfig.html"""
CLIENT_TOKEN_MS: Final = 15 * 60_000
""""Lambda uses this token to detect and handle duplicate requests within a 15-minute window"."""


def checked_config(asked: Mapping[str, Any] | None, before: Mapping[str, Any] | None, *, is_new: bool) -> Any:
    """A function's DurableConfig, complete; None where it has none.

    "You can only enable durable execution when creating a function. You cannot enable it on existing functions."
    https://docs.aws.amazon.com/lambda/latest/dg/durable-configuration.html
    """
    if not asked:
        return before
    if not is_new and before is None:
        raise refusals.invalid(
            "You can only enable durable execution when creating a function. "
            "You cannot enable it on existing functions.",
            Fact("request", "DurableConfig", dict(asked)),
            remedy=("Create another function with DurableConfig.",),
        )
    together = {"RetentionPeriodInDays": RETENTION_DAYS, **(before or {}), **asked}
    if together.get("ExecutionTimeout") is None:
        raise refusals.invalid(
            "ExecutionTimeout is required in DurableConfig.", Fact("request", "DurableConfig", dict(asked))
        )
    return together


def config_of(configuration: Configuration) -> Mapping[str, int] | None:
    """What makes a version durable; None for a function that is not."""
    return configuration.told.get("DurableConfig")


def check_invocation(call: Call, found: Reference, name: str, *, is_sync: bool) -> None:
    """A durable function is invoked by a version or alias, and synchronously only if it ends within 15 minutes."""
    config = config_of(found.configuration)
    arn = found.function.arn
    if config is None:
        if name:
            raise refusals.invalid(
                "You cannot use a durable execution name with a function that is not durable.",
                Fact(arn, "DurableConfig", None),
                Fact("request", "DurableExecutionName", name),
            )
        return
    if not found.qualifier:
        raise refusals.invalid(
            "You cannot invoke a durable function using an unqualified ARN.",
            call.fact(arn, "DurableConfig", dict(config)),
            Fact("request", "Qualifier", None),
            remedy=(f"Invoke {arn}:$LATEST, a version or an alias.",),
        )
    if is_sync and config["ExecutionTimeout"] > SYNC_S_MAX:
        raise refusals.invalid(
            "You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.",
            call.fact(arn, "DurableConfig", dict(config)),
            remedy=(f"aws lambda invoke --function-name {found.arn} --invocation-type Event out.json",),
        )


def check_asynchronous(payload: bytes) -> None:
    """The event of an asynchronous durable execution."""
    if len(payload) > ASYNC_BYTES_MAX:
        raise AwsError(
            "RequestTooLargeException",
            f"{len(payload)} byte payload is too large for the Event invocation type (limit {ASYNC_BYTES_MAX} bytes)",
            413,
            facts=(Fact("request", "payload bytes", len(payload)), Fact("durable execution", "limit", ASYNC_BYTES_MAX)),
        )


def check_room(execution: Execution, operations: int, size: int) -> None:
    """So many operations more, and so much written."""
    if execution.operations + operations > OPERATIONS_MAX:
        raise refusals.invalid(
            f"The durable execution exceeds the maximum of {OPERATIONS_MAX} operations.",
            Fact(execution.arn, "operations", execution.operations),
            Fact("checkpoint", "operations", operations),
        )
    if execution.bytes_written + size > BYTES_MAX:
        raise refusals.invalid(
            f"The durable execution exceeds the maximum of {BYTES_MAX} bytes of data written.",
            Fact(execution.arn, "bytes written", execution.bytes_written),
            Fact("checkpoint", "bytes", size),
        )


def already_started(execution: Execution) -> AwsError:
    """Another event came with the name of an execution."""
    return AwsError(
        "DurableExecutionAlreadyStartedException",
        f"A durable execution with the name {execution.name} has already been started with a different payload.",
        409,
        facts=(Fact(execution.arn, "status", execution.status), Fact(execution.arn, "payload is the same", False)),
        remedy=("Use another DurableExecutionName, or the same payload.",),
    )


def bad_token(execution: Execution, why: str) -> AwsError:
    """A checkpoint token that is not the one in force; SDKs end their invocation by these words, to be invoked anew."""
    return refusals.invalid(
        "Invalid checkpoint token", Fact(execution.arn, "status", execution.status), Fact("token", "is", why)
    )


def no_such_execution(arn: str) -> AwsError:
    """There is none, or its retention period is over."""
    return refusals.not_found(
        f"Durable execution not found: {arn}",
        Fact(arn, "exists", False),
        remedy=("aws lambda list-durable-executions-by-function --function-name NAME",),
    )


def callback_is_over(status: str, name: str) -> AwsError:
    """Nobody waits for it any more."""
    return AwsError(
        "CallbackTimeoutException",
        "The callback ID token has either expired or the callback associated with the token has already been closed.",
        facts=(Fact(name, "status", status),),
    )
