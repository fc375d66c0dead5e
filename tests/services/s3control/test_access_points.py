"""Access points: made, addressed, and what their policies add to the bucket's."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.call import Call, Origin
from foulweather.kernel.model import ServiceModel
from foulweather.services.s3.control.access import ACCESS
from gates.people import allow, user
from harness import ACCOUNT, Aws
from services.s3.s3_calls import BUCKET, new_bucket, put, refused
from services.s3.s3_people import OTHER, carry_out, policy, statement, stranger, text

ARN = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/finance"
NAMED = {"AccountId": ACCOUNT, "Name": "finance"}


def new_point(aws: Aws, **more: Any) -> dict[str, Any]:
    new_bucket(aws)
    put(aws, "a")
    return aws.s3control.create_access_point({**NAMED, "Bucket": BUCKET, **more})


def own(*actions: str, principal: Any, on: str = "/object/*", **more: Any) -> dict[str, Any]:
    made = {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": f"{ARN}{on}"}
    return {**made, **more}


def delegate(aws: Aws) -> None:
    condition = {"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}}
    policy(
        aws,
        BUCKET,
        statement(BUCKET, "s3:*", principal={"AWS": "*"}, Condition=condition),
        statement(BUCKET, "s3:*", principal={"AWS": "*"}, on="", Condition=condition),
    )


def test_every_operation_that_is_built_has_a_row() -> None:
    assert set(ACCESS) <= set(ServiceModel.load("s3control").operations())


def _storage_lens(aws: Aws) -> Any:
    def call(request: dict[str, Any]) -> Any:
        return aws.s3control.create_storage_lens_group(request)

    return call


def test_what_is_not_built_says_so(aws: Aws) -> None:
    assert refused(_storage_lens(aws), {}).status == 501


def test_an_access_point_is_shown_as_it_was_made(aws: Aws) -> None:
    made = new_point(aws)
    assert made["AccessPointArn"] == ARN
    shown = aws.s3control.get_access_point(NAMED)
    assert shown["Bucket"] == BUCKET
    assert shown["NetworkOrigin"] == "Internet"
    assert all(shown["PublicAccessBlockConfiguration"].values())
    (listed,) = aws.s3control.list_access_points({"AccountId": ACCOUNT, "Bucket": BUCKET})["AccessPointList"]
    assert listed["Alias"] == made["Alias"]
    assert aws.in_region("eu-west-1").s3control.list_access_points({"AccountId": ACCOUNT})["AccessPointList"] == []
    aws.s3control.delete_access_point(NAMED)
    error = refused(aws.s3control.get_access_point, NAMED)
    assert (error.code, error.status) == ("NoSuchAccessPoint", 404)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Name": "No"}, "InvalidRequest"),
        ({"Name": "finance-s3alias"}, "InvalidRequest"),
        ({"Name": "finance"}, "AccessPointAlreadyOwnedByYou"),
        ({"Name": "sales", "Bucket": "nothing-here"}, "InvalidRequest"),
        ({"Name": "sales", "BucketAccountId": OTHER}, "AccessDenied"),
        ({"Name": "sales", "AccountId": "me"}, "InvalidRequest"),
    ],
)
def test_an_access_point_that_cannot_be_is_refused(aws: Aws, more: dict[str, Any], code: str) -> None:
    new_point(aws)
    assert refused(aws.s3control.create_access_point, {**NAMED, "Bucket": BUCKET, **more}).code == code


def test_objects_are_reached_by_arn_alias_and_host(aws: Aws) -> None:
    alias = new_point(aws)["Alias"]
    for name in (ARN, alias, f"finance-{ACCOUNT}"):
        assert aws.s3.get_object({"Bucket": name, "Key": "a"})["Body"] == b"x"
        aws.s3.put_object({"Bucket": name, "Key": "b", "Body": b"y"})
        assert aws.s3.list_objects_v2({"Bucket": name})["Name"] == BUCKET
    operation = aws.pipeline.services.operation("s3", "GetObject")
    origin = Origin(host=f"finance-{ACCOUNT}.s3-accesspoint.us-east-1.amazonaws.com")
    call = Call(aws.pipeline, "s3", "GetObject", ACCOUNT, "us-east-1", aws.principal, origin=origin)
    assert aws.pipeline.run(call, operation, {"Bucket": f"finance-{ACCOUNT}", "Key": "a"})["Body"] == b"x"
    error = refused(aws.s3.get_object, {"Bucket": ARN.replace("finance", "sales"), "Key": "a"})
    assert error.code == "NoSuchAccessPoint"
    assert refused(aws.s3.get_bucket_policy, {"Bucket": ARN}).status == 405


def test_the_access_points_policy_and_the_buckets_must_both_allow(aws: Aws) -> None:
    new_point(aws)
    mallory = stranger(aws, allow("s3:*"))
    read = {"Bucket": ARN, "Key": "a"}
    error = refused(mallory.s3.get_object, {**read})
    assert f"{ARN}/object/a" in error.why.cause
    carry_out(aws, error.why.remedy[0])
    error = refused(mallory.s3.get_object, {**read})
    assert f"arn:aws:s3:::{BUCKET}/a" in error.why.cause
    delegate(aws)
    assert mallory.s3.get_object({**read})["Body"] == b"x"
    assert refused(mallory.s3.get_object, {"Bucket": BUCKET, "Key": "a"}).status == 403
    aws.s3control.delete_access_point_policy(NAMED)
    assert refused(mallory.s3.get_object, {**read}).status == 403


def test_a_deny_of_the_access_point_wins(aws: Aws) -> None:
    new_point(aws)
    alice = user(aws, "alice", allow("s3:*"))
    assert alice.s3.get_object({"Bucket": ARN, "Key": "a"})["Body"] == b"x"
    deny = own("s3:GetObject", principal="*", Effect="Deny")
    aws.s3control.put_access_point_policy({**NAMED, "Policy": text(deny)})
    assert "explicit deny" in refused(alice.s3.get_object, {"Bucket": ARN, "Key": "a"}).message
    assert alice.s3.get_object({"Bucket": BUCKET, "Key": "a"})["Body"] == b"x"


def test_a_public_policy_is_refused_by_the_access_point(aws: Aws) -> None:
    new_point(aws)
    request = {**NAMED, "Policy": text(own("s3:GetObject", principal="*"))}
    error = refused(aws.s3control.put_access_point_policy, request)
    assert error.code == "AccessDenied"
    assert "BlockPublicPolicy" in error.why.cause
    aws.s3control.put_access_point_policy({**NAMED, "Policy": text(own("s3:GetObject", principal={"AWS": OTHER}))})
    assert aws.s3control.get_access_point_policy_status(NAMED) == {"PolicyStatus": {"IsPublic": False}}


def test_a_policy_of_another_access_point_is_malformed(aws: Aws) -> None:
    new_point(aws)
    other = own("s3:GetObject", principal={"AWS": OTHER}, Resource=f"{ARN.replace('finance', 'sales')}/object/*")
    error = refused(aws.s3control.put_access_point_policy, {**NAMED, "Policy": text(other)})
    assert (error.code, error.message) == ("MalformedPolicy", "Policy has invalid resource")
    assert refused(aws.s3control.get_access_point_policy, NAMED).code == "NoSuchAccessPointPolicy"


def test_an_access_point_of_a_vpc_takes_nothing_from_the_internet(aws: Aws) -> None:
    new_point(aws, VpcConfiguration={"VpcId": "vpc-1"})
    error = refused(aws.s3.get_object, {"Bucket": ARN, "Key": "a"})
    assert error.status == 403
    assert "from its VPC only" in error.why.cause


def test_another_account_may_not_manage(aws: Aws) -> None:
    new_point(aws)
    error = refused(stranger(aws, allow("s3:*")).s3control.get_access_point, NAMED)
    assert (error.code, error.message) == ("AccessDenied", "Access Denied")


def test_resources_are_tagged_by_arn(aws: Aws) -> None:
    new_point(aws, Tags=[{"Key": "a", "Value": "1"}])
    for arn in (ARN, f"arn:aws:s3:::{BUCKET}"):
        named = {"AccountId": ACCOUNT, "ResourceArn": arn}
        aws.s3control.tag_resource({**named, "Tags": [{"Key": "b", "Value": "2"}]})
        aws.s3control.untag_resource({**named, "TagKeys": ["a"]})
        assert aws.s3control.list_tags_for_resource(named) == {"Tags": [{"Key": "b", "Value": "2"}]}
    missing = {"AccountId": ACCOUNT, "ResourceArn": "arn:aws:s3:::nothing-here"}
    assert refused(aws.s3control.list_tags_for_resource, missing).code == "NoSuchResource"
