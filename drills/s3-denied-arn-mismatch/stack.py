"""Branches that upload orders, an importer that lists and reads them, and a bucket with a similar name."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.storage import Host, Reader, Uploader

BUCKET, ARCHIVE = "app-bucket", "app-bucket-archive"
ARN = f"arn:aws:s3:::{BUCKET}"


def may(action: str, resource: str) -> dict[str, Any]:
    """Allows one action on one resource."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def build(lab: Lab) -> None:
    """Two buckets, a role for each side, two programs."""
    s3 = lab.client("s3")
    for bucket in (BUCKET, ARCHIVE):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=ARCHIVE, Key="orders/2019.json", Body=b"{}")
    branches = Host.made(lab, "branch-role", may("s3:PutObject", f"{ARN}/orders/*"))
    importer = Host.made(lab, "app-role", may("s3:ListBucket", ARN), may("s3:GetObject", f"{ARN}/*"))
    lab.notes["host"] = importer
    lab.add(Uploader(lab, "branches", bucket=BUCKET, prefix="orders/", host=branches))
    lab.add(Reader(lab, "importer", bucket=BUCKET, prefix="orders/", host=importer))
