"""Map Runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.stepfunctions import distributed, naming, paging, refusals
from foulweather.services.stepfunctions.records import MapRun
from foulweather.services.stepfunctions.state import SfnState

Request = Mapping[str, Any]
_SHOWN = {"succeeded": "SUCCEEDED", "failed": "FAILED", "timedOut": "TIMED_OUT", "aborted": "ABORTED"}


def describe_map_run(call: Call, request: Request) -> dict[str, Any]:
    """A Map Run: how it was set, and how far it is."""
    found = _require(call, request["mapRunArn"])
    told: dict[str, Any] = {
        "mapRunArn": found.arn,
        "executionArn": found.execution,
        "status": found.status,
        "startDate": found.started_ms,
        "maxConcurrency": found.at_once,
        "toleratedFailurePercentage": found.tolerated_percentage,
        "toleratedFailureCount": found.tolerated_count,
        "itemCounts": _items(call, found),
        "executionCounts": _executions(found),
        "redriveCount": found.redrives,
    }
    if found.stopped_ms and found.status != "RUNNING":
        told["stopDate"] = found.stopped_ms
    if found.redriven_ms:
        told["redriveDate"] = found.redriven_ms
    return told


def _executions(found: MapRun) -> dict[str, int]:
    told = _counts(found, found.counts, found.batches, found.running)
    told["failuresNotRedrivable"], told["pendingRedrive"] = found.lost, len(found.redriving)
    told["pending"] -= len(found.redriving)
    return told


def _items(call: Call, found: MapRun) -> dict[str, int]:
    items = call.state(SfnState).map_items
    running = sum(
        item.items
        for number in range(found.batches if found.running else 0)
        if (item := items.get(f"{found.arn}#{number}")) is not None and item.status == "RUNNING"
    )
    return _counts(found, found.item_counts, found.total, running)


def _counts(found: MapRun, by_status: Mapping[str, int], total: int, running: int) -> dict[str, int]:
    told = {name: by_status.get(status, 0) for name, status in _SHOWN.items()}
    told["pending"] = max(0, total - running - sum(told.values()))
    told["running"], told["total"], told["resultsWritten"] = running, total, found.written
    told["failuresNotRedrivable"] = told["pendingRedrive"] = 0
    return told


def list_map_runs(call: Call, request: Request) -> dict[str, Any]:
    """The Map Runs of an execution, the latest first."""
    arn, state = request["executionArn"], call.state(SfnState)
    naming.check_execution(arn)
    if arn not in state.executions:
        raise refusals.no_execution(arn)
    held = [each for each in reversed(list(state.map_runs.values())) if each.execution == arn]
    listed, more = paging.page(call, held, request, arn)
    return {"mapRuns": [_summary(each) for each in listed], **more}


def _summary(found: MapRun) -> dict[str, Any]:
    told: dict[str, Any] = {
        "executionArn": found.execution,
        "mapRunArn": found.arn,
        "stateMachineArn": f"{found.machine}/{found.label}",
        "startDate": found.started_ms,
    }
    if found.stopped_ms:
        told["stopDate"] = found.stopped_ms
    return told


def update_map_run(call: Call, request: Request) -> dict[str, Any]:
    """Change how many executions run at once, or how many failures are tolerated."""
    found = _require(call, request["mapRunArn"])
    names = ("maxConcurrency", "toleratedFailurePercentage", "toleratedFailureCount")
    if all(request.get(name) is None for name in names):
        raise refusals.invalid(
            "Must specify at least one of maxConcurrency, toleratedFailurePercentage or toleratedFailureCount",
            "MISSING_REQUIRED_PARAMETER",
        )
    if found.status != "RUNNING":
        raise refusals.invalid(
            "Map Run is completed and cannot be updated", "CANNOT_UPDATE_COMPLETED_MAP_RUN", mapRunArn=found.arn
        )
    if (at_once := request.get("maxConcurrency")) is not None:
        found.at_once = at_once
    if (ratio := request.get("toleratedFailurePercentage")) is not None:
        found.tolerated_percentage, found.has_percentage = ratio, True
    if (count := request.get("toleratedFailureCount")) is not None:
        found.tolerated_count, found.has_count = count, True
    state = call.state(SfnState)
    state.map_runs.touch(found.arn)
    call.changed("stepfunctions.MapRunUpdated", found.arn, maxConcurrency=found.at_once)
    distributed.fill(call, state, found)
    return {}


def _require(call: Call, arn: str) -> MapRun:
    naming.check_map_run(arn)
    found = call.state(SfnState).map_runs.get(arn)
    if found is None:
        raise refusals.not_found(arn)
    return found
