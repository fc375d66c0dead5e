"""What is paid by the request, the event, the transition and the run, and by the month."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from foulweather.meter.bill import bill
from foulweather.meter.meter import Meter
from foulweather.testing import Aws, world
from foulweather.world.world import World


@pytest.fixture
def aws() -> Iterator[Aws]:
    with world(seed=1, start_ms=1_772_323_200_000) as opened:
        yield opened


class Metered:
    """A world in which nobody but the meter reads: events are written as their services write them."""

    def __init__(self) -> None:
        self.world = World(mode="held", start_ms=1_772_323_200_000)
        Meter.of(self.world)

    @property
    def now_ms(self) -> int:
        return self.world.clock.now_ms

    def happened(self, kind: str, resource: str = "", **facts: Any) -> None:
        """An event."""
        self.world.journal.append(self.now_ms, kind, "111122223333", "us-east-1", resource, "", "", facts)

    async def pass_(self, minutes: int) -> None:
        """Time passes."""
        await self.world.advance_to(self.now_ms + 60_000 * minutes)


@pytest.fixture
def metered() -> Metered:
    return Metered()


def told(where: Aws | Metered) -> dict[str, tuple[Decimal, Decimal]]:
    """Usage types with their quantities and their prices."""
    if isinstance(where, Metered):
        lines = bill(Meter.of(where.world).usage, where.now_ms).lines
    else:
        usage = Meter.of(where.cloud.default.world).usage
        lines = where._thread.call(lambda: bill(usage, where.now_ms)).lines
    return {line.usage_type: (Decimal(line.quantity), Decimal(line.amount or -1)) for line in lines}


def request(metered: Metered, response_type: str = "", method: str = "GET") -> None:
    metered.happened("apigateway.Request", api="shop", stage="prod", response_type=response_type, method=method)


def test_a_request_that_is_not_let_in_costs_nothing(metered: Metered) -> None:
    for kind in ("", "", "DEFAULT_5XX", "THROTTLED", "INVALID_API_KEY", "ACCESS_DENIED", "QUOTA_EXCEEDED"):
        request(metered, kind)
    assert told(metered)["ApiGatewayRequest"] == (3, 3 * Decimal("0.0000035"))
    request(metered, "MISSING_AUTHENTICATION_TOKEN", method="")
    assert told(metered)["ApiGatewayRequest"][0] == 4


def test_http_requests_cost_by_half_megabytes(metered: Metered) -> None:
    for size, status, integration_ms in ((100, 200, 5), (600_000, 200, 5), (10, 429, -1), (10, 403, 5)):
        facts = {"bytes": size, "status": status, "integration_ms": integration_ms}
        metered.happened("apigateway.HttpRequest", api="a", stage="b", **facts)
    assert told(metered)["ApiGatewayHttpRequest"] == (4, Decimal("0.000004"))


async def test_sockets_cost_by_messages_and_by_the_minute_that_they_are_open(metered: Metered) -> None:
    socket = {"api": "chat", "stage": "prod", "messages": 0}
    metered.happened("apigateway.SocketEvent", **socket, type="CONNECT", status=200)
    metered.happened("apigateway.SocketEvent", **socket, type="CONNECT", status=403)
    metered.happened("apigateway.SocketEvent", **(socket | {"messages": 2}), type="MESSAGE", status=200)
    metered.happened("apigateway.SocketMessageSent", api="chat", stage="prod", bytes=33 * 1024)
    await metered.pass_(90)
    metered.happened("apigateway.SocketEvent", **socket, type="DISCONNECT", status=200)
    await metered.pass_(90)
    found = told(metered)
    assert found["ApiGatewayMessage"] == (4, Decimal("0.000004"))
    assert found["ApiGatewayMinute"] == (90, Decimal("0.0000225"))


def test_custom_events_cost_and_refused_ones_do_not(aws: Aws) -> None:
    entries = [{"Source": "shop", "DetailType": "sold", "Detail": "{}"}] * 3
    aws.client("events").put_events(Entries=[*entries, {"Source": "shop", "DetailType": "sold", "Detail": "no JSON"}])
    assert told(aws)["CustomEvents"] == (3, Decimal("0.000003"))


def test_standard_workflows_cost_by_transition_and_express_ones_by_time(aws: Aws) -> None:
    trust = json.dumps(
        {
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ]
        }
    )
    role = aws.client("iam").create_role(RoleName="runner", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    states = {"Wait": {"Type": "Wait", "Seconds": 2, "Next": "Done"}, "Done": {"Type": "Pass", "End": True}}
    definition = json.dumps({"StartAt": "Wait", "States": states})
    machines = aws.client("stepfunctions")
    for kind in ("STANDARD", "EXPRESS"):
        arn = machines.create_state_machine(name=kind, definition=definition, roleArn=role, type=kind)[
            "stateMachineArn"
        ]
        machines.start_execution(stateMachineArn=arn)
    aws.advance("5s")
    found = told(aws)
    assert found["StateTransition"][1] == found["StateTransition"][0] * Decimal("0.000025")
    assert found["StateTransition"][0] in (2, 3)
    assert found["ExpressRequest"] == (1, Decimal("0.000001"))
    assert Decimal("0.125") <= found["ExpressDuration"][0] <= Decimal("0.1313")


def test_functions_cost_by_request_and_by_memory_and_time(metered: Metered) -> None:
    run = {"function": "f", "billed_ms": 500, "memory_mib": 2048, "architecture": "arm64"}
    metered.happened("lambda.Invoked", **run, is_provisioned=False)
    metered.happened("lambda.Invoked", **run, is_provisioned=True)
    found = told(metered)
    assert found["Request"] == (2, Decimal("0.0000004"))
    assert found["GB-Second-arm64"] == (1, Decimal("0.0000133334"))
    assert found["Provisioned-GB-Second-arm64"] == (1, Decimal("0.0000077778"))


def test_keys_and_secrets_cost_by_the_month_until_they_are_to_be_deleted(aws: Aws) -> None:
    kms, secrets = aws.client("kms"), aws.client("secretsmanager")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    secrets.create_secret(Name="password", SecretString="x")
    aws.advance("31d")
    found = told(aws)
    assert abs(found["KMS-Keys"][1] - 1) < Decimal("0.001")
    assert abs(found["Secrets"][1] - Decimal("0.4")) < Decimal("0.001")
    assert found["APIRequest"] == (1, Decimal("0.000005"))
    kms.schedule_key_deletion(KeyId=key)
    secrets.delete_secret(SecretId="password")
    aws.advance("31d")
    after = told(aws)
    assert (after["KMS-Keys"], after["Secrets"]) == (found["KMS-Keys"], found["Secrets"])


async def test_a_user_counts_once_a_month_by_the_plan_of_the_pool(metered: Metered) -> None:
    pool = "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_shop"
    metered.happened("cognito.UserPoolCreated", pool, UserPoolTier="PLUS")
    for user in ("ann", "bob", "ann"):
        metered.happened("cognito.SignIn", pool, user=user, success=1)
    metered.happened("cognito.SignIn", pool, user="eve", success=0)
    assert told(metered)["PLUS-MAU"] == (2, Decimal("0.04"))
    await metered.pass_(31 * 1_440)
    metered.happened("cognito.TokenRefresh", pool, user="ann", success=1)
    assert told(metered)["PLUS-MAU"] == (3, Decimal("0.06"))


def test_what_was_there_before_the_meter_has_no_guessed_price(metered: Metered) -> None:
    pool = "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_old"
    metered.happened("cognito.SignIn", pool, user="ann", success=1)
    assert told(metered)["MAU"] == (1, -1)


def test_deliveries_cost_by_protocol_and_to_queues_nothing(metered: Metered) -> None:
    topic = "arn:aws:sns:us-east-1:111122223333:orders"
    for protocol, attempts in (("sqs", 1), ("lambda", 1), ("https", 3), ("email", 1)):
        metered.happened("sns.NotificationDelivered", topic, protocol=protocol, attempts=attempts)
    found = told(metered)
    assert found == {
        "DeliveryAttempts-HTTP": (3, Decimal("0.0000018")),
        "DeliveryAttempts-SMTP": (1, Decimal("0.00002")),
    }
