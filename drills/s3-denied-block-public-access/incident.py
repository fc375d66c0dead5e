"""The runbook "containment": Block Public Access, for the account and for the bucket that the scanner named."""

from __future__ import annotations

from stack import BUCKET, SHUT

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """On both levels, all four settings."""
    lab.client("s3control").put_public_access_block(AccountId=lab.account, PublicAccessBlockConfiguration=SHUT)
    lab.client("s3").put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=SHUT)
