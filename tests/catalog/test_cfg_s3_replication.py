"""Two buckets in two regions that hold the same, within fifteen minutes."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from catalog.configurations import refused, role
from foulweather.testing import Aws

HERE, THERE = "shop-photos-us", "shop-photos-eu"


class Pair(NamedTuple):
    us: Any
    eu: Any
    role: str


def rules(role_arn: str, destination: str, prefix: str = "") -> dict[str, Any]:
    return {
        "Role": role_arn,
        "Rules": [
            {
                "ID": "all",
                "Priority": 1,
                "Status": "Enabled",
                "Filter": {"Prefix": prefix},
                "DeleteMarkerReplication": {"Status": "Enabled"},
                "SourceSelectionCriteria": {"ReplicaModifications": {"Status": "Enabled"}},
                "Destination": {
                    "Bucket": f"arn:aws:s3:::{destination}",
                    "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                    "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
                },
            }
        ],
    }


@pytest.fixture
def pair(aws: Aws) -> Pair:
    us, eu = aws.client("s3"), aws.session().client("s3", region_name="eu-west-1")
    us.create_bucket(Bucket=HERE)
    eu.create_bucket(Bucket=THERE, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for client, name in ((us, HERE), (eu, THERE)):
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    both = [f"arn:aws:s3:::{HERE}", f"arn:aws:s3:::{THERE}"]
    arn = role(
        aws,
        "replicate",
        {"Service": "s3.amazonaws.com"},
        {"Effect": "Allow", "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"], "Resource": both},
        {
            "Effect": "Allow",
            "Action": [
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionTagging",
                "s3:ReplicateObject",
                "s3:ReplicateDelete",
                "s3:ReplicateTags",
            ],
            "Resource": [f"{bucket}/*" for bucket in both],
        },
    )
    us.put_bucket_replication(Bucket=HERE, ReplicationConfiguration=rules(arn, THERE))
    eu.put_bucket_replication(Bucket=THERE, ReplicationConfiguration=rules(arn, HERE))
    return Pair(us, eu, arn)


def status(client: Any, bucket: str, key: str = "cat.jpg") -> str:
    return client.head_object(Bucket=bucket, Key=key).get("ReplicationStatus", "")


def test_a_new_object_is_in_the_other_region_within_fifteen_minutes(aws: Aws, pair: Pair) -> None:
    put = pair.us.put_object(Bucket=HERE, Key="cat.jpg", Body=b"meow", Metadata={"by": "alice"})
    assert status(pair.us, HERE) == "PENDING"
    assert refused(pair.eu.head_object, Bucket=THERE, Key="cat.jpg")["Status"] == 404
    aws.advance("15m")
    assert status(pair.us, HERE) == "COMPLETED"
    copy = pair.eu.get_object(Bucket=THERE, Key="cat.jpg")
    assert (copy["Body"].read(), copy["Metadata"], copy["VersionId"]) == (b"meow", {"by": "alice"}, put["VersionId"])
    assert copy["ReplicationStatus"] == "REPLICA"


def test_it_goes_the_other_way_too_and_a_replica_does_not_come_back(aws: Aws, pair: Pair) -> None:
    pair.eu.put_object(Bucket=THERE, Key="dog.jpg", Body=b"woof")
    aws.advance("15m")
    assert status(pair.us, HERE, "dog.jpg") == "REPLICA"
    aws.advance("1h")
    assert len(pair.eu.list_object_versions(Bucket=THERE)["Versions"]) == 1


def test_tags_that_are_put_on_the_replica_come_back(aws: Aws, pair: Pair) -> None:
    pair.us.put_object(Bucket=HERE, Key="cat.jpg", Body=b"meow")
    aws.advance("15m")
    tags = [{"Key": "reviewed", "Value": "yes"}]
    pair.eu.put_object_tagging(Bucket=THERE, Key="cat.jpg", Tagging={"TagSet": tags})
    aws.advance("15m")
    assert pair.us.get_object_tagging(Bucket=HERE, Key="cat.jpg")["TagSet"] == tags


def test_a_delete_hides_it_on_both_sides_and_a_version_s_end_stays_where_it_is(aws: Aws, pair: Pair) -> None:
    version = pair.us.put_object(Bucket=HERE, Key="cat.jpg", Body=b"meow")["VersionId"]
    aws.advance("15m")
    pair.us.delete_object(Bucket=HERE, Key="cat.jpg")
    aws.advance("15m")
    assert refused(pair.eu.head_object, Bucket=THERE, Key="cat.jpg")["Status"] == 404
    pair.us.delete_object(Bucket=HERE, Key="cat.jpg", VersionId=version)
    aws.advance("15m")
    assert pair.eu.get_object(Bucket=THERE, Key="cat.jpg", VersionId=version)["Body"].read() == b"meow"


def test_what_was_there_before_the_rule_is_not_replicated(aws: Aws, pair: Pair) -> None:
    pair.us.delete_bucket_replication(Bucket=HERE)
    pair.us.put_object(Bucket=HERE, Key="old.jpg", Body=b"x")
    pair.us.put_bucket_replication(Bucket=HERE, ReplicationConfiguration=rules(pair.role, THERE))
    aws.advance("1d")
    assert status(pair.us, HERE, "old.jpg") == ""
    assert refused(pair.eu.head_object, Bucket=THERE, Key="old.jpg")["Status"] == 404


def test_a_rule_chooses_by_prefix(aws: Aws, pair: Pair) -> None:
    pair.us.put_bucket_replication(Bucket=HERE, ReplicationConfiguration=rules(pair.role, THERE, "photos/"))
    for key in ("photos/a.jpg", "drafts/a.jpg"):
        pair.us.put_object(Bucket=HERE, Key=key, Body=b"x")
    aws.advance("15m")
    assert status(pair.eu, THERE, "photos/a.jpg") == "REPLICA"
    assert refused(pair.eu.head_object, Bucket=THERE, Key="drafts/a.jpg")["Status"] == 404


def test_a_role_that_may_not_replicate_fails_and_it_is_told(aws: Aws, pair: Pair) -> None:
    aws.client("iam").delete_role_policy(RoleName="replicate", PolicyName="work")
    aws.advance("1m")
    pair.us.put_object(Bucket=HERE, Key="cat.jpg", Body=b"meow")
    aws.advance("1d")
    assert status(pair.us, HERE) == "FAILED"


def test_both_buckets_must_be_versioned(aws: Aws, pair: Pair) -> None:
    pair.us.create_bucket(Bucket="plain-bucket")
    plain = {"Bucket": "plain-bucket", "ReplicationConfiguration": rules(pair.role, THERE)}
    assert refused(pair.us.put_bucket_replication, **plain)["Code"] == "InvalidRequest"
    to_plain = {"Bucket": HERE, "ReplicationConfiguration": rules(pair.role, "plain-bucket")}
    assert refused(pair.us.put_bucket_replication, **to_plain)["Code"] == "InvalidRequest"


def test_replication_time_is_fifteen_minutes_and_comes_with_its_metrics(pair: Pair) -> None:
    told = pair.us.get_bucket_replication(Bucket=HERE)["ReplicationConfiguration"]["Rules"][0]["Destination"]
    assert told["ReplicationTime"] == {"Status": "Enabled", "Time": {"Minutes": 15}}
    wrong = rules(pair.role, THERE)
    wrong["Rules"][0]["Destination"]["ReplicationTime"]["Time"]["Minutes"] = 10
    asked = {"Bucket": HERE, "ReplicationConfiguration": wrong}
    assert refused(pair.us.put_bucket_replication, **asked)["Status"] == 400
