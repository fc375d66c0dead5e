"""Provisioned concurrency on an alias: ready environments, no Init Duration, and spill-over beyond them."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import refused
from catalog.functions import answer, busy, modelled, written
from foulweather.testing import Aws

MODEL = "duration_ms = 10000\ninit_ms = 700\nresponse = {ok = true}\n"
PROD = {"FunctionName": "api", "Qualifier": "prod"}


@pytest.fixture
def client(aws: Aws) -> Any:
    modelled(aws, "api", MODEL, Timeout=30)
    client = aws.client("lambda")
    version = client.publish_version(FunctionName="api")["Version"]
    client.create_alias(FunctionName="api", Name="prod", FunctionVersion=version)
    return client


def provision(aws: Aws, client: Any, count: int) -> dict[str, Any]:
    asked = {**PROD, "ProvisionedConcurrentExecutions": count}
    assert client.put_provisioned_concurrency_config(**asked)["Status"] == "IN_PROGRESS"
    aws.advance("10m")
    return client.get_provisioned_concurrency_config(**PROD)


def test_a_hundred_are_ready_after_a_while(aws: Aws, client: Any) -> None:
    assert refused(client.get_provisioned_concurrency_config, **PROD)["Code"] == (
        "ProvisionedConcurrencyConfigNotFoundException"
    )
    told = provision(aws, client, 100)
    assert told["Status"] == "READY"
    assert told["RequestedProvisionedConcurrentExecutions"] == 100
    assert told["AllocatedProvisionedConcurrentExecutions"] == 100


def test_nobody_waits_for_an_environment_on_the_alias_and_everybody_does_beside_it(aws: Aws, client: Any) -> None:
    answer(aws, "api", Qualifier="prod")
    assert "Init Duration: 700.00 ms" in written(aws, "api")[-1]
    provision(aws, client, 2)
    busy(aws, "api", 2, Qualifier="prod")
    aws.advance("15s")
    reports = [line for line in written(aws, "api") if line.startswith("REPORT")][1:]
    assert len(reports) == 2
    assert not [line for line in reports if "Init Duration" in line]


def test_what_is_more_than_is_ready_spills_over_into_a_cold_start(aws: Aws, client: Any) -> None:
    provision(aws, client, 2)
    busy(aws, "api", 3, Qualifier="prod")
    aws.advance("15s")
    ran = [event.facts for event in aws.events("lambda.Invoked")]
    assert sorted((each["is_provisioned"], each["is_cold"]) for each in ran) == [
        (False, True),
        (True, False),
        (True, False),
    ]


def test_the_latest_version_cannot_have_it(client: Any) -> None:
    asked = {"FunctionName": "api", "Qualifier": "$LATEST", "ProvisionedConcurrentExecutions": 1}
    assert refused(client.put_provisioned_concurrency_config, **asked)["Code"] == "InvalidParameterValueException"
