"""GetExecutionHistory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.stepfunctions import encryption, history, naming, paging, refusals
from foulweather.services.stepfunctions.state import SfnState

Request = Mapping[str, Any]


def get_execution_history(call: Call, request: Request) -> dict[str, Any]:
    """The events of an execution, in their order or the latest first."""
    arn, state = request["executionArn"], call.state(SfnState)
    naming.check_execution(arn)
    state.expire(call.now)
    execution = state.executions.get(arn)
    if execution is None:
        raise refusals.no_execution(arn)
    if execution.kind == "EXPRESS":
        raise refusals.unsupported(execution.machine, execution.kind)
    with_data = request.get("includeExecutionData", True)
    if with_data:
        encryption.require_open(call, state.revisions[execution.revision])
    events = state.events(arn)
    if request.get("reverseOrder"):
        events.reverse()
    listed, more = paging.page(call, events, request, arn, str(bool(request.get("reverseOrder"))))
    return {"events": [history.shown(each, with_data=with_data) for each in listed], **more}
