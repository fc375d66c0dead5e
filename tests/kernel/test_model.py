from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from botocore import xform_name

from foulweather.kernel import model
from foulweather.kernel.model import ModelsMissing, ServiceModel, UnknownName, catalogue, snake_case


def test_every_service_of_botocore_is_in_the_catalogue() -> None:
    import botocore

    folder = Path(botocore.__file__).parent / "data"
    services = {path.parent.parent.name for path in folder.glob("*/*/service-2.json.gz")}
    assert set(catalogue()) == services
    assert len(services) > 400


def test_every_operation_has_the_name_that_boto3_gives_it() -> None:
    wrong = [
        (service, name, operation.python_name)
        for service in catalogue()
        for name, operation in ServiceModel.load(service).operations().items()
        if operation.python_name != xform_name(name)
    ]
    assert wrong == []


SOURCE = Path(model.__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("SendMessage", "send_message"), ("ListHITs", "list_hits"), ("CreateDBInstance", "create_db_instance")],
)
def test_a_name_becomes_snake_case(name: str, expected: str) -> None:
    assert snake_case(name) == expected


def test_an_operation_has_its_input_output_and_errors() -> None:
    operation = ServiceModel.load("sqs").operation("SendMessage")
    assert operation.input is not None
    assert operation.output is not None
    assert operation.input.required == ["QueueUrl", "MessageBody"]
    assert operation.output.members["MessageId"].type == "string"
    assert "QueueDoesNotExist" in operation.errors


def test_a_reference_overlays_its_shape() -> None:
    shape = ServiceModel.load("s3").operation("GetObject").input
    assert shape is not None
    assert shape.members["Bucket"].trait("location") == "uri"
    assert shape.members["Bucket"].type == "string"
    assert shape.members["Bucket"].own_trait("location") is None


def test_a_member_named_like_a_stripped_trait_survives() -> None:
    assert "examples" in ServiceModel.load("bedrock").shape("GuardrailTopic").members
    assert "deprecated" in ServiceModel.load("iot").shape("CommandSummary").members


def test_no_documentation_is_left() -> None:
    for service in ("sqs", "s3", "ec2", "apigateway", "glue"):
        for shape in ServiceModel.load(service).shapes.values():
            assert not isinstance(shape.get("documentation"), str)
            for member in shape.get("members", {}).values():
                assert not isinstance(member.get("documentation"), str)


def test_the_patches_that_botocore_applies_are_applied() -> None:
    # s3/2006-03-01/service-2.sdk-extras.json says that Expires is a timestamp, which the model does not.
    assert ServiceModel.load("s3").shape("Expires").type == "timestamp"


def test_the_catalogue_tells_what_routing_must_know() -> None:
    sqs = catalogue()["sqs"]
    assert sqs.protocols == ("json", "query")
    assert sqs.target_prefix == "AmazonSQS"
    assert "SendMessage" in sqs.actions
    assert catalogue()["cloudwatch"].protocols == ("smithy-rpc-v2-cbor", "json", "query")
    assert catalogue()["cloudwatch"].endpoint_prefix == "monitoring"
    assert catalogue()["lambda"].actions == ()


def test_pagination_is_kept() -> None:
    assert ServiceModel.load("iam").pagination["ListUsers"]["result_key"] == "Users"


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownName, match="no model of a service named 'nimbus'"):
        ServiceModel.load("nimbus")
    with pytest.raises(UnknownName, match="sqs has no operation named 'Fly'"):
        ServiceModel.load("sqs").operation("Fly")


def test_missing_models_name_the_command_that_builds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MODELS", tmp_path)
    catalogue.cache_clear()
    try:
        with pytest.raises(ModelsMissing, match="make up"):
            catalogue()
    finally:
        monkeypatch.undo()
        catalogue.cache_clear()


def test_the_server_reads_models_without_botocore() -> None:
    code = (
        "import sys; from foulweather.kernel.model import ServiceModel;"
        "ServiceModel.load('sqs').operation('SendMessage');"
        "from foulweather.wire.codec import operation_codec; operation_codec('sqs','json','SendMessage');"
        "assert not [name for name in sys.modules if name.startswith('boto')]"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, env={"PYTHONPATH": str(SOURCE)}
    )
    assert done.returncode == 0, done.stderr
