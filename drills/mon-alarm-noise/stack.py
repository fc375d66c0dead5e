"""A service that tells its response time every five minutes, an alarm on it, and who is paged by the alarm."""

from __future__ import annotations

import json
import math
from typing import NamedTuple

from foulweather.drilling.documents import topic_may_send
from foulweather.drilling.lab import DAY_MS, HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.regular import Regular

NAMESPACE, METRIC, ALARM, TOPIC = "Orders", "ResponseTime", "orders-slow", "orders-pages"
NIGHT_MS, WEEKDAY_MS, WEEKEND_MS = 120, 300, 210
"""What is usual at night, and at the height of the afternoon."""
BLIP_MS = 900
"""A large report, every Wednesday at 11:20: five minutes that nobody minds."""
SLOW_MS = 260
"""Twice what a night is like, and less than what every afternoon is like: the index of the night's job is gone."""
WEEK_MS = 7 * DAY_MS
SLOW_HOUR, SLOW_HOURS = 3, 2


def usual_ms(at_ms: int) -> float:
    """The response time that a time of the week is used to."""
    day, hour = (at_ms // DAY_MS + 3) % 7, at_ms % DAY_MS / HOUR_MS
    if day == 2 and at_ms % DAY_MS // (5 * MINUTE_MS) == 11 * 12 + 4:
        return BLIP_MS
    peak_ms = WEEKEND_MS if day >= 5 else WEEKDAY_MS
    return NIGHT_MS + (peak_ms - NIGHT_MS) * max(0.0, math.sin((hour - 7) / 14 * math.pi))


def slow_from_ms(lab: Lab) -> int:
    """When the night comes in which something is really wrong: a week after whoever drills has asked; 0 before."""
    since_ms = lab.settling_since(0)
    if not since_ms:
        return 0
    night_ms = since_ms + WEEK_MS
    return night_ms + (SLOW_HOUR * HOUR_MS - night_ms) % DAY_MS


class Service(Regular):
    """Tells how long its responses took."""

    RELEASABLE = ()
    EVERY_MS = 5 * MINUTE_MS

    def start(self) -> None:
        """Begin, with noise of its own."""
        self.draws = self.lab.world.stream("orders-service")
        super().start()

    def run(self) -> None:
        """Put one datapoint."""
        now_ms = self.lab.now_ms
        took_ms = usual_ms(now_ms) + self.draws.uniform(-8, 8)
        from_ms = slow_from_ms(self.lab)
        if from_ms and from_ms <= now_ms < from_ms + SLOW_HOURS * HOUR_MS:
            took_ms = SLOW_MS + self.draws.uniform(-8, 8)
        datum = {"MetricName": METRIC, "Value": round(took_ms, 1), "Unit": "Milliseconds"}
        self.lab.client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=[datum])


class Page(NamedTuple):
    """A time at which somebody was woken, and by which alarm."""

    at_ms: int
    alarm: str


class Pager(Regular):
    """Whoever is on call: reads what the topic sends."""

    RELEASABLE = ()
    EVERY_MS = 5 * MINUTE_MS
    pages: list[Page]

    def start(self) -> None:
        """Begin with nothing heard."""
        self.pages = []
        super().start()

    def run(self) -> None:
        """Take what there is; only alarms wake anybody."""
        sqs = self.lab.client("sqs")
        queue = self.lab.notes["queue"]
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            told = json.loads(json.loads(message["Body"])["Message"])
            if told.get("NewStateValue") == "ALARM":
                self.pages = [*self.pages, Page(self.lab.now_ms, told["AlarmName"])]
                self.say(f"paged by {told['AlarmName']}: {told['NewStateReason']}")
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def put_alarm(lab: Lab, threshold_ms: int, datapoints: int) -> None:
    """The alarm on the response time."""
    lab.client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM,
        AlarmDescription="Responses of the orders service take too long",
        Namespace=NAMESPACE,
        MetricName=METRIC,
        Statistic="Average",
        Period=300,
        EvaluationPeriods=datapoints,
        Threshold=threshold_ms,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[lab.notes["topic"]],
    )


def build(lab: Lab) -> None:
    """A topic that pages, the service, and an alarm at twice the busiest hour."""
    sqs, sns = lab.client("sqs"), lab.client("sns")
    topic = sns.create_topic(Name=TOPIC)["TopicArn"]
    queue = sqs.create_queue(QueueName="on-call")["QueueUrl"]
    arn = lab.queue_arn("on-call")
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": topic_may_send(arn, topic)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    lab.notes.update(topic=topic, queue=queue, alarm=f"arn:aws:cloudwatch:{lab.region}:{lab.account}:alarm:{ALARM}")
    put_alarm(lab, 600, 3)
    lab.add(Service(lab, "orders-service"))
    lab.add(Pager(lab, "on-call"))
