"""TestState."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.stepfunctions import checking, limits, mocks, refusals, trying, trying_maps
from foulweather.services.stepfunctions.language.errors import InvalidDefinition, StatesError
from foulweather.services.stepfunctions.language.records import Scope
from foulweather.services.stepfunctions.running import Trouble, encode, iso
from foulweather.services.stepfunctions.trying import Trial, Tried

Request = Mapping[str, Any]
_UNBUILT = ("errorCausedByState",)
# What inspection shows as it is; all else is text.
_PLAIN = ("errorDetails", "maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage")


async def test_state(call: Call, request: Request) -> dict[str, Any]:
    """Run one state, and say what came of it."""
    configuration: Mapping[str, Any] = request.get("stateConfiguration") or {}
    for name in _UNBUILT:
        if configuration.get(name) is not None:
            raise not_implemented("stepfunctions", f"TestState.stateConfiguration.{name}")
    mock: Mapping[str, Any] | None = request.get("mock")
    mocks.check(mock)
    trial = _trial(call, request, needs_role=mock is None)
    trying_maps.check(trial.state, configuration, is_mocked=mock is not None)
    trial.configuration = configuration
    value = trying.document(request.get("input"), "input", {})
    variables = trying.document(request.get("variables"), "variables", {})
    context = trying.document(request.get("context"), "context", _context(call, trial, value, request))
    random, uuid = call.world.random.random, call.world.ids.uuid
    scope = Scope(context, variables, random, uuid, call.now)
    try:
        told = await _tried(trial, value, scope, mock, variables)
    except StatesError as error:
        retries = int(configuration.get("retrierRetryCount") or 0)
        told = trying.ended(trial, trying.of_language(trial, error), value, scope, retries)
    except Tried as tried:
        told = trying.ended(trial, tried.trouble, value, scope, int(configuration.get("retrierRetryCount") or 0))
    if (request.get("inspectionLevel") or "INFO") != "INFO":
        told["inspectionData"] = {name: each if name in _PLAIN else encode(each) for name, each in trial.seen.items()}
    if request.get("inspectionLevel") == "TRACE":
        told["inspectionData"] |= trial.exchange.told(reveals=bool(request.get("revealSecrets")))
    return told


async def _tried(
    trial: Trial, value: Any, scope: Scope, mock: Mapping[str, Any] | None, variables: dict[str, Any]
) -> dict[str, Any]:
    if mock is not None and mock.get("errorOutput") is not None:
        error: Mapping[str, Any] = mock["errorOutput"]
        raise Tried(Trouble(error.get("error") or "", error.get("cause")))
    finished, following = await trial.run(value, scope, mock)
    text = encode(finished.output)
    if limits.size(text) > limits.PAYLOAD_BYTES_MAX:
        cause = (
            f"The state/task '{trial.name}' returned a result with a size exceeding the maximum number of bytes "
            "service limit."
        )
        raise Tried(Trouble("States.DataLimitExceeded", cause))
    if finished.assigned:
        trial.seen["variables"] = {**variables, **finished.assigned}
    told: dict[str, Any] = {"status": "SUCCEEDED", "output": text}
    if following is not None:
        told["nextState"] = following
    return told


def _trial(call: Call, request: Request, *, needs_role: bool) -> Trial:
    """The state that a request names: its definition is the state's, or a whole one's with the name of a state."""
    try:
        raw: Any = msgspec.json.decode(request["definition"])
    except (msgspec.DecodeError, RecursionError):
        raise _invalid("INVALID_JSON_DESCRIPTION: The definition is not valid JSON") from None
    name = request.get("stateName") or "State"
    language = "JSONPath"
    if isinstance(raw, dict) and isinstance(cast("dict[str, Any]", raw).get("States"), dict):
        whole = cast("dict[str, Any]", raw)
        checking.check_definition(request["definition"], "STANDARD")
        if not request.get("stateName"):
            raise refusals.invalid("stateName must be specified when the definition is that of a state machine")
        language = whole.get("QueryLanguage") or language
        raw = trying.found_in(whole["States"], name)
        if raw is None:
            raise refusals.invalid(f"State not found in definition: '{name}'", stateName=name)
    if not isinstance(raw, dict):
        raise _invalid("SCHEMA_VALIDATION_FAILED: The definition is not that of a state")
    held = cast("dict[str, Any]", raw)
    role = request.get("roleArn") or ""
    if role:
        checking.check_role(role)
    try:
        trial = Trial(call, name, held, language, role)
    except InvalidDefinition as error:
        raise AwsError("InvalidDefinition", error.message, 400) from None
    if needs_role and not role and trial.state.type == "Task":
        raise refusals.invalid("roleArn must be specified to test a Task state without a mock")
    return trial


def _invalid(reason: str) -> AwsError:
    return AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{reason}'", 400)


def _context(call: Call, trial: Trial, value: Any, request: Request) -> dict[str, Any]:
    """The Context object of a test that brings none."""
    now = iso(call.now)
    arn = call.arn("states", "express:TestState:TestState")
    return {
        "Execution": {
            "Id": arn,
            "Input": value,
            "Name": "TestState",
            "RoleArn": request.get("roleArn") or "",
            "StartTime": now,
        },
        "State": {"EnteredTime": now, "Name": trial.name, "RetryCount": 0},
        "StateMachine": {"Id": call.arn("states", "stateMachine:TestState"), "Name": "TestState"},
    }
