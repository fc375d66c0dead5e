"""Runbooks: what a document of Automation must be.

https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from foulweather.services.ssm.documents.parameters import checked as parameters_of
from foulweather.services.ssm.documents.references import names_in
from foulweather.services.ssm.refusals import invalid_document

# What each action must be told.
ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:approve": ("Approvers",),
    "aws:assertAwsResourceProperty": ("Service", "Api", "PropertySelector", "DesiredValues"),
    "aws:branch": ("Choices",),
    "aws:changeInstanceState": ("InstanceIds", "DesiredState"),
    "aws:copyImage": ("SourceImageId", "SourceRegion", "ImageName"),
    "aws:createImage": ("InstanceId", "ImageName"),
    "aws:createStack": ("StackName",),
    "aws:createTags": ("Tags", "ResourceIds"),
    "aws:deleteImage": ("ImageId",),
    "aws:deleteStack": ("StackName",),
    "aws:executeAutomation": ("DocumentName",),
    "aws:executeAwsApi": ("Service", "Api"),
    "aws:executeScript": ("Runtime",),
    "aws:executeStateMachine": ("stateMachineArn",),
    "aws:invokeLambdaFunction": ("FunctionName",),
    "aws:invokeWebhook": ("IntegrationName",),
    "aws:loop": ("Steps",),
    "aws:pause": (),
    "aws:runCommand": ("DocumentName",),
    "aws:runInstances": ("ImageId",),
    "aws:sleep": (),
    "aws:updateVariable": ("Name", "Value"),
    "aws:waitForAwsResourceProperty": ("Service", "Api", "PropertySelector", "DesiredValues"),
}
OPERATORS: Final = frozenset(
    {
        "StringEquals",
        "EqualsIgnoreCase",
        "StartsWith",
        "EndsWith",
        "Contains",
        "NumericEquals",
        "NumericGreater",
        "NumericLesser",
        "NumericGreaterOrEquals",
        "NumericLesserOrEquals",
        "BooleanEquals",
    }
)
_NAME: Final = re.compile(r"[a-zA-Z0-9_]{1,128}")
_OUTPUT_TYPES: Final = ("Boolean", "Integer", "MapList", "String", "StringList", "StringMap")


def check(document: Mapping[str, Any]) -> None:
    """Refuse what cannot run: unknown actions, steps and names that lead nowhere."""
    given = document.get("mainSteps")
    if not isinstance(given, list) or not given:
        raise invalid_document("Document mainSteps is required.")
    steps: dict[str, Mapping[str, Any]] = {}
    for each in cast("list[Any]", given):
        step = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        name = step.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise invalid_document(f"Step name is invalid: {name}.")
        if name in steps:
            raise invalid_document(f"Step name {name} is not unique.")
        steps[name] = step
    within: dict[str, Mapping[str, Any]] = {}
    for name, step in steps.items():
        _check_step(name, step, steps)
        if step["action"] == "aws:loop":
            within |= _check_loop(name, step, {**steps, **within})
    _check_variables(document)
    role = document.get("assumeRole", "")
    if not isinstance(role, str):
        raise invalid_document("Document assumeRole must be a string.")
    _check_names(document, {**steps, **within})


def _check_loop(name: str, loop: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The steps within a loop: either each of the iterators or a condition says how often they run."""
    inputs: Mapping[str, Any] = loop["inputs"]
    if ("Iterators" in inputs) == ("LoopCondition" in inputs):
        raise invalid_document(f"Step {name} of action aws:loop needs either Iterators or LoopCondition.")
    if "onCancel" in loop:
        raise invalid_document(f"Step {name} of action aws:loop can't have onCancel.")
    if "LoopCondition" in inputs:
        _check_condition(name, inputs["LoopCondition"])
    given = inputs["Steps"]
    if not isinstance(given, list) or not given:
        raise invalid_document(f"Step {name} of action aws:loop has no Steps.")
    steps: dict[str, Mapping[str, Any]] = {}
    for each in cast("list[Any]", given):
        step = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        own = step.get("name")
        if not isinstance(own, str) or not _NAME.fullmatch(own):
            raise invalid_document(f"Step name is invalid: {own}.")
        if own in steps or own in names:
            raise invalid_document(f"Step name {own} is not unique.")
        steps[own] = step
    for own, step in steps.items():
        _check_step(own, step, steps)
    return steps


def _check_variables(document: Mapping[str, Any]) -> None:
    declared = parameters_of({"parameters": document.get("variables")})
    for name in names_in({key: each for key, each in document.items() if key != "parameters"}):
        kind, colon, variable = name.partition(":")
        if colon and kind == "variable" and variable not in declared:
            raise invalid_document(f'Variable "{variable}" is not declared.')


def _check_step(name: str, step: Mapping[str, Any], steps: Mapping[str, Any]) -> None:
    action = step.get("action")
    if not isinstance(action, str) or action not in ACTIONS:
        raise invalid_document(f"Step {name} has an unsupported action: {action}.")
    inputs: Any = step.get("inputs") or {}
    if not isinstance(inputs, dict):
        raise invalid_document(f"Inputs of step {name} must be a map.")
    held = cast("dict[str, Any]", inputs)
    for wanted in ACTIONS[action]:
        if wanted not in held:
            raise invalid_document(f"Step {name} of action {action} has no input {wanted}.")
    if action == "aws:sleep" and ("Duration" in held) == ("Timestamp" in held):
        raise invalid_document(f"Step {name} of action {action} needs either Duration or Timestamp.")
    if action == "aws:branch":
        _check_choices(name, held, steps)
    for key, words in (("onFailure", ("Abort", "Continue")), ("onCancel", ("Abort",))):
        _check_way(name, key, step.get(key), words, steps)
    following = step.get("nextStep")
    if following is not None and str(following) not in steps:
        raise invalid_document(f"Step {name} has a nextStep that does not exist: {following}.")
    for key in ("isEnd", "isCritical"):
        if not isinstance(step.get(key, False), bool) and step[key] not in ("true", "false"):
            raise invalid_document(f"{key} of step {name} must be true or false.")
    for key in ("maxAttempts", "timeoutSeconds"):
        value = step.get(key, 1)
        if not isinstance(value, str) and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise invalid_document(f"{key} of step {name} must be a positive number.")
    _check_outputs(name, step.get("outputs") or [])


def _check_way(name: str, key: str, value: Any, words: tuple[str, ...], steps: Mapping[str, Any]) -> None:
    if value is None or (isinstance(value, str) and value.lower() in [word.lower() for word in words]):
        return
    text = str(value)
    if not text.startswith("step:") or text.removeprefix("step:") not in steps:
        raise invalid_document(f"{key} of step {name} is invalid: {text}.")


def _check_outputs(name: str, outputs: Any) -> None:
    for each in cast("list[Any]", outputs) if isinstance(outputs, list) else [None]:
        output = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        if not isinstance(output.get("Name"), str) or not isinstance(output.get("Selector"), str):
            raise invalid_document(f"Outputs of step {name} need a Name and a Selector.")
        if output.get("Type", "String") not in _OUTPUT_TYPES:
            raise invalid_document(f"Output {output['Name']} of step {name} has an invalid Type: {output['Type']}.")


def _check_choices(name: str, inputs: Mapping[str, Any], steps: Mapping[str, Any]) -> None:
    choices = inputs["Choices"]
    if not isinstance(choices, list) or not choices:
        raise invalid_document(f"Step {name} of action aws:branch has no Choices.")
    for each in cast("list[Any]", choices):
        choice = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        if str(choice.get("NextStep")) not in steps:
            raise invalid_document(f"A choice of step {name} has a NextStep that does not exist.")
        _check_condition(name, {key: value for key, value in choice.items() if key != "NextStep"})
    if inputs.get("Default") is not None and str(inputs["Default"]) not in steps:
        raise invalid_document(f"Default of step {name} does not exist: {inputs['Default']}.")


def _check_condition(name: str, condition: Any) -> None:
    given = cast("dict[str, Any]", condition) if isinstance(condition, dict) else {}
    for word in ("And", "Or"):
        if word in given:
            if not isinstance(given[word], list) or len(given) != 1:
                raise invalid_document(f"{word} of step {name} must be a list of conditions.")
            for each in cast("list[Any]", given[word]):
                _check_condition(name, each)
            return
    if "Not" in given:
        _check_condition(name, given["Not"])
        return
    operators = [key for key in given if key != "Variable"]
    if "Variable" not in given or len(operators) != 1 or operators[0] not in OPERATORS:
        raise invalid_document(f"A choice of step {name} needs a Variable and one operator: {operators}.")


def _check_names(document: Mapping[str, Any], steps: Mapping[str, Any]) -> None:
    parameters: Mapping[str, Any] = document.get("parameters") or {}
    for name in names_in({key: each for key, each in document.items() if key != "parameters"}):
        if ":" in name:
            continue
        step, dot, _ = name.partition(".")
        if dot and step not in steps and step not in parameters:
            raise invalid_document(f'Step "{step}" of {{{{ {name} }}}} is not declared.')
        if not dot and name not in parameters:
            raise invalid_document(f'Parameter "{name}" is not declared.')
    outputs: Any = document.get("outputs") or []
    if not isinstance(outputs, list):
        raise invalid_document("Document outputs must be a list.")
    for each in cast("list[Any]", outputs):
        step, dot, _ = str(each).partition(".")
        if not dot or step.strip("{} ") not in steps:
            raise invalid_document(f"Document output {each} is not an output of a step.")
