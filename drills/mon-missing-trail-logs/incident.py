"""The storage team's policies come from a list of trails that is a month old."""

from __future__ import annotations

from stack import BUCKET, FORMER, Releases, bucket_policy

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """The policy is as AWS's user guide has it, for a trail that was replaced by another."""
    lab.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=bucket_policy(lab, FORMER))
    releases = lab.app("orders-service")
    assert isinstance(releases, Releases)
    releases.hurry()
