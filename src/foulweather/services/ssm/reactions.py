"""What Systems Manager does by the clock: parameter policies, and the steps of executions.

https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.ssm.associations import running as associating
from foulweather.services.ssm.associations.state import AssociationsState
from foulweather.services.ssm.automation import running, targets
from foulweather.services.ssm.automation.state import AutomationState, Execution
from foulweather.services.ssm.state import SsmState
from foulweather.services.ssm.windows import invoking
from foulweather.services.ssm.windows import running as opening
from foulweather.services.ssm.windows.state import WindowsState


def apply_policy(call: Call, name: str, round: int, index: int) -> None:
    """Carry out one policy of a parameter, if its policies are still these."""
    state = call.state(SsmState)
    parameter = state.parameters.get(name)
    if parameter is None or parameter.round != round:
        return
    version = state.latest(parameter)
    policy = version.policies[index]
    facts = {"policy": policy.kind, "type": version.type, "content": policy.text, "status": "Success"}
    call.happened("ssm.ParameterPolicyAction", parameter.arn, **facts)
    if policy.kind == "Expiration":
        state.remove(parameter)
        call.changed("ssm.ParameterDeleted", parameter.arn, Value=None, Expiration=policy.text)
        return
    policy.status = "Finished"
    state.versions.touch(version.row)


async def run_step(call: Call, execution: str, turn: int) -> None:
    """Try the step that an execution is at."""
    found = _at_work(call, execution, turn)
    if found is not None:
        await running.run_step(call, call.state(AutomationState), found, is_new=True)


async def look_at_step(call: Call, execution: str, turn: int) -> None:
    """Look once more whether what a step waits for has come."""
    found = _at_work(call, execution, turn)
    if found is not None:
        await running.run_step(call, call.state(AutomationState), found, is_new=False)


def wake_step(call: Call, execution: str, turn: int) -> None:
    """End a step that has slept."""
    found = _at_work(call, execution, turn)
    if found is not None:
        running.resume(call, call.state(AutomationState), found, {})


def time_out_step(call: Call, execution: str, turn: int) -> None:
    """End a step whose time is up."""
    found = _at_work(call, execution, turn)
    if found is not None:
        running.time_out(call, call.state(AutomationState), found)


def end_child(call: Call, execution: str, child: str) -> None:
    """Tell an execution that another which it started is over."""
    state = call.state(AutomationState)
    parent, ended = state.executions.get(execution), state.executions.get(child)
    if parent is None or ended is None:
        return
    if parent.control is not None:
        targets.end_child(call, state, parent, parent.control, ended)
    elif not parent.is_over:
        running.end_child(call, state, parent, ended)


def forget_execution(call: Call, execution: str) -> None:
    """Forget an execution that was over a month ago."""
    state = call.state(AutomationState)
    found = state.executions.get(execution)
    if found is not None:
        state.remove(found)


async def run_association(call: Call, association: str, due_ms: int) -> None:
    """Run an association, if it is still set to run then."""
    state = call.state(AssociationsState)
    found = state.associations.get(association)
    if found is not None and (not due_ms or found.due_ms == due_ms):
        await associating.run(call, state, found, due_ms)


def end_association_run(call: Call, association: str, run: str, status: str) -> None:
    """Note how an association's run went."""
    state = call.state(AssociationsState)
    found = state.associations.get(association)
    if found is not None:
        associating.end(call, state, found, run, status)


def open_window(call: Call, window: str, due_ms: int) -> None:
    """Open a maintenance window, if it is still due then."""
    state = call.state(WindowsState)
    found = state.windows.get(window)
    if found is not None and found.is_enabled and found.due_ms == due_ms:
        opening.open_window(call, state, found)


async def run_window_invocation(call: Call, run: str, task: str, invocation: str) -> None:
    """Do a task of a maintenance window for one target."""
    found = invoking.find(call, run, task, invocation)
    if found is not None:
        await invoking.begin(call, *found)


async def look_at_window_invocation(call: Call, run: str, task: str, invocation: str) -> None:
    """See whether what a task has begun is over."""
    found = invoking.find(call, run, task, invocation)
    if found is not None:
        await invoking.look(call, *found)


def give_up_window_invocation(call: Call, run: str, task: str, invocation: str) -> None:
    """End an invocation that has neither ended nor begun anything that would tell of its end."""
    found = invoking.find(call, run, task, invocation)
    if found is not None and not found[3].work:
        opening.end_invocation(call, *found, "TIMED_OUT")


def end_window_automation(call: Call, invocation: str, status: str) -> None:
    """Note how a runbook that a maintenance window ran went."""
    found = invoking.find(call, *invocation.split())
    if found is not None:
        ended = {"Success": "SUCCESS", "TimedOut": "TIMED_OUT", "Cancelled": "CANCELLED"}.get(status, "FAILED")
        opening.end_invocation(call, *found, ended, "" if ended == "SUCCESS" else status)


def forget_window_run(call: Call, run: str) -> None:
    """Forget an execution of a maintenance window that began a month ago."""
    runs = call.state(WindowsState).runs
    if run in runs:
        runs.delete(run)


def _at_work(call: Call, execution: str, turn: int) -> Execution | None:
    found = call.state(AutomationState).executions.get(execution)
    return found if found is not None and found.turn == turn and not found.is_over else None
