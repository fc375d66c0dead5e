"""An organization with accounts, as its management account sets it up through boto3."""

from __future__ import annotations

import json
from typing import Any

from foulweather.testing import Aws


class Organization:
    """The client of the management account, the root, and what is made below it."""

    def __init__(self, aws: Aws, *kinds: str) -> None:
        self.aws = aws
        self.client = aws.client("organizations")
        self.client.create_organization(FeatureSet="ALL")
        self.root = self.client.list_roots()["Roots"][0]["Id"]
        for kind in kinds:
            self.client.enable_policy_type(RootId=self.root, PolicyType=kind)

    def accounts(self, *names: str) -> list[str]:
        """New member accounts: five at a time, and never more."""
        made: list[str] = []
        for first in range(0, len(names), 5):
            requests = [
                self.client.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]["Id"]
                for name in names[first : first + 5]
            ]
            self.aws.advance("1m")
            for request in requests:
                status = self.client.describe_create_account_status(CreateAccountRequestId=request)
                assert status["CreateAccountStatus"]["State"] == "SUCCEEDED"
                made.append(status["CreateAccountStatus"]["AccountId"])
        return made

    def unit(self, name: str, parent: str = "") -> str:
        made = self.client.create_organizational_unit(ParentId=parent or self.root, Name=name)
        return made["OrganizationalUnit"]["Id"]

    def move(self, account: str, unit: str) -> None:
        parent = self.client.list_parents(ChildId=account)["Parents"][0]["Id"]
        self.client.move_account(AccountId=account, SourceParentId=parent, DestinationParentId=unit)

    def policy(
        self, name: str, content: dict[str, Any] | str, target: str, kind: str = "SERVICE_CONTROL_POLICY"
    ) -> str:
        """A policy, attached."""
        text = content if isinstance(content, str) else json.dumps(content)
        made = self.client.create_policy(Name=name, Description="", Type=kind, Content=text)
        policy_id = made["Policy"]["PolicySummary"]["Id"]
        self.client.attach_policy(PolicyId=policy_id, TargetId=target)
        return policy_id

    def administrator(self, account: str) -> Any:
        """A boto3 session in a member account, with the role that the management account enters it by."""
        users = self.aws.client("iam")
        if not users.list_users()["Users"]:
            users.create_user(UserName="operator")
            allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
            users.put_user_policy(UserName="operator", PolicyName="all", PolicyDocument=document)
        key = users.create_access_key(UserName="operator")["AccessKey"]
        operator = self.aws.session(key["AccessKeyId"], key["SecretAccessKey"])
        given = operator.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="operator"
        )["Credentials"]
        users.delete_access_key(UserName="operator", AccessKeyId=key["AccessKeyId"])
        return self.aws.session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
