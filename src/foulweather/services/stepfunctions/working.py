"""Task states: work that a function, an activity or another service does.

https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from foulweather.services.stepfunctions import (
    asking,
    calling,
    failing,
    limits,
    outcomes,
    resources,
    stepping,
    tokens,
    tracing,
)
from foulweather.services.stepfunctions.calling import Asked, Failure, Flying, Outcome
from foulweather.services.stepfunctions.language.records import Task
from foulweather.services.stepfunctions.records import Branch, Waits
from foulweather.services.stepfunctions.resources import TOKEN, Resource
from foulweather.services.stepfunctions.running import Run, Trouble, decode, encode
from foulweather.services.stepfunctions.shaping import Unusable

if TYPE_CHECKING:
    from foulweather.services.stepfunctions.stepping import Going

# A call that is under way when the process dies is made again this long after it began.
GUARD_MS: Final = 60_000


def resource_of(branch: Branch) -> Resource:
    """What the task where a branch stands works with."""
    return cast(Resource, resources.of(branch.resource))


def begin(run: Run, branch: Branch, state: Task, value: Any) -> Going | None:
    """Begin a task, and end it too where it is answered at once."""
    resource = resources.of(state.resource)
    if resource is None:
        cause = f"The resource provided {state.resource} is not recognized."
        return failing.failed(run, branch, state, Trouble(failing.RUNTIME, cause))
    token = ""
    branch.nonce = ""
    if resource.kind == "activity" or resource.pattern == TOKEN:
        branch.nonce = run.world.ids.hex(32)
        token = tokens.made(branch)
    scope = run.scope(branch, token=token)
    arguments = state.arguments(value, scope)
    credentials = state.credentials(value, scope) if state.credentials is not None else None
    timeout_s, heartbeat_s = state.timeout_s(value, scope), state.heartbeat_s(value, scope)
    text = encode(arguments)
    if limits.size(text) > limits.PAYLOAD_BYTES_MAX:
        return failing.failed(run, branch, state, failing.too_large(state))
    branch.resource, branch.scheduled_ms, branch.begun_ms = resource.arn, run.now, 0
    branch.timeout_at = run.now + timeout_s * 1000 if timeout_s else 0
    branch.heartbeat_s = heartbeat_s or 0
    branch.heartbeat_at = 0
    details: dict[str, Any] = {"timeoutInSeconds": timeout_s}
    other = ""
    if isinstance(credentials, dict):
        other = str(cast("dict[str, Any]", credentials).get("RoleArn") or "")
        details["taskCredentials"] = {"roleArn": other}
    if resource.kind == "activity":
        return _activity(run, branch, state, resource, text, heartbeat_s, details)
    if resource.kind == "function":
        run.add(branch, "LambdaFunctionScheduled", resource=resource.arn, input=text, **details)
        return _call(run, branch, state, resource, asking.asked(resource, arguments, run.world.ids.uuid), other)
    return _integration(run, branch, state, resource, arguments, text, details, other)


def _integration(
    run: Run,
    branch: Branch,
    state: Task,
    resource: Resource,
    arguments: Any,
    text: str,
    details: dict[str, Any],
    other: str,
) -> Going | None:
    if branch.heartbeat_s:
        details["heartbeatInSeconds"] = branch.heartbeat_s
    run.add(
        branch,
        "TaskScheduled",
        resourceType=resource.resource_type,
        resource=resource.shown,
        region=run.call.region,
        parameters=text,
        **details,
    )
    unbuilt = outcomes.unbuilt(run, resource)
    if unbuilt is not None:
        return settle(run, branch, state, resource, unbuilt)
    try:
        asked = asking.asked(resource, arguments, run.world.ids.uuid)
    except Unusable as error:
        cause = (
            f"An error occurred while executing the state '{state.name}' (entered at the event id "
            f"#{branch.entered_event}). The Parameters '{text}' could not be used to start the Task: [{error}]"
        )
        return failing.failed(run, branch, state, Trouble(failing.RUNTIME, cause))
    if resource.kind == "optimized" and resource.service == "events":
        for entry in asked.request.get("Entries") or ():
            entry["Resources"] = [*(entry.get("Resources") or ()), run.execution.arn, run.execution.machine]
    return _call(run, branch, state, resource, asked, other)


def _call(run: Run, branch: Branch, state: Task, resource: Resource, asked: Asked, other: str) -> Going | None:
    if resource.kind == "function":
        run.add(branch, "LambdaFunctionStarted")
    else:
        run.add(branch, "TaskStarted", resourceType=resource.resource_type, resource=resource.shown)
    branch.begun_ms = run.now
    outcomes.scheduled(run, branch, resource)
    if run.execution.trace:
        tracing.hand_on(run.call, run.execution, branch.last_event)
    outcome = calling.perform(run.call, run.execution.machine, run.revision.role, other, asked)
    if isinstance(outcome, calling.Answer | Failure):
        return settle(run, branch, state, resource, outcome)
    wait(run, branch, "call")
    key = branch.execution, branch.id, branch.turn
    calling.later(run, key, outcome, partial(_landed, branch=branch.id, turn=branch.turn))
    return None


def _landed(run: Run, outcome: Outcome, branch: int, turn: int) -> None:
    """A call has been answered; if its task has not ended meanwhile, it goes on."""
    held = run.branches.get(branch)
    if held is None or held.turn != turn or held.waits != "call":
        return
    run.disarm(held)
    state = cast(Task, run.state_of(held))
    stepping.go_on(run, held, settle(run, held, state, resource_of(held), outcome))


def settle(run: Run, branch: Branch, state: Task, resource: Resource, outcome: Outcome) -> Going | None:
    """See to what a service answered, or refused."""
    from foulweather.services.stepfunctions import jobs

    trouble = outcomes.trouble_of(resource, outcome)
    if trouble is not None:
        return ended_badly(run, branch, state, resource, trouble)
    assert isinstance(outcome, calling.Answer)
    result = outcomes.result_of(resource, outcome)
    text = encode(result)
    if limits.size(text) > limits.PAYLOAD_BYTES_MAX:
        return ended_badly(run, branch, state, resource, failing.too_large(state))
    if not resource.waits:
        return succeeded(run, branch, resource, result, text)
    run.add(branch, "TaskSubmitted", resourceType=resource.resource_type, resource=resource.shown, output=text)
    if resource.pattern == TOKEN and branch.output:  # the token came back before the call's answer
        text, branch.output = branch.output, ""
        return succeeded(run, branch, resource, decode(text), text)
    if resource.pattern == TOKEN:
        wait(run, branch, "token")
    else:
        jobs.begin(run, branch, resource, outcome.response["executionArn"])
    return None


def succeeded(run: Run, branch: Branch, resource: Resource, result: Any, text: str) -> Going | None:
    """A task has its result."""
    state = cast(Task, run.state_of(branch))
    run.disarm(branch)
    branch.nonce = ""
    if resource.kind == "sdk" or resource.kind == "optimized":
        run.add(branch, "TaskSucceeded", resourceType=resource.resource_type, resource=resource.shown, output=text)
    else:
        run.add(branch, f"{outcomes.FAMILIES[resource.kind]}Succeeded", output=text)
    outcomes.ended(run, branch, resource, "Succeeded")
    value = decode(branch.input)
    return stepping.finish(run, branch, state, value, lambda: state.finish(value, result, run.scope(branch)))


def settle_failed(run: Run, branch: Branch, resource: Resource, trouble: Trouble) -> None:
    """End a task badly that had waited."""
    state = cast(Task, run.state_of(branch))
    stepping.go_on(run, branch, ended_badly(run, branch, state, resource, trouble))


def ended_badly(run: Run, branch: Branch, state: Task, resource: Resource, trouble: Trouble) -> Going | None:
    """A task has failed, or has taken too long."""
    is_late = trouble.error in (failing.TIMEOUT, failing.HEARTBEAT)
    was_waiting, branch.nonce = branch.waits, ""
    run.disarm(branch)
    ending = "TimedOut" if is_late else "Failed"
    told: dict[str, Any] = {"error": trouble.error, "cause": trouble.cause}
    if resource.kind in outcomes.FAMILIES:
        run.add(branch, f"{outcomes.FAMILIES[resource.kind]}{ending}", **told)
    else:
        if resource.waits and was_waiting not in ("token", "job") and not is_late:
            ending = "SubmitFailed"
        run.add(branch, f"Task{ending}", resourceType=resource.resource_type, resource=resource.shown, **told)
    outcomes.ended(
        run, branch, resource, "TimedOut" if is_late else "Failed", heartbeat=trouble.error == failing.HEARTBEAT
    )
    return failing.failed(run, branch, state, trouble)


def _activity(
    run: Run,
    branch: Branch,
    state: Task,
    resource: Resource,
    text: str,
    heartbeat_s: int | None,
    details: dict[str, Any],
) -> Going | None:
    """Put a task before those who poll for an activity."""
    if resource.arn not in run.state.activities:
        trouble = Trouble("ActivityDoesNotExist", f"Activity Does Not Exist: '{resource.arn}'")
        run.add(branch, "ActivityScheduleFailed", error=trouble.error, cause=trouble.cause)
        return failing.failed(run, branch, state, trouble)
    details.pop("taskCredentials", None)
    run.add(branch, "ActivityScheduled", resource=resource.arn, input=text, heartbeatInSeconds=heartbeat_s, **details)
    branch.payload = text
    outcomes.scheduled(run, branch, resource)
    wait(run, branch, "activity")
    queue = run.state.queued.setdefault(resource.arn, deque())
    queue.append((branch.execution, branch.id, branch.turn))
    parking = run.state.polling.get(resource.arn)
    if parking is not None:
        parking.wake()
    return None


def wait(run: Run, branch: Branch, what: Waits) -> None:
    """Have a task wait for what may take longer than it may."""
    run.wait(branch, what)
    if branch.heartbeat_s and what in ("token", "job"):
        branch.heartbeat_at = run.now + branch.heartbeat_s * 1000
    rearm(run, branch)


def rearm(run: Run, branch: Branch) -> None:
    """Have the agenda look when the first of a task's limits is reached."""
    times = [each for each in (branch.timeout_at, branch.heartbeat_at) if each]
    if branch.waits == "call":
        times.append(run.now + GUARD_MS)
    run.arm(branch, min(times) if times else 0)


def looked_at(run: Run, branch: Branch) -> None:
    """The agenda looks at a task that waits: it may have taken too long, or have been lost with the process."""
    from foulweather.services.stepfunctions import distributed

    resource = resource_of(branch)
    if branch.timeout_at and run.now >= branch.timeout_at:
        _too_late(run, branch, resource, failing.TIMEOUT)
    elif branch.heartbeat_at and run.now >= branch.heartbeat_at:
        _too_late(run, branch, resource, failing.HEARTBEAT)
    elif branch.waits == "call" and (branch.execution, branch.id, branch.turn) not in Flying.of(run.world).tasks:
        if distributed.write_again(run, branch):
            return
        branch.turn += 1
        stepping.go_on(run, branch, stepping.attempt(run, branch, run.state_of(branch), decode(branch.input)))
    else:
        rearm(run, branch)


def _too_late(run: Run, branch: Branch, resource: Resource, error: str) -> None:
    from foulweather.services.stepfunctions import jobs

    if branch.waits == "job":
        jobs.stop(run, branch)
    branch.turn += 1
    settle_failed(run, branch, resource, Trouble(error, None))
