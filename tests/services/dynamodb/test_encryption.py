from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from foulweather.gates.faults import Faults
from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from foulweather.services.dynamodb import encryption
from harness import ACCOUNT, Aws
from services.dynamodb.tables import definition, item, made

CLERK = Principal("user", f"arn:aws:iam::{ACCOUNT}:user/clerk", ACCOUNT, "AIDACLERK")


def key_of(aws: Aws, **more: Any) -> str:
    return aws.kms.create_key(more)["KeyMetadata"]["Arn"]


def sealed(key: str) -> dict[str, Any]:
    return {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}}


def clerk(aws: Aws, *actions: str) -> Aws:
    aws.iam.create_user({"UserName": "clerk"})
    allow(aws, *actions)
    return aws.as_principal(CLERK)


def allow(aws: Aws, *actions: str) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    aws.iam.put_user_policy({"UserName": "clerk", "PolicyName": "p", "PolicyDocument": json.dumps(document)})


def put(aws: Aws, pk: str = "a") -> None:
    aws.dynamodb.put_item({"TableName": "orders", "Item": item(pk)})


def status(aws: Aws) -> str:
    return aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["TableStatus"]


async def test_a_table_is_encrypted_with_a_customer_key_and_holds_a_grant(aws: Aws) -> None:
    key = key_of(aws)
    await made(aws, **sealed(key))
    told = aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["SSEDescription"]
    assert told == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}
    (grant,) = aws.kms.list_grants({"KeyId": key})["Grants"]
    assert grant["Constraints"]["EncryptionContextSubset"] == {
        "aws:dynamodb:tableName": "orders",
        "aws:dynamodb:subscriberId": ACCOUNT,
    }
    put(aws)
    aws.dynamodb.delete_table({"TableName": "orders"})
    await aws.advance(seconds=60)
    assert aws.kms.list_grants({"KeyId": key})["Grants"] == [], "the grant is retired with its table"


async def test_an_alias_names_the_key_and_the_managed_key_has_an_arn(aws: Aws) -> None:
    key = key_of(aws)
    aws.kms.create_alias({"AliasName": "alias/mine", "TargetKeyId": key})
    await made(aws, **sealed("alias/mine"))
    assert aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["SSEDescription"]["KMSMasterKeyArn"] == key
    await made(aws, "other", SSESpecification={"Enabled": True})
    told = aws.dynamodb.describe_table({"TableName": "other"})["Table"]["SSEDescription"]["KMSMasterKeyArn"]
    assert told == aws.kms.describe_key({"KeyId": "alias/aws/dynamodb"})["KeyMetadata"]["Arn"]


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ("none", "ValidationException", "KMS validation error: com.amazonaws.services.kms.model.NotFoundException: "),
        ("disabled", "ValidationException", "KMS validation error: com.amazonaws.services.kms.model.DisabledException"),
        ("signing", "ValidationException", "is not a symmetric encryption key"),
    ],
)
async def test_no_table_is_made_under_a_key_that_will_not_do(aws: Aws, change: str, code: str, words: str) -> None:
    more = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"} if change == "signing" else {}
    key = key_of(aws, **more) if change != "none" else "11111111-2222-3333-4444-555555555555"
    if change == "disabled":
        aws.kms.disable_key({"KeyId": key})
    with pytest.raises(AwsError, match=words) as refused:
        aws.dynamodb.create_table(definition(**sealed(key)))
    assert refused.value.code == code
    assert aws.dynamodb.list_tables()["TableNames"] == []


async def test_a_caller_without_decrypt_is_denied_the_items(aws: Aws) -> None:
    await made(aws, **sealed(key_of(aws)))
    user = clerk(aws, "dynamodb:*")
    with pytest.raises(
        AwsError, match=r"KMS key access denied error: com\.amazonaws\.services\.kms\.model\.AWSKMSE"
    ) as no:
        put(user)
    assert no.value.code == "AccessDeniedException"
    assert "kms:Decrypt" in str(no.value.why)
    allow(aws, "dynamodb:*", "kms:Decrypt")
    put(user)
    allow(aws, "dynamodb:*")
    put(user, "b")  # within five minutes of use, the table key is held
    await aws.advance(ms=encryption.IDLE_MS)
    with pytest.raises(AwsError, match="KMS key access denied error"):
        put(user, "c")


async def test_a_caller_who_may_not_make_grants_makes_no_table(aws: Aws) -> None:
    key = key_of(aws)
    user = clerk(aws, "dynamodb:*", "kms:DescribeKey", "kms:GenerateDataKey")
    with pytest.raises(AwsError, match="KMS key access denied error"):
        user.dynamodb.create_table(definition(**sealed(key)))
    assert aws.dynamodb.list_tables()["TableNames"] == []


async def test_a_table_whose_key_is_disabled_is_out_of_reach_until_it_is_enabled(aws: Aws) -> None:
    key = key_of(aws)
    await made(aws, **sealed(key))
    put(aws)
    aws.kms.disable_key({"KeyId": key})
    put(aws)
    await aws.advance(ms=encryption.LOOKED_EVERY_MS)
    told = aws.dynamodb.describe_table({"TableName": "orders"})["Table"]
    assert told["TableStatus"] == encryption.LOST
    assert told["SSEDescription"]["InaccessibleEncryptionDateTime"] <= aws.now
    for operation in (lambda: put(aws), lambda: aws.dynamodb.scan({"TableName": "orders"})):
        with pytest.raises(AwsError, match="DisabledException"):
            operation()
    aws.kms.enable_key({"KeyId": key})
    await aws.advance(ms=encryption.LOOKED_EVERY_MS)
    assert status(aws) == "ACTIVE"
    assert "InaccessibleEncryptionDateTime" not in aws.dynamodb.describe_table({"TableName": "orders"})["Table"]
    assert aws.dynamodb.scan({"TableName": "orders"})["Count"] == 1


async def test_a_table_changes_its_key_and_lets_the_old_grant_go(aws: Aws) -> None:
    first, second = key_of(aws), key_of(aws)
    await made(aws, **sealed(first))
    with pytest.raises(AwsError, match="Table is already encrypted by given KMSMasterKey"):
        aws.dynamodb.update_table({"TableName": "orders", **sealed(first)})
    aws.dynamodb.update_table({"TableName": "orders", **sealed(second)})
    await aws.advance(seconds=60)
    assert aws.kms.list_grants({"KeyId": first})["Grants"] == []
    aws.kms.disable_key({"KeyId": first})
    await aws.advance(ms=2 * encryption.LOOKED_EVERY_MS)
    put(aws)
    assert status(aws) == "ACTIVE"
    aws.dynamodb.update_table({"TableName": "orders", "SSESpecification": {"Enabled": False}})
    assert "SSEDescription" not in aws.dynamodb.describe_table({"TableName": "orders"})["Table"]
    assert aws.kms.list_grants({"KeyId": second})["Grants"] == []


async def test_a_restored_table_is_under_its_source_s_key(aws: Aws) -> None:
    key = key_of(aws)
    await made(aws, **sealed(key))
    put(aws)
    arn = aws.dynamodb.create_backup({"TableName": "orders", "BackupName": "one"})["BackupDetails"]["BackupArn"]
    await aws.advance(seconds=60)
    aws.dynamodb.restore_table_from_backup({"TargetTableName": "again", "BackupArn": arn})
    await aws.advance(seconds=120)
    assert aws.dynamodb.scan({"TableName": "again"})["Count"] == 1
    assert len(aws.kms.list_grants({"KeyId": key})["Grants"]) == 2


async def test_a_replica_has_a_key_of_its_own_region(aws: Aws) -> None:
    there = aws.in_region("eu-west-1")
    view = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
    await made(aws, **sealed(key_of(aws)), **view)
    replica: dict[str, Any] = {"RegionName": "eu-west-1"}
    with pytest.raises(AwsError, match="KMSMasterKeyId must be specified for the replica"):
        aws.dynamodb.update_table({"TableName": "orders", "ReplicaUpdates": [{"Create": replica}]})
    replica["KMSMasterKeyId"] = key = key_of(there)
    aws.dynamodb.update_table({"TableName": "orders", "ReplicaUpdates": [{"Create": replica}]})
    await aws.advance(seconds=120)
    assert there.dynamodb.describe_table({"TableName": "orders"})["Table"]["SSEDescription"]["KMSMasterKeyArn"] == key
    put(aws)
    await aws.advance(seconds=5)
    assert there.dynamodb.scan({"TableName": "orders"})["Count"] == 1
    there.kms.disable_key({"KeyId": key})
    await aws.advance(ms=encryption.LOOKED_EVERY_MS + encryption.IDLE_MS)
    assert (status(aws), status(there)) == ("ACTIVE", encryption.LOST)


async def test_a_stream_s_reader_needs_the_table_s_key_too(aws: Aws) -> None:
    view = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
    await made(aws, **sealed(key_of(aws)), **view)
    put(aws)
    arn = aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["LatestStreamArn"]
    user = clerk(aws, "dynamodb:*")

    def read() -> list[Any]:
        shard = user.dynamodbstreams.describe_stream({"StreamArn": arn})["StreamDescription"]["Shards"][0]["ShardId"]
        asked = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        at = user.dynamodbstreams.get_shard_iterator(asked)["ShardIterator"]
        return user.dynamodbstreams.get_records({"ShardIterator": at})["Records"]

    with pytest.raises(AwsError, match="KMS key access denied error"):
        read()
    allow(aws, "dynamodb:*", "kms:Decrypt")
    read()


async def test_a_slow_kms_holds_up_the_table_and_its_items(aws: Aws) -> None:
    await made(aws, **sealed(key_of(aws)))
    await aws.advance(seconds=360)  # whoever has asked within five minutes is not asked about again
    Faults.of(aws.world).add(kind="slow", service="kms", delay_ms=2_000)
    writing = asyncio.ensure_future(aws.dynamodb.put_item({"TableName": "orders", "Item": item("late")}))
    await asyncio.sleep(0)
    await aws.advance(ms=1_999)
    assert not writing.done()
    await aws.advance(ms=1)
    assert await writing == {}
    asked = aws.dynamodb.get_item({"TableName": "orders", "Key": item("late")})
    assert asked["Item"] == item("late")
