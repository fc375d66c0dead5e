"""Events of services by themselves, which no call asked for: a key that was rotated, a secret's rotation that failed.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/non-api-aws-service-events.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from foulweather.services.cloudtrail.consuming import Consumers
from foulweather.services.cloudtrail.records import SERVICE_EVENT
from foulweather.services.cloudtrail.state import EventHistory
from foulweather.world.journal import Event
from foulweather.world.world import World

# https://docs.aws.amazon.com/kms/latest/developerguide/ct-rotatekey.html and ct-deletekey.html
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
NAMES: Final = {
    "kms.KeyDeleted": "DeleteKey",
    "kms.KeyRotated": "RotateKey",
    "secretsmanager.ReplicationFailed": "ReplicationFailed",
    "secretsmanager.ReplicationSucceeded": "ReplicationSucceeded",
    "secretsmanager.RotationAbandoned": "RotationAbandoned",
    "secretsmanager.RotationFailed": "RotationFailed",
    "secretsmanager.RotationStarted": "RotationStarted",
    "secretsmanager.RotationSucceeded": "RotationSucceeded",
    "secretsmanager.TestRotationFailed": "TestRotationFailed",
    "secretsmanager.TestRotationStarted": "TestRotationStarted",
    "secretsmanager.TestRotationSucceeded": "TestRotationSucceeded",
}
_encode: Final = msgspec.msgpack.Encoder().encode


def note(world: World, event: Event) -> None:
    """Put a service's event on record."""
    service = event.kind.partition(".")[0]
    unique = f"{event.request_id}/{event.seq}"
    fields: tuple[Any, ...] = (
        event.at_ms,
        service,
        NAMES[event.kind],
        event.account,
        event.region,
        unique,
        "",
        SERVICE_EVENT,
        "service",
        f"{service}.amazonaws.com",
        *("", "", "", ""),
        None,
        *("", "", "", ""),
        (),
        event.resource,
        event.account,
        "",
        "",
        {},
        _details(event),
        None,
    )
    world.state(EventHistory, event.account, event.region).append(_encode(fields), event.at_ms)
    consumers = Consumers.of(world)
    if consumers.are_any:
        consumers.expect(event.at_ms)


def _details(event: Event) -> dict[str, str]:
    """What is told of it beyond its name."""
    if event.kind.startswith("secretsmanager."):
        return {"SecretId": event.resource}
    details = {"keyId": event.resource.rpartition("/")[2]}
    if event.kind == "kms.KeyRotated":
        details["rotationType"] = str(event.facts["RotationType"])
        details["currentKeyMaterialId"] = str(event.facts["CurrentKeyMaterialId"])
    return details
