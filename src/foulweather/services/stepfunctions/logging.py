"""Events of executions, delivered to a log group as the log level says.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

import msgspec

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.log_delivery import DELIVERY, POLICY, letting_in
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.services.stepfunctions import roles
from foulweather.services.stepfunctions.history import BARE, Happening
from foulweather.services.stepfunctions.records import Execution, Revision
from foulweather.services.stepfunctions.state import SfnState

_FATAL: Final = frozenset({"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"})
_ERRORS: Final = ("Failed", "Aborted", "TimedOut")
_running: set[asyncio.Future[None]] = set()
GONE: Final = "ResourceNotFoundException"
Ask = Callable[[dict[str, Any]], Any]


def group_of(logging: Mapping[str, Any]) -> str:
    """The ARN of the log group that a configuration names."""
    for destination in logging.get("destinations") or ():
        group: Mapping[str, str] = destination.get("cloudWatchLogsLogGroup") or {}
        return group.get("logGroupArn") or ""
    return ""


def is_on(logging: Mapping[str, Any]) -> bool:
    """Whether anything is logged."""
    return (logging.get("level") or "OFF") != "OFF"


def _wants(level: str, kind: str) -> bool:
    if level == "ALL":
        return True
    if kind in _FATAL:
        return True
    return level == "ERROR" and (kind.endswith(_ERRORS) or kind == "FailStateEntered")


def _asked(call: Call, ask: Ask, name: str, request: dict[str, Any]) -> Mapping[str, Any]:
    """Another service's answer; the operation begins anew when that takes time."""
    question = {"logging": name, **request}
    response = answers.given(call, question)
    if response is None:
        response = ask(request)
    if isinstance(response, Awaitable):
        raise answers.NotYet(call, question, cast("Awaitable[Any]", response))
    return response


def prepare(call: Call, principal: Principal, logging: Mapping[str, Any]) -> None:
    """Have the delivery service let into the log group, with the state machine's role."""
    if not is_on(logging):
        return
    ports = roles.ports(call, principal)
    resource = f"{group_of(logging).removesuffix(':*')}:log-stream:*"
    try:
        found = _asked(call, ports.logs.describe_resource_policies, "policies", {})
        document = letting_in(call, found.get("resourcePolicies") or (), resource)
        if document is not None:
            request = {"policyName": POLICY, "policyDocument": msgspec.json.encode(document).decode()}
            _asked(call, ports.logs.put_resource_policy, "policy", request)
    except AwsError as error:
        words = "The state machine IAM Role is not authorized to access the Log Destination"
        facts = (Fact(principal.arn, "log group", resource),)
        why = Why("refused", f"AccessDeniedException: {words}", facts, error.why.remedy, (error.why,))
        raise AwsError("AccessDeniedException", words, 400, why=why) from None


def deliver(call: Call, state: SfnState, execution: Execution, revision: Revision, events: Sequence[Happening]) -> None:
    """Put events into the log group; what comes of that is no part of the execution."""
    logging = revision.logging
    level = logging.get("level") or "OFF"
    if level == "OFF":
        return None
    with_data = bool(logging.get("includeExecutionData"))
    lines = [
        {"timestamp": each.at_ms, "message": _line(execution, each, with_data=with_data)}
        for each in events
        if _wants(level, each.kind)
    ]
    if not lines:
        return None
    group = group_of(logging).removesuffix(":*").split(":", 6)[6]
    logs = call.acting_as(DELIVERY, source_arn=call.arn("logs", "*"), source_account=call.account).logs
    key = f"{execution.machine} {group}"
    stream = state.deliveries.get(key, "")
    try:
        if not stream:
            stream = _stream(call, execution)
            made = logs.create_log_stream({"logGroupName": group, "logStreamName": stream})
            if inspect.isawaitable(made):
                return _slowly(call, execution, made, logs, group, stream, lines)
            state.deliveries[key] = stream
        put = logs.put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": lines})
        if inspect.isawaitable(put):
            return _slowly(call, execution, put, None, group, stream, lines)
    except AwsError as error:
        if error.code == GONE:
            state.deliveries.pop(key, None)
        _lost(call, execution, group, len(lines), error)
    return None


def _stream(call: Call, execution: Execution) -> str:
    at = datetime.fromtimestamp(call.now / 1000, UTC).strftime("%Y-%m-%d-%H-%M")
    return f"states/{execution.machine.rpartition(':')[2]}/{at}/{call.world.ids.hex(8)}"


def _line(execution: Execution, event: Happening, *, with_data: bool) -> str:
    details: dict[str, Any] = {}
    for name, value in event.details.items():
        if value is None or (name in ("input", "output", "parameters", "assignedVariables") and not with_data):
            continue
        details[name] = value
        if name in ("input", "output"):
            details[f"{name}Details"] = {"truncated": False}
    told: dict[str, Any] = {"id": str(event.id), "type": event.kind}
    if event.kind not in BARE:
        told["details"] = details
    told["redrive_count"] = str(execution.redrives)
    told["previous_event_id"] = str(event.previous)
    told["event_timestamp"] = str(event.at_ms)
    told["execution_arn"] = execution.arn
    return msgspec.json.encode(told).decode()


def _lost(call: Call, execution: Execution, group: str, count: int, error: AwsError) -> None:
    call.happened("stepfunctions.LogsLost", execution.arn, events=count, error=error.code)
    words = f"{count} events of {execution.arn} were not written to {group}."
    call.explain("Logging", execution.machine, Why("dropped", words, because=(error.why,)), error.code)


def _slowly(
    call: Call,
    execution: Execution,
    answer: Awaitable[Any],
    logs: Any,
    group: str,
    stream: str,
    lines: list[dict[str, Any]],
) -> None:
    """Something holds the logs up: what is left to do is done when they have answered."""

    async def rest() -> None:
        try:
            with call.world.lent():
                await answer
                if logs is not None:
                    put = logs.put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": lines})
                    if inspect.isawaitable(put):
                        await put
        except AwsError as error:
            _lost(call, execution, group, len(lines), error)
        finally:
            call.world.ended()

    call.world.started()
    task = asyncio.ensure_future(rest())
    _running.add(task)
    task.add_done_callback(_running.discard)
