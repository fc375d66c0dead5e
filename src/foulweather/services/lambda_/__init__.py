"""AWS Lambda: functions that really run, their versions, aliases, layers, URLs and event sources."""

from __future__ import annotations

from foulweather.kernel.service import Service
from foulweather.services.lambda_.addresses import HOSTS, PATHS

SERVICE = Service(
    name="lambda",
    package=__name__,
    modules=(
        "functions",
        "code",
        "configurations",
        "versions",
        "aliases",
        "permissions",
        "layers",
        "layer_permissions",
        "concurrency",
        "provisioned_concurrency",
        "account_settings",
        "urls",
        "async_configs",
        "code_signing",
        "tags",
        "runtime_management",
        "recursion",
        "mappings",
        "invocations",
        "durable_executions",
        "durable_checkpoints",
        "durable_callbacks",
    ),
    reads={
        "dynamodb.StreamRecord": "stream_written",
        "kinesis.Put": "stream_written",
        "kinesis.StreamActive": "stream_changed",
        "kinesis.RetentionSet": "stream_changed",
        "lambda.FunctionDeleted": "function_deleted",
    },
    access_denied="AccessDeniedException",
    checks_model=True,
    takes_anonymous=True,
    hosts=HOSTS,
    has_traffic=True,
    paths=PATHS,
    words_violations=True,
    asks_visitors=True,
)
