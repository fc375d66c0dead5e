from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.ssm.state import SsmState
from harness import ACCOUNT, Aws
from services.ssm.parameter_calls import OTHER, allow, below, put, user, value

ARN = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter"
TOKEN = "00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize("tier", ["Standard", "Advanced"])
async def test_a_secure_string_is_sealed_and_needs_its_key(aws: Aws, tier: str) -> None:
    key = aws.kms.create_key({})["KeyMetadata"]["Arn"]
    await put(aws, value="telling", Type="SecureString", KeyId=key, Tier=tier)
    (version,) = aws.world.state(SsmState, aws.account, aws.region).versions.values()
    assert version.value == ""
    assert b"telling" not in version.sealed
    assert "telling" not in await value(aws)
    assert await value(aws, WithDecryption=True) == "telling"
    context = {"StringEquals": {"kms:EncryptionContext:PARAMETER_ARN": f"{ARN}/prod/db/host"}}
    reader = user(aws, "reader", allow("ssm:GetParameter"))
    assert await value(reader)
    with pytest.raises(AwsError) as raised:
        await value(reader, WithDecryption=True)
    assert raised.value.code == "AccessDeniedException"
    assert key in str(raised.value.why)
    both = user(aws, "both", allow("ssm:GetParameter"), allow("kms:Decrypt", Condition=context))
    assert await value(both, WithDecryption=True) == "telling"
    aws.kms.disable_key({"KeyId": key})
    with pytest.raises(AwsError) as raised:
        await value(aws, WithDecryption=True)
    assert raised.value.code == "InvalidKeyId"


async def test_a_path_opens_all_its_levels(aws: Aws) -> None:
    await put(aws, "/a/b")
    await put(aws, "/a/secret/c")
    hidden = {"Effect": "Deny", "Action": "ssm:*", "Resource": f"{ARN}/a/secret/*"}
    reader = user(aws, "reader", allow("ssm:GetParametersByPath", "ssm:GetParameter", resource=f"{ARN}/a*"), hidden)
    with pytest.raises(AwsError):
        await value(reader, "/a/secret/c")
    assert await below(reader, "/a", Recursive=True) == ["/a/b", "/a/secret/c"]
    once = user(aws, "once", allow("ssm:GetParametersByPath", Condition={"StringEquals": {"ssm:Recursive": "false"}}))
    assert await below(once, "/a") == ["/a/b"]
    with pytest.raises(AwsError) as raised:
        await below(once, "/a", Recursive=True)
    assert raised.value.code == "AccessDeniedException"
    assert raised.value.status == 400


async def test_all_of_several_must_be_allowed(aws: Aws) -> None:
    await put(aws, "mine")
    await put(aws, "theirs")
    reader = user(aws, "reader", allow("ssm:GetParameters", resource=f"{ARN}/mine"))
    assert (await reader.ssm.get_parameters({"Names": ["mine"]}))["Parameters"]
    with pytest.raises(AwsError) as raised:
        await reader.ssm.get_parameters({"Names": ["mine", "theirs"]})
    assert raised.value.code == "AccessDeniedException"


async def test_tags_and_overwriting_decide(aws: Aws) -> None:
    await put(aws, "mine", Tags=[{"Key": "team", "Value": "orders"}])
    await put(aws, "theirs")
    tagged = {"StringEquals": {"ssm:resourceTag/team": "orders"}}
    new = {"StringEquals": {"ssm:Overwrite": "false"}}
    person = user(aws, "p", allow("ssm:GetParameter", Condition=tagged), allow("ssm:PutParameter", Condition=new))
    assert await value(person, "mine")
    with pytest.raises(AwsError):
        await value(person, "theirs")
    await put(person, "another")
    cases: list[dict[str, Any]] = [{"Overwrite": True}, {"Tags": [{"Key": "a", "Value": "b"}]}]
    for members in cases:
        with pytest.raises(AwsError) as raised:
            await put(person, "yet-another", **members)
        assert raised.value.code == "AccessDeniedException"


async def test_an_advanced_parameter_is_shared_by_its_policy(aws: Aws) -> None:
    await put(aws, "plain")
    await put(aws, "shared", Tier="Advanced")
    actions = ["ssm:GetParameter", "ssm:GetParameters"]
    statement = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": actions, "Resource": f"{ARN}/shared"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    stranger = aws.in_account(OTHER)
    with pytest.raises(AwsError):
        await value(stranger, f"{ARN}/shared")
    made = aws.ssm.put_resource_policy({"ResourceArn": f"{ARN}/shared", "Policy": document})
    assert (await stranger.ssm.get_parameter({"Name": f"{ARN}/shared"}))["Parameter"]["Name"] == f"{ARN}/shared"
    with pytest.raises(AwsError) as raised:
        aws.ssm.put_resource_policy({"ResourceArn": f"{ARN}/plain", "Policy": document})
    assert raised.value.code == "ResourcePolicyInvalidParameterException"
    asked = {"ResourceArn": f"{ARN}/shared", "PolicyId": made["PolicyId"]}
    with pytest.raises(AwsError) as raised:
        aws.ssm.delete_resource_policy(asked | {"PolicyHash": "old"})
    assert raised.value.code == "ResourcePolicyConflictException"
    assert aws.ssm.get_resource_policies({"ResourceArn": f"{ARN}/shared"})["Policies"][0]["Policy"] == document
    aws.ssm.delete_resource_policy(asked | {"PolicyHash": made["PolicyHash"]})
    with pytest.raises(AwsError):
        await value(stranger, f"{ARN}/shared")


async def test_a_secret_is_read_by_reference_with_the_callers_permissions(aws: Aws) -> None:
    asked = {"Name": "db", "SecretString": "hunter2", "ClientRequestToken": TOKEN}
    await aws.secretsmanager.create_secret(asked)
    name = "/aws/reference/secretsmanager/db"
    found = (await aws.ssm.get_parameter({"Name": name, "WithDecryption": True}))["Parameter"]
    assert found["Value"] == "hunter2"
    assert json.loads(found["SourceResult"])["versionId"] == TOKEN
    assert await value(aws, f"{name}:{TOKEN}", WithDecryption=True) == "hunter2"
    with pytest.raises(AwsError, match="WithDecryption flag must be True"):
        await value(aws, name)
    with pytest.raises(AwsError) as raised:
        await value(aws, name + "x", WithDecryption=True)
    assert raised.value.code == "ParameterNotFound"
    assert "referencing Secrets Manager" in raised.value.message
    with pytest.raises(AwsError) as raised:
        await value(user(aws, "reader", allow("ssm:GetParameter")), name, WithDecryption=True)
    assert raised.value.code == "AccessDeniedException"
