"""Amazon EventBridge: buses, rules that match events or keep time, their targets, archives and replays."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="events",
    package=__name__,
    modules=(
        "buses",
        "permissions",
        "rules",
        "rule_targets",
        "entries",
        "testing",
        "archives",
        "replays",
        "connections",
        "api_destinations",
        "tags",
        "event_sources",
        "partner_sources",
    ),
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
    reads={
        "s3.EventBridgeEvent": "object_changed",
        "cloudwatch.AlarmStateChanged": "alarm_changed",
        "ssm.ParameterSet": "parameter_changed",
        "ssm.ParameterDeleted": "parameter_changed",
        "ssm.ParameterPolicyAction": "parameter_policy_applied",
        "cloudtrail.Delivered": "trail_delivered",
        "cloudtrail.DeliveryFailed": "trail_delivered",
        "stepfunctions.ExecutionStatusChanged": "execution_changed",
        "lambda.DurableExecutionStatusChanged": "durable_execution_changed",
        "acm.EventBridgeEvent": "certificate_told",
    },
)
