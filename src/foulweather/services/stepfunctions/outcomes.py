"""What comes of a Task's call: its result, or the error by the name that Step Functions gives it; and what is counted.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact, Why
from foulweather.services.stepfunctions import resources
from foulweather.services.stepfunctions.calling import Answer, Failure, Outcome
from foulweather.services.stepfunctions.records import Branch
from foulweather.services.stepfunctions.resources import Resource
from foulweather.services.stepfunctions.running import Run, Trouble
from foulweather.services.stepfunctions.shaping import metadata
from foulweather.services.stepfunctions.shaping import result_of as shaped

FAMILIES: Final = {"function": "LambdaFunction", "activity": "Activity"}
# Integrations that do more than call an operation, and are not there.
_UNBUILT: Final = frozenset({"eks"})
# Names of AWS's services in the causes of optimized integrations (AWS SDK for Java 1).
_SERVICE_NAMES: Final = {
    "dynamodb": "AmazonDynamoDBv2",
    "events": "AmazonEventBridge",
    "lambda": "AWSLambda",
    "sns": "AmazonSNS",
    "sqs": "AmazonSQS",
    "states": "AWSStepFunctions",
}


def unbuilt(run: Run, resource: Resource) -> Failure | None:
    """The 501 of an integration that is not there."""
    if resource.kind == "optimized" and resource.service in _UNBUILT:
        return Failure(not_implemented("stepfunctions", resource.arn), "")
    if resource.pattern and resource.pattern != resources.TOKEN and resource.service != "states":
        return Failure(not_implemented(resource.model, f"{resource.operation} (.sync)"), "")
    return None


def trouble_of(resource: Resource, outcome: Outcome) -> Trouble | None:
    """The error that a task ends with; None when it went well."""
    if isinstance(outcome, Answer):
        return _in_answer(resource, outcome)
    error = outcome.error
    if error.code == "NotImplemented" and error.status == 501:
        # Nothing catches this: a workflow must not go on as if AWS had refused.
        return Trouble("NotImplemented", error.message, error.why, True)
    if outcome.is_role:
        return Trouble("States.Permissions", error.message, error.why)
    if resource.kind == "optimized" and resource.service == "apigateway":
        # "If the HTTP status code is available, then the error will be returned in the format ApiGateway.<HTTP Status
        # Code>": a stage's 501 as well, which is an answer of an API's own.
        return Trouble(f"ApiGateway.{error.code}", error.message, error.why)
    if resource.kind == "optimized" and resource.service == "http":
        return Trouble(error.code, error.message, error.why)
    if resource.kind == "function":
        resource = _INVOKE
    operation = resources.operation_of(resource)
    is_modelled = operation is not None and error.code in operation.errors
    if resource.kind == "sdk" and not is_modelled:
        is_modelled = error.code in resources.exceptions_of(resource.model)
    name = resources.exception(resource, error.code, is_modelled=is_modelled)
    return Trouble(name, _cause(resource, outcome), error.why)


def _cause(resource: Resource, failure: Failure) -> str:
    error = failure.error
    if resource.kind == "sdk":
        return (
            f"{error.message} (Service: {resource.prefix}, Status Code: {error.status}, "
            f"Request ID: {failure.request_id})"
        )
    service = _SERVICE_NAMES.get(resource.service, resource.prefix)
    return (
        f"{error.message} (Service: {service}; Status Code: {error.status}; Error Code: {error.code}; "
        f"Request ID: {failure.request_id}; Proxy: null)"
    )


def _in_answer(resource: Resource, answer: Answer) -> Trouble | None:
    if resource.kind == "function" or (resource.service == "lambda" and resource.kind == "optimized"):
        return _function_error(answer) if answer.response.get("FunctionError") else None
    if resource.kind == "optimized" and resource.service == "events" and answer.response.get("FailedEntryCount"):
        told = msgspec.json.encode(shaped(_output(resource), answer.response, is_sdk=False)).decode()
        facts = (Fact("PutEvents", "FailedEntryCount", answer.response["FailedEntryCount"]),)
        return Trouble("EventBridge.FailedEntry", told, Why("refused", f"Entries failed: {told}", facts))
    return None


def _function_error(answer: Answer) -> Trouble:
    payload = bytes(answer.response.get("Payload") or b"").decode("utf-8", "replace")
    facts = (Fact("function", "FunctionError", answer.response["FunctionError"]),)
    why = Why("failed", f"The function answered with an error: {payload[:1000]}", facts)
    try:
        told: Any = msgspec.json.decode(payload)
        name = told["errorType"]
    except (msgspec.DecodeError, KeyError, TypeError):
        cause = (
            "The cause could not be determined because Lambda did not return an error type. "
            f"Returned payload: {payload}"
        )
        return Trouble("Lambda.Unknown", cause, why)
    return Trouble(str(name), payload, why)


def result_of(resource: Resource, answer: Answer) -> Any:
    """A task's result, out of a response."""
    response = answer.response
    if resource.kind == "function":
        return _payload(response)
    if resource.kind == "optimized" and resource.service in ("apigateway", "http"):
        return response
    if resource.kind == "sdk":
        return shaped(_output(resource), response, is_sdk=True)
    told = shaped(_output(resource), response, is_sdk=False)
    if resource.service == "lambda":
        # "The Payload field of the response is parsed from escaped Json to Json."
        if "Payload" in response:
            told["Payload"] = _payload(response)
        told.setdefault("StatusCode", 200)
    return {**told, **metadata(answer.request_id)}


def _payload(response: Any) -> Any:
    data = bytes(response.get("Payload") or b"null")
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return data.decode("utf-8", "replace")


def _output(resource: Resource) -> Any:
    operation = resources.operation_of(resource)
    return operation.output if operation is not None else None


_INVOKE: Final = Resource("optimized", "arn:aws:states:::lambda:invoke", "lambda", "invoke", "", "lambda", "Lambda")


# --- what AWS's metrics count


def scheduled(run: Run, branch: Branch, resource: Resource) -> None:
    """A task is scheduled; of all but activities, it begins at once."""
    run.call.happened(
        "stepfunctions.TaskScheduled", resource.arn, family=_family(resource), machine=run.execution.machine
    )
    if resource.kind != "activity":
        begun(run, branch, resource)


def begun(run: Run, branch: Branch, resource: Resource) -> None:
    """Somebody works on a task."""
    run.call.happened(
        "stepfunctions.TaskStarted",
        resource.arn,
        family=_family(resource),
        machine=run.execution.machine,
        schedule_ms=run.now - branch.scheduled_ms,
    )


def ended(run: Run, branch: Branch, resource: Resource, ending: str, *, heartbeat: bool = False) -> None:
    """A task has ended, in whatever way."""
    run.call.happened(
        "stepfunctions.TaskEnded",
        resource.arn,
        family=_family(resource),
        machine=run.execution.machine,
        ending=ending,
        heartbeat=heartbeat,
        run_ms=run.now - branch.begun_ms if branch.begun_ms else 0,
        time_ms=run.now - branch.scheduled_ms,
    )


def _family(resource: Resource) -> str:
    return FAMILIES.get(resource.kind, "ServiceIntegration")
