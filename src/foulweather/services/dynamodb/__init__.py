"""Amazon DynamoDB: tables, items, indexes, queries, transactions, and the throughput that they are given."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="dynamodb",
    package=__name__,
    modules=(
        "tables",
        "table_updates",
        "account",
        "time_to_live",
        "tags",
        "resource_policies",
        "items",
        "reading",
        "batches",
        "transactions",
        "statements",
        "backups",
        "point_in_time",
        "contributors",
        "exports",
        "imports",
        "destinations",
    ),
    access_denied="AccessDeniedException",
    # AccessDeniedException is a 400 here:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
    denied_status=400,
    has_traffic=True,
)
