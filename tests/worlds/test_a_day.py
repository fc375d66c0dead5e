"""What CloudWatch, CloudTrail, CloudWatch Logs and the journal tell of one day is the same, to the last call.

A failure prints the seed; `DAY_SEED=… pytest tests/worlds/test_a_day.py` replays it.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from typing import Any

import pytest

from foulweather.world.journal import Event
from harness import ACCOUNT
from worlds.day import (
    APP_GROUP,
    AUDIT,
    HERE,
    MINUTE_MS,
    PHOTOS,
    TRAIL_GROUP,
    WEST,
    Day,
)

SEEDS = [int(os.environ["DAY_SEED"])] if "DAY_SEED" in os.environ else [1, 2]
MORE_SEEDS = range(3, 15)
STEPS = 700
# What CloudTrail calls data events (each service's page of its events), of the operations that this day has.
DATA = {
    "cloudwatch": {"GetMetricData", "ListMetrics", "PutMetricData"},
    "dynamodb": {"GetItem", "PutItem", "Scan"},
    "logs": {"FilterLogEvents", "GetLogEvents", "PutLogEvents"},
    "s3": {"DeleteObject", "GetObject", "HeadObject", "PutObject"},
    "sns": {"Publish"},
    "sqs": {"DeleteMessage", "ReceiveMessage", "SendMessage", "SendMessageBatch"},
}
# Those of them that the trail selects: it has no selector for metrics and logs.
SELECTED = {"dynamodb", "s3", "sns", "sqs"}
# Services whose calls are counted in AWS/Usage: "CloudWatch usage metrics".
USAGE = {"CloudWatch": "cloudwatch", "DynamoDB": "dynamodb", "KMS": "kms", "SNS": "sns", "SQS": "sqs", "STS": "sts"}


class Look:
    """What can be seen of a day that is over: by the APIs, and in the journal."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.until_ms = day.ended_ms
        self.events = [event for event in day.events if event.at_ms < self.until_ms]
        self.calls = [event for event in self.events if event.kind == "api.Call"]

    # --- the journal

    def count(self, kind: str, *, resource: str = "", of: str = "") -> int:
        """How many events of a kind there were, or what a fact of theirs adds up to."""
        found = [each for each in self.events if each.kind == kind and resource in ("", each.resource)]
        return sum(each.facts[of] for each in found) if of else len(found)

    # --- metrics

    def sums(self, namespace: str, region: str = HERE) -> dict[tuple[str, ...], float]:
        """The sum over the day of every metric of a namespace, by its name and its dimensions' values."""
        here = self.day.root.in_region(region)
        listed: list[dict[str, Any]] = []
        page: dict[str, Any] = {}
        while not listed or page.get("NextToken"):
            token = {"NextToken": page["NextToken"]} if page.get("NextToken") else {}
            page = here.cloudwatch.list_metrics({"Namespace": namespace, **token})
            listed += page["Metrics"]
            assert listed, f"{namespace} has no metrics in {region}"
        found: dict[tuple[str, ...], float] = {}
        for start in range(0, len(listed), 100):
            some = listed[start : start + 100]
            queries = [
                {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}}
                for number, metric in enumerate(some)
            ]
            request = {"MetricDataQueries": queries, "StartTime": self.day.began_ms, "EndTime": self.until_ms}
            answered = here.cloudwatch.get_metric_data(request)
            assert "NextToken" not in answered
            for metric, result in zip(some, answered["MetricDataResults"], strict=True):
                values = [each["Value"] for each in metric["Dimensions"]]
                found[(metric["MetricName"], *values)] = sum(result["Values"])
        return found

    # --- the trail

    async def looked_up(self, region: str, **attribute: str) -> list[dict[str, Any]]:
        """The records of the event history, a page each half second."""
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        attributes = [{"AttributeKey": key, "AttributeValue": value} for key, value in attribute.items()]
        while True:
            await self.day.wait(500)
            request = {"LookupAttributes": attributes, "EndTime": self.until_ms - 1, **token}
            page = self.day.root.in_region(region).cloudtrail.lookup_events(request)
            found += [json.loads(each["CloudTrailEvent"]) for each in page["Events"]]
            if "NextToken" not in page:
                return found
            token = {"NextToken": page["NextToken"]}

    def delivered(self) -> list[dict[str, Any]]:
        """The records in the files of the trail's bucket."""
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = self.day.root.s3.list_objects_v2({"Bucket": AUDIT, "Prefix": "AWSLogs/", **token})
            for each in page.get("Contents", ()):
                if each["Size"]:
                    body = self.day.root.s3.get_object({"Bucket": AUDIT, "Key": each["Key"]})["Body"]
                    found += json.loads(gzip.decompress(body))["Records"]
            if not page.get("NextContinuationToken"):
                return found
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def logged(self, group: str, pattern: str = "", **more: Any) -> list[str]:
        """The messages of a log group."""
        found: list[str] = []
        token: dict[str, str] = {}
        while True:
            request = {"logGroupName": group, "filterPattern": pattern, **more, **token}
            page = self.day.root.logs.filter_log_events(request)
            found += [each["message"] for each in page["events"]]
            if "nextToken" not in page:
                return found
            token = {"nextToken": page["nextToken"]}


def is_data(service: str, operation: str) -> bool:
    return operation in DATA.get(service, ())


def named(record: dict[str, Any]) -> tuple[str, str, str, str]:
    """What a record tells: Region, service, name and error."""
    service = record["eventSource"].removesuffix(".amazonaws.com")
    return record["awsRegion"], service, record["eventName"], record.get("errorCode", "")


def in_words(call: Event) -> tuple[str, str, str, str]:
    """The same of a call in the journal."""
    service: str = "monitoring" if call.facts["service"] == "cloudwatch" else call.facts["service"]
    return call.region, service, call.facts["operation"], call.facts["error"]


def asked(call: Event) -> tuple[str, str, str, str]:
    """The same in the product's names."""
    return call.region, call.facts["service"], call.facts["operation"], call.facts["error"]


def is_own(call: Event) -> bool:
    """Whether CloudTrail made a call to deliver what it has recorded."""
    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/logs/"
    return call.principal == "cloudtrail.amazonaws.com" or call.principal.startswith(role)


async def lived(seed: int, steps: int = STEPS) -> Look:
    day = Day(seed)
    print(f"DAY_SEED={seed}")
    await day.build()
    await day.live(steps)
    return Look(day)


# --- what is compared


def check_answers(look: Look, history: list[dict[str, Any]]) -> None:
    """Every answer that the applications got is a call in the journal, and no other call of theirs is."""
    services = [call for call in look.calls if call.principal.endswith(".amazonaws.com") or is_own(call)]
    ours = Counter(map(asked, look.calls)) - Counter(map(asked, services))
    # What S3 asks KMS in its caller's name is nobody's answer.
    forwarded = Counter(named(each) for each in history if each["sourceIPAddress"] == "s3.amazonaws.com")
    assert {key[1] for key in forwarded} == {"kms"}
    assert ours - forwarded == look.day.answered


def check_usage(look: Look) -> None:
    """AWS/Usage counts each call and each throttle."""
    for region in (HERE, WEST):
        sums = look.sums("AWS/Usage", region)
        counted = {(USAGE[key[3]], key[2]): value for key, value in sums.items() if key[0] == "CallCount" and value}
        calls = [each.facts for each in look.calls if each.region == region]
        told = Counter((each["service"], each["operation"]) for each in calls if each["service"] in USAGE.values())
        assert counted == told
        throttled = {f"{USAGE[key[3]]}:{key[2]}": value for key, value in sums.items() if key[0] == "ThrottleCount"}
        told = Counter(e.facts["operation"] for e in look.events if e.kind == "api.Throttled" and e.region == region)
        assert throttled == told
    answered = look.day.answered
    assert sum(n for key, n in answered.items() if key[3].startswith("Throttling")) == look.count("api.Throttled") > 0


def check_queues(look: Look) -> None:
    answered = look.day.answered
    for region in (HERE, WEST):
        sums = look.sums("AWS/SQS", region)
        for at, url in look.day.queues:
            if at.region != region:
                continue
            name = url.rpartition("/")[2]
            arn = f"arn:aws:sqs:{region}:{ACCOUNT}:{name}"
            assert sums["NumberOfMessagesSent", name] == look.count("sqs.MessageSent", resource=arn)
            assert sums["SentMessageSize", name] == look.count("sqs.MessageSent", resource=arn, of="bytes")
            assert sums["NumberOfMessagesReceived", name] == look.count("sqs.MessageReceived", resource=arn, of="count")
            assert sums["NumberOfEmptyReceives", name] == look.count("sqs.EmptyReceive", resource=arn)
        deleted = sum(value for key, value in sums.items() if key[0] == "NumberOfMessagesDeleted")
        # "Every successful deletion operation that uses a valid receipt handle, including duplicate deletions."
        assert deleted == answered[region, "sqs", "DeleteMessage", ""]
        received = sum(value for key, value in sums.items() if key[0] in ("NumberOfMessagesReceived",))
        assert received > 0


def check_topic(look: Look) -> None:
    sums = look.sums("AWS/SNS")
    alarms = look.count("cloudwatch.AlarmStateChanged")
    published = look.count("sns.MessagePublished")
    assert sums["NumberOfMessagesPublished", "news"] == published
    assert 0 < published - look.day.answered[HERE, "sns", "Publish", ""] <= alarms
    assert sums["PublishSize", "news"] == look.count("sns.MessagePublished", of="bytes")
    assert sums["NumberOfNotificationsDelivered", "news"] == look.count("sns.NotificationDelivered") == published
    assert look.sums("AWS/SQS")["NumberOfMessagesSent", "news"] >= published


def check_table(look: Look) -> None:
    sums, answered = look.sums("AWS/DynamoDB"), look.day.answered
    # An index's or an operation's metrics have more dimensions than these.
    for direction in ("Read", "Write"):
        milli = sum(
            each.facts.get(f"{direction.lower()}_milli", 0) for each in look.events if each.kind == "dynamodb.Consumed"
        )
        assert sums[f"Consumed{direction}CapacityUnits", "carts"] == pytest.approx(milli / 1000)
    refused = answered[HERE, "dynamodb", "PutItem", "ProvisionedThroughputExceededException"]
    assert sums["WriteThrottleEvents", "carts"] == look.count("dynamodb.Throttled") == refused
    assert sums["ThrottledRequests", "PutItem", "carts"] == refused > 0
    failed = answered[HERE, "dynamodb", "PutItem", "ConditionalCheckFailedException"]
    assert sums["ConditionalCheckFailedRequests", "carts"] == look.count("dynamodb.ConditionalCheckFailed") == failed
    wrong = ("AccessDeniedException", "ResourceNotFoundException")
    users = sum(n for key, n in answered.items() if key[1] == "dynamodb" and key[3] in wrong)
    assert sums[("UserErrors",)] == users > 0


def check_bucket(look: Look) -> None:
    sums, answered = look.sums("AWS/S3"), look.day.answered
    objects = {key[2:]: n for key, n in answered.items() if key[1] == "s3" and key[2] in DATA["s3"]}
    for name, operation in (
        ("Put", "PutObject"),
        ("Get", "GetObject"),
        ("Head", "HeadObject"),
        ("Delete", "DeleteObject"),
    ):
        told = sum(n for key, n in objects.items() if key[0] == operation)
        assert sums[f"{name}Requests", PHOTOS, "all"] == told > 0
    refused = sum(n for key, n in objects.items() if key[1])
    assert sums["4xxErrors", PHOTOS, "all"] == refused > 0
    assert sums["AllRequests", PHOTOS, "all"] == sum(objects.values()) == look.count("s3.Request") + refused
    assert sums["BytesUploaded", PHOTOS, "all"] == look.count("s3.Request", of="bytes_in")
    assert sums["BytesDownloaded", PHOTOS, "all"] == look.count("s3.Request", of="bytes_out")


async def check_history(look: Look) -> list[dict[str, Any]]:
    """The event history has each management call once, with its outcome."""
    await look.day.wait(5 * MINUTE_MS)
    found: list[dict[str, Any]] = []
    for region in (HERE, WEST):
        calls = [call for call in look.calls if call.region == region]
        management = [call for call in calls if not is_data(call.facts["service"], call.facts["operation"])]
        records = await look.looked_up(region)
        assert {each["requestID"] for each in records} == {call.request_id for call in management}
        assert Counter(map(named, records)) == Counter(map(in_words, management))
        found += records
    for name in ("Encrypt", "GetUser", "ListQueues"):
        records = await look.looked_up(HERE, EventName=name)
        assert len(records) == sum(call.facts["operation"] == name and call.region == HERE for call in look.calls) > 0
    return found


def check_trail(look: Look, records: list[dict[str, Any]]) -> None:
    """The trail's files have each call since it logs, data and management, once; and so has its log group."""
    ids = [each["eventID"] for each in records]
    assert len(set(ids)) == len(ids)
    started = next(call for call in look.calls if call.facts["operation"] == "StartLogging")
    audit = f"arn:aws:s3:::{AUDIT}"
    wanted = [
        call
        for call in look.calls
        if call.seq >= started.seq
        and (not is_data(call.facts["service"], call.facts["operation"]) or call.facts["service"] in SELECTED)
        and not (is_data(call.facts["service"], call.facts["operation"]) and call.resource.startswith(audit))
    ]
    late = {call.request_id for call in wanted} - {each["requestID"] for each in records}
    # The last file tells of its own writing in the next one only.
    written_ms = max(call.at_ms for call in look.calls if is_own(call))
    assert all(is_own(call) and call.at_ms == written_ms for call in wanted if call.request_id in late)
    told = [call for call in wanted if call.request_id not in late]
    assert Counter(map(named, records)) == Counter(map(in_words, told))
    logged = [json.loads(line) for line in look.logged(TRAIL_GROUP)]
    assert sorted(each["eventID"] for each in logged) == sorted(ids)
    assert sorted({each["awsRegion"] for each in records}) == [HERE, WEST]


def check_logs(look: Look, records: list[dict[str, Any]]) -> None:
    """What the applications wrote is there, and the filters' sums are what can be counted in the groups."""
    day, told = look.day, look.day.told
    lines = [json.loads(line) for line in look.logged(APP_GROUP)]
    assert len(lines) == told["lines"]
    assert sum(each["ms"] for each in lines) == told["ms"]
    trail_arn = f"arn:aws:logs:{HERE}:{ACCOUNT}:log-group:{TRAIL_GROUP}"
    app_arn = f"arn:aws:logs:{HERE}:{ACCOUNT}:log-group:{APP_GROUP}"
    assert look.count("logs.Ingested", resource=app_arn, of="events") == told["lines"]
    assert look.count("logs.Ingested", resource=app_arn, of="bytes") == told["bytes"]
    assert look.count("logs.Ingested", resource=trail_arn, of="events") == len(records)
    sums = look.sums("Day")
    denied = [each for each in records if "AccessDenied" in each.get("errorCode", "")]
    puts = [each for each in records if each["eventName"] == "PutObject"]
    assert sums[("Errors",)] == told["errors"] == len(look.logged(APP_GROUP, '{ $.level = "ERROR" }'))
    assert sums[("Latency",)] == told["ms"]
    assert sums[("Denied",)] == len(denied) > 0
    assert sums[("Puts",)] == len(puts) > 0
    incoming = look.sums("AWS/Logs")
    assert incoming["IncomingLogEvents", APP_GROUP] == told["lines"]
    assert incoming["IncomingBytes", APP_GROUP] == told["bytes"]
    assert incoming["IncomingLogEvents", TRAIL_GROUP] == len(records)
    assert day.world.in_flight == 0


async def agrees(seed: int) -> None:
    look = await lived(seed)
    records = look.delivered()
    check_trail(look, records)
    check_logs(look, records)
    history = await check_history(look)
    kept = {each["eventID"]: each for each in history}
    assert all(kept[each["eventID"]] == each for each in records if each["managementEvent"])
    check_answers(look, history)
    check_usage(look)
    check_queues(look)
    check_topic(look)
    check_table(look)
    check_bucket(look)


@pytest.mark.parametrize("seed", SEEDS)
async def test_everything_that_watches_tells_the_same_of_a_day(seed: int) -> None:
    await agrees(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MORE_SEEDS)
async def test_everything_that_watches_tells_the_same_of_any_day(seed: int) -> None:
    await agrees(seed)
