"""A bucket in this account, a role in another that reads it, and what each side allows."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.documents import document
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.storage import Host, Reader, Uploader

BUCKET = "app-bucket"
ARN = f"arn:aws:s3:::{BUCKET}"
LIST = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": ARN}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{ARN}/figures/*"}


def lets_in(role_arn: str) -> str:
    """A bucket policy for one reader."""
    whom: dict[str, Any] = {"Principal": {"AWS": role_arn}}
    return document({"Sid": "AnalyticsList", **whom, **LIST}, {"Sid": "AnalyticsRead", **whom, **READ})


def build(lab: Lab) -> None:
    """A bucket, our stations, their reader, and a role of theirs that may do too much."""
    s3 = lab.client("s3")
    theirs = lab.world.ids.account()
    s3.create_bucket(Bucket=BUCKET)
    stations = Host.made(
        lab, "station-role", {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{ARN}/figures/*"}
    )
    reports = Host.made(lab, "reports", LIST, READ, account=theirs)
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    lab.notes.update(theirs=theirs, notebooks=Host.made(lab, "notebooks", everything, account=theirs))
    s3.put_bucket_policy(Bucket=BUCKET, Policy=lets_in(reports.role_arn))
    lab.add(Uploader(lab, "stations", bucket=BUCKET, prefix="figures/", host=stations))
    lab.add(Reader(lab, "analytics", bucket=BUCKET, prefix="figures/", host=reports))
