"""How services and operations are found."""

from __future__ import annotations

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import UnknownName
from foulweather.kernel.services import Services
from kernel.toy_world import TOYS


def test_a_service_is_found_by_its_manifest_under_its_models_name() -> None:
    assert [service.name for service in TOYS.all()] == ["iam", "sqs"]
    found = TOYS.find("sqs")
    assert found is not None
    assert found.package == "kernel.toys.queueing"
    assert TOYS.find("queueing") is None


@pytest.mark.parametrize(("service", "operation"), [("sqs", "DeleteMessage"), ("s3", "PutObject")])
def test_what_is_not_built_is_refused_with_its_name(service: str, operation: str) -> None:
    with pytest.raises(AwsError) as caught:
        TOYS.operation(service, operation)
    error = caught.value
    assert (error.code, error.status) == ("NotImplemented", 501)
    assert f"{service}:{operation}" in error.message
    (fact,) = error.why.facts
    assert (fact.resource, fact.property, fact.value) == (f"{service}:{operation}", "implemented", False)
    assert error.why.decision == "failed"


def test_an_operation_has_its_function_its_row_and_its_rate() -> None:
    operation = TOYS.operation("sqs", "SendMessage")
    assert operation.run.__name__ == "send_message"
    assert operation.access.action == "sqs:SendMessage"
    assert operation.rate is not None
    assert operation.rate.burst == 3
    assert TOYS.operation("sqs", "ReceiveMessage").rate is None
    assert TOYS.operation("sqs", "SendMessage") is operation


def test_an_operation_is_found_as_ports_name_it() -> None:
    assert TOYS.operation_by_python_name("sqs", "purge_queue") is TOYS.operation("sqs", "PurgeQueue")
    with pytest.raises((UnknownName, KeyError)):
        TOYS.operation_by_python_name("sqs", "no_such_thing")


def test_an_operation_without_a_row_in_the_access_table_is_a_mistake() -> None:
    with pytest.raises(LookupError, match="ACCESS has no row for ListQueues"):
        TOYS.operation("sqs", "ListQueues")


def test_a_public_function_that_is_no_operation_is_a_mistake() -> None:
    with pytest.raises(LookupError, match="send_massage is public and no operation of sqs"):
        Services("kernel.broken_toys").operation("sqs", "SendMessage")


def test_private_functions_are_no_operations() -> None:
    found = TOYS.find("sqs")
    assert found is not None
    assert sorted(TOYS.built(found)) == ["ListQueues", "PurgeQueue", "ReceiveMessage", "SendMessage"]


def test_every_operation_of_every_service_that_is_built_compiles() -> None:
    real = Services()
    for service in real.all():
        for name in real.built(service):
            assert real.operation(service.name, name).access.action
