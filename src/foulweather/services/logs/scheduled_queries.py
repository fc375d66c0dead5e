"""Scheduled queries: made, shown, changed, deleted, and what became of their runs.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateScheduledQuery.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.logs import limits, naming, paging, refusals, scheduling
from foulweather.services.logs.refusals import malformed
from foulweather.services.logs.state import LogsState, ScheduledQuery, ScheduledRun

Request = Mapping[str, Any]
_SETTINGS: Final = (
    *("description", "queryLanguage", "queryString", "logGroupIdentifiers", "scheduleExpression", "timezone"),
    *("startTimeOffset", "destinationConfiguration", "scheduleStartTime", "scheduleEndTime", "executionRoleArn"),
)
_SUMMARY: Final = ("scheduleExpression", "timezone", "destinationConfiguration")


def create_scheduled_query(call: Call, request: Request) -> dict[str, Any]:
    """Have a query run by the clock, in a role, and its results written to S3."""
    refusals.check_model(call, request, "ValidationException")
    settings = _checked(call, request)
    state = call.state(LogsState)
    if any(each.name == request["name"] for each in state.scheduled_queries.values()):
        raise AwsError(
            "ConflictException",
            f"A scheduled query named {request['name']} already exists.",
            facts=(Fact(request["name"], "exists", True),),
        )
    tags = limits.checked_tags({}, request.get("tags") or {}, "ValidationException")
    query_id = call.world.ids.uuid()
    arn = call.arn("logs", f"scheduled-query:{query_id}")
    enabled = request.get("state") != "DISABLED"
    made = ScheduledQuery(query_id, request["name"], arn, settings, call.now, call.now, enabled, tags=tags)
    scheduling.arm(call, state, made, call.now)
    call.changed("logs.ScheduledQueryCreated", arn, name=made.name, **settings)
    return {"scheduledQueryArn": arn, "state": _state(made)}


def get_scheduled_query(call: Call, request: Request) -> dict[str, Any]:
    """A scheduled query, and how its last run ended."""
    refusals.check_model(call, request, "ValidationException")
    return _shown(_found(call, request["identifier"]))


def update_scheduled_query(call: Call, request: Request) -> dict[str, Any]:
    """Put a scheduled query's settings anew: what is not given has none."""
    refusals.check_model(call, request, "ValidationException")
    found = _found(call, request["identifier"])
    found.settings = _checked(call, request)
    found.changed_ms = call.now
    if request.get("state"):
        found.is_enabled = request["state"] == "ENABLED"
    scheduling.arm(call, call.state(LogsState), found, call.now)
    call.changed("logs.ScheduledQueryUpdated", found.arn, name=found.name, **found.settings)
    return _shown(found)


def delete_scheduled_query(call: Call, request: Request) -> dict[str, Any]:
    """Delete a scheduled query with the history of its runs."""
    refusals.check_model(call, request, "ValidationException")
    found = _found(call, request["identifier"])
    state = call.state(LogsState)
    scheduling.disarm(call, found)
    for run_id in [key for key, run in state.scheduled_runs.items() if run.scheduled == found.id]:
        state.scheduled_runs.delete(run_id)
    state.scheduled_queries.delete(found.id)
    call.changed("logs.ScheduledQueryDeleted", found.arn, name=found.name)
    return {}


def list_scheduled_queries(call: Call, request: Request) -> dict[str, Any]:
    """A page of scheduled queries, in order of name."""
    refusals.check_model(call, request, "ValidationException")
    wanted = request.get("state")
    found = sorted(call.state(LogsState).scheduled_queries.values(), key=lambda each: each.name)
    found = [each for each in found if wanted is None or _state(each) == wanted]
    page, token = paging.page(
        found, lambda each: each.name, request.get("maxResults") or limits.LIST_PAGE, request.get("nextToken")
    )
    told: list[dict[str, Any]] = []
    for each in page:
        settings = {name: each.settings[name] for name in _SUMMARY if name in each.settings}
        told.append({**_identity(each), **settings})
    return {"scheduledQueries": told, **token}


def get_scheduled_query_history(call: Call, request: Request) -> dict[str, Any]:
    """A page of a scheduled query's runs in a range of time, the newest first."""
    refusals.check_model(call, request, "ValidationException")
    if request["startTime"] > request["endTime"]:
        raise malformed("startTime must be before endTime.", Fact("request", "startTime", request["startTime"]))
    found = _found(call, request["identifier"])
    statuses: list[str] = request.get("executionStatuses") or []
    runs = [
        run
        for run in call.state(LogsState).scheduled_runs.values()
        if run.scheduled == found.id
        and request["startTime"] <= run.at_ms <= request["endTime"]
        and (not statuses or run.status in statuses)
    ]
    runs.sort(key=lambda run: -run.at_ms)
    page, token = paging.numbered(runs, request.get("maxResults") or limits.LIST_PAGE, request.get("nextToken"))
    return {
        "name": found.name,
        "scheduledQueryArn": found.arn,
        "triggerHistory": [_run(each) for each in page],
        **token,
    }


def _checked(call: Call, request: Request) -> dict[str, Any]:
    """The settings of a request; their refusal where no query could run with them."""
    if request["queryLanguage"] != "CWLI":
        raise not_implemented("logs", f"{call.operation}.queryLanguage={request['queryLanguage']}")
    settings = {name: request[name] for name in _SETTINGS if request.get(name) is not None}
    scheduling.checked(settings)
    if not settings.get("logGroupIdentifiers") and "source" not in settings["queryString"].lower():
        raise malformed("logGroupIdentifiers must be specified where the query has no SOURCE command.")
    identifiers: list[str] = settings.get("logGroupIdentifiers") or []
    for identifier in identifiers:
        naming.require_group(call, identifier, *naming.QUERYABLE)
    begins, ends = settings.get("scheduleStartTime"), settings.get("scheduleEndTime")
    if begins is not None and ends is not None and begins >= ends:
        raise malformed("scheduleStartTime must be before scheduleEndTime.", Fact("request", "scheduleEndTime", ends))
    return settings


def _found(call: Call, identifier: str) -> ScheduledQuery:
    for each in call.state(LogsState).scheduled_queries.values():
        if identifier in (each.arn, each.name):
            return each
    raise refusals.not_found("scheduled query", identifier)


def _state(each: ScheduledQuery) -> str:
    return "ENABLED" if each.is_enabled else "DISABLED"


def _identity(each: ScheduledQuery) -> dict[str, Any]:
    told: dict[str, Any] = {
        "scheduledQueryArn": each.arn,
        "name": each.name,
        "state": _state(each),
        "creationTime": each.created_ms,
        "lastUpdatedTime": each.changed_ms,
    }
    if each.ran_ms:
        told |= {"lastTriggeredTime": each.ran_ms, "lastExecutionStatus": each.last_status}
    return told


def _shown(each: ScheduledQuery) -> dict[str, Any]:
    return {**_identity(each), **each.settings}


def _run(run: ScheduledRun) -> dict[str, Any]:
    told: dict[str, Any] = {"executionStatus": run.status, "triggeredTimestamp": run.at_ms}
    told |= {"queryId": run.query} if run.query else {}
    told |= {"errorMessage": run.error} if run.error else {}
    return told | ({"destinations": [run.destination]} if run.destination else {})
