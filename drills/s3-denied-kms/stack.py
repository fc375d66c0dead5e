"""A bucket that encrypts with the department's key, who stores, who reads, and who may only count."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.documents import document
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.storage import Host, Reader, Uploader

BUCKET = "app-bucket"
ARN = f"arn:aws:s3:::{BUCKET}"
ADMINISTRATION = [
    *("kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*"),
    *("kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:UntagResource"),
    *("kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"),
]


def key_policy(account: str, use: dict[str, list[str]]) -> str:
    """The custodian administers; each of these roles may do so much with the key."""
    administers: dict[str, Any] = {
        "Sid": "CustodianAdministers",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": ADMINISTRATION,
        "Resource": "*",
    }
    uses = [
        {
            "Sid": f"Use{role.partition('-')[0].capitalize()}",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:role/{role}"},
            "Action": actions,
            "Resource": "*",
        }
        for role, actions in use.items()
    ]
    return document(administers, *uses)


def build(lab: Lab) -> None:
    """A key, a bucket, three roles, two programs."""
    s3, kms = lab.client("s3"), lab.client("kms")
    s3.create_bucket(Bucket=BUCKET)
    see = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": ARN}
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{ARN}/*"}
    write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{ARN}/records/*"}
    practices = Host.made(lab, "practice-role", write)
    records = Host.made(lab, "app-role", see, read)
    lab.notes["statistics"] = Host.made(lab, "statistics-role", see, read)
    policy = key_policy(lab.account, {"practice-role": ["kms:GenerateDataKey"], "app-role": ["kms:Decrypt"]})
    key = kms.create_key(Description="Records of patients", Policy=policy)["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/records", TargetKeyId=key)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    lab.notes["key"] = key
    lab.add(Uploader(lab, "practices", bucket=BUCKET, prefix="records/", host=practices))
    lab.add(Reader(lab, "records", bucket=BUCKET, prefix="records/", host=records))
