"""How usage types are priced: which item of the price book, and what one of its units is."""

from __future__ import annotations

from typing import Final, NamedTuple


class Rate(NamedTuple):
    """How a usage type is priced: an item of the price book, and what one of its units is."""

    item: str
    measure: str = "count"
    """`count`, `milli` (thousandths), `gb` (bytes), `gb-month` (bytes times milliseconds), `month`, `hour` and `minute`
    (pieces times milliseconds), `gb-second` (mebibytes times milliseconds)."""


FREE: Final = Rate("")
"""What AWS charges nothing for."""


def _storage(prefix: str, item: str) -> dict[str, Rate]:
    return {
        f"TimedStorage-{prefix}-ByteHrs": Rate(f"{item}-gb-month", "gb-month"),
        f"TimedStorage-{prefix}-SmObjects": Rate(f"{item}-gb-month", "gb-month"),
        f"EarlyDelete-{prefix}": Rate(f"{item}-gb-month", "gb-month"),
        f"Requests-{prefix}-Tier1": Rate(f"{item}-put-request"),
        f"Requests-{prefix}-Tier2": Rate(f"{item}-get-request"),
        f"Requests-{prefix}-Transition": Rate(f"transition-{item}"),
        f"Retrieval-{prefix}": Rate(f"{item}-retrieval-gb", "gb"),
    }


def _retrievals(prefix: str, item: str, *tiers: str) -> dict[str, Rate]:
    found: dict[str, Rate] = {}
    for tier in tiers:
        found[f"Requests-{prefix}-{tier}-Retrieval"] = Rate(f"{item}-{tier.lower()}-retrieval-request")
        found[f"Retrieval-{prefix}-{tier}"] = Rate(f"{item}-{tier.lower()}-retrieval-gb", "gb")
    return found


RATES: Final[dict[tuple[str, str], Rate]] = {
    **{
        ("s3", usage_type): rate
        for usage_type, rate in {
            "TimedStorage-ByteHrs": Rate("standard-gb-month", "gb-month"),
            **_storage("SIA", "standard-ia"),
            **_storage("ZIA", "onezone-ia"),
            **_storage("GIR", "glacier-ir"),
            **_storage("Glacier", "glacier"),
            **_storage("GDA", "deep-archive"),
            "TimedStorage-GlacierByteHrs": Rate("glacier-gb-month", "gb-month"),
            **_retrievals("Glacier", "glacier", "Expedited", "Standard"),
            "Requests-Glacier-Bulk-Retrieval": FREE,
            "Retrieval-Glacier-Bulk": FREE,
            **_retrievals("GDA", "deep-archive", "Standard", "Bulk"),
            "TimedStorage-INT-FA-ByteHrs": Rate("intelligent-frequent-gb-month", "gb-month"),
            "TimedStorage-INT-IA-ByteHrs": Rate("intelligent-infrequent-gb-month", "gb-month"),
            "TimedStorage-INT-AIA-ByteHrs": Rate("intelligent-archive-instant-gb-month", "gb-month"),
            "TimedStorage-INT-AA-ByteHrs": Rate("intelligent-archive-gb-month", "gb-month"),
            "TimedStorage-INT-DAA-ByteHrs": Rate("intelligent-deep-archive-gb-month", "gb-month"),
            "Requests-INT-Transition": Rate("transition-intelligent"),
            "Monitoring-Automation-INT": Rate("intelligent-monitoring", "month"),
            "Requests-Tier1": Rate("put-request"),
            "Requests-Tier2": Rate("get-request"),
        }.items()
    },
    ("sqs", "Requests-Tier1"): Rate("request"),
    ("sqs", "Requests-FIFO-Tier1"): Rate("fifo-request"),
    ("sns", "Requests-Tier1"): Rate("request"),
    ("sns", "DeliveryAttempts-HTTP"): Rate("http-delivery"),
    ("sns", "DeliveryAttempts-SMTP"): Rate("email-delivery"),
    ("sns", "DeliveryAttempts-FIREHOSE"): Rate("firehose-delivery"),
    ("sns", "DeliveryAttempts-PUSH"): Rate("push-delivery"),
    ("kms", "Requests-Tier1"): Rate("request"),
    ("logs", "DataProcessing-Bytes"): Rate("ingest-standard-gb", "gb"),
    ("logs", "DataProcessingIA-Bytes"): Rate("ingest-infrequent-gb", "gb"),
    ("logs", "TimedStorage-ByteHrs"): Rate("storage-gb-month", "gb-month"),
    ("logs", "DataScanned-Bytes"): Rate("insights-gb", "gb"),
    **{
        ("dynamodb", f"{prefix}{usage_type}"): Rate(f"{item}{name}", measure)
        for prefix, item in (("", ""), ("IA-", "ia-"))
        for usage_type, name, measure in (
            ("ReadCapacityUnit-Hrs", "rcu-hour", "hour"),
            ("WriteCapacityUnit-Hrs", "wcu-hour", "hour"),
            ("ReplWriteCapacityUnit-Hrs", "replicated-wcu-hour", "hour"),
            ("ReadRequestUnits", "read-request-unit", "milli"),
            ("WriteRequestUnits", "write-request-unit", "milli"),
            ("ReplWriteRequestUnits", "replicated-write-request-unit", "milli"),
            ("TimedStorage-ByteHrs", "storage-gb-month", "gb-month"),
        )
    },
    ("dynamodb", "TimedPITRStorage-ByteHrs"): Rate("pitr-gb-month", "gb-month"),
    ("dynamodb", "TimedBackupStorage-ByteHrs"): Rate("backup-gb-month", "gb-month"),
    ("dynamodb", "RestoreDataSize-Bytes"): Rate("restored-gb", "gb"),
    ("dynamodb", "ExportDataSize-Bytes"): Rate("exported-gb", "gb"),
    ("dynamodb", "ImportDataSize-Bytes"): Rate("imported-gb", "gb"),
    ("dynamodb", "Streams-Requests"): Rate("stream-read-request"),
    ("cloudwatch", "CW:MetricMonitorUsage"): Rate("metric-month", "month"),
    ("cloudwatch", "CW:Requests"): Rate("request"),
    ("cloudwatch", "CW:GMD-Metrics"): Rate("requested-metric"),
    ("cloudwatch", "CW:MetricStreamUsage"): Rate("metric-update"),
    ("cloudwatch", "CW:AlarmMonitorUsage"): Rate("alarm-month", "month"),
    ("cloudwatch", "CW:HighResAlarmMonitorUsage"): Rate("high-resolution-alarm-month", "month"),
    ("cloudwatch", "CW:CompositeAlarmMonitorUsage"): Rate("composite-alarm-month", "month"),
    ("cloudwatch", "DashboardsUsageHour"): Rate("dashboard-month", "month"),
    ("cloudwatch", "CW:ContributorInsightRules"): Rate("insight-rule-month", "month"),
    ("cloudtrail", "FreeEventsRecorded"): FREE,
    ("cloudtrail", "PaidEventsRecorded"): Rate("management-event"),
    ("cloudtrail", "DataEventsRecorded"): Rate("data-event"),
    ("cloudtrail", "Lake-QueryScanned-Bytes"): Rate("lake-scanned-gb", "gb"),
    ("xray", "XRay-TracesStored"): Rate("recorded-trace"),
    ("xray", "XRay-TracesAccessed"): Rate("read-trace"),
    ("events", "ArchivedEvents-Bytes"): Rate("archive-gb", "gb"),
    ("events", "TimedStorage-ByteHrs"): Rate("archive-gb-month", "gb-month"),
    ("kms", "KMS-Keys"): Rate("key-month", "month"),
    ("secretsmanager", "Secrets"): Rate("secret-month", "month"),
    ("secretsmanager", "APIRequest"): Rate("request"),
    ("kinesis", "Storage-ShardHour"): Rate("shard-hour", "hour"),
    ("kinesis", "PutRequestPayloadUnits"): Rate("put-payload-unit"),
    ("kinesis", "Extended-ShardHour"): Rate("extended-shard-hour", "hour"),
    ("kinesis", "EnhancedFanoutHour"): Rate("fan-out-shard-hour", "hour"),
    ("kinesis", "ReadBytes-EFO"): Rate("fan-out-gb", "gb"),
    ("kinesis", "OnDemand-StreamHour"): Rate("on-demand-stream-hour", "hour"),
    ("kinesis", "OnDemand-BilledIncomingBytes"): Rate("on-demand-in-gb", "gb"),
    ("kinesis", "OnDemand-BilledOutgoingBytes"): Rate("on-demand-out-gb", "gb"),
    ("kinesis", "OnDemand-BilledOutgoingEFOBytes"): Rate("on-demand-fan-out-gb", "gb"),
    ("firehose", "BilledBytes"): Rate("ingest-gb", "gb"),
    ("firehose", "DynamicPartitioningBytes"): Rate("partitioned-gb", "gb"),
    ("firehose", "DynamicPartitioningS3Objects"): Rate("partitioned-object"),
    ("apigateway", "ApiGatewayRequest"): Rate("rest-request"),
    ("apigateway", "ApiGatewayHttpRequest"): Rate("http-request"),
    ("apigateway", "ApiGatewayMessage"): Rate("websocket-message"),
    ("apigateway", "ApiGatewayMinute"): Rate("websocket-minute", "minute"),
    ("events", "CustomEvents"): Rate("custom-event"),
    ("pipes", "Requests-64K-Chunks"): Rate("request"),
    ("scheduler", "Invocations"): Rate("invocation"),
    ("stepfunctions", "StateTransition"): Rate("transition"),
    ("stepfunctions", "ExpressRequest"): Rate("express-request"),
    ("stepfunctions", "ExpressDuration"): Rate("express-gb-second", "gb-second"),
    ("cognito-idp", "LITE-MAU"): Rate("lite-mau"),
    ("cognito-idp", "ESSENTIALS-MAU"): Rate("essentials-mau"),
    ("cognito-idp", "PLUS-MAU"): Rate("plus-mau"),
    ("lambda", "Request"): Rate("request"),
    **{
        ("lambda", f"{kind}GB-Second-{architecture}"): Rate(f"{item}gb-second-{architecture}", "gb-second")
        for kind, item in (("", ""), ("Provisioned-", "provisioned-duration-"))
        for architecture in ("x86_64", "arm64")
    },
}
