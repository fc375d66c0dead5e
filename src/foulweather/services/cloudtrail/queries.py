"""Queries of CloudTrail Lake.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartQuery.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import (
    finding,
    forming,
    lake_delivery,
    lake_engine,
    lake_language,
    lake_schema,
    limits,
    paging,
)
from foulweather.services.cloudtrail.consuming import LAG_MS, Consumers
from foulweather.services.cloudtrail.eagerly import Answer, at_once
from foulweather.services.cloudtrail.records import EventDataStore, Query
from foulweather.services.cloudtrail.refusals import bad_parameter, refused
from foulweather.services.cloudtrail.state import Lake, is_imported, unpack, unpack_imported
from foulweather.services.cloudtrail.times import with_fraction

Request = Mapping[str, Any]
RESULTS_MAX: Final = 1000
LISTED_MAX: Final = 1000
# AWS tells no times; a query over little takes some seconds.
QUEUED_MS: Final = 500
RUNNING_MS: Final = 2_000
DAY_MS: Final = 86_400_000


def start_query(call: Call, request: Request) -> Answer | Awaitable[Answer]:
    """Begin a query; its results are there some seconds later, and for seven days."""
    return at_once(_started(call, request))


async def _started(call: Call, request: Request) -> Answer:
    if request.get("QueryAlias") or request.get("QueryParameters"):
        raise not_implemented("cloudtrail", "StartQuery.QueryAlias")
    text: str = request.get("QueryStatement") or ""
    if not text:
        raise bad_parameter("You must specify a query statement.", "QueryStatement", None)
    statement = lake_language.translated(text)
    stores = [finding.active_store(call, each) for each in statement.stores]
    lake = call.state(Lake)
    running = [each for each in lake.queries.values() if _is_here(call, each) and _status(each, call.now) in ACTIVE]
    if len(running) >= limits.QUERIES_AT_ONCE_MAX:
        message = "You are already running the maximum number of concurrent queries."
        raise refused("MaxConcurrentQueries", message, Fact(call.account, "queries that run", len(running)))
    uri: str = request.get("DeliveryS3Uri") or ""
    if uri:
        await lake_delivery.check(call, stores[0], uri)
    tables, scanned_bytes = _tables(call, lake, stores)
    found = lake_engine.run(statement, tables, call.now)
    scanned = sum(len(rows) for rows in tables.values())
    query = Query(
        call.world.ids.uuid(),
        stores[0].id,
        call.account,
        call.region,
        text,
        call.now,
        call.now + RUNNING_MS,
        delivery_uri=uri,
        delivery_status="PENDING" if uri else "",
        columns=found.names,
        rows=found.rows,
        scanned=scanned,
        matched=len(found.rows),
        scanned_bytes=scanned_bytes,
    )
    lake.queries.put(query.id, query)
    if uri:
        call.later(query.done_ms, "cloudtrail.deliver_query", query=query.id)
    call.later(call.now + limits.QUERIES_KEPT_MS, "cloudtrail.forget_query", query=query.id)
    call.happened("cloudtrail.QueryStarted", stores[0].arn, query=query.id, scanned_bytes=scanned_bytes)
    return {"QueryId": query.id}


ACTIVE: Final = ("QUEUED", "RUNNING")


def get_query_results(call: Call, request: Request) -> dict[str, Any]:
    """A page of what a query has found."""
    query = _query(call, request)
    size = request.get("MaxQueryResults", RESULTS_MAX)
    status = _status(query, call.now)
    if status != "FINISHED":
        return {
            "QueryStatus": status,
            "QueryStatistics": {"ResultsCount": 0, "TotalResultsCount": 0, "BytesScanned": 0},
        }
    some, token = paging.page(query.rows, request.get("NextToken"), size, query.id)
    rows = [
        [{name: "null" if value is None else value} for name, value in zip(query.columns, row, strict=True)]
        for row in some
    ]
    return {
        "QueryStatus": status,
        "QueryStatistics": {
            "ResultsCount": len(rows),
            "TotalResultsCount": len(query.rows),
            "BytesScanned": query.scanned_bytes,
        },
        "QueryResultRows": rows,
        **({"NextToken": token} if token else {}),
    }


def describe_query(call: Call, request: Request) -> dict[str, Any]:
    """How a query goes."""
    if request.get("QueryAlias") or request.get("RefreshId"):
        raise not_implemented("cloudtrail", "DescribeQuery.QueryAlias")
    query = _query(call, request)
    is_done = _status(query, call.now) == "FINISHED"
    return {
        "QueryId": query.id,
        "QueryString": query.statement,
        "QueryStatus": _status(query, call.now),
        "QueryStatistics": {
            "EventsMatched": query.matched if is_done else 0,
            "EventsScanned": query.scanned if is_done else 0,
            "BytesScanned": query.scanned_bytes if is_done else 0,
            "ExecutionTimeInMillis": min(call.now, query.done_ms) - query.created_ms,
            "CreationTime": query.created_ms,
        },
        **(
            {"DeliveryS3Uri": query.delivery_uri, "DeliveryStatus": query.delivery_status} if query.delivery_uri else {}
        ),
    }


def cancel_query(call: Call, request: Request) -> dict[str, Any]:
    """Stop a query that has not ended."""
    query = _query(call, request)
    status = _status(query, call.now)
    if status not in ACTIVE:
        message = "The query cannot be cancelled because it is not running."
        raise refused("InactiveQuery", message, Fact(query.id, "QueryStatus", status))
    query.status = "CANCELLED"
    query.done_ms = call.now
    call.state(Lake).queries.touch(query.id)
    return {"QueryId": query.id, "QueryStatus": "CANCELLED"}


def list_queries(call: Call, request: Request) -> dict[str, Any]:
    """The queries over a store within seven days."""
    store = finding.active_store(call, request["EventDataStore"])
    start_ms: int = request.get("StartTime", call.now - limits.QUERIES_KEPT_MS)
    end_ms: int = request.get("EndTime", call.now)
    if start_ms > end_ms:
        message = "The specified time range is not valid: StartTime must be before EndTime."
        raise refused("InvalidDateRange", message, Fact("request", "StartTime", start_ms))
    wanted = request.get("QueryStatus")
    found = [
        each
        for each in call.state(Lake).queries.values()
        if each.store == store.id
        and start_ms <= each.created_ms <= end_ms
        and (wanted is None or _status(each, call.now) == wanted)
    ]
    some, token = paging.page(found[::-1], request.get("NextToken"), request.get("MaxResults", LISTED_MAX), store.id)
    shown = [
        {"QueryId": each.id, "QueryStatus": _status(each, call.now), "CreationTime": each.created_ms} for each in some
    ]
    return {"Queries": shown, **({"NextToken": token} if token else {})}


def _query(call: Call, request: Request) -> Query:
    if request.get("EventDataStore"):
        finding.active_store(call, request["EventDataStore"])
    query_id: str = request.get("QueryId") or ""
    if not re.fullmatch(r"[a-f0-9-]{36}", query_id):
        raise bad_parameter("You must specify a query ID.", "QueryId", query_id or None)
    found = call.state(Lake).queries.get(query_id)
    if found is None or not _is_here(call, found):
        raise _unknown(query_id)
    return found


def _unknown(query_id: str) -> AwsError:
    return refused("QueryIdNotFound", "The query ID does not exist.", Fact(query_id, "exists", False))


def _is_here(call: Call, query: Query) -> bool:
    return (query.account, query.region) == (call.account, call.region)


def _status(query: Query, now_ms: int) -> str:
    if query.status == "CANCELLED":
        return query.status
    if now_ms >= query.done_ms:
        return "FINISHED"
    return "RUNNING" if now_ms >= query.created_ms + QUEUED_MS else "QUEUED"


def _tables(call: Call, lake: Lake, stores: list[EventDataStore]) -> tuple[dict[str, list[list[Any]]], int]:
    """The rows of each store's events, as far as they have come in by now, and how many bytes they are."""
    consumers = Consumers.of(call.world)
    tables: dict[str, list[list[Any]]] = {}
    size = 0
    for store in stores:
        if store.status == "ENABLED":
            consumers.collect(call.pipeline, store)
        lake.sweep(store, call.now - store.retention_days * DAY_MS)
        rows: list[list[Any]] = []
        for key in lake.held.get(store.id, ()):
            packed = lake.events[key]
            if is_imported(packed):
                imported = unpack_imported(packed)
                row = lake_schema.row(json.loads(bytes(imported.record)), with_fraction(imported.at_ms))
                size += len(str(row[-2]))
                rows.append(row)
                continue
            event = unpack(packed)
            if event.at_ms <= call.now - LAG_MS:
                row = lake_schema.row(forming.record(event, call.pipeline.directory), with_fraction(event.at_ms))
                size += len(str(row[-2]))
                rows.append(row)
        tables[store.id] = rows
    return tables, size
