"""Amazon DynamoDB Streams: its code lives with the tables, since services never import each other."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="dynamodbstreams",
    package="foulweather.services.dynamodb.streams",
    modules=("reading",),
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
)
