"""Application Auto Scaling: scalable targets, the policies and schedules that move them, and what came of it."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="application-autoscaling",
    package=__name__,
    modules=("targets", "policies", "scheduled_actions", "activities", "tags"),
    reads={
        "dynamodb.Consumed": "note_consumption",
        "dynamodb.Throttled": "note_throttle",
        "dynamodb.TableUpdated": "note_capacity",
        "dynamodb.IndexUpdated": "note_capacity",
        "cloudwatch.AlarmAction": "note_alarm_action",
    },
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
)
