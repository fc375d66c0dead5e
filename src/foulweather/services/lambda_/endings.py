"""Why Lambda ended an invocation that had not answered: its time was over, or it used more memory than it has.

https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.lambda_.reports import Report
from foulweather.services.lambda_.running import Asked

OUT_OF_MEMORY = "Runtime.OutOfMemory"
TIMED_OUT = "Sandbox.Timedout"


def explain(call: Call, asked: Asked, report: Report) -> None:
    """Put on record why an invocation was ended; one whose code answered or raised is none of Lambda's doing."""
    if report.status == "timeout":
        call.explain("Run", asked.function.arn, _timed_out(call, asked), TIMED_OUT)
    elif report.error_type == OUT_OF_MEMORY:
        call.explain("Run", asked.function.arn, _out_of_memory(call, asked), OUT_OF_MEMORY)


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
