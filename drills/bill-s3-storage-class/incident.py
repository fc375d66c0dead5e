"""The bucket moves to another team's Terraform module, which knows nothing of lifecycle rules."""

from __future__ import annotations

from stack import BUCKET

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """Apply complete: 0 added, 0 changed, 1 destroyed."""
    lab.notes["storage_a_month"] = ""
    lab.client("s3").delete_bucket_lifecycle(Bucket=BUCKET)
