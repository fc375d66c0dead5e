"""The event history: management events of ninety days, and Insights events.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import event_names, forming, identities, limits, paging, touched
from foulweather.services.cloudtrail.records import Recorded
from foulweather.services.cloudtrail.refusals import refused
from foulweather.services.cloudtrail.state import HISTORY_MS, EventHistory

Request = Mapping[str, Any]
# "CloudTrail typically delivers events within an average of about 5 minutes of an API call."
SEEN_AFTER_MS: Final = 300_000


def lookup_events(call: Call, request: Request) -> dict[str, Any]:
    """Events of this account and Region, the newest first, fifty at a time."""
    size: int = request.get("MaxResults", limits.LOOKED_UP_MAX)
    category = request.get("EventCategory")
    attribute = _checked_attribute(request.get("LookupAttributes") or [])
    start_ms, end_ms = _checked_range(call, request)
    history = call.state(EventHistory)
    asked = json.dumps([category, attribute, request.get("StartTime"), request.get("EndTime")])
    of = hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()
    before = paging.position(request.get("NextToken"), of) or None
    source = _insights(history, before) if category == "insight" else _management(call, history, before, attribute)
    found: list[dict[str, Any]] = []
    for number, at_ms, matches, shown in source:
        if at_ms < start_ms:
            break
        if at_ms > end_ms or not matches():
            continue
        if len(found) == size:
            return {"Events": found, "NextToken": paging.token_of(number + 1, of)}
        found.append(shown())
    return {"Events": found}


_Found = tuple[int, int, Callable[[], bool], Callable[[], dict[str, Any]]]


def _management(
    call: Call, history: EventHistory, before: int | None, attribute: tuple[str, str] | None
) -> Iterator[_Found]:
    for number in range((before or history.next) - 1, history.first - 1, -1):
        event = history.at(number)
        if event is not None:
            yield (
                number,
                event.at_ms,
                lambda event=event: attribute is None or _has(event, *attribute),
                lambda event=event: _shown(call, event),
            )


def _insights(history: EventHistory, before: int | None) -> Iterator[_Found]:
    for number in range((before or history.next_insight) - 1, 0, -1):
        packed = history.insights.get(str(number))
        if packed is not None:
            event = json.loads(packed)
            at_ms = event["at_ms"]
            yield number, at_ms, lambda: True, lambda event=event: _shown_insight(event)


def _checked_attribute(given: list[Mapping[str, str]]) -> tuple[str, str] | None:
    if not given:
        return None
    if len(given) > 1:
        raise _bad_attributes("You can specify only one lookup attribute.", given)
    key, value = given[0].get("AttributeKey", ""), given[0].get("AttributeValue", "")
    if key == "ReadOnly" and value not in ("true", "false"):
        raise _bad_attributes("The value of the ReadOnly lookup attribute must be true or false.", given)
    return key, value


def _bad_attributes(message: str, given: Any) -> AwsError:
    return refused("InvalidLookupAttributes", message, Fact("request", "LookupAttributes", given))


def _checked_range(call: Call, request: Request) -> tuple[int, int]:
    seen_ms = call.now - SEEN_AFTER_MS
    start_ms: int = request.get("StartTime", call.now - HISTORY_MS)
    end_ms: int = request.get("EndTime", call.now)
    if start_ms > end_ms:
        raise refused(
            "InvalidTimeRange",
            "The specified time range is not valid: StartTime must be before EndTime.",
            Fact("request", "StartTime", start_ms),
            Fact("request", "EndTime", end_ms),
        )
    return max(start_ms, call.now - HISTORY_MS), min(end_ms, seen_ms)


def _has(event: Recorded, key: str, value: str) -> bool:
    match key:
        case "EventId":
            return forming.event_id(event) == value
        case "EventName":
            return event_names.event_name(event.service, event.operation) == value
        case "ReadOnly":
            return event.is_read == (value == "true")
        case "Username":
            return identities.user_name(event) == value
        case "EventSource":
            return event_names.source(event.service) == value
        case "AccessKeyId":
            return event.access_key_id == value
        case _:
            return any(each[key] == value for each in touched.looked_up(event))


def _shown(call: Call, event: Recorded) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "EventId": forming.event_id(event),
        "EventName": event_names.event_name(event.service, event.operation),
        "ReadOnly": "true" if event.is_read else "false",
        "EventTime": event.at_ms // 1000 * 1000,
        "EventSource": event_names.source(event.service),
        "Resources": touched.looked_up(event),
        "CloudTrailEvent": json.dumps(forming.record(event, call.pipeline.directory), separators=(",", ":")),
    }
    if name := identities.user_name(event):
        shown["Username"] = name
    if event.access_key_id:
        shown["AccessKeyId"] = event.access_key_id
    return shown


def _shown_insight(kept: dict[str, Any]) -> dict[str, Any]:
    record = kept["record"]
    details = record["insightDetails"]
    return {
        "EventId": record["eventID"],
        "EventName": details["eventName"],
        "EventTime": kept["at_ms"] // 1000 * 1000,
        "EventSource": details["eventSource"],
        "Resources": [],
        "CloudTrailEvent": json.dumps(record, separators=(",", ":")),
    }
