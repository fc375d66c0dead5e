"""A world with Organizations alone in it, and with a fake IAM where accounts are made."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.gates import GATES
from foulweather.kernel.errors import AwsError
from foulweather.kernel.pipeline import Pipeline
from foulweather.policy.principal import Principal
from foulweather.services.organizations.state import Account, OrganizationsState
from foulweather.world.world import World
from harness import ACCOUNT, START_MS, Aws
from services.sts.alone import FakeDirectory, services_alone

MEMBER = "222233334444"
ALLOW_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'

_organizations = services_alone("organizations", "sts")


def organizations_alone(**world: Any) -> Aws:
    """The root caller of a fresh world on a held clock."""
    whole = World(mode="held", start_ms=START_MS, **{"seed": 1, **world})
    aws = Aws(Pipeline(whole, _organizations, GATES))
    aws.pipeline.directory = FakeDirectory()
    return aws


def organizations_alone_with(*names: str) -> Aws:
    """The same, with further services as they are in the place of fakes."""
    world = World(mode="held", start_ms=START_MS, seed=1)
    return Aws(Pipeline(world, services_alone("organizations", "sts", *names), GATES))


def deny(action: str, **more: Any) -> str:
    import json

    statements = [{"Effect": "Deny", "Action": action, "Resource": "*", **more}]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def refusal(operation: Any, request: dict[str, Any] | None = None) -> AwsError:
    with pytest.raises(AwsError) as caught:
        operation(request or {})
    return caught.value


class Tree:
    """An organization with a unit in a unit, and an account in that."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.organization = aws.organizations.create_organization()["Organization"]
        (root,) = aws.organizations.list_roots()["Roots"]
        self.root = root["Id"]
        aws.organizations.enable_policy_type({"RootId": self.root, "PolicyType": "SERVICE_CONTROL_POLICY"})
        self.outer = self.unit(self.root, "Outer")
        self.inner = self.unit(self.outer, "Inner")
        self.member = self.join(MEMBER)
        aws.organizations.move_account(
            {"AccountId": MEMBER, "SourceParentId": self.root, "DestinationParentId": self.inner}
        )

    def unit(self, parent: str, name: str) -> str:
        unit = self.aws.organizations.create_organizational_unit({"ParentId": parent, "Name": name})
        return unit["OrganizationalUnit"]["Id"]

    def join(self, account: str) -> Aws:
        """Another account's root user, after it accepted an invitation."""
        invited = self.aws.organizations.invite_account_to_organization({"Target": {"Id": account, "Type": "ACCOUNT"}})
        other = self.aws.in_account(account)
        other.organizations.accept_handshake({"HandshakeId": invited["Handshake"]["Id"]})
        return other

    def policy(self, name: str, content: str, kind: str = "SERVICE_CONTROL_POLICY") -> str:
        made = self.aws.organizations.create_policy({"Name": name, "Description": "", "Type": kind, "Content": content})
        return made["Policy"]["PolicySummary"]["Id"]

    def attach(self, policy: str, target: str) -> None:
        self.aws.organizations.attach_policy({"PolicyId": policy, "TargetId": target})

    def detach(self, policy: str, target: str) -> None:
        self.aws.organizations.detach_policy({"PolicyId": policy, "TargetId": target})

    def account(self, account: str = MEMBER) -> Account:
        return self.aws.world.state(OrganizationsState).accounts[account]


def user(name: str, account: str = ACCOUNT) -> Principal:
    return Principal("user", f"arn:aws:iam::{account}:user/{name}", account, f"AIDA{name.upper()}")
