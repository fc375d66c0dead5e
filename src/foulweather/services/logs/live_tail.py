"""Live Tail: a session that is sent new events as they come.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.parking import Parking
from foulweather.kernel.why import Fact
from foulweather.services.logs import limits, naming, patterns, refusals
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import STANDARD
from foulweather.services.logs.tails import Tail, Tails

Request = Mapping[str, Any]
_EVERY_MS: Final = 1_000


def start_live_tail(call: Call, request: Request) -> dict[str, Any]:
    """Open a session: matching events are sent every second, for three hours at most."""
    refusals.check_model(call, request)
    identifiers: list[str] = request["logGroupIdentifiers"]
    streams: list[str] = request.get("logStreamNames") or []
    prefixes: list[str] = request.get("logStreamNamePrefixes") or []
    if streams and prefixes:
        raise invalid("logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.")
    if (streams or prefixes) and len(identifiers) > 1:
        raise invalid("Log streams can be specified only with exactly one log group.")
    for identifier in identifiers:
        if not identifier.startswith("arn:") or identifier.endswith("*"):
            raise invalid(
                "Invalid logGroupIdentifier: specify the ARN of the log group.",
                Fact("request", "logGroupIdentifiers", identifier),
            )
    pattern = patterns.checked(request.get("logEventFilterPattern") or "")
    groups = [naming.require_group(call, each, STANDARD) for each in identifiers]
    tails = Tails.of(call.world)
    if len(tails.open) >= limits.LIVE_TAIL_MAX:
        raise AwsError(
            "LimitExceededException",
            "Resource limit exceeded.",
            facts=(Fact(call.account, "Live Tail sessions", limits.LIVE_TAIL_MAX),),
        )
    tail = Tail([group.arn for group in groups], streams, prefixes, pattern)
    tails.open.append(tail)
    call.happened("logs.LiveTailStarted", groups[0].arn)
    return {"responseStream": _session(call, request, tails, tail)}


async def _session(
    call: Call, request: Request, tails: Tails, tail: Tail
) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
    world, parking = call.world, Parking()
    members = ("logGroupIdentifiers", "logStreamNames", "logStreamNamePrefixes", "logEventFilterPattern")
    start: dict[str, Any] = {name: request[name] for name in members if request.get(name)}
    try:
        yield "sessionStart", {"requestId": call.request_id, "sessionId": world.ids.uuid(), **start}
        ends_ms = call.now + limits.LIVE_TAIL_MS
        while call.now < ends_ms:
            with world.flight():
                await parking.wait(call, call.now + _EVERY_MS)
            results = list(tail.waiting)
            tail.waiting.clear()
            metadata, tail.is_sampled = {"sampled": tail.is_sampled}, False
            yield "sessionUpdate", {"sessionMetadata": metadata, "sessionResults": results}
        raise AwsError("SessionTimeoutException", "The Live Tail session has timed out after 3 hours.")
    finally:
        tails.open.remove(tail)
