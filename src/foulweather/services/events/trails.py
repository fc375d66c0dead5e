"""What CloudTrail records, as events of the default bus: looked up only where a rule waits for it.

"To receive events with detail-type AWS API Call via CloudTrail, you must have a CloudTrail trail with logging
enabled": a trail's delivery is what sets the look at the event history off, so a world without rules for API calls
pays nothing for them. They come as late as the history shows them, some five minutes after the call.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, cast

from foulweather.kernel.call import Call
from foulweather.kernel.input_templates import dumps
from foulweather.services.events import routing
from foulweather.services.events.asking import asked
from foulweather.services.events.envelopes import Envelope
from foulweather.services.events.state import DEFAULT, EventsState, Looked, Rule
from foulweather.world.world import World

VIA: Final = " via CloudTrail"
ALL_READS: Final = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
# "within an average of about 5 minutes of an API call": until then the history does not show it.
SEEN_AFTER_MS: Final = 300_000
_TYPES: Final = {
    "AwsApiCall": f"AWS API Call{VIA}",
    "AwsServiceEvent": f"AWS Service Event{VIA}",
    "AwsConsoleSignIn": f"AWS Console Sign In{VIA}",
    "AwsConsoleAction": f"AWS Console Action{VIA}",
}
# Without that state of a rule, "API actions that begin with the keywords List, Get, or Describe are not processed",
# "with the exception of events from the following STS actions: GetFederationToken and GetSessionToken".
_READS: Final = ("List", "Get", "Describe")
_READS_TOO: Final = frozenset({"GetFederationToken", "GetSessionToken"})


@lru_cache(maxsize=4096)
def may_want(pattern: str) -> bool:
    """Whether a pattern can match what CloudTrail records, as far as its detail types and sources tell."""
    document: Any = json.loads(pattern)
    if not isinstance(document, dict):
        return False
    held = cast("dict[str, Any]", document)
    types, sources = held.get("detail-type"), held.get("source")
    return _may_be(types, VIA, at_end=True) and _may_be(sources, "aws.", at_end=False)


def _may_be(wanted: Any, text: str, *, at_end: bool) -> bool:
    if not isinstance(wanted, list):
        return wanted is None
    return any(
        not isinstance(each, str) or (each.endswith(text) if at_end else each.startswith(text))
        for each in cast("list[Any]", wanted)
    )


def waiting(state: EventsState) -> list[Rule]:
    """The rules on the default bus that may want what CloudTrail records."""
    rules = state.rules_on(DEFAULT).values()
    return [rule for rule in rules if rule.pattern and rule.is_enabled and may_want(rule.pattern)]


def begin(call: Call, state: EventsState) -> None:
    """Note from when on a first rule waits for what is recorded."""
    if DEFAULT not in state.looked and waiting(state):
        state.looked.put(DEFAULT, Looked(call.now))


def expect(world: World, at_ms: int, trace_id: str) -> None:
    """A trail has delivered: have every history looked at for which a rule waits, when it shows that time."""
    for state in world.store.states(EventsState):
        looked = state.looked.get(DEFAULT)
        if looked is not None:
            looked.wanted_ms = at_ms
            _arm(world, state, looked, trace_id)


def _arm(world: World, state: EventsState, looked: Looked, trace_id: str) -> None:
    if not looked.due and looked.until_ms < looked.wanted_ms:
        when_ms = looked.wanted_ms + SEEN_AFTER_MS
        looked.due = world.agenda.at(
            when_ms, "events.look_up", {}, account=state.account, region=state.region, trace_id=trace_id
        )
    state.looked.touch(DEFAULT)


def look_up(call: Call, state: EventsState) -> None:
    """Put what was recorded since the last look on the default bus."""
    looked = state.looked.get(DEFAULT)
    if looked is None:
        return
    looked.due = 0
    rules = waiting(state)
    if not rules:
        state.looked.delete(DEFAULT)
        return
    since_ms, looked.until_ms = looked.until_ms + 1, max(looked.until_ms, call.now - SEEN_AFTER_MS)
    _arm(call.world, state, looked, call.trace_id)
    if since_ms > looked.until_ms or not _is_logged(call):
        return
    bus = state.bus(DEFAULT, call.account, call.region)
    assert bus is not None
    for record in reversed(_records(call, since_ms, looked.until_ms)):
        if record["eventType"] not in _TYPES:
            continue
        name: str = record["eventName"]
        is_read = name.startswith(_READS) and name not in _READS_TOO
        wanting = [rule.arn for rule in rules if not is_read or rule.state == ALL_READS]
        if wanting:
            routing.publish(call, state, bus, _event(call, record), wanting)


def _event(call: Call, record: Mapping[str, Any]) -> Envelope:
    facts = {
        "version": "0",
        "id": call.world.ids.uuid(),
        "detail-type": _TYPES[record["eventType"]],
        "source": f"aws.{record['eventSource'].partition('.')[0]}",
        "account": record["recipientAccountId"],
        "time": record["eventTime"],
        "region": record["awsRegion"],
        "resources": list[str](),
    }
    return Envelope(facts, dumps(record))


def _records(call: Call, since_ms: int, until_ms: int) -> list[dict[str, Any]]:
    """The records of a time, the newest first."""
    found: list[dict[str, Any]] = []
    request: dict[str, Any] = {"StartTime": since_ms, "EndTime": until_ms}
    while True:
        answer = asked(call, "cloudtrail", "LookupEvents", request)
        found += [json.loads(each["CloudTrailEvent"]) for each in answer["Events"]]
        if "NextToken" not in answer:
            return found
        request["NextToken"] = answer["NextToken"]


def _is_logged(call: Call) -> bool:
    """Whether a trail that covers the account and Region logs."""
    trails = asked(call, "cloudtrail", "DescribeTrails", {})["trailList"]
    return any(
        asked(call, "cloudtrail", "GetTrailStatus", {"Name": trail["TrailARN"]})["IsLogging"] for trail in trails
    )
