"""Reports that one role may read, by a bucket policy that knows the role by its unique id."""

from __future__ import annotations

import json

from foulweather.drilling.documents import document, trust
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.storage import Host, Reader, Uploader

BUCKET, OTHER = "app-bucket", "sales-figures"
ARN = f"arn:aws:s3:::{BUCKET}"
LIST = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": ARN}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{ARN}/reports/*"}


def bucket_policy(account: str, role_id: str) -> str:
    """Lets the role read, and nobody else, but for the root user."""
    reads = {
        "Sid": "AppReads",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:role/app-role"},
        "Action": "s3:GetObject",
        "Resource": f"{ARN}/reports/*",
    }
    nobody_else = {
        "Sid": "NobodyElseReads",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"{ARN}/reports/*",
        "Condition": {"StringNotLike": {"aws:userid": [f"{role_id}:*", account]}},
    }
    return document(reads, nobody_else)


def replace_role(lab: Lab) -> None:
    """What the platform's release does when a role must be replaced: away with it, and the same again."""
    iam = lab.client("iam")
    trusted = trust(f"arn:aws:iam::{lab.account}:user/app-role-host")
    for name in iam.list_role_policies(RoleName="app-role")["PolicyNames"]:
        iam.delete_role_policy(RoleName="app-role", PolicyName=name)
    for one in iam.list_attached_role_policies(RoleName="app-role")["AttachedPolicies"]:
        iam.detach_role_policy(RoleName="app-role", PolicyArn=one["PolicyArn"])
    iam.delete_role(RoleName="app-role")
    iam.create_role(RoleName="app-role", AssumeRolePolicyDocument=trusted)
    iam.put_role_policy(RoleName="app-role", PolicyName="work", PolicyDocument=document(LIST, READ))


def policy_now(lab: Lab) -> dict[str, object]:
    """The bucket policy as S3 shows it."""
    return json.loads(lab.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"])


def build(lab: Lab) -> None:
    """Two buckets, three roles, two programs."""
    s3 = lab.client("s3")
    for bucket in (BUCKET, OTHER):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=OTHER, Key="march.csv", Body=b"")
    writer = Host.made(
        lab, "report-role", {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{ARN}/reports/*"}
    )
    reader = Host.made(lab, "app-role", LIST, READ)
    everything = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::*"}
    lab.notes["analyst"] = Host.made(lab, "analyst-role", everything)
    role_id = lab.client("iam").get_role(RoleName="app-role")["Role"]["RoleId"]
    s3.put_bucket_policy(Bucket=BUCKET, Policy=bucket_policy(lab.account, role_id))
    lab.add(Uploader(lab, "reports", bucket=BUCKET, prefix="reports/", host=writer))
    lab.add(Reader(lab, "reader", bucket=BUCKET, prefix="reports/", host=reader))
