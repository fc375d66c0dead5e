"""X-Ray: traces of segments that applications and services send, sampling rules, groups, and the graph of services."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="xray",
    package=__name__,
    modules=(
        "segments",
        "traces",
        "graphs",
        "sampling_rules",
        "sampling_targets",
        "groups",
        "encryption",
        "resource_policies",
        "tags",
        "destinations",
    ),
    access_denied="AccessDeniedException",
    checks_model=True,
    reads={"apigateway.Traced": "keep"},
    has_traffic=True,
    asks_visitors=True,
    paths="/v1/traces",
)
