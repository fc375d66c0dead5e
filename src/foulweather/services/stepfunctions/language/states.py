"""The states of a definition, one function a type: fields in, record out.

https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foulweather.services.stepfunctions.language import choosing, dataflow, handlers, numbers, schema, waiting
from foulweather.services.stepfunctions.language.findings import Fields
from foulweather.services.stepfunctions.language.records import (
    AnyState,
    Choice,
    Fail,
    Flow,
    Parallel,
    Pass,
    Query,
    Succeed,
    Task,
    Wait,
)

ReadFlow = Callable[[Fields], Flow]


def transition(fields: Fields) -> str | None:
    """Where a state goes: its Next, or nowhere where it has End."""
    target, ends = fields.text("Next"), fields.boolean("End")
    if "Next" in fields and ends:
        fields.error("Only one of these fields is allowed: [Next, End]")
    elif "Next" not in fields and not ends:
        fields.error("These fields are required: [Next]")
    return target


def known(name: str, fields: Fields) -> dict[str, Any]:
    """What every record has."""
    return {
        "name": name,
        "type": fields.data["Type"],
        "query_language": fields.language,
        "comment": fields.text("Comment"),
    }


_PLAIN = frozenset({"Type", "Next", "End", "Comment", "QueryLanguage"})


def pass_state(name: str, fields: Fields, read_flow: ReadFlow) -> AnyState:
    """A Pass."""
    arguments = dataflow.arguments(fields)
    if "Result" in fields and not fields.is_jsonata:
        value = fields.data["Result"]
        if isinstance(value, str) and value.startswith("$."):
            words = "Attempt to use a path in the result of a pass state."
            fields.findings.warn("PASS_RESULT_IS_STATIC", words, f"{fields.location}/Result")

        result: Query = dataflow.constant(value)
    else:
        result = arguments
    left = dataflow.finish(fields, has_result=False, places_result=True)
    is_plain = _PLAIN.issuperset(fields.data)
    return Pass(**known(name, fields), next=transition(fields), result=result, finish=left, is_plain=is_plain)


def task(name: str, fields: Fields, read_flow: ReadFlow) -> AnyState:
    """A Task."""
    fields.require("Resource")
    narrowed = dataflow.same if fields.is_jsonata else dataflow.path(fields, "InputPath")
    timeout = numbers.whole(fields, "TimeoutSeconds", 1, schema.SECONDS_MAX, narrowed)
    heartbeat = numbers.whole(fields, "HeartbeatSeconds", 1, schema.SECONDS_MAX, narrowed)
    limit, beat = fields.data.get("TimeoutSeconds"), fields.data.get("HeartbeatSeconds")
    if isinstance(limit, int) and isinstance(beat, int) and beat >= limit:
        fields.error("HeartbeatSeconds must be smaller than TimeoutSeconds", "HeartbeatSeconds")
    return Task(
        **known(name, fields),
        next=transition(fields),
        resource=fields.text("Resource") or "",
        arguments=dataflow.arguments(fields),
        finish=dataflow.finish(fields, has_result=True, places_result=True),
        credentials=dataflow.credentials(fields),
        timeout_s=timeout,
        heartbeat_s=heartbeat,
        retry=handlers.retriers(fields),
        catch=handlers.catchers(fields),
    )


def choice(name: str, fields: Fields, read_flow: ReadFlow) -> AnyState:
    """A Choice."""
    fields.require("Choices")
    default = fields.text("Default")
    rules = choosing.rules(fields)
    targets = tuple(rule.next for rule in rules) + ((default,) if default is not None else ())
    decide = choosing.decider(fields, rules, default)
    return Choice(**known(name, fields), decide=decide, targets=targets, has_default=default is not None)


def wait(name: str, fields: Fields, read_flow: ReadFlow) -> AnyState:
    """A Wait."""
    return Wait(
        **known(name, fields),
        next=transition(fields),
        pause=waiting.pause(fields),
        arguments=dataflow.same if fields.is_jsonata else dataflow.path(fields, "InputPath"),
        finish=dataflow.finish(fields, has_result=False, places_result=False),
    )


def succeed(name: str, fields: Fields, read_flow: ReadFlow) -> AnyState:
    """A Succeed."""
    return Succeed(
        **known(name, fields),
        arguments=dataflow.same if fields.is_jsonata else dataflow.path(fields, "InputPath"),
        finish=dataflow.finish(fields, has_result=False, places_result=False),
    )


def fail(name: str, fields: Fields, read_flow: ReadFlow) -> AnyState:
    """A Fail."""
    return Fail(**known(name, fields), failure=waiting.failure(fields))


def parallel(name: str, fields: Fields, read_flow: ReadFlow) -> AnyState:
    """A Parallel."""
    fields.require("Branches")
    branches = [fields.at(branch, f"Branches[{at}]") for at, branch in enumerate(fields.array("Branches", empty=False))]
    for branch in branches:
        if branch is not None:
            branch.allow(schema.BRANCH, frozenset(), frozenset())
    return Parallel(
        **known(name, fields),
        next=transition(fields),
        branches=tuple(read_flow(branch) for branch in branches if branch is not None),
        arguments=dataflow.arguments(fields),
        finish=dataflow.finish(fields, has_result=True, places_result=True),
        retry=handlers.retriers(fields),
        catch=handlers.catchers(fields),
    )
