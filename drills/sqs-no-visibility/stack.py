"""A checkout, a queue, a worker; two alarms and a dashboard that somebody looks after; and a pager."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.documents import topic_may_send
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.arrivals import Poisson
from foulweather.drilling.load.fleet import WorkerFleet
from foulweather.drilling.load.publisher import Publisher
from foulweather.drilling.regular import Regular

QUEUE, DEAD, TOPIC = "orders", "orders-dlq", "on-call"
OLD, DEAD_LETTERS, BOARD = "orders-queue-old-messages", "orders-dlq-not-empty", "orders"
STOP_AFTER_MS, STOP_MS = 20 * MINUTE_MS, 110 * MINUTE_MS
"""The next maintenance, after somebody has asked for the check."""


class Checkout(Publisher):
    """Sends orders; there is nothing to release about customers."""

    RELEASABLE = ()

    def due_in_order(self, event: dict[str, Any]) -> str:
        """Orders do not depend on each other."""
        return ""


class Worker(WorkerFleet):
    """Handles orders; a release sets how many of it run."""

    RELEASABLE = ("workers",)


class Maintenance(Regular):
    """Stops the worker for the database's maintenance, as every week, and starts it again."""

    RELEASABLE = ()
    EVERY_MS = 5 * MINUTE_MS
    stopped: str

    def start(self) -> None:
        """Nothing is stopped yet."""
        self.stopped = ""
        super().start()

    def run(self) -> None:
        """Stop and start once, while the check waits."""
        since_ms = self.lab.settling_since(0)
        if not since_ms:
            return
        past_ms = self.lab.now_ms - since_ms - STOP_AFTER_MS
        workers = self.lab.apps["order-worker"].settings["workers"]
        if 0 <= past_ms < STOP_MS and not self.stopped and workers != "0":
            self.stopped = workers
            self.lab.notes["stopped_ms"] = self.lab.now_ms
            self.lab.deploy("order-worker", workers="0")
        elif past_ms >= STOP_MS and self.stopped:
            self.lab.deploy("order-worker", workers=self.stopped)
            self.stopped = ""


def put_alarms(lab: Lab) -> None:
    """The two alarms."""
    cloudwatch, topic = lab.client("cloudwatch"), lab.notes["topic"]
    shared = {"Namespace": "AWS/SQS", "Statistic": "Maximum", "Period": 300, "AlarmActions": [topic]}
    cloudwatch.put_metric_alarm(
        AlarmName=OLD,
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": QUEUE}],
        EvaluationPeriods=2,
        Threshold=3600.0,
        ComparisonOperator="GreaterThanThreshold",
        **shared,
    )
    cloudwatch.put_metric_alarm(
        AlarmName=DEAD_LETTERS,
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": DEAD}],
        EvaluationPeriods=1,
        Threshold=0.0,
        ComparisonOperator="GreaterThanThreshold",
        **shared,
    )


def put_dashboard(lab: Lab) -> None:
    """Age and depth, one beside the other."""
    names = ("ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible")
    widgets = [
        {
            "type": "metric",
            "width": 12,
            "height": 6,
            "x": 12 * place,
            "y": 0,
            "properties": {"region": lab.region, "title": name, "metrics": [["AWS/SQS", name, "QueueName", QUEUE]]},
        }
        for place, name in enumerate(names)
    ]
    lab.client("cloudwatch").put_dashboard(DashboardName=BOARD, DashboardBody=json.dumps({"widgets": widgets}))


def build(lab: Lab) -> None:
    """The queue with its dead letters, who sends and who works, and what watches them."""
    sqs, sns = lab.client("sqs"), lab.client("sns")
    sqs.create_queue(QueueName=DEAD, Attributes={"MessageRetentionPeriod": "1209600"})
    redrive = json.dumps({"deadLetterTargetArn": lab.queue_arn(DEAD), "maxReceiveCount": "5"})
    url = sqs.create_queue(QueueName=QUEUE, Attributes={"VisibilityTimeout": "60", "RedrivePolicy": redrive})[
        "QueueUrl"
    ]
    topic = sns.create_topic(Name=TOPIC)["TopicArn"]
    pager = sqs.create_queue(QueueName="pager")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=pager, Attributes={"Policy": topic_may_send(lab.queue_arn("pager"), topic)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=lab.queue_arn("pager"))
    lab.notes.update(queue=url, queue_arn=lab.queue_arn(QUEUE), topic=topic, stopped_ms=0)
    put_alarms(lab)
    put_dashboard(lab)
    lab.add(Worker(lab, "order-worker", queue_url=url, workers="1", batch="1", processing_ms="1000-2000"))
    lab.add(Checkout(lab, "checkout", to=url, arrivals=Poisson(per_min=1)))
    lab.add(Maintenance(lab, "maintenance"))
