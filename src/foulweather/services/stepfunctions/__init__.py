"""AWS Step Functions: state machines and their executions, activities, Map Runs."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="stepfunctions",
    package=__name__,
    modules=(
        "machines",
        "versions",
        "aliases",
        "definitions",
        "executions",
        "synchronous",
        "histories",
        "redrives",
        "activities",
        "tasks",
        "map_runs",
        "state_tests",
        "tags",
    ),
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
)
