"""Datapoints as OpenTelemetry's ExportMetricsServiceRequest, in the protobuf of its versions 0.7.0 and 1.0.0.

Only what a metric stream sends is written here, by the fields' numbers of opentelemetry-proto's metrics.proto: a
summary for each datapoint. A message begins with its length as an unsigned varint.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-formats-opentelemetry-100.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-formats-opentelemetry-translation.html
https://github.com/open-telemetry/opentelemetry-proto/tree/v0.7.0, https://github.com/open-telemetry/opentelemetry-proto/tree/v1.0.0
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from foulweather.services.cloudwatch.stream_formats import Update

_FIXED64, _LENGTH = 1, 2
MINUTE_NS: Final = 60_000_000_000
UNITS: Final = {
    "Seconds": "s", "Microseconds": "us", "Milliseconds": "ms", "Bytes": "By", "Kilobytes": "kBy", "Megabytes": "MBy",
    "Gigabytes": "GBy", "Terabytes": "TBy", "Bits": "bit", "Kilobits": "kbit", "Megabits": "MBit", "Gigabits": "GBit",
    "Terabits": "Tbit", "Percent": "%", "Count": "{Count}", "None": "1", "Second": "s",
}  # fmt: skip


def unit_of(unit: str) -> str:
    """A unit in the case-sensitive Unified Code for Units of Measure; each side of a slash is translated."""
    return "/".join(UNITS[each] for each in unit.split("/"))


def request_of(arn: str, updates: Sequence[Update], *, is_0_7: bool) -> bytes:
    """One message with its length before it."""
    _, _, _, region, account, _ = arn.split(":", 5)
    told = {
        "cloud.provider": "aws",
        "cloud.account.id": account,
        "cloud.region": region,
        "aws.exporter.arn": arn,
    }
    resource = b"".join(_bytes(1, _key_value(key, _text(1, value))) for key, value in told.items())
    metrics = b"".join(_bytes(2, _metric(each, is_0_7=is_0_7)) for each in updates)
    message = _bytes(1, _bytes(1, resource) + _bytes(2, metrics))
    return _varint(len(message)) + message


def _metric(update: Update, *, is_0_7: bool) -> bytes:
    metric = update.metric
    point = _bytes(1, _point(update, is_0_7=is_0_7))
    # double_summary had the number 11 that summary has.
    name = _text(1, f"amazonaws.com/{metric.namespace}/{metric.name}")
    return name + _text(3, unit_of(update.unit)) + _bytes(11, point)


def _point(update: Update, *, is_0_7: bool) -> bytes:
    """A summary: the count, the sum, and the least and the greatest value as the quantiles 0 and 1."""
    bucket, metric = update.bucket, update.metric
    start_ns = update.at_ms * 1_000_000
    quantiles = {round(float(name[1:]) / 100, 12): value for name, value in update.additional()}
    quantiles |= {0.0: bucket.low, 1.0: bucket.high}
    numbers = (
        _fixed(2, start_ns)
        + _fixed(3, start_ns + MINUTE_NS)
        + _fixed(4, round(bucket.count))
        + _double(5, bucket.total)
        + b"".join(_bytes(6, _double(1, at) + _double(2, value)) for at, value in sorted(quantiles.items()))
    )
    own = (("Namespace", metric.namespace), ("MetricName", metric.name))
    if is_0_7:
        # Labels are pairs of strings, and every dimension is one.
        labels = b"".join(_bytes(1, _text(1, key) + _text(2, value)) for key, value in (*own, *metric.dimensions))
        return labels + numbers
    attributes = b"".join(_bytes(7, _key_value(key, _text(1, value))) for key, value in own)
    listed = b"".join(_bytes(1, _key_value(key, _text(1, value))) for key, value in metric.dimensions)
    return numbers + attributes + _bytes(7, _key_value("Dimensions", _bytes(6, listed)))


# --- protobuf, https://protobuf.dev/programming-guides/encoding/


def _key_value(key: str, any_value: bytes) -> bytes:
    return _text(1, key) + _bytes(2, any_value)


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _LENGTH) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _fixed(field: int, value: int) -> bytes:
    return _varint(field << 3 | _FIXED64) + struct.pack("<Q", value)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | _FIXED64) + struct.pack("<d", value)
