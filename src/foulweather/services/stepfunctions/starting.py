"""How executions begin."""

from __future__ import annotations

from typing import NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.stepfunctions import ending, limits, naming, refusals, stepping, tracing
from foulweather.services.stepfunctions.programs import Programs
from foulweather.services.stepfunctions.records import Execution, StateMachine, Version
from foulweather.services.stepfunctions.running import Run, advance, decode
from foulweather.services.stepfunctions.state import SfnState


class Chosen(NamedTuple):
    """What an ARN asks to be executed: a state machine's latest revision, or a version's."""

    machine: StateMachine
    revision: str
    version: str = ""
    alias: str = ""


def chosen(call: Call, state: SfnState, arn: str) -> Chosen:
    """What StartExecution starts, by the ARN of a state machine, a version or an alias."""
    named = naming.machine(arn)
    own = naming.own(named, arn)
    machine = state.machines.get(own)
    if machine is None:
        raise refusals.no_machine(arn)
    if machine.is_deleting:
        raise refusals.deleting(arn)
    if not named.qualifier:
        return Chosen(machine, machine.revision)
    alias = machine.aliases.get(named.qualifier)
    number = named.qualifier
    if alias is not None:
        first = alias.routes[0]
        is_first = len(alias.routes) == 1 or call.world.random.randrange(100) < first.weight
        number = str((first if is_first else alias.routes[1]).version)
    version: Version | None = machine.versions.get(number)
    if version is None:
        raise refusals.no_machine(arn)
    return Chosen(machine, version.revision, f"{own}:{number}", arn if alias is not None else "")


def checked_input(text: str | None) -> str:
    """An execution's input: JSON, `{}` when there is none."""
    if text is None or text == "":
        return "{}"
    if not limits.is_json(text):
        message = "Invalid State Machine Execution Input: 'Unable to parse the input: it is not valid JSON'"
        raise AwsError("InvalidExecutionInput", message, 400, facts=(Fact("request", "input", text[:200]),))
    return text


def throttle(call: Call, kind: str) -> None:
    """Refuse to start executions faster than the account may."""
    burst, per_s = limits.start_rate(call.region, kind)
    if limits.Buckets.of(call.world).take(f"StartExecution {kind}", call, burst, per_s, call.now):
        call.happened("api.Throttled", call.account, operation=f"stepfunctions:{call.operation}")
        call.happened("stepfunctions.Throttled", call.account, api=call.operation, kind=kind)
        raise refusals.throttled(f"StartExecution ({kind})", call.account, per_s, burst)


def begin(call: Call, state: SfnState, execution: Execution) -> None:
    """Put an execution down, and take it as far as it goes."""
    state.seq += 1
    execution.seq = state.seq
    tracing.begin(call, state, execution)
    state.executions.put(execution.arn, execution)
    state.listed(execution)
    ending.changed(call, execution)
    advance(call, state, execution, _first)
    if execution.is_open:
        limit(call, state, execution)


def limit(call: Call, state: SfnState, execution: Execution) -> None:
    """Have an execution end when it has run for as long as it may."""
    longest_ms = limits.EXPRESS_MS if execution.kind == "EXPRESS" else limits.YEAR_MS
    program = Programs.of(call.world).program(state.revisions[execution.revision])
    if program.machine.timeout_s is not None and not execution.flow:
        longest_ms = min(longest_ms, program.machine.timeout_s * 1000)
    since_ms = execution.redriven_ms or execution.started_ms
    execution.due = call.later(since_ms + longest_ms, "stepfunctions.expire", arn=execution.arn)
    state.executions.touch(execution.arn)


def _first(run: Run) -> None:
    execution = run.execution
    branch = run.new_branch(execution.flow)
    run.add(
        branch,
        "ExecutionStarted",
        input=execution.input,
        roleArn=run.revision.role,
        stateMachineAliasArn=execution.alias or None,
        stateMachineVersionArn=execution.version or None,
    )
    branch.last_event = 0  # the first state's event names no previous one
    start_at = run.program.flow(execution.flow).start_at
    stepping.enter(run, branch, start_at, decode(execution.input), execution.input)
