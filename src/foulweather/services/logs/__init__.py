"""Amazon CloudWatch Logs: groups, streams, events, and what is searched, counted, masked, exported and sent on."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="logs",
    package=__name__,
    modules=(
        "groups",
        "listing",
        "streams",
        "events",
        "records",
        "metric_filters",
        "subscription_filters",
        "destinations",
        "resource_policies",
        "tags",
        "exports",
        "queries",
        "query_definitions",
        "lookup_tables",
        "data_protection",
        "account_policies",
        "index_policies",
        "live_tail",
        "transformers",
        "scheduled_queries",
    ),
    access_denied="AccessDeniedException",
    denied_status=400,
    reads={"api.Throttled": "count_throttle"},
)
