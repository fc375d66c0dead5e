"""A shop that sends pictures to a queue, and a fleet that renders them."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.arrivals import Poisson
from foulweather.drilling.load.durations import duration
from foulweather.drilling.load.fleet import WorkerFleet
from foulweather.drilling.load.publisher import Publisher

ALARM = "prints-oldest-message"
GPU_MS = "3000-5000"


class Renderer(WorkerFleet):
    """Renders pictures; it cannot be released with another picture time, only with another engine."""

    SETTINGS = {**WorkerFleet.SETTINGS, "engine": ("cpu", "gpu")}
    RELEASABLE = ("workers", "engine", "batch", "visibility_s")
    WORKERS_MAX = 400

    def configured(self) -> None:
        """Take the settings in: how long a picture takes."""
        super().configured()
        if self.settings["engine"] == "gpu":
            self.take_duration = duration(GPU_MS)

    def release(self, settings: dict[str, str]) -> None:
        """Take on what a release can change, within the budget."""
        workers = settings.get("workers", "0")
        if workers.isdigit() and int(workers) > self.WORKERS_MAX:
            raise ValueError(f"the budget allows {self.WORKERS_MAX} workers, not {workers}")
        super().release(settings)


class Shop(Publisher):
    """Sends pictures. There is nothing to release about customers: turning them away is no fix."""

    RELEASABLE = ()

    def due_in_order(self, event: dict[str, Any]) -> str:
        """Pictures have no order."""
        return ""


def build(lab: Lab) -> None:
    """A queue with a dead-letter queue, one worker, and a shop between two holidays."""
    sqs = lab.client("sqs")
    sqs.create_queue(QueueName="prints-dlq", Attributes={"MessageRetentionPeriod": "1209600"})
    redrive = json.dumps({"deadLetterTargetArn": lab.queue_arn("prints-dlq"), "maxReceiveCount": "5"})
    attributes = {"VisibilityTimeout": "120", "MessageRetentionPeriod": "345600", "RedrivePolicy": redrive}
    queue = sqs.create_queue(QueueName="prints", Attributes=attributes)["QueueUrl"]
    lab.notes.update(queue=queue, queue_arn=lab.queue_arn("prints"))
    lab.client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM,
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": "prints"}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=3600.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    lab.add(Renderer(lab, "renderer", queue_url=queue, workers="1", batch="1", processing_ms="15000-25000"))
    lab.add(Shop(lab, "shop", to=queue, arrivals=Poisson(per_min=1)))
