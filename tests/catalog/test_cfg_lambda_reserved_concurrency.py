"""Reserved concurrency: a function has so much for itself, and no more; the others share what is left."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.config import Config

from catalog.configurations import refused
from catalog.functions import answer, busy, modelled
from foulweather.testing import Aws

TEN_SECONDS = "duration_ms = 10000\nresponse = {ok = true}\n"


@pytest.fixture
def client(aws: Aws) -> Any:
    modelled(aws, "work", TEN_SECONDS, Timeout=30)
    modelled(aws, "other", "duration_ms = 5\nresponse = {ok = true}\n")
    return aws.client("lambda", config=Config(retries={"max_attempts": 0}))


def test_one_more_than_is_reserved_is_throttled_and_another_function_is_not(aws: Aws, client: Any) -> None:
    client.put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=2)
    busy(aws, "work", 2)
    error = refused(client.invoke, FunctionName="work")
    assert (error["Code"], error["Status"]) == ("TooManyRequestsException", 429)
    assert answer(aws, "other") == {"ok": True}
    aws.advance("10s")
    assert answer(aws, "work") == {"ok": True}
    (throttled,) = aws.events("lambda.Throttled")
    assert throttled.facts["reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_the_pool_of_the_others_is_smaller_by_what_is_reserved(client: Any) -> None:
    assert client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 1000
    client.put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=400)
    assert client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 600
    asked = {"FunctionName": "other", "ReservedConcurrentExecutions": 501}
    error = refused(client.put_function_concurrency, **asked)
    assert error["Code"] == "InvalidParameterValueException"
    assert "below its minimum value of [100]" in error["Message"]
    client.put_function_concurrency(**{**asked, "ReservedConcurrentExecutions": 500})
    client.delete_function_concurrency(FunctionName="work")
    assert client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 500


def test_a_reservation_of_none_stops_a_function(client: Any) -> None:
    client.put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=0)
    assert refused(client.invoke, FunctionName="work")["Code"] == "TooManyRequestsException"
    client.delete_function_concurrency(FunctionName="work")
    assert client.invoke(FunctionName="work")["StatusCode"] == 200


def test_a_reservation_counts_what_of_the_function_runs_already(aws: Aws, client: Any) -> None:
    busy(aws, "work", 950)
    client.put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=850)
    assert answer(aws, "other") == {"ok": True}
