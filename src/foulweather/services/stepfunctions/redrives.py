"""RedriveExecution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.stepfunctions import naming, redriving, refusals
from foulweather.services.stepfunctions.state import SfnState

Request = Mapping[str, Any]


def redrive_execution(call: Call, request: Request) -> dict[str, Any]:
    """Take up an execution that failed, timed out or was stopped; the same token again is no other redrive."""
    arn, state = request["executionArn"], call.state(SfnState)
    naming.check_execution(arn)
    execution = state.executions.get(arn)
    if execution is None:
        raise refusals.no_execution(arn)
    token = request.get("clientToken") or ""
    if token and token == execution.redrive_token:
        return {"redriveDate": execution.redriven_ms}
    reason = redriving.reason(call, state, execution)
    if reason:
        raise refusals.not_redrivable(arn, reason)
    execution.redrive_token = token
    redriving.redrive(call, state, execution)
    call.changed("stepfunctions.ExecutionRedriven", arn, redriveCount=execution.redrives)
    return {"redriveDate": execution.redriven_ms}
