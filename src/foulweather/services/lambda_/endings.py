"""Why an invocation failed: its time was over, it used more memory than it has, or its code raised something.

https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Fact, Why
from foulweather.services.lambda_.running import Asked, Ran

OUT_OF_MEMORY = "Runtime.OutOfMemory"
TIMED_OUT = "Sandbox.Timedout"


def explain(call: Call, asked: Asked, ran: Ran) -> None:
    """Put on record why an invocation failed; where a call that its code made has a reason, that is the reason."""
    arn, report = asked.function.arn, ran.report
    if report.status == "timeout":
        call.explain("Run", arn, _timed_out(call, asked), TIMED_OUT)
    elif report.error_type == OUT_OF_MEMORY:
        call.explain("Run", arn, _out_of_memory(call, asked), OUT_OF_MEMORY)
    elif ran.function_error and not _has_reason(call):
        call.explain("Run", arn, _raised(call, asked, ran), ran.error_type)


def _has_reason(call: Call) -> bool:
    trace = call.world.state(Traces).kept.get(call.trace_id)
    return trace is not None and any(hop.went_wrong for hop in trace.hops)


def _raised(call: Call, asked: Asked, ran: Ran) -> Why:
    function, configuration = asked.function, asked.configuration
    return Why(
        "failed",
        f"The code of {function.name} ended with {ran.error_type}.",
        (
            Fact(function.arn, "errorMessage", _message(ran.payload)),
            call.fact(function.arn, "CodeSha256", configuration.code.sha256),
            Fact(function.arn, "version", configuration.version),
        ),
    )


def _message(payload: bytes) -> str:
    """What the error says, as far as its answer is one."""
    try:
        told: Any = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return ""
    return str(cast("dict[str, Any]", told).get("errorMessage", "")) if isinstance(told, dict) else ""


def _timed_out(call: Call, asked: Asked) -> Why:
    function, configuration = asked.function, asked.configuration
    return Why(
        "failed",
        f"{function.name} had not answered when its {configuration.timeout_s} s were over.",
        (
            call.fact(function.arn, "Timeout", configuration.timeout_s),
            # CPU comes in proportion to memory.
            call.fact(function.arn, "MemorySize", configuration.memory_mib),
            Fact(function.arn, "version", configuration.version),
        ),
    )


def _out_of_memory(call: Call, asked: Asked) -> Why:
    function, configuration = asked.function, asked.configuration
    return Why(
        "failed",
        f"{function.name} used more than the {configuration.memory_mib} MB that it has, and was killed.",
        (
            call.fact(function.arn, "MemorySize", configuration.memory_mib),
            Fact(function.arn, "version", configuration.version),
        ),
    )
