"""StartSyncExecution: an execution of an Express Workflow, and its result.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-express-synchronous.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.parking import Parking
from foulweather.services.stepfunctions import encryption, limits, naming, refusals, starting
from foulweather.services.stepfunctions.records import Execution
from foulweather.services.stepfunctions.state import SfnState

Request = Mapping[str, Any]
# Express Workflows are billed for at least 64 MB, in tenths of seconds.
MEMORY_MB = 64
BILLED_MS = 100


def start_sync_execution(call: Call, request: Request) -> Any:
    """Execute an Express Workflow, and wait for what comes of it."""
    state, arn = call.state(SfnState), request["stateMachineArn"]
    text = starting.checked_input(request.get("input"))
    if request.get("name") is not None:
        naming.checked_name(request["name"])
    chosen = starting.chosen(call, state, arn)
    machine = chosen.machine
    if machine.kind != "EXPRESS":
        raise refusals.unsupported(machine.arn, machine.kind)
    revision = state.revisions[chosen.revision]
    if request.get("includedData") != "METADATA_ONLY":
        encryption.require_open(call, revision)
    encryption.require_usable(call, revision)
    name, run = request.get("name") or call.world.ids.uuid(), call.world.ids.uuid()
    execution = Execution(
        naming.express_arn(machine.arn, name, run),
        name,
        machine.arn,
        chosen.revision,
        machine.kind,
        call.now,
        text,
        version=chosen.version,
        alias=chosen.alias,
        trace_header=request.get("traceHeader") or "",
        is_synchronous=True,
    )
    starting.begin(call, state, execution)
    return _waited(call, state, execution, request)


async def _waited(call: Call, state: SfnState, execution: Execution, request: Request) -> dict[str, Any]:
    if execution.is_open:
        parking = state.awaited[execution.arn] = Parking()
        try:
            with call.world.awaited():
                while execution.is_open:
                    await parking.wait(call, execution.started_ms + limits.EXPRESS_MS + 1)
        finally:
            del state.awaited[execution.arn]
    return _told(execution, request)


def _told(execution: Execution, request: Request) -> dict[str, Any]:
    with_data = request.get("includedData") != "METADATA_ONLY"
    took_ms = execution.stopped_ms - execution.started_ms
    told: dict[str, Any] = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine,
        "name": execution.name,
        "startDate": execution.started_ms,
        "stopDate": execution.stopped_ms,
        # What is stopped from outside is a failure to whoever waits for it: there is no such status here.
        "status": "FAILED" if execution.status == "ABORTED" else execution.status,
        "inputDetails": {"included": with_data},
        "billingDetails": {
            "billedMemoryUsedInMB": MEMORY_MB,
            "billedDurationInMilliseconds": max(BILLED_MS, -(-took_ms // BILLED_MS) * BILLED_MS),
        },
    }
    if with_data:
        told["input"] = execution.input
        told |= {
            name: value for name in ("output", "error", "cause") if (value := getattr(execution, name)) is not None
        }
    if execution.output is not None:
        told["outputDetails"] = {"included": with_data}
    if execution.trace_header:
        told["traceHeader"] = execution.trace_header
    return told
