"""AWS CloudTrail: the record of every call, trails that deliver it, and event data stores that answer queries."""

from __future__ import annotations

from foulweather.kernel.service import Service

_SERVICE_EVENTS = {
    "kms": "KeyDeleted KeyRotated",
    "secretsmanager": "ReplicationFailed ReplicationSucceeded RotationAbandoned RotationFailed RotationStarted "
    "RotationSucceeded TestRotationFailed TestRotationStarted TestRotationSucceeded",
}
SERVICE = Service(
    name="cloudtrail",
    package=__name__,
    modules=(
        "trails",
        "logging",
        "selectors",
        "insights",
        "insight_metrics",
        "event_configurations",
        "lookup",
        "public_keys",
        "tags",
        "stores",
        "queries",
        "imports",
        "resource_policies",
        "administrators",
    ),
    reads={
        f"{service}.{event}": "note_service_event"
        for service, events in _SERVICE_EVENTS.items()
        for event in events.split()
    },
    recorder="recording:Recorder",
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
)
