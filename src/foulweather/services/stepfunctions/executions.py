"""Executions: started, stopped, described, listed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.stepfunctions import encryption, jobs, limits, naming, paging, redriving, refusals, starting
from foulweather.services.stepfunctions.records import Execution
from foulweather.services.stepfunctions.running import advance
from foulweather.services.stepfunctions.state import SfnState

Request = Mapping[str, Any]


def start_execution(call: Call, request: Request) -> dict[str, Any]:
    """Start an execution; a running one of the same name and input is started already."""
    state, arn = call.state(SfnState), request["stateMachineArn"]
    given_name, text = request.get("name"), starting.checked_input(request.get("input"))
    if given_name is not None:
        naming.checked_name(given_name)
    chosen = starting.chosen(call, state, arn)
    machine = chosen.machine
    name = given_name or call.world.ids.uuid()
    if machine.kind == "EXPRESS":
        execution_arn = naming.express_arn(machine.arn, name, call.world.ids.uuid())
    else:
        execution_arn = naming.execution_arn(machine.arn, name)
    state.expire(call.now)
    held = state.executions.get(execution_arn)
    if held is not None:
        # "If StartExecution is called with the same name and input as a running execution, the call succeeds and
        # returns the same response as the original request."
        if held.is_open and held.input == text:
            return {"executionArn": held.arn, "startDate": held.started_ms}
        raise refusals.execution_exists(execution_arn)
    encryption.require_usable(call, state.revisions[chosen.revision])
    starting.throttle(call, machine.kind)
    if machine.kind == "STANDARD" and state.open_count >= limits.OPEN_MAX:
        raise refusals.too_many("ExecutionLimitExceeded", "running executions", limits.OPEN_MAX)
    execution = Execution(
        execution_arn,
        name,
        machine.arn,
        chosen.revision,
        machine.kind,
        call.now,
        text,
        version=chosen.version,
        alias=chosen.alias,
        trace_header=request.get("traceHeader") or "",
    )
    starting.begin(call, state, execution)
    return {"executionArn": execution_arn, "startDate": execution.started_ms}


def stop_execution(call: Call, request: Request) -> dict[str, Any]:
    """Stop an execution; one that is over stays as it is."""
    state, execution = _standard(call, request["executionArn"])
    if execution.map_run and execution.kind == "EXPRESS":
        raise refusals.unsupported(execution.machine, execution.kind)
    if execution.is_open:
        encryption.require_execution(call, state, execution, request.get("error"), request.get("cause"))
        job = partial(jobs.stopped, error=request.get("error"), cause=request.get("cause"))
        advance(call, state, execution, job)
    return {"stopDate": execution.stopped_ms or call.now}


def describe_execution(call: Call, request: Request) -> dict[str, Any]:
    """An execution: what it began with, and what came of it."""
    state, execution = _standard(call, request["executionArn"])
    with_data = request.get("includedData") != "METADATA_ONLY"
    if with_data:
        encryption.require_open(call, state.revisions[execution.revision])
    told: dict[str, Any] = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.started_ms,
        "redriveCount": execution.redrives,
        **redriving.status(call, state, execution),
    }
    if with_data:
        told["input"] = execution.input
    told["inputDetails"] = {"included": with_data}
    if execution.stopped_ms:
        told["stopDate"] = execution.stopped_ms
    if execution.output is not None:
        if with_data:
            told["output"] = execution.output
        told["outputDetails"] = {"included": with_data}
    if with_data:
        told |= {name: value for name in ("error", "cause") if (value := getattr(execution, name)) is not None}
    if execution.trace_header:
        told["traceHeader"] = execution.trace_header
    told |= _links(state, execution)
    return told


def _links(state: SfnState, execution: Execution) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if execution.version:
        told["stateMachineVersionArn"] = execution.version
    if execution.alias:
        told["stateMachineAliasArn"] = execution.alias
    if execution.redriven_ms:
        told["redriveDate"] = execution.redriven_ms
    if execution.map_run:
        told["mapRunArn"] = execution.map_run
    return told


def list_executions(call: Call, request: Request) -> dict[str, Any]:
    """The executions of a state machine, a version, an alias or a Map Run, the latest first."""
    arn, map_run = request.get("stateMachineArn"), request.get("mapRunArn")
    if bool(arn) == bool(map_run):
        raise refusals.invalid("Must specify exactly one of stateMachineArn or mapRunArn")
    state = call.state(SfnState)
    state.expire(call.now)
    found = _of_map_run(state, request, map_run) if map_run else _of_machine(state, request, arn or "")
    wanted = request.get("statusFilter")
    listed, more = paging.page(
        call, [each for each in reversed(found) if not wanted or each.status == wanted], request, arn or map_run or ""
    )
    return {"executions": [_summary(state, each) for each in listed], **more}


def _of_map_run(state: SfnState, request: Request, arn: str) -> list[Execution]:
    naming.check_map_run(arn)
    if arn not in state.map_runs:
        raise refusals.not_found(arn)
    if request.get("redriveFilter"):
        raise refusals.invalid("redriveFilter is not supported together with mapRunArn")
    return state.of(arn)


def _of_machine(state: SfnState, request: Request, arn: str) -> list[Execution]:
    named = naming.machine(arn)
    own = naming.own(named, arn)
    machine = state.machines.get(own)
    if machine is None:
        raise refusals.no_machine(arn)
    if machine.kind == "EXPRESS":
        raise refusals.unsupported(own, machine.kind)
    found = state.of(own)
    if named.qualifier:
        if named.qualifier not in machine.versions and named.qualifier not in machine.aliases:
            raise refusals.no_machine(arn)
        found = [each for each in found if arn in (each.version, each.alias)]
    redriven = request.get("redriveFilter")
    if redriven:
        found = [each for each in found if bool(each.redrives) == (redriven == "REDRIVEN")]
    return found


def _summary(state: SfnState, execution: Execution) -> dict[str, Any]:
    told: dict[str, Any] = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.started_ms,
        "redriveCount": execution.redrives,
        **_links(state, execution),
    }
    if execution.stopped_ms:
        told["stopDate"] = execution.stopped_ms
    if execution.map_run:
        told["itemCount"] = execution.items
    return told


def _standard(call: Call, arn: str) -> tuple[SfnState, Execution]:
    """An execution that the API shows: a Standard Workflow's, or one that a Map Run started."""
    naming.check_execution(arn)
    state = call.state(SfnState)
    state.expire(call.now)
    execution = state.executions.get(arn)
    if naming.parts(arn) == ("express", arn.split(":", 6)[6]) and (execution is None or not execution.map_run):
        raise AwsError(
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: express'",
            400,
            facts=(Fact(arn, "type", "EXPRESS"),),
        )
    if execution is None:
        raise refusals.no_execution(arn)
    return state, execution
