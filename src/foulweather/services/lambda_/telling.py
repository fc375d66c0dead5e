"""What Lambda tells a function's extensions of its environment and its invocations.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.engines.functions.outcomes import Outcome
from foulweather.services.lambda_ import reports

if TYPE_CHECKING:
    from foulweather.services.lambda_.instances import Instance
    from foulweather.services.lambda_.records import Function
    from foulweather.services.lambda_.reports import Report
    from foulweather.services.lambda_.running import Asked

STATUSES = {"response": "success", "error": "error", "timeout": "timeout"}


def init_began(instance: Instance, function: Function, phase: str) -> None:
    """An environment begins to initialize; the function's log has what its extensions do."""
    if instance.environment is not None and instance.environment.telemetry is not None:
        instance.environment.api.account = function.account
        instance.environment.telemetry.heard = instance.extended
    version, arn = reports.runtime_version(instance.configuration.runtime, function.region)
    record = {"runtimeVersion": version, "runtimeVersionArn": arn, "functionName": function.name}
    more = {"functionVersion": instance.configuration.version, "instanceMaxMemory": instance.configuration.memory_mib}
    _tell(instance, "initStart", _init(instance, phase) | record | more)


def init_ended(instance: Instance, outcome: Outcome, duration_ms: int, phase: str) -> None:
    """An environment has initialized, or has failed to."""
    record = _init(instance, phase) | {"status": STATUSES.get(outcome.kind, "failure")}
    if outcome.error_type:
        record["errorType"] = outcome.error_type
    _tell(instance, "initRuntimeDone", record)
    _tell(instance, "initReport", {**record, "metrics": {"durationMs": float(duration_ms)}})
    telemetry = instance.environment.telemetry if instance.environment is not None else None
    if telemetry is not None:
        telemetry.initialized()


def began(instance: Instance, asked: Asked) -> None:
    """An invocation begins."""
    if not _is_heard(instance):
        return
    version = asked.configuration.version
    _tell(instance, "start", {"requestId": asked.request_id, "version": version, "tracing": _tracing(asked)})


def ended(instance: Instance, asked: Asked, report: Report, outcome: Outcome) -> None:
    """An invocation has ended."""
    if not _is_heard(instance):
        return
    done: dict[str, Any] = {"requestId": asked.request_id, "status": report.status}
    if report.error_type and report.status != "success":
        done["errorType"] = report.error_type
    produced = len(outcome.payload) if outcome.kind == "response" else 0
    metrics = {"durationMs": float(report.duration_ms), "producedBytes": produced}
    _tell(instance, "runtimeDone", {**done, "metrics": metrics, "tracing": _tracing(asked)})
    _tell(instance, "end", {"requestId": asked.request_id})
    _tell(instance, "report", {**done, "metrics": reports.metrics(report), "tracing": _tracing(asked)})


def _init(instance: Instance, phase: str) -> dict[str, Any]:
    return {"initializationType": instance.kind, "phase": phase}


def _tracing(asked: Asked) -> dict[str, str]:
    return {"type": "X-Amzn-Trace-Id", "value": asked.trace_header}


def _is_heard(instance: Instance) -> bool:
    return instance.environment is not None and instance.environment.telemetry is not None


def _tell(instance: Instance, name: str, record: dict[str, Any]) -> None:
    telemetry = instance.environment.telemetry if instance.environment is not None else None
    if telemetry is not None:
        telemetry.platform(name, record)
