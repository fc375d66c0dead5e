"""Two statements become one, with the ARN of the bucket for both actions."""

from __future__ import annotations

from stack import ARN

from foulweather.drilling.documents import document
from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """The role's policy is made simpler."""
    merged = {"Sid": "AppBucket", "Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": ARN}
    lab.client("iam").put_role_policy(RoleName="app-role", PolicyName="work", PolicyDocument=document(merged))
