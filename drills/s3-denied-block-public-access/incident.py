"""The runbook "containment": Block Public Access, for the account and for each bucket that the scanner called public."""

from __future__ import annotations

from stack import BUCKET, SHUT

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """On both levels, all four settings; the scanner knew of one bucket by name, and it was this one."""
    lab.client("s3control").put_public_access_block(AccountId=lab.account, PublicAccessBlockConfiguration=SHUT)
    lab.client("s3").put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=SHUT)
