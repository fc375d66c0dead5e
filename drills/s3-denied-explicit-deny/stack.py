"""Confidential files and others in one bucket, and a guard that tells their readers apart by a tag."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.documents import document
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.storage import Host, Reader, Uploader

BUCKET = "app-bucket"
ARN = f"arn:aws:s3:::{BUCKET}"
GUARD = {
    "Sid": "ConfidentialNeedsClearance",
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["s3:GetObject", "s3:GetObjectVersion"],
    "Resource": f"{ARN}/*",
    "Condition": {
        "StringEquals": {"s3:ExistingObjectTag/classification": "confidential"},
        "StringNotEquals": {"aws:PrincipalTag/clearance": "confidential"},
    },
}


class Managers(Uploader):
    """Hand in pay changes, each with the tag that says what it is."""

    def parameters(self, number: int) -> dict[str, Any]:
        """Its tag."""
        return {"Tagging": "classification=confidential"}


class Holidays(Reader):
    """Reads the one file that is for everybody, each time."""

    def run(self) -> None:
        """The holidays."""
        self.s3().get_object(Bucket=self.bucket, Key="holidays.json")


def build(lab: Lab) -> None:
    """A bucket with a guard, three roles, three programs."""
    s3, iam = lab.client("s3"), lab.client("iam")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document(GUARD))
    s3.put_object(Bucket=BUCKET, Key="holidays.json", Body=b"[]", Tagging="classification=public")
    write = {"Effect": "Allow", "Action": ["s3:PutObject", "s3:PutObjectTagging"], "Resource": f"{ARN}/changes/*"}
    see = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": ARN}
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{ARN}/*"}
    managers = Host.made(lab, "manager-role", write)
    payroll = Host.made(lab, "app-role", see, read)
    interns = Host.made(lab, "intern-role", see, read)
    iam.tag_role(RoleName="app-role", Tags=[{"Key": "clearance", "Value": "confidential"}])
    lab.notes.update(interns=interns)
    lab.add(Managers(lab, "managers", bucket=BUCKET, prefix="changes/", host=managers))
    lab.add(Reader(lab, "payroll", bucket=BUCKET, prefix="changes/", host=payroll))
    lab.add(Holidays(lab, "holidays", bucket=BUCKET, host=interns))
