"""Alarms and dashboards that nobody seemed to use are cleaned up; then a maintenance forgets to start the worker."""

from __future__ import annotations

from stack import BOARD, DEAD_LETTERS, OLD

from foulweather.drilling.lab import MINUTE_MS, Lab


def strike(lab: Lab) -> None:
    """The clean-up, and half an hour later the maintenance."""
    cloudwatch = lab.client("cloudwatch")
    cloudwatch.delete_alarms(AlarmNames=[OLD, DEAD_LETTERS])
    cloudwatch.delete_dashboards(DashboardNames=[BOARD])
    lab.at(lab.now_ms + 30 * MINUTE_MS, lambda: lab.deploy("order-worker", workers="0"))
