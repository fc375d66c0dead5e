"""The lines that Lambda itself writes to a function's log, as text or as JSON.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import msgspec

from foulweather.services.lambda_.records import Configuration

SNAP_START = "snap-start"
"""How the environment of a version with SnapStart comes to be."""
QUIET = {"INFO": ("initStart", "restoreStart", "start", "report", "initReport", "extension", "telemetrySubscription",
                  "logsSubscription"), "WARN": ()}  # fmt: skip
"""What each level of system logs lets through beside what went wrong; DEBUG lets everything through."""


class Report(msgspec.Struct, kw_only=True):
    """What an invocation came to, as its REPORT line tells."""

    request_id: str
    duration_ms: int
    billed_ms: int
    memory_mib: int
    used_mib: int
    init_ms: int | None = None
    status: str = "success"
    error_type: str = ""
    is_modelled: bool = False
    is_restored: bool = False
    """Whether the environment came of a snapshot: then `init_ms` is how long that took."""


class Writer:
    """Writes one environment's lines, in its function's format."""

    def __init__(self, configuration: Configuration, region: str) -> None:
        self._is_json = configuration.logging.get("LogFormat") == "JSON"
        self._level = configuration.logging.get("SystemLogLevel") or "INFO"
        self._runtime = configuration.runtime
        self._region = region
        self._version = configuration.version

    def init_start(self, now_ms: int, kind: str) -> str:
        """An environment begins to initialize."""
        version, arn = runtime_version(self._runtime, self._region)
        is_restored = kind == SNAP_START
        if self._is_json:
            record = {"runtimeVersion": version, "runtimeVersionArn": arn}
            if is_restored:
                return self._json(now_ms, "restoreStart", record)
            return self._json(now_ms, "initStart", {"initializationType": kind, "phase": "init", **record})
        return (
            f"{'RESTORE_START' if is_restored else 'INIT_START'} Runtime Version: {version}\tRuntime Version ARN: {arn}"
        )

    def init_report(self, now_ms: int, kind: str, duration_ms: int, phase: str, status: str, error_type: str) -> str:
        """An initialization that failed."""
        if self._is_json:
            record: dict[str, Any] = {
                "initializationType": kind,
                "phase": phase,
                "status": status,
                "metrics": {"durationMs": float(duration_ms)},
            }
            if error_type:
                record["errorType"] = error_type
            return self._json(now_ms, "initReport", record, went_wrong=True)
        told = f"\tError Type: {error_type}" if error_type and status == "error" else ""
        return f"INIT_REPORT Init Duration: {duration_ms:.2f} ms\tPhase: {phase}\tStatus: {status}{told}"

    def start(self, now_ms: int, request_id: str) -> str:
        """An invocation begins."""
        if self._is_json:
            return self._json(now_ms, "start", {"requestId": request_id, "version": self._version})
        return f"START RequestId: {request_id} Version: {self._version}"

    def end(self, now_ms: int, report: Report) -> list[str]:
        """An invocation has ended: what it took."""
        if not self._is_json:
            return [f"END RequestId: {report.request_id}", _report(report)]
        told, status = metrics(report), report.status
        record: dict[str, Any] = {"requestId": report.request_id, "metrics": told, "status": status}
        done: dict[str, Any] = {"requestId": report.request_id, "status": report.status}
        wrong = report.status != "success"
        if report.error_type and wrong:
            # "If the status is either failure or error": an exception that the handler raised is no failure here.
            record["errorType"] = done["errorType"] = report.error_type
        if report.is_modelled:
            record["modelled"] = True
        ended = (("runtimeDone", done), ("report", record))
        lines = [self._json(now_ms, name, each, went_wrong=wrong) for name, each in ended]
        return [line for line in lines if line]

    def extension(self, now_ms: int, name: str, record: dict[str, Any]) -> str:
        """An extension is ready, or has subscribed to what happens."""
        if self._is_json:
            return self._json(now_ms, name, record)
        what = {"extension": "EXTENSION", "telemetrySubscription": "TELEMETRY"}.get(name, "LOGS")
        member = "events" if name == "extension" else "types"
        listed = ", ".join(each if member == "events" else each.capitalize() for each in record[member])
        return f"{what}\tName: {record['name']}\tState: {record['state']}\t{member.capitalize()}: [{listed}]"

    def timed_out(self, now_ms: int, request_id: str, timeout_s: int) -> str:
        """An invocation was ended."""
        if self._is_json:
            return ""
        return f"{stamped(now_ms)} {request_id} Task timed out after {timeout_s:.2f} seconds\n"

    def _json(self, now_ms: int, name: str, record: dict[str, Any], *, went_wrong: bool = False) -> str:
        if self._level != "DEBUG" and not went_wrong and name not in QUIET.get(self._level, ()):
            return ""
        return json.dumps({"time": stamped(now_ms), "type": f"platform.{name}", "record": record})


def runtime_version(runtime: str, region: str) -> tuple[str, str]:
    """A runtime's version, and its ARN."""
    version = f"{runtime.replace('python', 'python:').replace('nodejs', 'nodejs:')}.v1"
    return version, f"arn:aws:lambda:{region}::runtime:{hashlib.sha256(runtime.encode()).hexdigest()}"


def metrics(report: Report) -> dict[str, Any]:
    """What a report measures, as records tell it."""
    found: dict[str, Any] = {
        "durationMs": float(report.duration_ms),
        "billedDurationMs": report.billed_ms,
        "memorySizeMB": report.memory_mib,
        "maxMemoryUsedMB": report.used_mib,
    }
    if report.init_ms is not None and report.is_restored:
        found |= {"restoreDurationMs": float(report.init_ms), "billedRestoreDurationMs": report.init_ms}
    elif report.init_ms is not None:
        found["initDurationMs"] = float(report.init_ms)
    return found


def stamped(now_ms: int) -> str:
    """A time as logs and records show it."""
    return datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _report(report: Report) -> str:
    parts = [
        f"REPORT RequestId: {report.request_id}",
        f"Duration: {report.duration_ms:.2f} ms",
        f"Billed Duration: {report.billed_ms} ms",
        f"Memory Size: {report.memory_mib} MB",
        f"Max Memory Used: {report.used_mib} MB",
    ]
    if report.init_ms is not None and report.is_restored:
        parts += [f"Restore Duration: {report.init_ms:.2f} ms", f"Billed Restore Duration: {report.init_ms} ms"]
    elif report.init_ms is not None:
        parts.append(f"Init Duration: {report.init_ms:.2f} ms")
    if report.status != "success":
        parts.append(f"Status: {report.status}")
    if report.status == "error":
        parts.append(f"Error Type: {report.error_type}")
    if report.is_modelled:
        parts.append("Modelled: true")
    return "\t".join([*parts, ""])
