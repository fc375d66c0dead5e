"""What a metric stream sends: a line of JSON for each datapoint, or OpenTelemetry's protobuf messages.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-formats.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from foulweather.services.cloudwatch import stats
from foulweather.services.cloudwatch.buckets import Bucket
from foulweather.services.cloudwatch.opentelemetry import request_of
from foulweather.services.cloudwatch.records import MetricStream
from foulweather.services.cloudwatch.state import Metric

LINES_A_RECORD = 500
POINTS_A_MESSAGE = 200


class Update(NamedTuple):
    """A datapoint of a minute, as it is streamed."""

    metric: Metric
    unit: str
    at_ms: int
    bucket: Bucket
    statistics: tuple[str, ...] = ()

    def additional(self) -> Iterator[tuple[str, float]]:
        """The statistics that were asked for beside the four that are always sent, where there are any."""
        for name in self.statistics:
            statistic = stats.parsed(name)
            value = statistic(self.bucket) if statistic is not None else None
            if value is not None:
                yield name, value


def records(stream: MetricStream, updates: Sequence[Update]) -> list[bytes]:
    """Records for Firehose."""
    if stream.config["OutputFormat"] == "json":
        return [
            b"".join(_line(stream, each) for each in updates[start : start + LINES_A_RECORD])
            for start in range(0, len(updates), LINES_A_RECORD)
        ]
    is_first = stream.config["OutputFormat"] == "opentelemetry0.7"
    return [
        request_of(stream.arn, updates[start : start + POINTS_A_MESSAGE], is_0_7=is_first)
        for start in range(0, len(updates), POINTS_A_MESSAGE)
    ]


def _line(stream: MetricStream, update: Update) -> bytes:
    _, _, _, region, account, _ = stream.arn.split(":", 5)
    bucket = update.bucket
    told = {
        "metric_stream_name": stream.name,
        "account_id": account,
        "region": region,
        "namespace": update.metric.namespace,
        "metric_name": update.metric.name,
        "dimensions": dict(update.metric.dimensions),
        "timestamp": update.at_ms,
        "value": {
            "max": bucket.high,
            "min": bucket.low,
            "sum": bucket.total,
            "count": bucket.count,
            **dict(update.additional()),
        },
        "unit": update.unit,
    }
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"
