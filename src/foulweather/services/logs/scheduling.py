"""How scheduled queries run: by the world's clock, as one role, their results written to S3 as another.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/scheduled-queries-concepts.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from orjson import dumps

from foulweather.kernel import cron
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.logs import roles
from foulweather.services.logs.refusals import malformed
from foulweather.services.logs.state import LogsState, ScheduledQuery, ScheduledRun

# AWS tells no default: a query that says no offset looks back an hour.
LOOKBACK_S: Final = 3_600
# How often the service looks whether its query is complete, and for how long a query may run: CloudWatch Logs quotas.
LOOK_MS: Final = 1_000
RUNNING_MS_MAX: Final = 3_600_000
_SESSION: Final = "CWLogsScheduledQuery"


def checked(settings: Mapping[str, Any]) -> tuple[cron.Cron, tzinfo]:
    """The schedule and the time zone of settings; a refusal of what is none."""
    written: str = settings["scheduleExpression"]
    try:
        found = cron.read(written)
    except cron.CronError as error:
        raise malformed(
            f"Invalid scheduleExpression: {error}", Fact("request", "scheduleExpression", written)
        ) from None
    if not isinstance(found, cron.Cron):
        raise malformed("scheduleExpression must be a cron expression.", Fact("request", "scheduleExpression", written))
    name: str = settings.get("timezone") or "UTC"
    if name == "UTC":
        return found, UTC
    try:
        return found, ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise malformed(f"Invalid timezone {name}.", Fact("request", "timezone", name)) from None


def arm(call: Call, state: LogsState, query: ScheduledQuery, after_ms: int) -> None:
    """Put a query's next run after a time on the agenda, in place of the last one."""
    disarm(call, query)
    schedule, zone = checked(query.settings)
    begins_ms, ends_ms = query.settings.get("scheduleStartTime") or 0, query.settings.get("scheduleEndTime")
    when_ms = schedule.next_ms(max(after_ms, begins_ms - 1), zone) if query.is_enabled else None
    if when_ms is not None and (ends_ms is None or when_ms <= ends_ms):
        query.due = call.later(when_ms, "logs.run_scheduled_query", scheduled=query.id)
    state.scheduled_queries.put(query.id, query)


def disarm(call: Call, query: ScheduledQuery) -> None:
    """Take a query's next run off the agenda."""
    if query.due:
        call.world.agenda.cancel(query.due)
        query.due = 0


async def run(call: Call, query: ScheduledQuery) -> None:
    """Start a query that is due, in its execution role."""
    state = call.state(LogsState)
    query.due = 0
    arm(call, state, query, call.now)
    made = _broken_off(state, query) or ScheduledRun(call.world.ids.uuid(), query.id, call.now)
    query.ran_ms, query.last_status = call.now, "Running"
    settings = query.settings
    request: dict[str, Any] = {
        "queryString": settings["queryString"],
        "startTime": call.now // 1000 - settings.get("startTimeOffset", LOOKBACK_S),
        "endTime": call.now // 1000,
    }
    if settings.get("logGroupIdentifiers"):
        request["logGroupIdentifiers"] = settings["logGroupIdentifiers"]
    state.scheduled_runs.put(made.id, made)
    state.starting.add(made.id)
    try:
        who = await roles.assumed(call, settings["executionRoleArn"], _SESSION, query.arn)
        started = await roles.done(call.acting_as(who).logs.start_query(request))
    except AwsError as error:
        status = "InvalidQuery" if error.code == "MalformedQueryException" else "Failed"
        _end(call, query, made, status, error)
        return
    finally:
        state.starting.discard(made.id)
    made.query = started["queryId"]
    state.scheduled_runs.touch(made.id)
    call.later(call.now + LOOK_MS, "logs.finish_scheduled_query", run=made.id)


def _broken_off(state: LogsState, query: ScheduledQuery) -> ScheduledRun | None:
    """The run whose query was never started, because the process ended."""
    for run in state.scheduled_runs.values():
        if run.scheduled == query.id and run.status == "Running" and not run.query and run.id not in state.starting:
            return run
    return None


async def finish(call: Call, query: ScheduledQuery, made: ScheduledRun) -> None:
    """Look whether a run's query is complete, and deliver its results."""
    try:
        who = await roles.assumed(call, query.settings["executionRoleArn"], _SESSION, query.arn)
        found = await roles.done(call.acting_as(who).logs.get_query_results({"queryId": made.query}))
    except AwsError as error:
        _end(call, query, made, "Failed", error)
        return
    if found["status"] in ("Running", "Scheduled"):
        if call.now - made.at_ms > RUNNING_MS_MAX:
            _end(call, query, made, "Timeout", None)
            return
        call.later(call.now + LOOK_MS, "logs.finish_scheduled_query", run=made.id)
        return
    status = "Complete" if found["status"] == "Complete" else "Failed"
    destination: Mapping[str, Any] = query.settings.get("destinationConfiguration") or {}
    given: Mapping[str, Any] | None = destination.get("s3Configuration")
    if status == "Complete" and given:
        await _deliver(call, query, made, given, found)
    _end(call, query, made, status, None)


async def _deliver(
    call: Call, query: ScheduledQuery, made: ScheduledRun, given: Mapping[str, Any], found: Mapping[str, Any]
) -> None:
    """Write results to S3 as JSON, in the role for that."""
    bucket, _, prefix = given["destinationIdentifier"].removeprefix("s3://").partition("/")
    key = f"{prefix.rstrip('/')}/{query.name}/{made.query}.json".lstrip("/")
    request: dict[str, Any] = {
        "Bucket": bucket,
        "Key": key,
        "Body": dumps({"queryId": made.query, **{name: found[name] for name in ("results", "statistics", "status")}}),
        "ContentType": "application/json",
    }
    if given.get("ownerAccountId"):
        request["ExpectedBucketOwner"] = given["ownerAccountId"]
    if given.get("kmsKeyId"):
        request |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": given["kmsKeyId"]}
    told = {"destinationType": "S3", "destinationIdentifier": given["destinationIdentifier"]}
    try:
        who = await roles.assumed(call, given["roleArn"], _SESSION, query.arn)
        await roles.done(call.acting_as(who).s3.put_object(request))
    except AwsError as error:
        call.explain("ScheduledQueryDelivery", query.arn, error.why, error.code)
        failed = "CLIENT_ERROR" if error.senders_fault else "FAILED"
        made.destination = {**told, "status": failed, "errorMessage": error.message}
        return
    made.destination = {**told, "status": "COMPLETE", "processedIdentifier": f"s3://{bucket}/{key}"}


def _end(call: Call, query: ScheduledQuery, made: ScheduledRun, status: str, error: AwsError | None) -> None:
    state = call.state(LogsState)
    made.status, query.last_status = status, status
    if error is not None:
        made.error = error.message
        call.explain("ScheduledQuery", query.arn, error.why, error.code)
    call.happened("logs.ScheduledQueryRan", query.arn, name=query.name, query=made.query, status=status)
    if query.id in state.scheduled_queries:
        state.scheduled_queries.touch(query.id)
        state.scheduled_runs.touch(made.id)
