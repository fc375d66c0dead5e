"""What a state machine may be: its definition, its resources, its logging and encryption.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.stepfunctions import logging, refusals, resources
from foulweather.services.stepfunctions.language.diagnostics import diagnostics, refusal
from foulweather.services.stepfunctions.language.parsing import parse
from foulweather.services.stepfunctions.language.records import Diagnostic, Flow, Map, Parallel, Task
from foulweather.services.stepfunctions.records import Kind

_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")
_GROUP: Final = re.compile(r"arn:aws[a-z-]*:logs:([a-z0-9-]+):(\d{12}):log-group:[\w./#-]+:\*")


def findings(definition: str, kind: Kind = "STANDARD") -> list[Diagnostic]:
    """Everything that is to be said about a definition, errors first."""
    found = list(diagnostics(definition, _is_known))
    if kind == "EXPRESS" and not any(each.severity == "ERROR" for each in found):
        found += _resources(parse(definition).flow, "/States", kind)
    return sorted(found, key=lambda each: each.severity != "ERROR")


def _resources(flow: Flow, at: str, kind: Kind) -> Iterator[Diagnostic]:
    for name, state in flow.states.items():
        place = f"{at}/{name}"
        if isinstance(state, Task):
            yield from _resource(state.resource, f"{place}/Resource", kind)
        elif isinstance(state, Parallel):
            for number, branch in enumerate(state.branches):
                yield from _resources(branch, f"{place}/Branches[{number}]/States", kind)
        elif isinstance(state, Map):
            of = state.execution_type or "STANDARD" if state.mode == "DISTRIBUTED" else kind
            yield from _resources(state.processor, f"{place}/ItemProcessor/States", of)


def _resource(arn: str, place: str, kind: Kind) -> Iterator[Diagnostic]:
    found = resources.of(arn)
    if kind == "EXPRESS" and found is not None and (found.kind == "activity" or found.pattern):
        # "Express Workflows do not support Job-run (.sync) or Callback (.waitForTaskToken) … Activities."
        message = f"The resource provided {arn} is not supported by state machines of type EXPRESS."
        yield Diagnostic("ERROR", "SCHEMA_VALIDATION_FAILED", message, place)


def _is_known(arn: str) -> bool:
    return resources.of(arn) is not None


def check_definition(definition: str, kind: Kind) -> None:
    """Refuse a definition with errors."""
    errors = [each for each in findings(definition, kind) if each.severity == "ERROR"]
    if errors:
        facts = tuple(Fact(each.location or "definition", each.code, each.message) for each in errors)
        raise AwsError("InvalidDefinition", refusal(errors), 400, facts=facts)


def check_role(role: str) -> None:
    """Refuse what is no ARN of a role."""
    if not _ROLE.fullmatch(role):
        raise AwsError("InvalidArn", f"Invalid Role Arn: '{role}'", 400, facts=(Fact("request", "roleArn", role),))


def checked_logging(call: Call, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """A logging configuration."""
    held = dict(given or {})
    if not logging.is_on(held):
        if held.get("destinations"):
            _check_destination(call, held)
        return held
    if len(held.get("destinations") or ()) != 1:
        raise _invalid_logging("Must specify exactly one Log Destination.", held)
    _check_destination(call, held)
    return held


def _check_destination(call: Call, held: Mapping[str, Any]) -> None:
    group = logging.group_of(held)
    found = _GROUP.fullmatch(group)
    if found is None or found[1] != call.region or found[2] != call.account:
        raise _invalid_logging(f"Log Destination {group} is not valid: it must be a log group ending in ':*'.", held)


def _invalid_logging(reason: str, held: Mapping[str, Any]) -> AwsError:
    return AwsError(
        "InvalidLoggingConfiguration",
        f"Invalid Logging Configuration: {reason}",
        400,
        facts=(Fact("request", "loggingConfiguration", dict(held)),),
    )


def checked_tracing(call: Call, given: Mapping[str, Any] | None) -> bool:
    """Whether traces are wanted."""
    return bool((given or {}).get("enabled"))


def check_count(count: int, most: int, code: str, what: str) -> None:
    """Refuse what a quota forbids."""
    if count >= most:
        raise refusals.too_many(code, what, most)
