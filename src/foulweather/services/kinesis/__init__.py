"""Amazon Kinesis Data Streams: streams, their shards and records, and who reads them how fast."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="kinesis",
    package=__name__,
    modules=(
        "streams",
        "listing",
        "producing",
        "reading",
        "resharding",
        "retention",
        "encryption",
        "monitoring",
        "consumers",
        "subscribing",
        "tags",
        "resource_policies",
    ),
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
)
