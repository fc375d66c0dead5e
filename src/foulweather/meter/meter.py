"""The meter of a world: reads its journal into its usage, from the moment that it is opened."""

from __future__ import annotations

from typing import Final, Self, cast

from foulweather.meter import logs, serverless, standing, storage, streams, tables, watching
from foulweather.meter.usage import Place, Usage
from foulweather.world.journal import Event
from foulweather.world.world import World

FREE: Final = frozenset(
    {
        *(
            "apigateway",
            "apigatewaymanagementapi",
            "apigatewayv2",
            "cognito-identity",
            "application-autoscaling",
            "cloudtrail",
            "cognito-idp",
            "dynamodb",
            "dynamodbstreams",
            "events",
            "firehose",
        ),
        *("iam", "kinesis", "lambda", "logs", "organizations", "pipes", "scheduler", "stepfunctions", "sts", "xray"),
        *("resource-groups", "resourcegroupstaggingapi", "service-quotas"),
    }
)
"""Services that charge nothing for API requests (most of them charge for what the other meters read)."""
COUNTED: Final = frozenset({"sqs", "sns", "kms"})
"""Services whose API requests are what they charge for (KMS and SNS charge for more: `bill.NOTES`)."""


class Meter:
    """Counts what a world uses."""

    def __init__(self, world: World) -> None:
        self.usage = world.state(Usage)
        self._storage = storage.Meter(world)
        logs.Meter(world)
        streams.Meter(world)
        tables.Meter(world)
        self._watching = watching.Meter(world)
        serverless.Meter(world)
        standing.Meter(world)
        world.journal.read("api.Call", self._called)

    @classmethod
    def of(cls, world: World) -> Self:
        """The world's meter; it begins to count when it is first asked for."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls(world)
        return cast("Self", found)

    def _called(self, event: Event) -> None:
        facts = event.facts
        service: str = facts["service"]
        if service == "s3":
            self._storage.called(event)
        elif service in COUNTED:
            name = event.resource.rpartition(":")[2]
            kind = "Requests-FIFO-Tier1" if name.endswith(".fifo") else "Requests-Tier1"
            self.usage.add(event.at_ms, Place(event.account, event.region, service, kind, name))
        elif service == "cloudwatch":
            self._watching.called(event)
        elif service == "secretsmanager":
            self.usage.add(event.at_ms, Place(event.account, event.region, service, "APIRequest", ""))
        elif service not in FREE:
            self.usage.add(event.at_ms, Place(event.account, event.region, service, "Requests", ""))
