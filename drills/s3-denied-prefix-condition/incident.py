"""The role gets the sample of the wiki."""

from __future__ import annotations

from stack import ARN

from foulweather.drilling.documents import document
from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """One statement for everything, on condition of the prefix."""
    sample = {
        "Sid": "UploadsOnly",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [ARN, f"{ARN}/*"],
        "Condition": {"StringEquals": {"s3:prefix": "uploads/"}},
    }
    lab.client("iam").put_role_policy(RoleName="app-role", PolicyName="work", PolicyDocument=document(sample))
