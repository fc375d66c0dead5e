"""What the metrics of the services are made by, family by family: each tells what to count, and what comes of it.

A family is a module with `NOTES` (event kind -> what it adds to the tallies) and `MEASURES` (what was counted -> its
metrics). SQS, SNS, DynamoDB, KMS, S3 and what every service has stand in `noting` and `measures`.
"""

from __future__ import annotations

from foulweather.services.cloudwatch import (
    api_metrics,
    bus_metrics,
    certificate_metrics,
    durable_metrics,
    firehose_metrics,
    http_api_metrics,
    lambda_metrics,
    log_metrics,
    mapping_metrics,
    pipe_metrics,
    socket_metrics,
    step_metrics,
    stream_metrics,
    streaming_metrics,
    user_pool_metrics,
)

FAMILIES = (
    log_metrics,
    lambda_metrics,
    durable_metrics,
    mapping_metrics,
    bus_metrics,
    api_metrics,
    http_api_metrics,
    stream_metrics,
    socket_metrics,
    step_metrics,
    user_pool_metrics,
    certificate_metrics,
    pipe_metrics,
    streaming_metrics,
    firehose_metrics,
)
