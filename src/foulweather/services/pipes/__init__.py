"""Amazon EventBridge Pipes: from one source, through filters and an enrichment, to one target."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="pipes",
    package=__name__,
    modules=("pipes", "turning", "tags"),
    access_denied="AccessDeniedException",
    checks_model=True,
    reads={
        "dynamodb.StreamRecord": "stream_written",
        "kinesis.Put": "stream_written",
        "kinesis.StreamActive": "stream_changed",
    },
)
