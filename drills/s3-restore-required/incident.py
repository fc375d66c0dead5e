"""A round of savings: what was in Glacier Instant Retrieval goes to Glacier Flexible Retrieval, a tenth cheaper."""

from __future__ import annotations

from stack import BUCKET, rules

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """The rule names another storage class."""
    lab.client("s3").put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration=rules("GLACIER"))
