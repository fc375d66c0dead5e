"""Application Auto Scaling: scalable targets, the policies and schedules that move them, and what came of it."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="application-autoscaling",
    package=__name__,
    modules=("targets", "policies", "scheduled_actions", "activities", "tags"),
    reads={
        "dynamodb.TableUpdated": "note_capacity",
        "dynamodb.IndexUpdated": "note_capacity",
        "cloudwatch.AlarmAction": "note_alarm_action",
        "cloudwatch.AlarmStateChanged": "note_alarm_state",
    },
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
)
