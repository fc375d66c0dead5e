"""Amazon CloudWatch: metrics made of the journal and of what is published, alarms, metric math, dashboards."""

from __future__ import annotations

from foulweather.kernel.service import Service

EVENTS = {
    "sqs": "MessageSent MessageReceived MessageVisibilityChanged EmptyReceive MessageDeleted DeletionRepeated "
    "MessageDeduplicated MessageExpired MessageMoved MessageDeadLettered QueuePurged QueueCreated QueueAttributesSet "
    "QueueDeleted",
    "sns": "MessagePublished NotificationDelivered NotificationFailed NotificationFilteredOut "
    "NotificationRedrivenToDlq NotificationFailedToRedriveToDlq",
    "dynamodb": "Consumed Throttled ConditionalCheckFailed TransactionCancelled TimeToLiveDeleted RecordsRead "
    "Replicated TableCreated TableUpdated IndexCreated IndexUpdated IndexDeleting TableDeleted",
    "kms": "KeyMaterialImported KeyMaterialDeleted ImportedKeyMaterialExpired KeyDeleted",
    "s3": "Request MetricsConfigurationPut MetricsConfigurationDeleted ObjectCreated ObjectRemoved BucketDeleted",
    "logs": "MetricFiltered MetricEmbedded Ingested Forwarded DeliveryFailed DeliveryThrottled EmbeddedMetricRejected "
    "EventsWithFindings Transformed",
    "lambda": "Invoked Running Throttled IteratorAge AsyncEventReceived AsyncEventAge AsyncEventDropped "
    "DeadLetterError DestinationDeliveryFailed RecursiveInvocationDropped UrlRequest SignatureInvalid Claimed "
    "RecordsPolled BatchProcessed BatchDropped BatchDelivered DurableExecutionStatusChanged",
    "kinesis": "Put ShardPut Got Throttled",
    "events": "Matched Triggered Invoked FailedInvocation Throttled RetryScheduled DeadLettered DeadLetterFailed",
    "apigateway": "HttpRequest SocketEvent SocketMessageSent Request",
    "stepfunctions": "ExecutionStatusChanged ExecutionThrottled TaskScheduled TaskStarted TaskEnded Transitioned "
    "Throttled",
    "cognito": "SignUp SignIn TokenRefresh Federation",
    "acm": "DaysToExpiry",
    "pipes": "Executed TargetSkipped",
    "firehose": "Put Throttled SourceRead SourceThrottled Delivered BackedUp DeliveryFailed Processed ProcessingFailed "
    "PartitionCountExceeded",
    "cloudwatch": "MetricStreamUpdated MetricStreamPublished",
    "api": "Call Throttled",
}
"""What the services' metrics are made of: `noting.NOTES` says what each adds."""

SERVICE = Service(
    name="cloudwatch",
    package=__name__,
    modules=(
        "publishing",
        "metrics",
        "metric_data",
        "alarms",
        "composite_alarms",
        "alarm_listings",
        "alarm_states",
        "anomaly_detectors",
        "dashboards",
        "insight_rules",
        "widget_images",
        "metric_streams",
        "mute_rules",
        "tags",
    ),
    readers={f"{service}.{event}": "noting" for service, events in EVENTS.items() for event in events.split()},
    access_denied="AccessDenied",
)
