"""What each action of a runbook does.

https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Why
from foulweather.services.ssm import limits
from foulweather.services.ssm.automation import api_calls, conditions, durations, identities, json_paths, loops, values
from foulweather.services.ssm.automation.state import AutomationState, Execution, Step, as_texts
from foulweather.services.ssm.documents.parameters import as_text

GUIDE: Final = "Please refer to Automation Service Troubleshooting Guide for more diagnosis details."
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})


class Done(NamedTuple):
    """An action that has ended well, with its outputs; `next` is where a branch leads."""

    values: dict[str, Any] = {}
    next: str = ""


class Waits(NamedTuple):
    """An action that goes on later: at a time, when somebody says so, or when a child execution is over."""

    until_ms: int = 0
    looks_again: bool = False
    for_signal: bool = False
    child: str = ""


class Iterates(NamedTuple):
    """A loop that begins, with the items that it is to go through."""

    items: list[Any]


class StepFailed(Exception):
    """An action that has failed: its words, at which stage, and of which type (API_FailureDetails)."""

    def __init__(self, message: str, stage: str, kind: str, why: Why | None = None) -> None:
        super().__init__(message)
        self.message = message if message.endswith(GUIDE) else f"{message} {GUIDE}"
        self.stage = stage
        self.kind = kind
        self.why = why


class Work(NamedTuple):
    """One try of one step."""

    call: Call
    execution: Execution
    step: Step
    definition: Mapping[str, Any]
    inputs: Mapping[str, Any]


async def run(work: Work) -> Done | Waits | Iterates:
    """Do what the step's action says."""
    return await ACTIONS[work.step.action](work)


async def _execute_aws_api(work: Work) -> Done:
    answer = await _answer(work)
    values: dict[str, Any] = {}
    for output in work.definition.get("outputs") or ():
        try:
            values[output["Name"]] = _typed(output, json_paths.select(output["Selector"], answer))
        except json_paths.Missing:
            continue  # an output that is not there leaves what refers to it as it is written
        except json_paths.PathError as error:
            raise _invalid(str(error)) from None
    return Done(values)


async def _assert_property(work: Work) -> Done:
    held, wanted = await _property(work)
    if held in wanted:
        return Done()
    raise StepFailed(
        f"Step fails when it is verifying the resource property. The value {held} of {work.inputs['PropertySelector']} "
        f"is not in the desired values {wanted}.",
        "PostVerification",
        "Verification",
    )


async def _wait_for_property(work: Work) -> Done | Waits:
    held, wanted = await _property(work)
    if held in wanted:
        return Done()
    return Waits(work.call.now + limits.AUTOMATION_POLL_MS, looks_again=True)


async def _sleep(work: Work) -> Done | Waits:
    now = work.call.now
    try:
        if "Duration" in work.inputs:
            until_ms = now + durations.ms(as_text(work.inputs["Duration"]))
        else:
            at = datetime.fromisoformat(as_text(work.inputs["Timestamp"]))
            until_ms = int((at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()) * 1000
    except ValueError as error:
        raise _invalid(f"Invalid Duration or Timestamp: {error}.") from None
    if until_ms - now > limits.AUTOMATION_SLEEP_MS_MAX:
        raise _invalid(f"Automation supports a maximum delay of {limits.AUTOMATION_SLEEP_MS_MAX // 1000} seconds.")
    return Waits(until_ms) if until_ms > now else Done()


async def _branch(work: Work) -> Done:
    for choice in work.inputs["Choices"]:
        if conditions.holds({key: value for key, value in choice.items() if key != "NextStep"}):
            return Done(next=choice["NextStep"])
    return Done(next=work.inputs.get("Default") or "")


async def _pause(work: Work) -> Waits:
    return Waits(for_signal=True)


async def _approve(work: Work) -> Waits:
    approvers = work.inputs["Approvers"]
    text = as_text(work.inputs.get("MinRequiredApprovals", 1))
    least = int(text) if text.isdecimal() else 0
    count = len(as_texts(approvers)) if isinstance(approvers, list) else 0
    if not 1 <= least <= count <= limits.APPROVERS_MAX:
        raise _invalid(f"MinRequiredApprovals {text} does not fit {count} Approvers ({limits.APPROVERS_MAX} at most).")
    topic = work.inputs.get("NotificationArn")
    if topic:
        message = work.inputs.get("Message") or f"Automation {work.execution.id} waits for approval."
        asked = {"TopicArn": topic, "Subject": "Automation approval", "Message": message}
        await _through(work.call, work.execution, "Publish", lambda ports: ports.sns.publish(asked))
    work.step.values = {"ApprovalStatus": "Waiting", "ApproverDecisions": []}
    return Waits(for_signal=True)


async def _execute_automation(work: Work) -> Waits:
    asked: dict[str, Any] = {"DocumentName": as_text(work.inputs["DocumentName"])}
    if "DocumentVersion" in work.inputs:
        asked["DocumentVersion"] = as_text(work.inputs["DocumentVersion"])
    for name in ("TargetParameterName", "Targets", "TargetMaps", "TargetLocations", "MaxConcurrency", "MaxErrors"):
        if name in work.inputs:
            asked[name] = work.inputs[name]
    given: Any = work.inputs.get("RuntimeParameters") or {}
    if not isinstance(given, dict):
        raise _invalid("RuntimeParameters must be a map.")
    asked["Parameters"] = {name: as_texts(value) for name, value in cast("dict[str, Any]", given).items()}
    # "The secondary automation runs in the context of the user who started the primary automation."
    ports = identities.of_starter(work.call, work.execution)
    started = await _asked(work.call, "StartAutomationExecution", lambda: ports.ssm.start_automation_execution(asked))
    return Waits(child=started["AutomationExecutionId"])


async def _invoke_function(work: Work) -> Done:
    asked: dict[str, Any] = {"FunctionName": work.inputs["FunctionName"]}
    for name in ("InvocationType", "LogType", "ClientContext", "Qualifier"):
        if name in work.inputs:
            asked[name] = as_text(work.inputs[name])
    payload = work.inputs.get("Payload", work.inputs.get("InputPayload"))
    if payload is not None:
        asked["Payload"] = (payload if isinstance(payload, str) else json.dumps(payload)).encode()
    answer = await _through(work.call, work.execution, "Invoke", lambda ports: ports.lambda_.invoke(asked))
    payload = answer.get("Payload", b"")
    values = {"StatusCode": answer.get("StatusCode", 200), "Payload": bytes(payload).decode(errors="replace")}
    if answer.get("FunctionError"):
        raise StepFailed(
            f"Step fails when it is Execute/Cancelling action. The function {work.inputs['FunctionName']} returned "
            f"{answer['FunctionError']}: {values['Payload']}.",
            "Invocation",
            "Action",
        )
    return Done(values)


async def _loop(work: Work) -> Iterates:
    items: Any = work.inputs.get("Iterators")
    if items is None:
        return Iterates([])
    if not isinstance(items, list):
        raise _invalid("Iterators must be a list.")
    found = cast("list[Any]", items)
    if len(found) > loops.ITERATIONS_MAX:
        raise _invalid(f"The maximum number of iterators is {loops.ITERATIONS_MAX}.")
    return Iterates(found)


async def _update_variable(work: Work) -> Done:
    name = as_text(work.inputs["Name"]).removeprefix("variable:").strip("{} ")
    declared: Mapping[str, Any] = work.call.state(AutomationState).runbook(work.execution).get("variables") or {}
    value = work.inputs["Value"]
    if name not in declared or not values.is_of_type(declared[name]["type"], value):
        kind = declared[name]["type"] if name in declared else None
        raise _invalid(f"The value {as_text(value)} does not match the type of the variable {name} ({kind}).")
    work.execution.variables = {**work.execution.variables, name: value}
    return Done()


async def _execute_state_machine(work: Work) -> Done | Waits:
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-executeStateMachine.html"""
    step = work.step
    if not step.child:
        given = [name for name in ("stateMachineArn", "name", "input") if name in work.inputs]
        asked = {name: as_text(work.inputs[name]) for name in given}
        started = await _through(
            work.call, work.execution, "StartExecution", lambda ports: ports.stepfunctions.start_execution(asked)
        )
        step.child = started["executionArn"]
    found = await _through(
        work.call,
        work.execution,
        "DescribeExecution",
        lambda ports: ports.stepfunctions.describe_execution({"executionArn": step.child}),
    )
    if found["status"] == "RUNNING":
        return Waits(work.call.now + limits.AUTOMATION_POLL_MS, looks_again=True)
    shown = {name: found[name] for name in _EXECUTION_OUTPUTS if name in found}
    if found["status"] == "SUCCEEDED":
        return Done(shown)
    words = f"Step fails when it is Execute/Cancelling action. The execution {step.child} ended {found['status']}."
    step.child, step.values = "", shown
    raise StepFailed(words, "Invocation", "Action")


_EXECUTION_OUTPUTS: Final = (
    "executionArn",
    "input",
    "name",
    "output",
    "startDate",
    "status",
    "stateMachineArn",
    "stopDate",
)
ACTIONS: Final[Mapping[str, Callable[[Work], Awaitable[Done | Waits | Iterates]]]] = {
    "aws:approve": _approve,
    "aws:assertAwsResourceProperty": _assert_property,
    "aws:branch": _branch,
    "aws:executeAutomation": _execute_automation,
    "aws:executeAwsApi": _execute_aws_api,
    "aws:executeStateMachine": _execute_state_machine,
    "aws:invokeLambdaFunction": _invoke_function,
    "aws:loop": _loop,
    "aws:pause": _pause,
    "aws:sleep": _sleep,
    "aws:updateVariable": _update_variable,
    "aws:waitForAwsResourceProperty": _wait_for_property,
}
# How long each action may take unless the step says otherwise; the others have no end of their own.
TIMEOUTS_S: Final[Mapping[str, int]] = {"aws:approve": 604_800, "aws:waitForAwsResourceProperty": 3_600}


async def _property(work: Work) -> tuple[str, list[str]]:
    answer = await _answer(work)
    try:
        held = as_text(json_paths.select(as_text(work.inputs["PropertySelector"]), answer))
    except json_paths.Missing:
        held = ""
    except json_paths.PathError as error:
        raise _invalid(str(error)) from None
    return held, as_texts(work.inputs["DesiredValues"])


async def _answer(work: Work) -> Any:
    own = ("Service", "Api", "PropertySelector", "DesiredValues")
    inputs = {key: value for key, value in work.inputs.items() if key not in own}
    try:
        called = api_calls.operation(as_text(work.inputs["Service"]), as_text(work.inputs["Api"]))
        api_calls.check_streams(called)
        making = partial(api_calls.made, called=called, inputs=inputs)
        return await _through(work.call, work.execution, called.name, making)
    except api_calls.CallInvalid as error:
        raise _invalid(f"Parameter validation failed: {error}.") from None


async def stored_parameter(call: Call, execution: Execution, name: str) -> str:
    """The value of a parameter of Parameter Store that a step refers to."""
    answer = await _through(call, execution, "GetParameter", lambda ports: ports.ssm.get_parameter({"Name": name}))
    return answer["Parameter"]["Value"]


async def _through(call: Call, execution: Execution, api: str, ask: Callable[[Ports], Any]) -> Any:
    async def asked() -> Any:
        answer = ask(await identities.ports(call, execution))
        return await answer if inspect.isawaitable(answer) else answer

    return await _asked(call, api, asked)


async def _asked(call: Call, api: str, ask: Callable[[], Any]) -> Any:
    try:
        answer = ask()
        return await answer if inspect.isawaitable(answer) else answer
    except AwsError as error:
        kind = "Permission" if error.code in _DENIED else "Action"
        if "Throttl" in error.code or error.code == "TooManyRequestsException":
            kind = "Throttling"
        message = (
            f"Step fails when it is Execute/Cancelling action. An error occurred ({error.code}) when calling the {api} "
            f"operation: {error.message}"
        )
        raise StepFailed(message.rstrip(".") + ".", "Invocation", kind, error.why) from error
    finally:
        call.reread_clock()


def _typed(output: Mapping[str, Any], value: Any) -> Any:
    kind = output.get("Type", "String")
    if kind == "String":
        return as_text(value)
    return as_texts(value) if kind == "StringList" else value


def _invalid(message: str) -> StepFailed:
    words = f"Step fails when it is validating and resolving the step inputs. {message}"
    return StepFailed(words, "InputValidation", "Verification")
