"""A site that uploads pictures, a service that reads them, and contracts in the same bucket."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.storage import Host, Reader, Uploader

BUCKET = "app-bucket"
ARN = f"arn:aws:s3:::{BUCKET}"
CONTRACT = "contracts/acme.pdf"


def build(lab: Lab) -> None:
    """A bucket, a role for each side, two programs."""
    s3 = lab.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=CONTRACT, Body=b"%PDF")
    site = Host.made(lab, "site-role", {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{ARN}/uploads/*"})
    thumbnails = Host.made(
        lab,
        "app-role",
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": ARN,
            "Condition": {"StringLike": {"s3:prefix": "uploads/*"}},
        },
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{ARN}/uploads/*"},
    )
    lab.notes["host"] = thumbnails
    lab.add(Uploader(lab, "site", bucket=BUCKET, prefix="uploads/", host=site))
    lab.add(Reader(lab, "thumbnails", bucket=BUCKET, prefix="uploads/", host=thumbnails))
