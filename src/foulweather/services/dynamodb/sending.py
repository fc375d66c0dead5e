"""Changes on their way to Kinesis streams, under the service-linked role that AWS has for it.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_using-shards-and-metrics.html
"""

from __future__ import annotations

import inspect
import json
from base64 import b64encode
from hashlib import md5
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.services.dynamodb.language.sizes import item_size

if TYPE_CHECKING:
    from foulweather.services.dynamodb.writing import Change

LINKED_SERVICE = "kinesisreplication.dynamodb.amazonaws.com"
ROLE_NAME = "AWSServiceRoleForDynamoDBKinesisDataStreamsReplication"
RETRY_MS = 1_000
# "DynamoDB retries … for up to 24 hours": kds_using-shards-and-metrics.html.
GIVEN_UP_MS = 86_400_000
_SENDING = ("ACTIVE", "UPDATING")
_THROTTLED = ("ProvisionedThroughputExceededException", "KMSThrottlingException")


async def ensure_role(call: Call) -> None:
    """Make the role where there is none yet, in the caller's name."""
    directory = call.pipeline.directory
    if directory is None or directory.role(_role_arn(call.account)) is None:
        try:
            answer = call.forwarded("dynamodb").iam.create_service_linked_role({"AWSServiceName": LINKED_SERVICE})
            if inspect.isawaitable(answer):
                await answer
        except AwsError as error:
            if error.code != "InvalidInputException":
                raise
            # IAM here does not know the role, which AWS has: that is no fault of the caller's.
            raise not_implemented("dynamodb", f"EnableKinesisStreamingDestination (role {ROLE_NAME})") from error


def send(call: Call, change: Change, user: str) -> None:
    """Have a change sent to each stream of its table; what is sent is fixed now."""
    live = change.live
    row = live.row
    for destination in row.kinesis:
        if destination.status in _SENDING:
            body, key = _record(call, change, user, destination.precision)
            call.world.agenda.at(
                call.now,
                "dynamodb.send_to_kinesis",
                {"table": row.name, "arn": destination.stream_arn, "body": body, "key": key, "since_ms": call.now},
                account=row.account,
                region=row.region,
                trace_id=call.trace_id,
            )


async def deliver(call: Call, table: str, arn: str, body: str, key: str, since_ms: int) -> None:
    """Put one record, or try again a second later, or give it up after a day."""
    table_arn = call.arn("dynamodb", f"table/{table}")
    try:
        request = {"StreamARN": arn, "Data": body.encode(), "PartitionKey": key}
        answer = _acting(call).kinesis.put_record(request)
        if inspect.isawaitable(answer):
            await answer
    except AwsError as error:
        call.reread_clock()
        is_throttled = error.code in _THROTTLED
        kind = "dynamodb.KinesisThrottled" if is_throttled else "dynamodb.KinesisFailed"
        call.happened(kind, table_arn, stream=arn, error=error.code)
        if call.now - since_ms < GIVEN_UP_MS:
            again: dict[str, Any] = {"table": table, "arn": arn, "body": body, "key": key, "since_ms": since_ms}
            call.later(call.now + RETRY_MS * (1 if is_throttled else 60), "dynamodb.send_to_kinesis", **again)
            return
        why = Why("dropped", f"A change of {table} did not reach {arn} within a day.", because=(error.why,))
        call.explain("SendToKinesis", table_arn, why, error.code)
        return
    call.happened("dynamodb.SentToKinesis", table_arn, stream=arn, age_ms=call.now - since_ms)


def _role_arn(account: str) -> str:
    return f"arn:aws:iam::{account}:role/aws-service-role/{LINKED_SERVICE}/{ROLE_NAME}"


def _acting(call: Call) -> Ports:
    directory = call.pipeline.directory
    arn = _role_arn(call.account)
    role = None if directory is None else directory.role(arn)
    if role is None:
        fact, remedy = (
            Fact(arn, "exists", False),
            f"aws iam create-service-linked-role --aws-service-name {LINKED_SERVICE}",
        )
        raise AwsError("AccessDeniedException", f"Unable to assume IAM role: {arn}", facts=(fact,), remedy=(remedy,))
    name = "DynamoDBKinesisDataStreamsReplication"
    session_arn = f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{name}"
    principal = Principal("assumed-role", session_arn, role.account, f"{role.role_id}:{name}", role.arn)
    return call.acting_as(principal, session=Session(issued_ms=call.now))


def _record(call: Call, change: Change, user: str, precision: str) -> tuple[str, str]:
    """The JSON of a change as Kinesis gets it, and its partition key."""
    live, old, new = change.live, change.old, change.new
    held = new if new is not None else old
    assert held is not None
    keys = {name: held[name] for name in live.key_names}
    size = item_size(keys) + (change.new_size if new is not None else 0) + (change.old_size if old is not None else 0)
    is_fine = precision == "MICROSECOND"
    told: dict[str, Any] = {
        "ApproximateCreationDateTime": call.now * 1000 if is_fine else call.now,
        "Keys": keys,
        **({"NewImage": new} if new is not None else {}),
        **({"OldImage": old} if old is not None else {}),
        "SizeBytes": size,
        **({"ApproximateCreationDateTimePrecision": precision} if is_fine else {}),
    }
    document = {
        "awsRegion": live.row.region,
        "eventID": call.world.ids.uuid(),
        "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
        "userIdentity": {"type": "Service", "principalId": user} if user else None,
        "recordFormat": "application/json",
        "tableName": live.row.name,
        "dynamodb": told,
        "eventSource": "aws:dynamodb",
    }
    spread = md5(json.dumps(keys, default=_text).encode(), usedforsecurity=False).hexdigest().upper()
    return json.dumps(document, default=_text, separators=(",", ":")), spread


def _text(value: Any) -> str:
    return b64encode(value).decode()
