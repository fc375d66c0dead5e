from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws
from services.secretsmanager.secret_calls import OTHER, allow, made, put, refused, token, user, value

GET = "secretsmanager:GetSecretValue"


def policy(principal: object, *actions: str, **members: object) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": "*", **members}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


async def test_a_reader_needs_the_secret_and_its_key(aws: Aws) -> None:
    key = aws.kms.create_key({})["KeyMetadata"]["Arn"]
    arn = await made(aws, KmsKeyId=key)
    reader = user(aws, "reader", allow(GET, resource=arn[:-6] + "*"))
    with pytest.raises(AwsError) as raised:
        await value(reader, "prod/db")
    assert refused(raised) == ("AccessDeniedException", "Access to KMS is not allowed")
    assert key in str(raised.value.why)
    assert "kms:Decrypt" in str(raised.value.why)
    through = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
    both = user(aws, "both", allow(GET), allow("kms:Decrypt", resource=key, Condition=through))
    assert await value(both, "prod/db") == "hunter2"


async def test_the_managed_key_serves_who_may_read_the_secret(aws: Aws) -> None:
    await made(aws)
    assert await value(user(aws, "reader", allow(GET)), "prod/db") == "hunter2"
    with pytest.raises(AwsError) as raised:
        await value(user(aws, "nobody"), "prod/db")
    assert raised.value.code == "AccessDeniedException"
    assert raised.value.status == 400


async def test_a_writer_without_the_key_makes_nothing(aws: Aws) -> None:
    key = aws.kms.create_key({})["KeyMetadata"]["Arn"]
    writer = user(aws, "writer", allow("secretsmanager:*"), allow("kms:GenerateDataKey"))
    with pytest.raises(AwsError) as raised:
        await made(writer, KmsKeyId=key)
    assert refused(raised) == ("AccessDeniedException", "Access to KMS is not allowed")
    assert aws.secretsmanager.list_secrets()["SecretList"] == []


async def test_a_disabled_key_keeps_the_value(aws: Aws) -> None:
    key = aws.kms.create_key({})["KeyMetadata"]["Arn"]
    await made(aws, KmsKeyId=key)
    aws.kms.disable_key({"KeyId": key})
    with pytest.raises(AwsError) as raised:
        await value(aws, "prod/db")
    assert raised.value.code == "DecryptionFailure"


async def test_another_key_takes_over_what_can_still_be_read(aws: Aws) -> None:
    old, new = (aws.kms.create_key({})["KeyMetadata"]["Arn"] for _ in range(2))
    await made(aws, KmsKeyId=old)
    await aws.secretsmanager.update_secret({"SecretId": "prod/db", "KmsKeyId": new})
    aws.kms.disable_key({"KeyId": old})
    assert await value(aws, "prod/db") == "hunter2"


async def test_another_account_needs_a_policy_and_a_key_of_ones_own(aws: Aws) -> None:
    arn = await made(aws)
    stranger = aws.in_account(OTHER)
    with pytest.raises(AwsError) as raised:
        await value(stranger, arn)
    assert raised.value.code == "AccessDeniedException"
    asked = {"SecretId": arn, "ResourcePolicy": policy({"AWS": OTHER}, GET)}
    aws.secretsmanager.put_resource_policy(asked)
    with pytest.raises(AwsError) as raised:
        await value(stranger, arn)
    assert raised.value.message.startswith("You can't access a secret from a different AWS account")
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "kms:*", "Resource": "*"} for who in (ACCOUNT, OTHER)
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    key = aws.kms.create_key({"Policy": document})["KeyMetadata"]["Arn"]
    await aws.secretsmanager.update_secret({"SecretId": arn, "KmsKeyId": key})
    assert await value(stranger, arn) == "hunter2"


async def test_conditions_on_tags_and_stages_decide(aws: Aws) -> None:
    await made(aws, "mine", Tags=[{"Key": "team", "Value": "orders"}])
    await made(aws, "theirs", Tags=[{"Key": "team", "Value": "billing"}])
    where = {"StringEquals": {"secretsmanager:ResourceTag/team": "orders", "secretsmanager:VersionStage": "AWSCURRENT"}}
    reader = user(aws, "reader", allow(GET, Condition=where))
    assert await value(reader, "mine") == "hunter2"
    with pytest.raises(AwsError):
        await value(reader, "theirs")
    with pytest.raises(AwsError):
        await value(reader, "mine", VersionStage="AWSPREVIOUS")
    maker = user(
        aws, "maker", allow("secretsmanager:CreateSecret", resource=f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:dev/*")
    )
    await made(maker, "dev/one")
    cases: list[tuple[str, dict[str, Any]]] = [("prod/one", {}), ("dev/two", {"Tags": [{"Key": "a", "Value": "b"}]})]
    for name, members in cases:
        with pytest.raises(AwsError) as raised:
            await made(maker, name, **members)
        assert raised.value.code == "AccessDeniedException"


async def test_each_of_many_is_judged(aws: Aws) -> None:
    arn = await made(aws, "mine")
    await made(aws, "theirs")
    reader = user(aws, "reader", allow("secretsmanager:BatchGetSecretValue"), allow(GET, resource=arn))
    got = await reader.secretsmanager.batch_get_secret_value({"SecretIdList": ["mine", "theirs"]})
    assert [one["Name"] for one in got["SecretValues"]] == ["mine"]
    assert [one["ErrorCode"] for one in got["Errors"]] == ["AccessDeniedException"]


async def test_a_public_policy_is_blocked_when_asked(aws: Aws) -> None:
    await made(aws)
    asked = {"SecretId": "prod/db", "ResourcePolicy": policy("*", GET), "BlockPublicPolicy": True}
    with pytest.raises(AwsError) as raised:
        aws.secretsmanager.put_resource_policy(asked)
    assert raised.value.code == "PublicPolicyException"
    judged = aws.secretsmanager.validate_resource_policy({"ResourcePolicy": policy("*", GET)})
    assert not judged["PolicyValidationPassed"]
    assert judged["ValidationErrors"]
    narrow = policy("*", GET, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}})
    aws.secretsmanager.put_resource_policy(asked | {"ResourcePolicy": narrow})
    assert aws.secretsmanager.get_resource_policy({"SecretId": "prod/db"})["ResourcePolicy"] == narrow
    for broken in ("{", policy({"AWS": f"arn:aws:iam::{ACCOUNT}:user/nobody"}, GET)):
        with pytest.raises(AwsError) as raised:
            aws.secretsmanager.put_resource_policy({"SecretId": "prod/db", "ResourcePolicy": broken})
        assert raised.value.code == "MalformedPolicyDocumentException"
    aws.secretsmanager.delete_resource_policy({"SecretId": "prod/db"})
    assert "ResourcePolicy" not in aws.secretsmanager.get_resource_policy({"SecretId": "prod/db"})


async def test_a_policy_can_deny_the_root_user(aws: Aws) -> None:
    await made(aws)
    deny = json.loads(policy("*", GET))
    deny["Statement"][0]["Effect"] = "Deny"
    aws.secretsmanager.put_resource_policy({"SecretId": "prod/db", "ResourcePolicy": json.dumps(deny)})
    with pytest.raises(AwsError) as raised:
        await value(aws, "prod/db")
    assert raised.value.code == "AccessDeniedException"


async def test_a_key_can_be_demanded_of_who_makes_secrets(aws: Aws) -> None:
    key = aws.kms.create_key({})["KeyMetadata"]
    where = {"StringEquals": {"secretsmanager:KmsKeyArn": key["Arn"]}}
    maker = user(aws, "maker", allow("secretsmanager:CreateSecret", Condition=where), allow("kms:*"))
    await made(maker, "one", KmsKeyId=key["KeyId"])
    with pytest.raises(AwsError) as raised:
        await made(maker, "two")
    assert raised.value.code == "AccessDeniedException"


async def test_a_secret_that_a_service_made_for_itself_is_changed_by_that_service_only(aws: Aws) -> None:
    call = Call(aws.pipeline, "rds", "CreateDBInstance", aws.account, aws.region, aws.principal)
    rds = call.forwarded("rds").secretsmanager
    asked = {"Name": "rds!db-1", "SecretString": "x", "ClientRequestToken": token(1)}
    arn = (await rds.create_secret(asked))["ARN"]
    assert aws.secretsmanager.describe_secret({"SecretId": arn})["OwningService"] == "rds"
    found = aws.secretsmanager.list_secrets({"Filters": [{"Key": "owning-service", "Values": ["rds"]}]})
    assert [one["Name"] for one in found["SecretList"]] == ["rds!db-1"]
    assert await value(aws, arn) == "x"
    for attempt in (aws.secretsmanager.delete_secret, aws.secretsmanager.cancel_rotate_secret):
        with pytest.raises(AwsError, match="managed by rds"):
            attempt({"SecretId": arn})
    with pytest.raises(AwsError, match="managed by rds"):
        await put(aws, arn, "y", 2)
    rds.delete_secret({"SecretId": arn, "ForceDeleteWithoutRecovery": True})
    await made(aws, "rds!mine")
    aws.secretsmanager.delete_secret({"SecretId": "rds!mine"})
