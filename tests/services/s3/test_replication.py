"""Replication: refused configurations, what a role may not, what arrives and what does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.gates.faults import Faults
from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from foulweather.policy.principal import Principal
from harness import ACCOUNT, Aws
from services.s3.time_calls import days, made, put

SOURCE, TARGET = "source-bucket", "target-bucket"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/replicator"
READING = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
WRITING = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]


def role(aws: Aws, *actions: str, trusts: str = "s3.amazonaws.com") -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": trusts}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws.iam.create_role({"RoleName": "replicator", "AssumeRolePolicyDocument": document})
    if actions:
        allow(aws, *actions)


def allow(aws: Aws, *actions: str) -> None:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.iam.put_role_policy({"RoleName": "replicator", "PolicyName": "p", "PolicyDocument": document})


def rule(**members: Any) -> dict[str, Any]:
    destination = {"Bucket": f"arn:aws:s3:::{TARGET}", **members.pop("Destination", {})}
    return {
        "ID": "r",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": destination,
        **members,
    }


def configure(aws: Aws, *rules: dict[str, Any]) -> None:
    configuration = {"Role": ROLE, "Rules": list(rules) or [rule()]}
    aws.s3.put_bucket_replication({"Bucket": SOURCE, "ReplicationConfiguration": configuration})


def both(aws: Aws) -> None:
    made(aws, SOURCE, versioned=True)
    made(aws, TARGET, versioned=True)


def status(aws: Aws, bucket: str = SOURCE, key: str = "k") -> str:
    return aws.s3.head_object({"Bucket": bucket, "Key": key}).get("ReplicationStatus", "")


def why(aws: Aws) -> str:
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    (found,) = [hop.why for hop in trace.hops if hop.operation == "Replicate"]
    assert found is not None
    return f"{found.cause} {found.first_cause().cause} {found.first_cause().remedy}"


def test_both_buckets_must_be_versioned(aws: Aws) -> None:
    made(aws, SOURCE)
    role(aws)
    with pytest.raises(AwsError, match="Versioning must be 'Enabled' on the bucket to apply a replication"):
        configure(aws)
    aws.s3.put_bucket_versioning({"Bucket": SOURCE, "VersioningConfiguration": {"Status": "Enabled"}})
    with pytest.raises(AwsError, match="Destination bucket must exist"):
        configure(aws)
    made(aws, TARGET)
    with pytest.raises(AwsError, match="Destination bucket must have versioning enabled"):
        configure(aws)
    with pytest.raises(AwsError, match="ReplicationConfigurationNotFoundError"):
        aws.s3.get_bucket_replication({"Bucket": SOURCE})


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Prefix": "a"}, "MalformedXML"),
        ({"Priority": None}, "Priority must be specified for this version"),
        ({"DeleteMarkerReplication": None}, "DeleteMarkerReplication must be specified for this version"),
        (
            {
                "Filter": {"Tag": {"Key": "a", "Value": "b"}},
                "DeleteMarkerReplication": {"Status": "Enabled"},
            },
            "Delete marker replication is not supported if any Tag filter",
        ),
        ({"Destination": {"Bucket": f"arn:aws:s3:::{SOURCE}"}}, "cannot be the same"),
        (
            {"Destination": {"EncryptionConfiguration": {"ReplicaKmsKeyID": "x"}}},
            "SseKmsEncryptedObjects must be specified",
        ),
        (
            {"SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}},
            "EncryptionConfiguration must be specified",
        ),
        ({"Destination": {"StorageClass": "COLD"}}, "MalformedXML"),
        (
            {"Destination": {"ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 5}}}},
            "must be 15 minutes",
        ),
        ({"ExistingObjectReplication": {"Status": "Enabled"}}, "NotImplemented"),
    ],
)
def test_rules_are_refused_as_aws_does(aws: Aws, members: dict[str, Any], message: str) -> None:
    both(aws)
    role(aws)
    given = {name: value for name, value in rule(**members).items() if value is not None}
    with pytest.raises(AwsError, match=message):
        configure(aws, given)


def test_priorities_are_unique(aws: Aws) -> None:
    both(aws)
    with pytest.raises(AwsError, match="Priority must be unique"):
        configure(aws, rule(), rule(ID="s"))


async def test_an_object_arrives_as_it_is_after_a_while(aws: Aws) -> None:
    both(aws)
    role(aws, *READING, *WRITING)
    put(aws, SOURCE, "before")
    configure(aws)
    version = put(aws, SOURCE, "k", Metadata={"a": "b"}, Tagging="t=u", ContentType="text/plain")["VersionId"]
    assert status(aws) == "PENDING"
    await aws.advance(seconds=60)
    assert status(aws) == "COMPLETED"
    assert status(aws, key="before") == ""
    replica = aws.s3.get_object({"Bucket": TARGET, "Key": "k"})
    assert (replica["Body"], replica["VersionId"], replica["ReplicationStatus"]) == (b"hello", version, "REPLICA")
    assert (replica["Metadata"], replica["ContentType"], replica["TagCount"]) == ({"a": "b"}, "text/plain", 1)
    with pytest.raises(AwsError, match="NoSuchKey"):
        aws.s3.head_object({"Bucket": TARGET, "Key": "before"})


async def test_large_objects_arrive_too(aws: Aws) -> None:
    both(aws)
    role(aws, *READING, *WRITING)
    configure(aws)
    body = bytes(range(256)) * (12 << 12)
    put(aws, SOURCE, "k", body)
    await aws.advance(seconds=60)
    replica = aws.s3.get_object({"Bucket": TARGET, "Key": "k"})
    assert b"".join([piece async for piece in replica["Body"]]) == body


@pytest.mark.parametrize("missing", ["s3:GetObjectVersionForReplication", "s3:ReplicateObject"])
async def test_what_the_role_may_not_fails_and_says_so(aws: Aws, missing: str) -> None:
    both(aws)
    role(aws, *[action for action in [*READING, *WRITING] if action != missing])
    configure(aws)
    put(aws, SOURCE, "k")
    await aws.advance(seconds=60)
    assert status(aws) == "FAILED"
    assert missing in why(aws)
    assert len(aws.events("s3.ReplicationFailed")) == 1


async def test_a_role_that_does_not_trust_s3_fails(aws: Aws) -> None:
    both(aws)
    role(aws, *READING, *WRITING, trusts="ec2.amazonaws.com")
    configure(aws)
    put(aws, SOURCE, "k")
    await aws.advance(seconds=60)
    assert status(aws) == "FAILED"
    assert "sts:AssumeRole" in why(aws)


async def test_without_leave_for_tags_the_object_comes_without_them(aws: Aws) -> None:
    both(aws)
    role(aws, *READING, "s3:ReplicateObject")
    configure(aws)
    put(aws, SOURCE, "k", Tagging="t=u")
    await aws.advance(seconds=60)
    assert status(aws) == "COMPLETED"
    assert aws.s3.get_object_tagging({"Bucket": TARGET, "Key": "k"})["TagSet"] == []


async def test_delete_markers_only_where_the_rule_says_so_and_deletions_never(aws: Aws) -> None:
    both(aws)
    role(aws, *READING, *WRITING)
    configure(aws)
    version = put(aws, SOURCE, "k")["VersionId"]
    await aws.advance(seconds=60)
    aws.s3.delete_object({"Bucket": SOURCE, "Key": "k"})
    aws.s3.delete_object({"Bucket": SOURCE, "Key": "k", "VersionId": version})
    await aws.advance(seconds=60)
    assert status(aws, TARGET) == "REPLICA"
    configure(aws, rule(DeleteMarkerReplication={"Status": "Enabled"}))
    put(aws, SOURCE, "k")
    aws.s3.delete_object({"Bucket": SOURCE, "Key": "k"})
    await aws.advance(seconds=60)
    assert len(aws.s3.list_object_versions({"Bucket": TARGET})["DeleteMarkers"]) == 1


async def test_the_rule_of_highest_priority_decides_for_a_destination(aws: Aws) -> None:
    both(aws)
    role(aws, *READING, *WRITING)
    cold = rule(ID="c", Priority=2, Filter={"Prefix": "cold/"}, Destination={"StorageClass": "GLACIER_IR"})
    configure(aws, rule(), cold)
    put(aws, SOURCE, "k")
    put(aws, SOURCE, "cold/k")
    await aws.advance(seconds=60)
    assert "StorageClass" not in aws.s3.head_object({"Bucket": TARGET, "Key": "k"})
    assert aws.s3.head_object({"Bucket": TARGET, "Key": "cold/k"})["StorageClass"] == "GLACIER_IR"


async def test_replicas_are_not_replicated_again(aws: Aws) -> None:
    both(aws)
    role(aws, *READING, *WRITING)
    configure(aws)
    back = rule(Destination={"Bucket": f"arn:aws:s3:::{SOURCE}"})
    configuration = {"Role": ROLE, "Rules": [back]}
    aws.s3.put_bucket_replication({"Bucket": TARGET, "ReplicationConfiguration": configuration})
    put(aws, SOURCE, "k")
    await days(aws, 1)
    assert len(aws.s3.list_object_versions({"Bucket": SOURCE})["Versions"]) == 1
    assert len(aws.s3.list_object_versions({"Bucket": TARGET})["Versions"]) == 1


async def test_changes_of_tags_follow(aws: Aws) -> None:
    both(aws)
    role(aws, *READING, *WRITING)
    configure(aws)
    put(aws, SOURCE, "k")
    await aws.advance(seconds=60)
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    aws.s3.put_object_tagging({"Bucket": SOURCE, "Key": "k", "Tagging": tags})
    assert status(aws) == "PENDING"
    await aws.advance(seconds=60)
    assert aws.s3.get_object_tagging({"Bucket": TARGET, "Key": "k"})["TagSet"] == tags["TagSet"]


@pytest.mark.parametrize(("synced", "expected"), [("Enabled", "new"), ("Disabled", "old")])
async def test_changes_of_a_replica_flow_back_where_its_buckets_rule_says_so(
    aws: Aws, synced: str, expected: str
) -> None:
    both(aws)
    role(aws, *READING, *WRITING)
    configure(aws)
    back = rule(
        Destination={"Bucket": f"arn:aws:s3:::{SOURCE}"},
        SourceSelectionCriteria={"ReplicaModifications": {"Status": synced}},
    )
    aws.s3.put_bucket_replication({"Bucket": TARGET, "ReplicationConfiguration": {"Role": ROLE, "Rules": [back]}})
    put(aws, SOURCE, "k", Tagging="a=old")
    await aws.advance(seconds=120)
    tags = {"TagSet": [{"Key": "a", "Value": "new"}]}
    aws.s3.put_object_tagging({"Bucket": TARGET, "Key": "k", "Tagging": tags})
    await aws.advance(seconds=120)
    (tag,) = aws.s3.get_object_tagging({"Bucket": SOURCE, "Key": "k"})["TagSet"]
    assert tag["Value"] == expected


async def test_objects_under_a_kms_key_only_when_selected(aws: Aws) -> None:
    both(aws)
    role(aws, *READING, *WRITING, "kms:Decrypt")
    configure(aws)
    key = aws.kms.create_key({})["KeyMetadata"]["Arn"]
    replica_key = aws.kms.create_key({})["KeyMetadata"]["Arn"]
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    put(aws, SOURCE, "k", **encrypted)
    await aws.advance(seconds=60)
    assert status(aws) == ""
    assert "SseKmsEncryptedObjects" in why(aws)
    selected = rule(
        SourceSelectionCriteria={"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        Destination={"EncryptionConfiguration": {"ReplicaKmsKeyID": replica_key}},
    )
    configure(aws, selected)
    put(aws, SOURCE, "k", **encrypted)
    await aws.advance(seconds=60)
    assert status(aws) == "FAILED"
    assert "kms:Encrypt" in why(aws)
    allow(aws, *READING, *WRITING, "kms:Decrypt", "kms:Encrypt")
    put(aws, SOURCE, "k", **encrypted)
    await aws.advance(seconds=60)
    assert aws.s3.head_object({"Bucket": TARGET, "Key": "k"})["SSEKMSKeyId"] == replica_key
    assert aws.s3.get_object({"Bucket": TARGET, "Key": "k"})["Body"] == b"hello"


async def test_a_role_or_a_key_that_is_slow_to_come_is_waited_for(aws: Aws) -> None:
    both(aws)
    role(aws, *READING, *WRITING, "kms:Decrypt", "kms:Encrypt")
    key = aws.kms.create_key({})["KeyMetadata"]["Arn"]
    selected = rule(
        SourceSelectionCriteria={"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        Destination={"EncryptionConfiguration": {"ReplicaKmsKeyID": key}},
    )
    configure(aws, selected)
    for name in ("k", "gone"):
        put(aws, SOURCE, name, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    for service in ("kms", "sts"):
        Faults.of(aws.world).add(kind="slow", service=service, delay_ms=20_000)
    await aws.advance(seconds=30)
    assert status(aws) == "PENDING"
    version = aws.s3.head_object({"Bucket": SOURCE, "Key": "gone"})["VersionId"]
    aws.s3.delete_object({"Bucket": SOURCE, "Key": "gone", "VersionId": version})
    await aws.advance(seconds=120)
    assert status(aws) == "COMPLETED"
    assert aws.s3.head_object({"Bucket": TARGET, "Key": "k"})["SSEKMSKeyId"] == key
    assert [each["Key"] for each in aws.s3.list_objects_v2({"Bucket": TARGET})["Contents"]] == ["k"]


async def test_across_accounts_the_destination_must_let_the_role_in(aws: Aws) -> None:
    made(aws, SOURCE, versioned=True)
    other = aws.in_account("444455556666")
    made(other, TARGET, versioned=True)
    role(aws, *READING, *WRITING)
    configure(aws)
    put(aws, SOURCE, "k")
    await aws.advance(seconds=60)
    assert status(aws) == "FAILED"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": WRITING,
        "Resource": f"arn:aws:s3:::{TARGET}/*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    other.s3.put_bucket_policy({"Bucket": TARGET, "Policy": document})
    put(aws, SOURCE, "k")
    await aws.advance(seconds=60)
    assert status(aws) == "COMPLETED"
    assert status(other, TARGET) == "REPLICA"


async def test_lifecycle_waits_for_replication(aws: Aws) -> None:
    both(aws)
    role(aws, *READING)
    configure(aws)
    rules = [{"ID": "a", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}]
    aws.s3.put_bucket_lifecycle_configuration({"Bucket": SOURCE, "LifecycleConfiguration": {"Rules": rules}})
    put(aws, SOURCE, "k")
    await days(aws, 9)
    assert status(aws) == "FAILED"


def test_whoever_configures_it_must_be_allowed_to_pass_the_role(aws: Aws) -> None:
    both(aws)
    role(aws)
    aws.iam.create_user({"UserName": "ann"})
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": document})
    ann = aws.as_principal(Principal("user", f"arn:aws:iam::{ACCOUNT}:user/ann", ACCOUNT))
    with pytest.raises(AwsError, match="iam:PassRole"):
        configure(ann)
