"""One door to a bucket for each team, and a list of what is in it."""

from __future__ import annotations

import gzip
from typing import Any, NamedTuple

import pytest

from catalog.configurations import code_of, policy, refused, user
from foulweather.testing import Aws

BUCKET = "shop-lake"


class Doors(NamedTuple):
    s3: Any
    control: Any
    finance: str
    team: Any


@pytest.fixture
def doors(aws: Aws) -> Doors:
    s3, control = aws.client("s3"), aws.client("s3control")
    s3.create_bucket(Bucket=BUCKET)
    for key in ("finance/q1.csv", "hr/salaries.csv"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    arn = control.create_access_point(AccountId=aws.account, Name="finance", Bucket=BUCKET)["AccessPointArn"]
    team, who = user(aws, "finance-team")
    within = {
        "Effect": "Allow",
        "Principal": {"AWS": who},
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"{arn}/object/finance/*",
    }
    control.put_access_point_policy(AccountId=aws.account, Name="finance", Policy=policy(within))
    # The bucket leaves it to the access points of its account.
    delegated = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "*",
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        "Condition": {"StringEquals": {"s3:DataAccessPointAccount": aws.account}},
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(delegated))
    return Doors(s3, control, arn, team.client("s3"))


def test_a_team_reaches_its_prefix_by_its_access_point(doors: Doors) -> None:
    assert doors.team.get_object(Bucket=doors.finance, Key="finance/q1.csv")["Body"].read() == b"finance/q1.csv"
    doors.team.put_object(Bucket=doors.finance, Key="finance/q2.csv", Body=b"x")
    assert doors.s3.get_object(Bucket=BUCKET, Key="finance/q2.csv")["Body"].read() == b"x"


def test_it_reaches_nothing_else_by_it(doors: Doors) -> None:
    error = refused(doors.team.get_object, Bucket=doors.finance, Key="hr/salaries.csv")
    assert (error["Code"], error["Status"]) == ("AccessDenied", 403)
    assert code_of(doors.team.list_objects_v2, Bucket=doors.finance) == "AccessDenied"


def test_it_reaches_nothing_around_it(doors: Doors) -> None:
    assert code_of(doors.team.get_object, Bucket=BUCKET, Key="finance/q1.csv") == "AccessDenied"


def test_an_inventory_lists_the_objects_each_week(aws: Aws, doors: Doors) -> None:
    doors.s3.create_bucket(Bucket="shop-inventory")
    deliver = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::shop-inventory/*",
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{BUCKET}"}},
    }
    doors.s3.put_bucket_policy(Bucket="shop-inventory", Policy=policy(deliver))
    target = {"Bucket": "arn:aws:s3:::shop-inventory", "Format": "CSV", "Prefix": "lake"}
    configuration = {
        "Id": "weekly",
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "Schedule": {"Frequency": "Weekly"},
        "OptionalFields": ["Size", "StorageClass"],
        "Destination": {"S3BucketDestination": target},
    }
    doors.s3.put_bucket_inventory_configuration(Bucket=BUCKET, Id="weekly", InventoryConfiguration=configuration)
    told = doors.s3.get_bucket_inventory_configuration(Bucket=BUCKET, Id="weekly")["InventoryConfiguration"]
    assert told == configuration
    aws.advance("9d")
    written = [one["Key"] for one in doors.s3.list_objects_v2(Bucket="shop-inventory")["Contents"]]
    assert any(key.endswith("manifest.json") for key in written)
    data = next(key for key in written if key.endswith(".csv.gz"))
    rows = gzip.decompress(doors.s3.get_object(Bucket="shop-inventory", Key=data)["Body"].read()).decode().splitlines()
    listed = [row.replace('"', "").split(",")[:2] for row in rows]
    assert listed == [[BUCKET, "finance/q1.csv"], [BUCKET, "hr/salaries.csv"]]
