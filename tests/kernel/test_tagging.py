from __future__ import annotations

import pytest

from foulweather.kernel.services import Services
from foulweather.kernel.tagging import Arn, kind_of, tagging_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("arn:aws:sqs:us-east-1:111122223333:orders", ""),
        ("arn:aws:dynamodb:us-east-1:111122223333:table/orders", "table"),
        ("arn:aws:secretsmanager:us-east-1:111122223333:secret:a/b-XyZ", "secret"),
        ("arn:aws:iam::111122223333:policy/path/name", "policy"),
    ],
)
def test_an_arn_names_the_type_of_its_resource(text: str, kind: str) -> None:
    arn = Arn.of(text)
    assert arn is not None
    assert arn.kind == kind


@pytest.mark.parametrize("text", ["", "orders", "arn:aws:sqs:us-east-1:111122223333", "urn:a:b:c:d:e"])
def test_what_is_no_arn(text: str) -> None:
    assert Arn.of(text) is None
    assert kind_of(text, {"sqs": None}) == ""


def test_every_type_that_a_service_tells_of_is_one_of_its_own() -> None:
    for kind, told in tagging_of(Services()).items():
        name = told.KINDS[kind]
        assert name.startswith("AWS::"), kind
        assert name.count("::") == 2, kind


def test_a_resource_is_known_by_its_type_or_by_its_service() -> None:
    kinds = {"sqs": None, "iam:policy": None}
    assert kind_of("arn:aws:sqs:us-east-1:111122223333:orders", kinds) == "sqs"
    assert kind_of("arn:aws:iam::111122223333:policy/p", kinds) == "iam:policy"
    assert kind_of("arn:aws:iam::111122223333:user/u", kinds) == ""
