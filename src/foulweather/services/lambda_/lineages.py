"""Recursive loops: how often each function has run already in the chain of events that led to an invocation.

Lambda's own SDKs pass a trace header on, with a lineage in it; "a function invoked approximately 16 times in the same
chain of requests" is stopped. What a function asks for is part of its trace here, so the chain is followed by that.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

import hashlib
import re
from typing import cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Fact, Why
from foulweather.services.lambda_.records import Function
from foulweather.world.world import World

LOOP_MAX = 16
HELD_MAX = 10_000
_LINEAGE = re.compile(r'"AWSTraceHeader": ?"[^"]*Lineage=([^;"]*)')
_RUNS = re.compile(r"([0-9a-f]{8}):(\d{1,6})")


class Lineages:
    """The lineage of what each invocation asks for, by the request id of the call that it was run for."""

    def __init__(self) -> None:
        self.by_request: dict[str, dict[str, int]] = {}

    @classmethod
    def of(cls, world: World) -> Lineages:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Lineages, found)


def passed_on(function_arn: str, lineage: dict[str, int]) -> dict[str, int]:
    """The lineage of what a function's invocation sets off."""
    key = _key(function_arn)
    return {**lineage, key: lineage.get(key, 0) + 1}


def begin(call: Call, lineage: dict[str, int]) -> None:
    """An invocation begins: what is asked for by it, and what comes of that later, has this lineage."""
    held = Lineages.of(call.world).by_request
    if len(held) >= HELD_MAX:
        del held[next(iter(held))]
    held[call.request_id] = lineage


def of_call(call: Call) -> dict[str, int]:
    """The lineage of a call: a function made it, or what it is part of began with one that a function made."""
    held = Lineages.of(call.world).by_request
    return held.get(call.hop.parent_id) or held.get(call.trace_id) or {}


def apart(call: Call) -> Call:
    """A call for one invocation that is asked for by nobody who waits: what it leads to is a trace of its own."""
    own = Call(call.pipeline, call.service, call.operation, call.account, call.region, call.principal)
    call.world.state(Traces).begin(own.hop)
    return own


def of_records(payload: bytes) -> dict[str, int]:
    """The lineage of an event with messages of a queue: what their `AWSTraceHeader` says, of each function the most."""
    lineage: dict[str, int] = {}
    if b"Lineage=" not in payload:
        return lineage
    for told in _LINEAGE.findall(payload.decode("utf-8", "replace")):
        for key, times in _RUNS.findall(told):
            lineage[key] = max(lineage.get(key, 0), int(times))
    return lineage


def _key(function_arn: str) -> str:
    return hashlib.sha256(function_arn.encode()).hexdigest()[:8]


def is_loop(function: Function, lineage: dict[str, int]) -> bool:
    """Whether another run of a function would be one too many."""
    return function.recursive_loop == "Terminate" and lineage.get(_key(function.arn), 0) >= LOOP_MAX


def why_stopped(call: Call, function: Function, lineage: dict[str, int], source: str) -> Why:
    """Why a loop was ended."""
    arn, times = function.arn, lineage.get(_key(function.arn), 0)
    return Why(
        "dropped",
        f"{function.name} has run {times} times in one chain of events: a recursive loop.",
        (
            Fact(arn, "runs in the chain", times),
            call.fact(arn, "RecursiveLoop", function.recursive_loop),
            Fact("event", "source", source),
        ),
        (
            f"aws lambda put-function-recursion-config --function-name {function.name} --recursive-loop Allow "
            f"--region {function.region}",
        ),
    )


def refusal(call: Call, function: Function, lineage: dict[str, int], source: str) -> AwsError:
    """An invocation that would be one too many in its chain."""
    call.happened("lambda.RecursiveInvocationDropped", function.arn, function=function.name, source=source)
    return AwsError(
        "RecursiveInvocationException",
        "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services "
        "resources and stopped your function's invocation.",
        400,
        why=why_stopped(call, function, lineage, source),
    )
