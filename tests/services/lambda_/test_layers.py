"""Layers: published in versions, shared by permission, used by functions."""

from __future__ import annotations

import json

import pytest

from harness import ACCOUNT, REGION, Aws
from services.lambda_.calls import OTHER, ZIP, active, configuration, create, refused
from services.lambda_.packaged import role

LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:tools"


@pytest.fixture(autouse=True)
def execution_role(aws: Aws) -> None:
    role(aws)


async def published(aws: Aws, **members: object) -> str:
    """The next version of the layer; its ARN."""
    asked = {"LayerName": "tools", "Content": {"ZipFile": ZIP}, **members}
    return (await aws.lambda_.publish_layer_version(asked))["LayerVersionArn"]


async def test_versions_are_counted_and_never_given_again(aws: Aws) -> None:
    assert await published(aws, CompatibleRuntimes=["python3.11"]) == f"{LAYER}:1"
    assert await published(aws, CompatibleArchitectures=["arm64"]) == f"{LAYER}:2"
    listed = aws.lambda_.list_layer_versions({"LayerName": "tools"})["LayerVersions"]
    assert [each["Version"] for each in listed] == [2, 1]
    fitting = aws.lambda_.list_layers({"CompatibleRuntime": "python3.11"})["Layers"]
    assert [each["LatestMatchingVersion"]["Version"] for each in fitting] == [1]
    aws.lambda_.delete_layer_version({"LayerName": "tools", "VersionNumber": 2})
    aws.lambda_.delete_layer_version({"LayerName": "tools", "VersionNumber": 2})
    with refused("ResourceNotFoundException", "The resource you requested does not exist."):
        aws.lambda_.get_layer_version({"LayerName": "tools", "VersionNumber": 2})
    assert await published(aws) == f"{LAYER}:3"
    found = aws.lambda_.get_layer_version_by_arn({"Arn": f"{LAYER}:3"})
    assert found["Content"]["CodeSize"] == len(ZIP)


async def test_functions_have_layers_that_are_there(aws: Aws) -> None:
    first, second = await published(aws), await published(aws)
    await active(aws, Layers=[first])
    assert configuration(aws)["Layers"] == [{"Arn": first, "CodeSize": len(ZIP)}]
    with refused("InvalidParameterValueException", f"Layer version {LAYER}:9 does not exist."):
        await create(aws, "two", Layers=[f"{LAYER}:9"])
    with refused("InvalidParameterValueException", "Two different versions of the same layer are not allowed"):
        await create(aws, "two", Layers=[first, second])
    aws.lambda_.delete_layer_version({"LayerName": "tools", "VersionNumber": 1})
    assert configuration(aws)["Layers"] == [{"Arn": first, "CodeSize": len(ZIP)}]
    with refused("InvalidParameterValueException", f"Layer version {first} does not exist."):
        await create(aws, "two", Layers=[first])


async def test_another_account_needs_permission_for_a_layer(aws: Aws) -> None:
    arn = await published(aws)
    there = aws.in_account(OTHER)
    with refused("AccessDeniedException", f"perform: lambda:GetLayerVersion on resource: {arn}"):
        there.lambda_.get_layer_version_by_arn({"Arn": arn})
    named = {"LayerName": "tools", "VersionNumber": 1}
    permission = {"StatementId": "all", "Action": "lambda:GetLayerVersion", "Principal": OTHER}
    added = aws.lambda_.add_layer_version_permission({**named, **permission})
    assert json.loads(added["Statement"])["Principal"] == {"AWS": f"arn:aws:iam::{OTHER}:root"}
    assert there.lambda_.get_layer_version_by_arn({"Arn": arn})["Version"] == 1
    with refused("ResourceConflictException", "The statement id (all) provided already exists."):
        aws.lambda_.add_layer_version_permission({**named, **permission})
    with refused("PreconditionFailedException"):
        aws.lambda_.remove_layer_version_permission({**named, "StatementId": "all", "RevisionId": "stale"})
    aws.lambda_.remove_layer_version_permission({**named, "StatementId": "all"})
    with refused("ResourceNotFoundException", "No policy is associated with the given resource."):
        aws.lambda_.get_layer_version_policy(named)


async def test_function_and_layers_are_bounded_together(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = await published(aws)
    monkeypatch.setattr("foulweather.services.lambda_.limits.UNZIPPED_BYTES_MAX", 60)
    with refused("InvalidParameterValueException", "Function code combined with layers exceeds"):
        await create(aws, Layers=[arn])


async def test_a_deleted_layer_is_let_go_with_the_last_function_that_has_it(aws: Aws) -> None:
    arn = await published(aws)
    await active(aws, Layers=[arn])
    aws.lambda_.delete_layer_version({"LayerName": "tools", "VersionNumber": 1})
    assert len(aws.world.files.places()) == 2
    await aws.lambda_.update_function_configuration({"FunctionName": "work", "Layers": []})
    assert len(aws.world.files.places()) == 2
    await aws.advance(seconds=1)
    assert len(aws.world.files.places()) == 1
