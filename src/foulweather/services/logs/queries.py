"""Queries with Logs Insights: started, looked at, stopped, listed.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.logs import limits, naming, paging, querying, refusals
from foulweather.services.logs.insights.records import Sources
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import DELIVERY, LogGroup, LogsState, Query

Request = Mapping[str, Any]
_UNDER_WAY: Final = ("Scheduled", "Running")
_SELECTORS: Final = ("logGroupName", "logGroupNames", "logGroupIdentifiers")


def start_query(call: Call, request: Request) -> dict[str, Any]:
    """Start a query over the events of some groups in a range of time."""
    refusals.check_model(call, request)
    language = request.get("queryLanguage") or "CWLI"
    if language != "CWLI":
        raise not_implemented("logs", f"StartQuery.queryLanguage={language}")
    start_ms, end_ms = request["startTime"] * 1000, request["endTime"] * 1000 + 999
    if start_ms > end_ms:
        raise invalid(
            "startTime must be before endTime.",
            Fact("request", "startTime", request["startTime"]),
            Fact("request", "endTime", request["endTime"]),
        )
    text: str = request["queryString"]
    query = querying.compiled(text)
    groups = _groups(call, request, query.sources)
    for name in query.lookup_tables:
        if name not in call.state(LogsState).lookup_tables:
            raise refusals.not_found("lookup table", name)
    inner = [group for sources in query.inner_sources for group in querying.selected(call, sources)]
    querying.check_classes(call, text, groups)
    _check_range(call, groups, end_ms)
    if query.unmasks:
        for group in (*groups, *inner):
            call.pipeline.require(call, querying.unmasking(group))
    state = call.state(LogsState)
    _forget_old(call, state)
    running = sum(1 for each in state.queries.values() if each.status in _UNDER_WAY)
    if running >= limits.QUERIES_MAX:
        raise AwsError(
            "LimitExceededException",
            f"Account maximum query concurrency limit of [{limits.QUERIES_MAX}] reached.",
            facts=(Fact(call.account, "queries under way", running),),
        )
    made = Query(
        call.world.ids.uuid(),
        text,
        [group.name for group in groups],
        call.principal.arn,
        start_ms,
        end_ms,
        call.now,
        request.get("limit") or 0,
    )
    state.queries.put(made.id, made)
    call.later(call.now + querying.duration_ms(state, groups, start_ms, end_ms), "logs.run_query", query=made.id)
    call.happened("logs.QueryStarted", groups[0].arn if groups else call.arn("logs", "log-group"), query=made.id)
    return {"queryId": made.id}


def get_query_results(call: Call, request: Request) -> dict[str, Any]:
    """How far a query is, and a page of its rows."""
    refusals.check_model(call, request)
    query = _found(call, request["queryId"])
    page, token = paging.numbered(query.rows, request.get("maxItems") or limits.QUERY_ROWS, request.get("nextToken"))
    # It runs from when it is first looked at; there is nothing in between.
    status = "Running" if query.status == "Scheduled" and call.now > query.created_ms else query.status
    return {
        "queryLanguage": "CWLI",
        "results": [[{"field": field, "value": value} for field, value in row] for row in page],
        "statistics": {
            "recordsMatched": float(query.matched),
            "recordsScanned": float(query.scanned),
            "estimatedRecordsSkipped": 0.0,
            "bytesScanned": float(query.bytes),
            "estimatedBytesSkipped": 0.0,
            "logGroupsScanned": float(len(query.groups)),
        },
        "status": status,
        **token,
    }


def stop_query(call: Call, request: Request) -> dict[str, Any]:
    """Stop a query that is under way."""
    refusals.check_model(call, request)
    query = _found(call, request["queryId"])
    if query.status not in _UNDER_WAY:
        raise invalid(
            "Query is not in a running or scheduled state and cannot be stopped.",
            Fact(query.id, "status", query.status),
        )
    query.status, query.ended_ms = "Cancelled", call.now
    call.state(LogsState).queries.touch(query.id)
    return {"success": True}


def describe_queries(call: Call, request: Request) -> dict[str, Any]:
    """A page of queries, the newest first: of a group, or in a certain state."""
    refusals.check_model(call, request)
    if request.get("queryLanguage") not in (None, "CWLI"):
        return {"queries": []}
    state = call.state(LogsState)
    _forget_old(call, state)
    status, group = request.get("status"), request.get("logGroupName")
    if group is not None:
        naming.require_group(call, group)
    found = [
        each
        for each in state.queries.values()
        if (status is None or each.status == status) and (group is None or group in each.groups)
    ]
    found.sort(key=lambda each: -each.created_ms)
    page, token = paging.numbered(found, request.get("maxResults") or 1_000, request.get("nextToken"))
    return {"queries": [_shown(each) for each in page], **token}


def list_log_groups_for_query(call: Call, request: Request) -> dict[str, Any]:
    """The groups that a query is about."""
    refusals.check_model(call, request)
    query = _found(call, request["queryId"])
    page, token = paging.numbered(query.groups, request.get("maxResults") or 500, request.get("nextToken"))
    return {"logGroupIdentifiers": list(page), **token}


def _groups(call: Call, request: Request, sources: Sources | None) -> list[LogGroup]:
    """The groups to query: named by exactly one of three parameters, or by the query's SOURCE."""
    given = [name for name in _SELECTORS if request.get(name)]
    if sources is not None and not given:
        return querying.selected(call, sources)
    if len(given) != 1:
        raise invalid(
            "Exactly one of logGroupName, logGroupNames or logGroupIdentifiers must be specified.",
            *[Fact("request", name, request[name]) for name in given],
        )
    named: Any = request[given[0]]
    names: Sequence[str] = [named] if isinstance(named, str) else named
    if len(names) > limits.QUERY_GROUPS_MAX:
        raise invalid(
            f"A query can have at most {limits.QUERY_GROUPS_MAX} log groups.", Fact("request", given[0], len(names))
        )
    groups: list[LogGroup] = []
    for name in dict.fromkeys(names):
        group = naming.group_named(call, name)
        if group is None:
            raise AwsError(
                "ResourceNotFoundException",
                f"Log group '{name}' does not exist for account ID '{call.account}'",
                facts=(Fact(naming.group_arn(call, name), "exists", False),),
            )
        if group.log_class == DELIVERY:
            raise refusals.not_in_class(call, group.arn, group.log_class, naming.QUERYABLE)
        groups.append(group)
    return groups


def _check_range(call: Call, groups: Sequence[LogGroup], end_ms: int) -> None:
    """A query that ends before its groups begin, or before what they keep, is refused as malformed."""
    if not groups:
        return
    # Events may be as much as 14 days older than their group.
    first_ms = min(
        max(group.created_ms - limits.OLDEST_MS, call.now - group.retention_ms if group.retention_ms else 0)
        for group in groups
    )
    if end_ms < first_ms:
        raise AwsError(
            "MalformedQueryException",
            "end date and time is either before the log groups creation time or exceeds the log groups log retention "
            "settings",
            facts=(
                Fact("request", "endTime", end_ms // 1000),
                *[call.fact(group.arn, "retentionInDays", group.retention_days) for group in groups],
            ),
        )


def _found(call: Call, query_id: str) -> Query:
    query = call.state(LogsState).queries.get(query_id)
    if query is None or call.now - query.created_ms > limits.QUERY_KEPT_MS:
        raise refusals.not_found("query", query_id)
    return query


def _forget_old(call: Call, state: LogsState) -> None:
    for query_id in [key for key, each in state.queries.items() if call.now - each.created_ms > limits.QUERY_KEPT_MS]:
        state.queries.delete(query_id)


def _shown(each: Query) -> dict[str, Any]:
    told: dict[str, Any] = {
        "queryLanguage": "CWLI",
        "queryId": each.id,
        "queryString": each.text,
        "status": each.status,
        "createTime": each.created_ms,
        "userIdentity": each.started_by,
    }
    if each.groups:
        told["logGroupName"] = each.groups[0]
    if each.ended_ms:
        told["queryDuration"] = each.ended_ms - each.created_ms
        told["bytesScanned"] = float(each.bytes)
    return told
