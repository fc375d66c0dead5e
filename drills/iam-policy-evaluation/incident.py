"""Five findings, five people, five layers: each of them is tightened by a little too much."""

from __future__ import annotations

from stack import SHARED, boundary, bucket_policy, guardrail, invoices_policy

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """The sprint."""
    iam, notes = lab.client("iam"), lab.notes
    iam.put_role_policy(RoleName="invoices", PolicyName="work", PolicyDocument=invoices_policy("GetObject"))
    iam.create_policy_version(PolicyArn=notes["boundary"], PolicyDocument=boundary("PutObject"), SetAsDefault=True)
    lab.deploy("export", session="read-only")
    lab.client("organizations").update_policy(PolicyId=notes["guardrail"], Content=guardrail("sync"))
    lab.client("s3").put_bucket_policy(Bucket=SHARED, Policy=bucket_policy(notes["partner"], "catalogue.json"))
