"""Amazon Data Firehose: records gathered, transformed, and delivered to S3."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="firehose",
    package=__name__,
    modules=("streams", "updating", "producing", "encryption", "tags"),
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
    reads={"kinesis.Put": "source_written"},
)
